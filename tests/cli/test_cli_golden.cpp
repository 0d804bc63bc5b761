// SPDX-License-Identifier: GPL-3.0-or-later
// tokenize, detokenize, info, logits and generate against the reference's answers.
#include "cli_runner.h"
#include "storage/safetensors.h"

#include <cmath>
#include <cstring>
#include <QFile>
#include <QTest>

using namespace emend;
using namespace emend::test;

namespace {

QJsonObject read_json(const QString& path) {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        qFatal("cannot read %s", qPrintable(path));
    return QJsonDocument::fromJson(file.readAll()).object();
}

QString joined_ids(const QJsonArray& ids) {
    QStringList parts;
    for (const QJsonValue id : ids)
        parts << QString::number(id.toInt());
    return parts.join(',');
}

std::vector<float> floats(const TensorView& view) {
    std::vector<float> values(view.elements());
    std::memcpy(values.data(), view.data, view.bytes);
    return values;
}

// Largest difference over the largest value.
double difference(const QJsonArray& values, const float* expected, std::size_t count) {
    double worst = 0, largest = 0;
    for (std::size_t i = 0; i < count; ++i) {
        worst = std::max(worst, std::abs(values[qsizetype(i)].toDouble() - double(expected[i])));
        largest = std::max(largest, std::abs(double(expected[i])));
    }
    return std::size_t(values.size()) == count ? worst / largest : INFINITY;
}

} // namespace

class TestCliGolden : public QObject {
    Q_OBJECT
    CliSandbox sandbox_;

  private slots:
    void tokenizes_every_golden_text() {
        const QString folder = EMEND_TEST_DATA "/tokenizers/gpt2";
        const QJsonArray cases = read_json(folder + "/cases.json")["cases"].toArray();
        QVERIFY(cases.size() > 200);
        QByteArray lines;
        for (const QJsonValue entry : cases) {
            const QByteArray list = QJsonDocument(QJsonArray{entry["text"]}).toJson(QJsonDocument::Compact);
            lines += list.mid(1, list.size() - 2) + "\n";
        }
        sandbox_.write("texts.jsonl", lines);
        for (const bool special : {true, false}) {
            QStringList arguments{"tokenize", folder, "--file", sandbox_.path("texts.jsonl"), "--json-lines", "--json"};
            if (!special)
                arguments << "--no-special";
            const CliResult result = sandbox_.run(arguments);
            QVERIFY2(result.code == 0, result.all());
            const QJsonArray texts = result.json["texts"].toArray();
            QCOMPARE(texts.size(), cases.size());
            for (qsizetype i = 0; i < cases.size(); ++i) {
                const QJsonArray ids = texts[i]["ids"].toArray();
                QCOMPARE(ids, cases[i][special ? "ids_with_special" : "ids"].toArray());
                QCOMPARE(texts[i]["pieces"].toArray().size(), ids.size());
                QCOMPARE(texts[i]["offsets"].toArray().size(), ids.size());
            }
        }
    }

    void detokenizes() {
        const QString folder = EMEND_TEST_DATA "/tokenizers/gpt2";
        const QJsonArray cases = read_json(folder + "/cases.json")["cases"].toArray();
        int compared = 0;
        for (qsizetype i = 0; i < cases.size(); i += 4) {
            const QJsonArray ids = cases[i]["ids"].toArray();
            if (ids.size() > 5000)
                continue;
            const CliResult result = sandbox_.run({"detokenize", folder, "--ids", joined_ids(ids), "--json"});
            QVERIFY2(result.code == 0, result.all());
            QCOMPARE(result.json["text"].toString(), cases[i]["decoded"].toString());
            ++compared;
        }
        QVERIFY(compared > 50);
    }

    void lines_of_a_file() {
        sandbox_.write("lines.txt", "one\n\nthree\r\n");
        const CliResult result =
            sandbox_.run({"tokenize", test_model("gpt2"), "--file", sandbox_.path("lines.txt"), "--json"});
        QVERIFY2(result.code == 0, result.all());
        const QJsonArray texts = result.json["texts"].toArray();
        QCOMPARE(texts.size(), 3);
        QVERIFY(texts[1]["ids"].toArray().isEmpty());
        const QJsonArray offsets = texts[2]["offsets"].toArray();
        QCOMPARE(offsets.last().toArray()[1].toInt(), 6); // "three\r"
    }

    void wrong_ids() {
        const CliResult result = sandbox_.run({"detokenize", test_model("gpt2"), "--ids", "1,957", "--json"});
        QVERIFY2(result.code == 1 && !result.error()["hint"].toString().isEmpty(), result.all());
    }

