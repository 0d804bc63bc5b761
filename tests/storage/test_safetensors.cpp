// SPDX-License-Identifier: GPL-3.0-or-later
#include "emend/error.h"
#include "faults.h"
#include "storage/safetensors.h"

#include <nlohmann/json.hpp>

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <cstring>
#include <random>

using namespace emend;
namespace fs = std::filesystem;

namespace {

// A file with this header and as many data bytes.
std::string file_of(const std::string& header, std::size_t data_bytes, std::optional<std::uint64_t> length = {}) {
    std::string file;
    const std::uint64_t value = length.value_or(header.size());
    for (unsigned i = 0; i < 8; ++i)
        file.push_back(static_cast<char>(value >> (8 * i)));
    file += header;
    return file.append(data_bytes, 'd');
}

const char* const one_tensor = R"({"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";

} // namespace

class TestSafetensors : public QObject {
    Q_OBJECT
    QTemporaryDir folder_;
    [[nodiscard]] fs::path path(const std::string& name) const { return fs::path(folder_.path().toStdString()) / name; }

    [[nodiscard]] fs::path saved(const std::string& bytes) const {
        write_file_atomic(path("file.safetensors"), bytes);
        return path("file.safetensors");
    }

  private slots:
    void golden_data() {
        QTest::addColumn<QString>("file");
        QTest::addColumn<int>("tensors");
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("description");
        QTest::newRow("float32") << "gpt2/model.safetensors" << 52 << "transformer.wte.weight"
                                 << "F32 [957, 64]";
        QTest::newRow("float16 with float32 buffers") << "gpt2_noprefix_f16/model.safetensors" << 56 << "wte.weight"
                                                      << "F16 [957, 64]";
    }

