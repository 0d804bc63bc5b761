// SPDX-License-Identifier: GPL-3.0-or-later
#include "faults.h"
#include "storage/model_folder.h"

#include <QTemporaryDir>
#include <QTest>

using namespace emend;
namespace fs = std::filesystem;

class TestModelFolder : public QObject {
    Q_OBJECT
    std::unique_ptr<QTemporaryDir> folder_;
    fs::path path_;

    void put(const std::string& name, const std::string& text) const { write_file_atomic(path_ / name, text); }

    void put_shard(const std::string& name, const std::vector<std::string>& tensors) const {
        SafetensorsWriter writer;
        for (const auto& tensor : tensors)
            writer.add(tensor, DType::U8, {4}, "data");
        writer.write(path_ / name);
    }

    void put_index(const std::string& weight_map) const {
        fs::remove(path_ / "model.safetensors");
        put("model.safetensors.index.json", R"({"metadata":{},"weight_map":)" + weight_map + "}");
    }

  private slots:
    void init() {
        folder_ = std::make_unique<QTemporaryDir>();
        path_ = folder_->path().toStdString();
        put("config.json", R"({"model_type": "gpt2", "n_layer": 2})");
        put("tokenizer.json", "{}");
        put_shard("model.safetensors", {"a", "b"});
    }

    void golden_data() {
        QTest::addColumn<QString>("name");
        for (const char* name : {"gpt2", "gpt2_edit", "gpt2_noprefix_f16"})
            QTest::newRow(name) << QString(name);
    }

    void golden() {
        QFETCH(QString, name);
        const auto folder = ModelFolder::open(fs::path(EMEND_TEST_DATA) / "models" / name.toStdString());
        QCOMPARE(folder.config().require_string("model_type"), std::string("gpt2"));
        QCOMPARE(folder.config().require_int("n_layer", 1, 1000), std::int64_t{4});
        const std::string wte = folder.has("wte.weight") ? "wte.weight" : "transformer.wte.weight";
        QCOMPARE(folder.tensor(wte).shape, (std::vector<std::int64_t>{957, 64}));
        QVERIFY(folder.total_bytes() > 500'000);
        QVERIFY(std::ranges::is_sorted(folder.tensor_names()));
    }

    void single_file() {
        const auto folder = ModelFolder::open(path_);
        QCOMPARE(folder.tensor_names(), (std::vector<std::string>{"a", "b"}));
        QCOMPARE(folder.total_bytes(), std::uint64_t{8});
        QVERIFY(!folder.generation_config());
        EXPECT_FAULT(folder.tensor("c"), "the model has no tensor c");
    }

    void shards() {
        put_shard("one.safetensors", {"a"});
        put_shard("two.safetensors", {"b", "c"});
        put_index(R"({"a":"one.safetensors","b":"two.safetensors","c":"two.safetensors"})");
        const auto folder = ModelFolder::open(path_);
        QCOMPARE(folder.tensor_names().size(), std::size_t{3});
        QCOMPARE(folder.shards().size(), std::size_t{2});
        QCOMPARE(folder.tensor("c").file->path(), path_ / "two.safetensors");
    }

    void shard_faults() {
        put_shard("one.safetensors", {"a"});
        put_shard("two.safetensors", {"a", "b"});
        put_index(R"({"a":"one.safetensors","b":"three.safetensors","c":"four.safetensors"})");
        EXPECT_FAULT(ModelFolder::open(path_), "shards are missing: four.safetensors, three.safetensors");
        put_index(R"({"a":"one.safetensors","b":"two.safetensors"})");
        EXPECT_FAULT(ModelFolder::open(path_), "the tensor is in two shards, one.safetensors and two.safetensors");
        put_index(R"({"a":"two.safetensors","z":"two.safetensors"})");
        EXPECT_FAULT(ModelFolder::open(path_), "the index says the tensor is in two.safetensors, but it is not there");
        EXPECT_FAULT(ModelFolder::open(path_), "tensor z");
        for (const char* name : {"../one.safetensors", "/etc/passwd", "..", "", "a\\\\b", "a/b"}) {
            put_index(std::string(R"({"a":")") + name + "\"}");
            EXPECT_FAULT(ModelFolder::open(path_), "is not a plain file name");
        }
        put_index(R"({"a":7})");
        EXPECT_FAULT(ModelFolder::open(path_), "the shard of the tensor is an integer");
        put_index("{}");
        EXPECT_FAULT(ModelFolder::open(path_), "the index names no tensors");
        put_index("[]");
        EXPECT_FAULT(ModelFolder::open(path_), "no \"weight_map\" object");
        put_index(R"({"a":"one.safetensors","a":"two.safetensors"})");
        EXPECT_FAULT(ModelFolder::open(path_), "key \"a\" is there twice");
        put_index(R"({"a":"one.safetensors")");
        EXPECT_FAULT(ModelFolder::open(path_), "not valid JSON");
    }

    void folder_faults() {
        EXPECT_FAULT(ModelFolder::open(path_ / "nowhere"), "there is no such folder");
        EXPECT_FAULT(ModelFolder::open(path_ / "config.json"), "this is a file, not a model folder");
        fs::remove(path_ / "tokenizer.json");
        EXPECT_FAULT(ModelFolder::open(path_), "the folder has no tokenizer");
        (void)ModelFolder::open(path_, {.needs_tokenizer = false});
        put("vocab.json", "{}");
        EXPECT_FAULT(ModelFolder::open(path_), "merges.txt is missing");
        fs::rename(path_ / "vocab.json", path_ / "merges.txt");
        EXPECT_FAULT(ModelFolder::open(path_), "vocab.json is missing");
        fs::remove(path_ / "config.json");
        EXPECT_FAULT(ModelFolder::open(path_), "the folder has no config.json");
        put("adapter_config.json", "{}");
        EXPECT_FAULT(ModelFolder::open(path_), "adapter");
    }

    void other_weights_data() {
        QTest::addColumn<QString>("file");
        QTest::addColumn<QString>("hint");
        QTest::newRow("none") << "notes.txt"
                              << "model.safetensors or model.safetensors.index.json is needed";
        QTest::newRow("pickle") << "pytorch_model.bin"
                                << "pickled weights can run code";
        QTest::newRow("gguf") << "model-q4.gguf"
                              << "GGUF files cannot be edited";
        QTest::newRow("tensorflow") << "tf_model.h5"
                                    << "only safetensors are read";
        QTest::newRow("adapter") << "adapter_model.safetensors"
                                 << "adapter (LoRA) without its base model";
        QTest::newRow("unfinished") << "model.safetensors.part"
                                    << "has the download finished?";
    }

    void other_weights() {
        QFETCH(QString, file);
        QFETCH(QString, hint);
        fs::remove(path_ / "model.safetensors");
        put(file.toStdString(), "x");
        EXPECT_FAULT(ModelFolder::open(path_), "the folder has no weights in safetensors format");
        EXPECT_FAULT(ModelFolder::open(path_), hint.toStdString());
    }

    void empty_weights() {
        put_shard("model.safetensors", {});
        EXPECT_FAULT(ModelFolder::open(path_), "the weights file holds no tensors");
    }

    void config_values() {
        const auto config =
            ConfigFile::from_text(R"({"int": 4, "zero": 0, "null": null, "real": 1e-5, "text": "gelu", "yes": true,
            "ids": [1, 2], "names": ["a"], "rope": {"factor": 8, "bad": "x"}, "huge": 18446744073709551615, "whole": 4.0,
            "mixed": [1, "a"]})",
                                  "config.json");
        constexpr std::int64_t most = 1000;
        QCOMPARE(config.require_int("int", 1, most), std::int64_t{4});
        QVERIFY(!config.optional_int("null", 1, most));
        QVERIFY(!config.optional_int("absent", 1, most));
        QVERIFY(!config.has("null"));
        QCOMPARE(config.require_double("real"), 1e-5);
        QCOMPARE(config.require_double("int"), 4.0);
        QCOMPARE(config.require_string("text"), std::string("gelu"));
        QCOMPARE(config.optional_bool("yes"), std::optional(true));
        QCOMPARE(config.optional_int_list("ids"), (std::optional(std::vector<std::int64_t>{1, 2})));
        QCOMPARE(config.optional_int_list("int"), (std::optional(std::vector<std::int64_t>{4})));
        QVERIFY(!config.optional_int_list("null"));
        QCOMPARE(config.optional_string_list("names"), (std::optional(std::vector<std::string>{"a"})));
        QCOMPARE(config.optional_object("rope")->require_int("factor", 1, 9), std::int64_t{8});

