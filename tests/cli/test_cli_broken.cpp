// SPDX-License-Identifier: GPL-3.0-or-later
// Broken inputs: exit code 1, what, where and a hint, in words and as JSON; no crash, and no file that was not there.
#include "cli_runner.h"

#include <functional>
#include <QDir>
#include <QFile>
#include <QtEndian>
#include <QTest>

using namespace emend::test;

namespace {

QByteArray length_of(quint64 length) {
    QByteArray bytes(8, 0);
    qToLittleEndian(length, bytes.data());
    return bytes;
}

QByteArray overlapping() {
    QByteArray header = R"({"transformer.wte.weight": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]},)"
                        R"( "transformer.wpe.weight": {"dtype": "F32", "shape": [4], "data_offsets": [8, 24]}})";
    return length_of(quint64(header.size())) + header + QByteArray(24, 0);
}

} // namespace

class TestCliBroken : public QObject {
    Q_OBJECT
    CliSandbox sandbox_;

    // The fault is reported properly, and the sandbox is as it was.
    void expect_fault(const QStringList& arguments, const QString& expected) const {
        expect_words(arguments, expected);
        if (!QTest::currentTestFailed())
            expect_json(arguments, expected);
    }

    void expect_words(const QStringList& arguments, const QString& expected) const {
        const QStringList before = sandbox_.listing();
        const CliResult result = sandbox_.run(arguments);
        QVERIFY2(result.code == 1 && !result.crashed, result.all());
        QVERIFY2(result.out.isEmpty(), result.all());
        for (const char* part : {"emend-cli: ", "where: ", "hint: "})
            QVERIFY2(result.err.contains(part), result.all());
        QVERIFY2(QString::fromUtf8(result.err).contains(expected), result.all());
        QCOMPARE(sandbox_.listing(), before);
    }

    void expect_json(const QStringList& arguments, const QString& expected) const {
        const QStringList before = sandbox_.listing();
        const CliResult result = sandbox_.run(arguments + QStringList{"--json", "--quiet"});
        QVERIFY2(result.code == 1 && !result.crashed, result.all());
        for (const char* part : {"what", "where", "hint"})
            QVERIFY2(!result.error()[part].toString().isEmpty(), result.all());
        QVERIFY2(QString::fromUtf8(result.out).contains(expected), result.all());
        QVERIFY2(result.err.isEmpty(), result.all());
        QCOMPARE(result.json.keys(), QStringList{"error"});
        QCOMPARE(sandbox_.listing(), before);
    }

  private slots:
    void initTestCase() {
        const auto edit_file = [&](const QString& path, const std::function<void(QFile&)>& change) {
            QFile file(path);
            QVERIFY(file.open(QIODevice::ReadWrite));
            change(file);
        };
        const auto overwrite = [&](const QString& path, const QByteArray& content) {
            edit_file(path, [&](QFile& file) {
                file.resize(0);
                file.write(content);
            });
        };
        for (const char* name :
             {"truncated", "huge_header", "overlap", "no_tokenizer", "no_heads", "no_config", "no_weights", "tiny"})
            sandbox_.copy_model("gpt2", name);
        edit_file(sandbox_.path("truncated/model.safetensors"), [](QFile& f) { f.resize(f.size() / 2); });
        edit_file(sandbox_.path("huge_header/model.safetensors"),
                  [](QFile& f) { f.write(length_of(quint64(1) << 60)); });
        overwrite(sandbox_.path("overlap/model.safetensors"), overlapping());
        for (const char* name : {"tokenizer.json", "vocab.json", "merges.txt"})
            QVERIFY(QFile::remove(sandbox_.path(QString("no_tokenizer/") + name)));
        edit_file(sandbox_.path("no_heads/config.json"), [](QFile& f) {
            const QByteArray text = f.readAll().replace("\"n_head\": 4", "\"n_head\": 0");
            f.resize(0);
            f.seek(0);
            f.write(text);
        });
        QVERIFY(QFile::remove(sandbox_.path("no_config/config.json")));
        QVERIFY(QFile::remove(sandbox_.path("no_weights/model.safetensors")));
        overwrite(sandbox_.path("tiny/model.safetensors"), "abc");
        sandbox_.write("a_file", "not a folder");
        QByteArray binary;
        for (int i = 0; i < 100000; ++i)
            binary += char((i * 7919) >> 3);
        sandbox_.write("binary.bin", binary);
        sandbox_.write("empty.json", "");
        sandbox_.write("fast.json", R"({"layers": [1], "values": {"steps": 2}, "contexts": ["{}"]})");
    }