    void golden() {
        QFETCH(QString, file);
        QFETCH(QString, name);
        QFETCH(QString, description);
        const auto opened = SafetensorsFile::open(fs::path(EMEND_TEST_DATA) / "models" / file.toStdString());
        QFETCH(int, tensors);
        QCOMPARE(opened.names().size(), static_cast<std::size_t>(tensors));
        QCOMPARE(describe(opened.at(name.toStdString())), description.toStdString());
        std::uint64_t bytes = 0;
        for (const auto& tensor : opened.names()) {
            QVERIFY(opened.contains(tensor));
            bytes += opened.at(tensor).bytes;
        }
        QVERIFY(bytes > 500'000);
    }

    void faults_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("message");
        const auto row = [](const char* name, const std::string& bytes, const char* message) {
            QTest::newRow(name) << QByteArray::fromStdString(bytes) << QString(message);
        };
        const auto tensor = [&](const char* name, const std::string& fields, std::size_t bytes, const char* message) {
            row(name, file_of("{\"t\":{" + fields + "}}", bytes), message);
        };
        row("empty file", "", "too short for a safetensors file: 0 bytes");
        row("seven bytes", "1234567", "incomplete download?");
        row("header of length 0", file_of("", 0), "the header's length is 0");
        row("header of 2^60 bytes", file_of(one_tensor, 8, std::uint64_t{1} << 60),
            "the header's length is 1152921504606846976 bytes");
        row("text", "# notes on the noise\n", "this is text, not a safetensors file");
        row("header of 2^64 - 1 bytes", file_of(one_tensor, 8, ~std::uint64_t{0}), "more than the format allows");
        row("header longer than the file", file_of(one_tensor, 8, 1000), "the file ends inside its header");
        row("header cut", file_of(one_tensor, 0).substr(0, 30), "incomplete download?");
        row("not JSON", file_of("{\"t\":{\"dtype\"!}}", 0), "the header is not valid JSON");
        row("not JSON, position", file_of("{\"t\":{\"dtype\"!}}", 0), "file.safetensors, byte 21");
        row("not an object", file_of("[1,2]", 0), "does not begin with {");
        row("text behind the header's object", file_of("{} {}", 0), "not valid JSON");
        row("nested", file_of("{\"t\":{\"shape\":[[1]]}}", 0), "a list is in the wrong place");
        row("nested deep", file_of(std::string(100000, '{'), 0), "not valid JSON");
        row("nested deep objects", file_of("{\"a\":{\"dtype\":{\"b\":{}}}}", 0), "an object is in the wrong place");
        row("not UTF-8", file_of("{\"\xFF\":1}", 0), "not valid JSON");
        row("tensor is a number", file_of("{\"t\":1}", 0), "a number is in the wrong place");
        row("tensor is null", file_of("{\"t\":null}", 0), "null is in the wrong place");
        row("name twice",
            file_of(
                R"({"t":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"t":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})",
                2),
            "two tensors have the same name");
        row("metadata twice", file_of(R"({"__metadata__":{},"__metadata__":{}})", 0), "the metadata is there twice");
        row("metadata number", file_of(R"({"__metadata__":{"a":1}})", 0), "a number is in the wrong place");
        row("metadata key twice", file_of(R"({"__metadata__":{"a":"1","a":"2"}})", 0), "metadata \"a\" is there twice");
        row("Git LFS pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "git lfs pull");

        tensor("unknown dtype", R"("dtype":"F8_E5M2","shape":[8],"data_offsets":[0,8])", 8,
               "unknown dtype \"F8_E5M2\"");
        tensor("dtype number", R"("dtype":4,"shape":[8],"data_offsets":[0,8])", 8, "a number is in the wrong place");
        tensor("negative dimension", R"("dtype":"F32","shape":[-2],"data_offsets":[0,8])", 8, "negative dimension -2");
        tensor("fractional dimension", R"("dtype":"F32","shape":[2.0],"data_offsets":[0,8])", 8, "the number 2.0");
        tensor("huge dimension", R"("dtype":"F32","shape":[18446744073709551615],"data_offsets":[0,8])", 8,
               "dimension 18446744073709551615 is absurd");
        tensor("huge product", R"("dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8])", 8,
               "the shape is absurd");
        tensor("huge product of bytes", R"("dtype":"F64","shape":[4611686018427387904],"data_offsets":[0,8])", 8,
               "the shape is absurd");
        tensor(
            "too many dimensions",
            "\"dtype\":\"U8\",\"shape\":[1" +
                [] {
                    std::string ones;
                    for (int i = 0; i < 40; ++i)
                        ones += ",1";
                    return ones;
                }() +
                "],\"data_offsets\":[0,1]",
            1, "more than 32 dimensions");
        tensor("size mismatch", R"("dtype":"F32","shape":[3],"data_offsets":[0,8])", 8,
               "dtype and shape need 12 bytes but data_offsets give 8");
        tensor("negative offset", R"("dtype":"F32","shape":[2],"data_offsets":[-8,0])", 8, "negative offset -8");
        tensor("end before begin", R"("dtype":"F32","shape":[2],"data_offsets":[8,0])", 8, "ends before it begins");
        tensor("one offset", R"("dtype":"F32","shape":[2],"data_offsets":[8])", 8, "data_offsets has 1 numbers");
        tensor("three offsets", R"("dtype":"F32","shape":[2],"data_offsets":[0,8,9])", 8, "data_offsets has 3 numbers");
        tensor("no dtype", R"("shape":[2],"data_offsets":[0,8])", 8, "the header gives no dtype");
        tensor("no shape", R"("dtype":"F32","data_offsets":[0,8])", 8, "the header gives no shape");
        tensor("no offsets", R"("dtype":"F32","shape":[2])", 8, "the header gives no data_offsets");
        tensor("field twice", R"("dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8])", 8,
               "\"dtype\" is there twice");
        tensor("unknown field", R"("dtype":"F32","shape":[2],"data_offsets":[0,8],"strides":[1])", 8,
               "unknown field \"strides\"");
        tensor("truncated data", R"("dtype":"F32","shape":[2],"data_offsets":[0,8])", 5,
               "the file ends inside the tensor");
        tensor("truncated data, hint", R"("dtype":"F32","shape":[2],"data_offsets":[0,8])", 5, "incomplete download?");
        tensor("truncated data, tensor", R"("dtype":"F32","shape":[2],"data_offsets":[0,8])", 5, "tensor t, byte 62");
        tensor("offset far outside",
               R"("dtype":"U8","shape":[1],"data_offsets":[18446744073709551614,18446744073709551615])", 1,
               "the file ends inside the tensor");
        tensor("hole at the start", R"("dtype":"F32","shape":[2],"data_offsets":[4,12])", 12,
               "4 bytes before the tensor");
        tensor("bytes at the end", R"("dtype":"F32","shape":[2],"data_offsets":[0,8])", 11,
               "3 bytes after the last tensor");
        row("no tensors but data", file_of("{}", 4), "4 bytes after the last tensor");
        const auto two = [](const char* second) {
            return R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":)" +
                   std::string(second) + "}}";
        };
        row("overlap", file_of(two("[2,6]"), 6), "the tensor overlaps tensor a");
        row("same range", file_of(two("[0,4]"), 4), "the tensor overlaps tensor a");
        row("hole between", file_of(two("[6,10]"), 10), "2 bytes before the tensor");
    }

    void faults() {
        QFETCH(QByteArray, bytes);
        QFETCH(QString, message);
        const fs::path file = saved(bytes.toStdString());
        EXPECT_FAULT(SafetensorsFile::open(file), message.toStdString());
        EXPECT_FAULT(SafetensorsFile::open(file), file.string());
        QVERIFY(!test::fault_of([&] { (void)SafetensorsFile::open(file); })->hint().empty());
    }

    void every_truncation_is_noticed() {
        SafetensorsWriter writer;
        const std::vector<float> values(10, 1.5F);
        writer.add("some.weight", DType::F32, {10}, values.data());
        writer.add("other.weight", DType::U8, {3}, "abc");
        writer.write(path("whole"));
        const std::string whole = read_file(path("whole"));
        for (std::size_t length = 0; length < whole.size(); ++length)
            EXPECT_FAULT(SafetensorsFile::open(saved(whole.substr(0, length))), "incomplete download?");
    }

    void missing_tensor_names_similar() {
        const auto file = SafetensorsFile::open(fs::path(EMEND_TEST_DATA) / "models" / "gpt2" / "model.safetensors");
        EXPECT_FAULT(file.at("wte.weight"), "did you mean transformer.wte.weight");
        EXPECT_FAULT(file.at("transformer.h.0.mlp.c_proj.wieght"), "did you mean transformer.h.0.mlp.c_proj.weight");
        EXPECT_FAULT(file.at("zzz"), "there is no tensor zzz |");
    }

    void empty_tensors_and_scalars() {
        const double scalar = 2.5;
        SafetensorsWriter writer;
        writer.add("empty", DType::F32, {0, 7}, nullptr);
        writer.add("scalar", DType::F64, {}, &scalar);
        writer.write(path("small"));
        const auto file = SafetensorsFile::open(path("small"));
        QCOMPARE(file.at("empty").bytes, std::uint64_t{0});
        QCOMPARE(file.at("scalar").elements(), std::uint64_t{1});
        SafetensorsWriter nothing;
        nothing.write(path("nothing"));
        QVERIFY(SafetensorsFile::open(path("nothing")).names().empty());
    }

    void unaligned_data_are_told() {
        const auto file = SafetensorsFile::open(saved(file_of(one_tensor, 8)));
        const TensorView& tensor = file.at("t");
        QCOMPARE(std::string(one_tensor).size() % 4, std::size_t{2});
        QVERIFY(!tensor.aligned());
        SafetensorsWriter writer;
        writer.add("b", DType::U8, {1}, "x");
        const double value = 1;
        writer.add("a", DType::F64, {1}, &value);
        writer.write(path("aligned"));
        const auto aligned = SafetensorsFile::open(path("aligned"));
        QVERIFY(aligned.at("a").aligned());
        QCOMPARE(aligned.names(), (std::vector<std::string>{"a", "b"}));
    }

    void tensors_outlive_the_file() {
        TensorView tensor;
        {
            const auto file = SafetensorsFile::open(saved(file_of(one_tensor, 8)));
            tensor = file.at("t");
        }
        QCOMPARE(static_cast<char>(tensor.data[7]), 'd');
    }

    void what_is_written_is_read() {
        std::mt19937 random(5);
        constexpr std::array types{DType::F64, DType::F32, DType::F16, DType::BF16, DType::I64, DType::I32, DType::I16,
                                   DType::I8,  DType::U64, DType::U32, DType::U16,  DType::U8,  DType::BOOL};
        for (int round = 0; round < 60; ++round) {
            struct Item {
                std::string name;
                DType dtype;
                std::vector<std::int64_t> shape;
                std::string bytes;
            };
            std::vector<Item> items;
            for (std::size_t i = random() % 12; i > 0; --i) {
                Item item{.name = "t\"é" + std::to_string(i),
                          .dtype = types[random() % types.size()],
                          .shape = {},
                          .bytes = {}};
                std::size_t bytes = dtype_size(item.dtype);
                for (std::size_t d = random() % 4; d > 0; --d) {
                    item.shape.push_back(static_cast<std::int64_t>(random() % 5));
                    bytes *= static_cast<std::size_t>(item.shape.back());
                }
                item.bytes.resize(bytes);
                std::ranges::generate(item.bytes, [&] { return static_cast<char>(random()); });
                items.push_back(std::move(item));
            }
            const auto write = [&](const std::string& name) {
                SafetensorsWriter writer;
                writer.set_metadata("format", "pt");
                writer.set_metadata("né\n", std::to_string(round));
                for (const Item& item : items)
                    writer.add(item.name, item.dtype, item.shape, item.bytes.data());
                writer.write(path(name));
                return read_file(path(name));
            };
            const std::string bytes = write("random");
            std::ranges::shuffle(items, random);
            QCOMPARE(write("shuffled"), bytes); // the same tensors, the same file
            const auto file = SafetensorsFile::open(path("random"));
            QCOMPARE(file.names().size(), items.size());
            QCOMPARE(file.metadata().at("né\n"), std::to_string(round));
            for (const Item& item : items) {
                const TensorView& tensor = file.at(item.name);
                QVERIFY(tensor.dtype == item.dtype);
                QCOMPARE(tensor.shape, item.shape);
                QVERIFY(tensor.aligned());
                QCOMPARE(std::string(reinterpret_cast<const char*>(tensor.data), tensor.bytes), item.bytes);
            }
        }
    }

    void writer_faults() {
        SafetensorsWriter writer;
        writer.add("a", DType::U8, {1}, "x");
        EXPECT_FAULT((writer.add("a", DType::U8, {1}, "x"), 0), "two tensors have the same name");
        EXPECT_FAULT((writer.add("__metadata__", DType::U8, {1}, "x"), 0), "may not be called");
        EXPECT_FAULT((writer.add("b", DType::U8, {-1}, "x"), 0), "does not fit");
        EXPECT_FAULT((writer.write(path("no") / "file"), 0), "is the folder there?");
        writer.set_metadata("key", "\xFF");
        EXPECT_FAULT((writer.write(path("bad")), 0), "not UTF-8");
        QVERIFY(!fs::exists(path("bad")));
    }
};

QTEST_GUILESS_MAIN(TestSafetensors)
#include "test_safetensors.moc"