    void info() {
        const CliResult result = sandbox_.run({"info", test_model("gpt2"), "--json"});
        QVERIFY2(result.code == 0, result.all());
        QCOMPARE(result.json["family"].toString(), QString("gpt2"));
        const std::pair<const char*, int> sizes[] = {{"layers", 4},   {"d_model", 64}, {"d_mlp", 256},   {"heads", 4},
                                                     {"kv_heads", 4}, {"vocab", 957},  {"positions", 64}};
        for (const auto& [key, value] : sizes)
            QVERIFY2(result.json[key].toInt() == value, key);
        QVERIFY(result.json["parameters"].toInteger() > 250000);
        QVERIFY(result.json["bytes_needed"].toInteger() > 1000000);
        QVERIFY(result.json["fingerprint"].toString().size() >= 16);
        QVERIFY(result.json["editable_matrix"].toString().contains("{}"));
        QVERIFY(!result.json["dtype"].toString().isEmpty());
        const CliResult plain = sandbox_.run({"info", test_model("gpt2")});
        QVERIFY2(plain.code == 0 && plain.out.contains("fingerprint"), plain.all());
    }

    void logits_data() {
        QTest::addColumn<QString>("model");
        QTest::addColumn<QString>("dtype");
        QTest::addColumn<double>("tolerance");
        QTest::newRow("gpt2 float64") << "gpt2"
                                      << "float64" << 3e-7;
        QTest::newRow("gpt2 float32") << "gpt2"
                                      << "float32" << 2e-5;
        QTest::newRow("no prefix, float16, float64") << "gpt2_noprefix_f16"
                                                     << "float64" << 3e-7;
    }
    void logits() {
        QFETCH(QString, model);
        QFETCH(QString, dtype);
        QFETCH(double, tolerance);
        const auto golden = SafetensorsFile::open((test_model(model) + "/golden.safetensors").toStdString());
        const QJsonArray cases = read_json(test_model(model) + "/golden.json")["cases"].toArray();
        QVERIFY(!cases.isEmpty());
        for (qsizetype i = 0; i < cases.size(); i += 2) {
            const CliResult result = sandbox_.run({"logits", test_model(model), "--dtype", dtype, "--ids",
                                                   joined_ids(cases[i]["input_ids"].toArray()), "--hidden", "--json"});
            QVERIFY2(result.code == 0, result.all());
            QCOMPARE(result.json["ids"].toArray(), cases[i]["input_ids"].toArray());
            const std::string prefix = "case" + std::to_string(i) + ".";
            const std::vector<float> expected = floats(golden.at(prefix + "logits_last"));
            const double off = difference(result.json["logits"].toArray(), expected.data(), expected.size());
            QVERIFY2(off < tolerance, qPrintable(QString::number(off)));
            const std::vector<float> hidden = floats(golden.at(prefix + "hidden_last"));
            const QJsonArray layers = result.json["hidden"].toArray();
            QCOMPARE(layers.size(), 4);
            for (qsizetype l = 0; l < 4; ++l) {
                const double h = difference(layers[l].toArray(), hidden.data() + 64 * l, 64);
                QVERIFY2(h < tolerance, qPrintable(QString::number(h)));
            }
            QCOMPARE(result.json["top"][0]["id"].toInt(), cases[i]["last_token_top5_ids"][0].toInt());
        }
    }

    void top_only() {
        const CliResult result =
            sandbox_.run({"logits", test_model("gpt2"), "--text", "The city of", "--top", "3", "--json"});
        QVERIFY2(result.code == 0, result.all());
        QCOMPARE(result.json["top"].toArray().size(), 3);
        QVERIFY(!result.json.contains("logits"));
        QVERIFY(!result.json.contains("hidden"));
    }

    void generates() {
        const QStringList base{"generate", test_model("gpt2_edit"), "--prompt", "The city of", "--max-tokens", "12"};
        const CliResult greedy = sandbox_.run(base + QStringList{"--json"});
        QVERIFY2(greedy.code == 0, greedy.all());
        QVERIFY(greedy.json["ids"].toArray().size() <= 12);
        QVERIFY(greedy.json["tokens_per_second"].toDouble() > 0);
        const CliResult uncached = sandbox_.run(base + QStringList{"--no-cache", "--json"});
        QCOMPARE(uncached.json["ids"], greedy.json["ids"]);
        const QStringList warm{"--temperature", "1.5", "--seed", "7", "--json"};
        const CliResult first = sandbox_.run(base + warm), second = sandbox_.run(base + warm);
        QVERIFY2(first.code == 0, first.all());
        QCOMPARE(first.json["ids"], second.json["ids"]);
        const CliResult streamed = sandbox_.run(base + QStringList{"--stream", "--quiet"});
        QVERIFY2(streamed.err.isEmpty(), streamed.all());
        QCOMPARE(QString::fromUtf8(streamed.out), "The city of" + greedy.json["text"].toString() + "\n");
    }
};

QTEST_GUILESS_MAIN(TestCliGolden)
#include "test_cli_golden.moc"