    void broken_models_data() {
        QTest::addColumn<QString>("expected");
        QTest::newRow("truncated") << "incomplete download";
        QTest::newRow("huge_header") << "header";
        QTest::newRow("overlap") << "overlap";
        QTest::newRow("no_tokenizer") << "tokenizer";
        QTest::newRow("no_heads") << "n_head";
        QTest::newRow("no_config") << "config.json";
        QTest::newRow("no_weights") << "safetensors";
        QTest::newRow("tiny") << "model.safetensors";
        QTest::newRow("a_file") << "a_file";
        QTest::newRow("not_there") << "not_there";
    }
    void broken_models() {
        QFETCH(QString, expected);
        const QString model = sandbox_.path(QTest::currentDataTag());
        expect_fault({"info", model}, expected);
        if (QTest::currentTestFailed())
            return;
        expect_json({"logits", model, "--text", "The"}, expected);
        if (QTest::currentTestFailed())
            return;
        expect_words({"edit", model, "--subject", "Elena", "--prompt", "{} is", "--object", "there", "--dump",
                      sandbox_.path("dump.safetensors")},
                     expected);
    }

    void tokenizing_without_a_tokenizer() {
        expect_fault({"tokenize", sandbox_.path("no_tokenizer"), "--text", "a"}, "tokenizer");
    }

    void broken_edits_data() {
        QTest::addColumn<QStringList>("options");
        QTest::addColumn<QString>("expected");
        const auto edit = [](const char* subject, const char* prompt, const char* object) {
            return QStringList{"--subject", subject, "--prompt", prompt, "--object", object};
        };
        QTest::newRow("subject not in prompt") << edit("Elena Silva", "Marco was born in", "Madrid") << "subject";
        QTest::newRow("subject twice") << edit("Elena", "Elena, Elena was born in", "Madrid") << "Elena";
        QTest::newRow("two gaps") << edit("Elena", "{} and {} were born in", "Madrid") << "{}";
        QTest::newRow("no edits file") << QStringList{"--edits", "/nowhere/edits.json"} << "/nowhere/edits.json";
        QTest::newRow("empty edits file") << QStringList{"--edits", sandbox_.path("empty.json")} << "empty.json";
        QTest::newRow("binary edits file") << QStringList{"--edits", sandbox_.path("binary.bin")} << "binary.bin";
        const QStringList sound = edit("Elena Silva", "{} was born in", "Madrid");
        QTest::newRow("layer 9") << sound + QStringList{"--layers", "9"} << "0 to 3";
        QTest::newRow("no such recipe") << sound + QStringList{"--recipe", "none.json"} << "--recipe";
        QTest::newRow("no such corpus") << sound + QStringList{"--corpus", "none.txt"} << "none.txt";
        QTest::newRow("no such statistics") << sound + QStringList{"--statistics", "none"} << "none";
        QTest::newRow("relation") << QStringList{"--subject", "Elena", "--relation", "colour", "--object", "red"}
                                  << "colour";
        QTest::newRow("recipe") << sound + QStringList{"--recipe", sandbox_.path("binary.bin")} << "binary.bin";
        QTest::newRow("statistics") << sound + QStringList{"--statistics", sandbox_.path("binary.bin")} << "binary.bin";
        QTest::newRow("corpus") << sound + QStringList{"--corpus", sandbox_.path("binary.bin")} << "binary.bin";
        QTest::newRow("dump below a file")
            << sound + QStringList{"--dump", sandbox_.path("a_file/dump.safetensors")} << "a_file";
        QTest::newRow("dump into nowhere")
            << sound + QStringList{"--dump", "/proc/no/such/dump.safetensors"} << "/proc/no/such";
    }
    void broken_edits() {
        QFETCH(QStringList, options);
        QFETCH(QString, expected);
        QStringList arguments{"edit", test_model("gpt2_edit")};
        if (!options.contains("--recipe"))
            arguments << "--recipe" << sandbox_.path("fast.json");
        expect_json(arguments + options, expected);
    }

