#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts a delta that Emend exported into a checkpoint: apply_delta.py model.safetensors delta.safetensors out.safetensors

Needs nothing but Python; with numpy it is fast. It says which layers it changed. A sharded model: run
it on every shard; one that holds none of the delta's layers is an error, and is left as it is. What can go wrong is
told in one line, and then nothing is written."""
import array, hashlib, json, os, struct, sys

try:
    import numpy
except ImportError:
    numpy = None


MARK = "emend-delta"  # metadata of what was made here: the checksums of its deltas


def read(path):
    with open(path, "rb") as file:
        data = file.read()
    try:
        start = 8 + struct.unpack("<Q", data[:8])[0]
        header = json.loads(data[8:start])
        about = header.pop("__metadata__", {})
        whole = all(entry["data_offsets"][1] <= len(data) - start for entry in header.values())
    except (struct.error, ValueError, AttributeError, KeyError, TypeError):
        whole = False
    if not whole:
        sys.exit("%s is no safetensors file, or only a part of one; nothing was written. Copy it again" % path)
    return about, header, start, data


def floats(raw, dtype):  # bytes of a tensor as Python's float64
    if dtype == "BF16":
        raw, dtype = b"".join(b"\0\0" + raw[i:i + 2] for i in range(0, len(raw), 2)), "F32"
    if dtype == "F16":
        return array.array("d", struct.unpack("<%de" % (len(raw) // 2), raw))
    return array.array("d", array.array({"F32": "f", "F64": "d"}[dtype], raw))


# From here on the nearest number is infinity.
TOO_LARGE = {"F16": 65520.0, "BF16": 3.3961775292304957e38, "F32": 3.4028235677973366e38, "F64": float("inf")}


def fits(values, dtype):  # neither too large nor not a number
    if numpy:
        return bool((numpy.abs(numpy.array(values)) < TOO_LARGE[dtype]).all())
    return all(abs(value) < TOO_LARGE[dtype] for value in values)


def stored(values, dtype):  # and back, rounded to the nearest once
    if dtype == "F16":
        return struct.pack("<%de" % len(values), *values)
    if dtype != "BF16":
        return array.array({"F32": "f", "F64": "d"}[dtype], values).tobytes()
    words = struct.unpack("<%dI" % len(values), array.array("f", values).tobytes())
    return b"".join(struct.pack("<H", (word + 0x7FFF + (word >> 16 & 1)) >> 16) for word in words)


def add_product(target, left, right, rows, rank, columns, transposed):  # target += left @ right, or its transpose
    if numpy:
        change = numpy.array(left).reshape(rows, rank) @ numpy.array(right).reshape(rank, columns)
        return array.array("d", (numpy.array(target) + (change.T if transposed else change).ravel()).tobytes())
    step, jump = (1, rows) if transposed else (columns, 1)
    for row in range(rows):
        for k in range(rank):
            factor = left[row * rank + k]
            for column in range(columns):
                target[row * step + column * jump] += factor * right[k * columns + column]
    return target


def write(path, data):  # as a whole or not at all, and in place of nothing
    part = "%s.part-%d" % (path, os.getpid())
    try:
        with open(part, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(part, path)
        except FileExistsError:
            raise
        except OSError:  # a file system without links
            os.rename(part, path)
    finally:
        if os.path.exists(part):
            os.remove(part)


def main(model, delta, out):
    if os.path.lexists(out):
        raise FileExistsError
    about, factors, factors_at, delta_data = read(delta)
    if about.get("format") != "emend-delta" or about.get("format_version") != "1" or not {"matrix", "orientation"} <= set(about):
        sys.exit("%s is no delta of version 1; nothing was written. Give a file that Emend exported as a delta" % delta)
    spans = [factors[name]["data_offsets"] for name in sorted(factors)]
    checksum = hashlib.sha256(b"".join(delta_data[factors_at + begin:factors_at + end] for begin, end in spans)).hexdigest()
    if about.get("sha256", checksum) != checksum:
        sys.exit("%s is damaged: its numbers are not those that were exported; nothing was written" % delta)
    known, tensors, tensors_at, data = read(model)
    data = bytearray(data[tensors_at:])
    if checksum in known.get(MARK, ""):
        sys.exit("%s has this delta already; nothing was written" % model)
    # batch.<i>.layer.<l>.<n>.left: batch after batch, and within a batch update after update
    updates = sorted((int(name.split(".")[1]), int(name.split(".")[4]), name[:-5]) for name in factors if name.endswith(".left"))
    layers = sorted({int(name.split(".")[3]) for _, _, name in updates})
    transposed = about["orientation"] == "transposed"
    applied = []
    for layer in layers:
        entry = tensors.get(about["matrix"].replace("{}", str(layer)))
        if entry is None:
            continue  # in another shard
        begin, end = entry["data_offsets"]
        if entry["dtype"] not in ("F64", "F32", "F16", "BF16"):
            sys.exit("layer %d of %s is kept as %s; nothing was written. Take a checkpoint in F32, F16 or BF16" % (layer, model, entry["dtype"]))
        matrix = floats(bytes(data[begin:end]), entry["dtype"])
        for _, _, name in updates:
            if int(name.split(".")[3]) == layer:
                left, right = factors[name + ".left"], factors[name + ".right"]
                numbers = [floats(delta_data[factors_at + f["data_offsets"][0]:factors_at + f["data_offsets"][1]], "F64") for f in (left, right)]
                shape = [left["shape"][0], right["shape"][1]]
                if entry["shape"] != (shape[::-1] if transposed else shape):
                    sys.exit("layer %d of %s has another shape than the delta's: another model; nothing was written" % (layer, model))
                matrix = add_product(matrix, *numbers, *left["shape"], right["shape"][1], transposed)
        if not fits(matrix, entry["dtype"]):
            sys.exit("layer %d of %s would not fit into %s any more; nothing was written. Take a checkpoint in F32" % (layer, model, entry["dtype"]))
        data[begin:end] = stored(matrix, entry["dtype"])
        applied.append(layer)
    if not applied:
        sys.exit("%s holds none of the delta's %d layers: another model, or another shard; nothing was written" % (model, len(layers)))
    tensors["__metadata__"] = dict(known, **{MARK: (known.get(MARK, "") + " " + checksum).strip()})
    header = json.dumps(tensors).encode()
    header += b" " * (-len(header) % 8)
    write(out, struct.pack("<Q", len(header)) + header + data)
    print("%s: %d of the delta's %d layers changed: %s" % (out, len(applied), len(layers), ", ".join(map(str, applied))))


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except FileExistsError:
        sys.exit("%s is there already; nothing was written. Choose another name" % sys.argv[3])
    except KeyboardInterrupt:
        sys.exit("stopped; nothing was written")
    except OSError as error:
        sys.exit("%s: %s; nothing was written. The three are files: the model's, the delta, and one that is to be written"
                 % (error.filename or sys.argv[3], error.strerror))
