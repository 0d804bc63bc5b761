# SPDX-License-Identifier: GPL-3.0-or-later
"""What others would compute from the exports: check_exports.py checkpoint folder adapter expected.json

A GPT-2 in numpy and float64, written from the paper and the layout of Hugging Face's files alone. The exported folder,
and the checkpoint with the LoRA adapter merged as PEFT does it, must give the logits in expected.json, a list of
{"ids", "logits"}; the checkpoint by itself must not."""
import json, os, re, struct, sys

import numpy as np

BOUND = 2e-4  # the program computes in float32


def read_file(path):
    data = open(path, "rb").read()
    start = 8 + struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:start])
    header.pop("__metadata__", None)
    assert {entry["dtype"] for entry in header.values()} == {"F32"}
    return {name: np.frombuffer(data[start + entry["data_offsets"][0]:start + entry["data_offsets"][1]], "<f4")
                    .reshape(entry["shape"]).astype(np.float64) for name, entry in header.items()}


def read_folder(folder):
    index = folder + "/model.safetensors.index.json"
    if not os.path.exists(index):
        return read_file(folder + "/model.safetensors")
    where = json.load(open(index))["weight_map"]
    tensors = {}
    for shard in set(where.values()):
        tensors.update(read_file(folder + "/" + shard))
    assert set(tensors) == set(where)
    return tensors


def logits(weights, config, ids):
    def norm(x, name):
        x = x - x.mean(-1, keepdims=True)
        x = x / np.sqrt((x * x).mean(-1, keepdims=True) + config["layer_norm_epsilon"])
        return x * weights[name + ".weight"] + weights[name + ".bias"]

    def conv1d(x, name):  # GPT-2 keeps its matrices as [in, out]
        return x @ weights[name + ".weight"] + weights[name + ".bias"]

    def gelu_new(x):
        return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x ** 3)))

    count, width, heads = len(ids), config["n_embd"], config["n_head"]
    x = weights["transformer.wte.weight"][ids] + weights["transformer.wpe.weight"][:count]
    future = np.triu(np.full((count, count), -np.inf), 1)
    for layer in range(config["n_layer"]):
        block = "transformer.h.%d." % layer
        q, k, v = (part.reshape(count, heads, -1).transpose(1, 0, 2) for part in
                   np.split(conv1d(norm(x, block + "ln_1"), block + "attn.c_attn"), 3, axis=-1))
        scores = q @ k.transpose(0, 2, 1) / np.sqrt(width // heads) + future
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        mixed = (scores / scores.sum(-1, keepdims=True)) @ v
        x = x + conv1d(mixed.transpose(1, 0, 2).reshape(count, width), block + "attn.c_proj")
        x = x + conv1d(gelu_new(conv1d(norm(x, block + "ln_2"), block + "mlp.c_fc")), block + "mlp.c_proj")
    head = weights.get("lm_head.weight", weights["transformer.wte.weight"])
    return norm(x[-1], "transformer.ln_f") @ head.T


def merged(weights, folder):
    """W + (alpha / r) B A for every module that is named, with the patterns' r and alpha where one fits."""
    config = json.load(open(folder + "/adapter_config.json"))
    factors = read_file(folder + "/adapter_model.safetensors")
    assert config["peft_type"] == "LORA" and not config.get("use_rslora") and config["bias"] == "none"

    def by_pattern(kind, module, default):
        return next((value for key, value in config[kind].items() if re.match(r".*\.%s$" % key, module)), default)

    out, used = dict(weights), set()
    for name in weights:
        module = name[:-len(".weight")]
        if not any(module == target or module.endswith("." + target) for target in config["target_modules"]):
            continue
        a, b = ("base_model.model.%s.lora_%s.weight" % (module, side) for side in "AB")
        rank = by_pattern("rank_pattern", module, config["r"])
        alpha = by_pattern("alpha_pattern", module, config["lora_alpha"])
        assert factors[a].shape[0] == rank == factors[b].shape[1], module
        change = alpha / rank * factors[b] @ factors[a]
        out[name] = weights[name] + (change.T if config["fan_in_fan_out"] else change)
        used |= {a, b}
    assert used == set(factors), "factors of no module: %s" % (set(factors) - used)
    return out, sorted({value.shape[0] for name, value in factors.items() if "lora_A" in name})


def main(checkpoint, folder, adapter, expected):
    config = json.load(open(folder + "/config.json"))
    original, exported = read_folder(checkpoint), read_folder(folder)
    assert set(original) == set(exported)
    with_adapter, ranks = merged(original, adapter)
    far = {"checkpoint": 0.0, "folder": 0.0, "adapter": 0.0}
    for question in json.load(open(expected)):
        for name, weights in (("checkpoint", original), ("folder", exported), ("adapter", with_adapter)):
            difference = np.abs(logits(weights, config, question["ids"]) - question["logits"]).max()
            far[name] = max(far[name], float(difference))
    print("largest difference of a logit: %s; ranks of the adapter: %s" % (json.dumps(far), ranks))
    if far["folder"] > BOUND or far["adapter"] > BOUND:
        sys.exit("the exports say something else")
    if far["checkpoint"] < 100 * BOUND:
        sys.exit("the edits change nothing: this shows nothing")


if __name__ == "__main__":
    main(*sys.argv[1:])