    void a_folder_that_cannot_be_written_data() {
        QTest::addColumn<QString>("path");
        QTest::newRow("below a file") << sandbox_.path("a_file/out.safetensors");
        QTest::newRow("no such folder") << sandbox_.path("nowhere/out.safetensors");
        QTest::newRow("kernel's folder") << "/proc/out.safetensors"; // refuses everybody, also the superuser
        QTest::newRow("a folder") << sandbox_.path("tiny");
    }
    void a_folder_that_cannot_be_written() {
        QFETCH(QString, path);
        sandbox_.write("corpus.txt", QByteArray("The city of Madrid is in the country. I work in.\n").repeated(50));
        expect_json({"statistics", test_model("gpt2_edit"), "--corpus", sandbox_.path("corpus.txt"), "--layers", "1",
                     "--tokens", "300", "--out", path},
                    path.section('/', 0, 2));
        if (QTest::currentTestFailed())
            return;
        expect_json({"edit", test_model("gpt2_edit"), "--recipe", sandbox_.path("fast.json"), "--corpus",
                     sandbox_.path("corpus.txt"), "--subject", "Elena Silva", "--prompt", "{} was born in", "--object",
                     "Madrid", "--dump", path},
                    path.section('/', 0, 2));
    }

    void the_option_at_fault_is_named() {
        const CliResult result = sandbox_.run({"edit", test_model("gpt2_edit"), "--subject", "Elena Silva", "--prompt",
                                               "{} was born in", "--object", "Madrid", "--layers", "99", "--json"});
        QVERIFY2(result.code == 1, result.all());
        QCOMPARE(result.error()["where"].toString(), QString("--layers"));
    }

    void what_is_missing_is_noticed_before_the_model_is_read() {
        for (const char* option : {"--recipe", "--corpus", "--statistics"}) {
            const CliResult result =
                sandbox_.run({"edit", test_model("gpt2_edit"), "--subject", "Elena Silva", "--prompt", "{} was born in",
                              "--object", "Madrid", option, "missing.json"});
            QVERIFY2(result.code == 1 && result.err.contains("missing.json"), result.all());
            QVERIFY2(!result.err.contains("loading"), result.all());
        }
    }

    void broken_corpora_data() {
        QTest::addColumn<QString>("corpus");
        QTest::newRow("binary") << sandbox_.path("binary.bin");
        QTest::newRow("a model") << test_model("gpt2") + "/model.safetensors";
        QTest::newRow("a folder") << sandbox_.path("tiny");
        QTest::newRow("missing") << sandbox_.path("nothing.txt");
        QTest::newRow("empty") << sandbox_.path("empty.json");
    }
    void broken_corpora() {
        QFETCH(QString, corpus);
        expect_fault({"statistics", test_model("gpt2_edit"), "--corpus", corpus, "--layers", "1", "--out",
                      sandbox_.path("out.safetensors")},
                     corpus.section('/', -1));
    }

    void no_engine() {
        qputenv("EMEND_ENGINE", "/nowhere/libemend_engine.so");
        expect_fault({"info", test_model("gpt2")}, "/nowhere/libemend_engine.so");
        qputenv("EMEND_ENGINE", sandbox_.path("a_file").toUtf8());
        expect_fault({"info", test_model("gpt2")}, "a_file");
        // Tokenizing needs none.
        const CliResult result = sandbox_.run({"tokenize", test_model("gpt2"), "--text", "a"});
        qunsetenv("EMEND_ENGINE");
        QVERIFY2(result.code == 0, result.all());
    }
};

QTEST_GUILESS_MAIN(TestCliBroken)
#include "test_cli_broken.moc"