        EXPECT_FAULT(config.require_int("absent", 1, most), "\"absent\" is missing; an integer is expected");
        EXPECT_FAULT(config.require_int("absent", 1, most), "config.json, key absent");
        EXPECT_FAULT(config.require_int("null", 1, most), "\"null\" is missing");
        EXPECT_FAULT(config.require_int("zero", 1, most), "\"zero\" is 0 (an integer); an integer from 1 to 1000");
        EXPECT_FAULT(config.require_int("text", 1, most), "\"text\" is \"gelu\" (a string)");
        EXPECT_FAULT(config.require_int("real", 1, most), "an integer from 1 to 1000 is expected");
        EXPECT_FAULT(config.require_int("huge", 1, INT64_MAX), "18446744073709551615");
        EXPECT_FAULT(config.require_int("whole", 1, most), "\"whole\" is 4.0 (a number)");
        EXPECT_FAULT(config.require_double("real", 0.1, 1), "a number from 0.1 to 1.0");
        EXPECT_FAULT(config.require_double("text"), "a finite number");
        EXPECT_FAULT(config.require_string("int"), "a string is expected");
        EXPECT_FAULT(config.require_bool("int"), "true or false is expected");
        EXPECT_FAULT(config.optional_int_list("mixed"), "\"mixed[1]\" is \"a\"");
        EXPECT_FAULT(config.optional_int_list("text"), "a list of integers");
        EXPECT_FAULT(config.optional_string_list("ids"), "\"ids[0]\" is 1");
        EXPECT_FAULT(config.optional_object("int"), "an object is expected");
        EXPECT_FAULT(config.optional_object("rope")->require_int("bad", 1, 2), "\"rope.bad\"");
        EXPECT_FAULT(ConfigFile::from_text("[]", "config.json"), "a list instead of an object");
        EXPECT_FAULT(ConfigFile::from_text("{\"a\":}", "config.json"), "config.json, byte");
    }
};

QTEST_GUILESS_MAIN(TestModelFolder)
#include "test_model_folder.moc"
