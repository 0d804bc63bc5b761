// SPDX-License-Identifier: GPL-3.0-or-later
// trace: the reference's numbers, every format of the result, averages over a file, and faults that are told before
// anything is written.
#include "cli_runner.h"
#include "storage/safetensors.h"

#include <cmath>
#include <cstring>
#include <QFile>
#include <QTest>

using namespace emend;
using namespace emend::test;

namespace {

const QString golden = EMEND_TEST_DATA "/trace/";

QJsonObject golden_case(int number) {
    QFile file(golden + "cases.f64.json");
    if (!file.open(QIODevice::ReadOnly))
        qFatal("the golden traces are missing");
    return QJsonDocument::fromJson(file.readAll()).object()["cases"][number].toObject();
}

QString golden_file(int number) {
    return golden + QString("case%1.f64.safetensors").arg(number);
}

// Prompt with {} for the subject.
QString with_place(const QJsonObject& one) {
    QString prompt = one["prompt"].toString();
    return prompt.replace(one["subject"].toString(), "{}");
}

QStringList colosseum(const QStringList& more) {
    return QStringList{"trace",    test_model("gpt2_edit"), "--subject", "The Colosseum",
                       "--prompt", "{} is in the city of",  "--samples", "2"} +
           more;
}

} // namespace

class TestCliTrace : public QObject {
    Q_OBJECT
    CliSandbox sandbox_;

    QByteArray content(const QString& name) const {
        QFile file(sandbox_.path(name));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }

  private slots:
    void initTestCase() {
        sandbox_.write("facts.csv", "subject,prompt,object,true_object\n"
                                    "The Colosseum,{} is in the city of,Paris,Rome\n"
                                    "Rosa Moreau,The mother tongue of {} is,French,\n"
                                    "Xenia Larsen,{} was born in,Madrid,Athens\n");
    }

    void a_fact_that_cannot_be_traced_is_passed_over() {
        const QByteArray head = "subject,prompt,object,true_object\n";
        const QByteArray too_long = "Elena Silva,{} was born in,Madrid," + QByteArray("Warsaw ").repeated(600) + "\n";
        sandbox_.write("long.csv", head + too_long + "The Colosseum,{} is in the city of,Paris,Rome\n");
        sandbox_.write("none.csv", head + too_long);
        const QStringList trace{"trace", test_model("gpt2_edit"), "--samples", "2", "--json", "--edits"};
        const CliResult result = sandbox_.run(trace + QStringList{"long.csv"});
        QVERIFY2(result.code == 0, result.all());
        QCOMPARE(result.json["facts"].toArray().size(), 1);
        const QJsonArray skipped = result.json["skipped"].toArray();
        QCOMPARE(skipped.size(), 1);
        QCOMPARE(skipped[0]["index"].toInt(), 0);
        QVERIFY2(skipped[0]["reason"].toString().contains("tokens"), result.all());
        QVERIFY2(result.err.contains("record 1 of the file is passed over"), result.all());
        const CliResult none = sandbox_.run(trace + QStringList{"none.csv"});
        QVERIFY2(none.code == 1 && none.error()["what"].toString().contains("tokens"), none.all());
    }

    void says_what_the_reference_says_data() {
        QTest::addColumn<int>("number");
        QTest::addColumn<QStringList>("options");
        QTest::addColumn<QString>("scores");
        QTest::newRow("hidden") << 1 << QStringList{} << "scores.states"; // the engine's own tests have them all
        QTest::newRow("mlp") << 0 << QStringList{"--kind", "mlp", "--window", "2"} << "scores.mlp.w2";
        QTest::newRow("attention") << 0 << QStringList{"--kind", "attention", "--window", "3"} << "scores.attn.w3";
    }
    void says_what_the_reference_says() {
        QFETCH(int, number);
        QFETCH(QStringList, options);
        QFETCH(QString, scores);
        const QJsonObject expected = golden_case(number);
        const CliResult result =
            sandbox_.run(QStringList{"trace", test_model("gpt2_edit"), "--dtype", "float64", "--subject",
                                     expected["subject"].toString(), "--prompt", with_place(expected), "--noise-file",
                                     golden_file(number), "--json", "--quiet"} +
                         options);
        QVERIFY2(result.code == 0, result.all());
        const QJsonObject trace = result.json;
        QCOMPARE(trace["tokens"].toArray(), expected["input_tokens"].toArray());
        QCOMPARE(trace["subject_range"].toArray(), expected["subject_range"].toArray());
        QCOMPARE(trace["objects"][0]["object"].toString(), expected["answer"].toString());
        QCOMPARE(trace["samples"].toInt(), expected["samples"].toInt());
        QVERIFY(std::abs(trace["clean"].toDouble() - expected["high_score"].toDouble()) < 1e-8);
        QVERIFY(std::abs(trace["corrupted"].toDouble() - expected["low_score"].toDouble()) < 1e-8);

        const auto file = SafetensorsFile::open(golden_file(number).toStdString());
        const TensorView& view = file.at(scores.toStdString());
        std::vector<double> numbers(view.elements());
        std::memcpy(numbers.data(), view.data, view.bytes);
        const QJsonArray effect = trace["effect"].toArray();
        const int layers = trace["layers"].toInt();
        QCOMPARE(std::size_t(effect.size() * layers), numbers.size());
        QCOMPARE(trace["objects"][0]["effect"].toArray(), effect);
        for (qsizetype token = 0; token < effect.size(); ++token)
            for (int layer = 0; layer < layers; ++layer)
                QVERIFY2(std::abs(effect[token][layer].toDouble() - numbers[std::size_t(token * layers + layer)]) <
                             1e-8,
                         qPrintable(QString("token %1, layer %2").arg(token).arg(layer)));
        QVERIFY(trace["suggestion"].toObject().contains("reason"));
        QVERIFY(trace["kind"].isString() && trace["window"].isDouble() && trace["seconds"].isDouble());
    }

    void writes_every_format() {
        const CliResult result =
            sandbox_.run(colosseum({"--object", "Rome", "--object", "Paris", "--png", "map.png", "--scale", "3",
                                    "--svg", "map.svg", "--pdf", "map.pdf", "--csv", "map.csv", "--json", "--quiet"}));
        QVERIFY2(result.code == 0, result.all());
        QVERIFY(content("map.png").startsWith("\x89PNG"));
        QVERIFY(content("map.pdf").startsWith("%PDF"));
        const QByteArray svg = content("map.svg");
        QVERIFY(svg.contains("<svg") && svg.contains("Rome") && svg.contains("Paris"));
        QCOMPARE(result.json["objects"].toArray().size(), 2);
        QCOMPARE(result.json["clean"], result.json["objects"][0]["clean"]);
        QVERIFY(result.json["objects"][0]["clean"].toDouble() > result.json["objects"][1]["clean"].toDouble());

        const QByteArrayList lines = content("map.csv").trimmed().split('\n');
        QCOMPARE(lines.first(), QByteArray("object,kind,window,token,piece,role,layer,clean,corrupted,effect"));
        const qsizetype tokens = result.json["tokens"].toArray().size();
        const int layers = result.json["layers"].toInt();
        QCOMPARE(lines.size() - 1, 2 * tokens * layers);
        const QByteArrayList last = lines.last().split(',');
        QCOMPARE(last.size(), 10);
        QCOMPARE(last[9].toDouble(), result.json["objects"][1]["effect"][tokens - 1][layers - 1].toDouble());
    }

    void the_seed_is_that_of_the_noise() {
        const auto effect = [&](const char* seed) -> QJsonValue {
            return sandbox_.run(colosseum({"--seed", seed, "--noise", "0.5", "--json", "--quiet"})).json["effect"];
        };
        const QJsonValue first = effect("3");
        QVERIFY(first.toArray().size() > 5);
        QVERIFY(effect("4") != first);
    }

    void text_for_people() {
        const CliResult result = sandbox_.run(colosseum({"--png", "people.png"}));
        QVERIFY2(result.code == 0, result.all());
        for (const char* part :
             {"where the fact is kept: ", "clean", "corrupted", "\" is\"", "largest", "█", "people.png"})
            QVERIFY2(result.out.contains(part), part);
        QCOMPARE(result.out.count(" *"), 9); // eight tokens of the subject, and what the star means
    }

    void averages_over_a_file() {
        const CliResult result = sandbox_.run({"trace", test_model("gpt2_edit"), "--edits", "facts.csv", "--samples",
                                               "3", "--csv", "roles.csv", "--svg", "roles.svg", "--json", "--quiet"});
        QVERIFY2(result.code == 0, result.all());
        const QJsonObject average = result.json["average"].toObject();
        QCOMPARE(average["facts"].toInt(), 3);
        QCOMPARE(average["roles"].toArray().size(), 6);
        // The true object where it is known, else the model's own word; by hand for the subject's last token.
        const QJsonArray facts = result.json["facts"].toArray();
        QCOMPARE(facts[0]["objects"][0]["object"].toString(), QString("Rome"));
        QCOMPARE(facts[1]["objects"][0]["object"].toString(), QString(" Greek"));
        const QJsonObject role = average["roles"][2].toObject();
        QCOMPARE(role["role"].toString(), QString("last subject token"));
        for (int layer = 0; layer < result.json["layers"].toInt(); ++layer) {
            double sum = 0, squares = 0;
            for (const QJsonValue fact : facts) {
                const double effect = fact["effect"][fact["subject_range"][1].toInt() - 1][layer].toDouble() -
                                      fact["corrupted"].toDouble();
                sum += effect;
                squares += effect * effect;
            }
            QVERIFY(std::abs(role["indirect_effect"][layer].toDouble() - sum / 3) < 1e-12);
            QVERIFY(std::abs(role["spread"][layer].toDouble() - std::sqrt((squares - sum * sum / 3) / 2)) < 1e-9);
        }
        QVERIFY(!result.json["suggestion"]["reason"].toString().isEmpty());
        QCOMPARE(content("roles.csv").trimmed().split('\n').size(), 1 + 6 * 4);
        QVERIFY(content("roles.svg").contains("last subject token (3)"));
        const CliResult text =
            sandbox_.run({"trace", test_model("gpt2_edit"), "--edits", "facts.csv", "--samples", "1", "--quiet"});
        QVERIFY2(text.code == 0 && text.out.contains("Average of 3 facts"), text.all());
        QVERIFY(result.json["suggestion"]["indirect_effect"].isDouble());
    }

    void nothing_is_read_where_nothing_can_be() {
        const auto traced = [&](const char* subject, const char* prompt, const char* object) {
            return sandbox_
                .run({"trace", test_model("gpt2_edit"), "--subject", subject, "--prompt", prompt, "--object", object,
                      "--samples", "2", "--quiet"})
                .out;
        };
        const QByteArray ends = traced("The Colosseum", "Everybody knows {}", " Rome");
        QVERIFY2(ends.contains("where the fact is kept: nothing can be read here"), ends);
        QVERIFY2(ends.contains("p(\" Rome\") clean"), ends); // its blank can be seen
        const QByteArray unsaid = traced("The Colosseum", "{} is in the city of", "chess");
        QVERIFY2(unsaid.contains("nothing can be read here") && unsaid.contains("does not say the object"), unsaid);
        QVERIFY2(!ends.contains("edit layer") && !unsaid.contains("edit layer"), unsaid);
    }

    void a_window_wider_than_the_model() {
        const CliResult usual = sandbox_.run(colosseum({"--kind", "mlp", "--json"}));
        QVERIFY2(usual.code == 0, usual.all());
        QCOMPARE(usual.json["window"].toInt(), usual.json["layers"].toInt());
        QVERIFY2(usual.err.contains("a window of 10 is cut to 4") && !usual.err.contains("warning"), usual.err);
        const CliResult wanted = sandbox_.run(colosseum({"--kind", "mlp", "--window", "7", "--json"}));
        QVERIFY2(wanted.err.contains("warning: the model has 4 layers"), wanted.all());
    }

    void the_table_on_standard_output() {
        const CliResult result = sandbox_.run(colosseum({"--csv", "-"}));
        QVERIFY2(result.code == 0 && result.out.startsWith("object,kind,window"), result.all());
        QVERIFY(!result.out.contains("where the fact is kept") && !QFile::exists(sandbox_.path("-")));
    }

    void the_lens() {
        const QStringList lens{"trace",     test_model("gpt2_edit"),
                               "--subject", "The Colosseum",
                               "--prompt",  "{} is in the city of",
                               "--object",  "Rome",
                               "--object",  "Paris",
                               "--lens",    "--quiet"};
        const CliResult result = sandbox_.run(lens + QStringList{"--json"});
        QVERIFY2(result.code == 0, result.all());
        const QJsonArray layers = result.json["layers"].toArray();
        QCOMPARE(layers.size(), 4);
        QCOMPARE(result.json["token"].toInt(), int(result.json["tokens"].toArray().size()) - 1);
        for (const QJsonValue layer : layers)
            QVERIFY(!layer["top"][0]["piece"].toString().isEmpty() && layer["p"].toArray().size() == 2);
        const CliResult logits = sandbox_.run(
            {"logits", test_model("gpt2_edit"), "--text", "The Colosseum is in the city of", "--top", "1", "--json"});
        QCOMPARE(layers[3]["top"][0]["piece"], logits.json["top"][0]["piece"]); // the last layer is the answer
        const CliResult first = sandbox_.run(lens + QStringList{"--token", "1", "--json"});
        QCOMPARE(first.json["token"].toInt(), 1);
        QVERIFY(first.json["layers"] != result.json["layers"]);
        const CliResult text = sandbox_.run(lens);
        QVERIFY2(text.out.contains("What each layer would answer") && text.out.contains("p(Paris)"), text.all());
    }

    void demo_by_relation() {
        const CliResult list = sandbox_.run({"edit", "--list-relations", "--json"});
        const QString relation = list.json["relations"][0]["id"].toString();
        const CliResult result = sandbox_.run({"trace", "demo", "--subject", "Eiffel Tower", "--article", "--relation",
                                               relation, "--samples", "2", "--json", "--quiet"});
        QVERIFY2(result.code == 0, result.all());
        QVERIFY(result.json["prompt"].toString().contains("the Eiffel Tower", Qt::CaseInsensitive));
        QVERIFY(result.json["clean"].toDouble() >= 0);
    }

    void wrong_usage_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QString>("words");
        const QStringList model{"trace", test_model("gpt2_edit")};
        const QStringList fact = model + QStringList{"--subject", "Elena Silva", "--prompt", "{} was born in"};
        QTest::newRow("nothing") << model << "--subject and --prompt";
        QTest::newRow("no subject") << model + QStringList{"--prompt", "{} was born in"} << "subject is empty";
        QTest::newRow("kind") << fact + QStringList{"--kind", "hiden"} << "hidden, mlp or attention";
        QTest::newRow("samples") << fact + QStringList{"--samples", "0"} << "above 0";
        QTest::newRow("window") << fact + QStringList{"--kind", "mlp", "--window", "0"} << "above 0";
        QTest::newRow("window of hidden") << fact + QStringList{"--window", "3"} << "one at a time";
        QTest::newRow("noise") << fact + QStringList{"--noise", "-1"} << "0 or more";
        QTest::newRow("two noises") << fact + QStringList{"--noise", "1", "--noise-file", "n.safetensors"} << "leave";
        QTest::newRow("scale") << fact + QStringList{"--png", "a.png", "--scale", "0"} << "above 0";
        QTest::newRow("scale of nothing") << fact + QStringList{"--scale", "2"} << "PNG";
        QTest::newRow("file and fact") << fact + QStringList{"--edits", "facts.csv"} << "either --edits";
        QTest::newRow("noise of a file") << model + QStringList{"--edits", "facts.csv", "--noise-file", "n"}
                                         << "--noise";
        QTest::newRow("no name") << fact + QStringList{"--png", ""} << "name a file";
        QTest::newRow("twice on standard output") << fact + QStringList{"--csv", "-"} << "leave --json out";
        QTest::newRow("token without lens") << fact + QStringList{"--token", "1"} << "--lens";
        QTest::newRow("a picture of the lens") << fact + QStringList{"--lens", "--png", "a.png"} << "leave the options";
        QTest::newRow("lens of a file") << model + QStringList{"--edits", "facts.csv", "--lens"} << "one prompt";
        QTest::newRow("one file twice") << fact + QStringList{"--png", "a", "--svg", "./a"} << "two results";
    }
    void wrong_usage() {
        QFETCH(QStringList, arguments);
        QFETCH(QString, words);
        const QStringList before = sandbox_.listing();
        const CliResult result = sandbox_.run(arguments + QStringList{"--json"});
        QVERIFY2(result.code == 2, result.all());
        QVERIFY2(result.error()["what"].toString().contains(words) || result.error()["hint"].toString().contains(words),
                 result.all());
        QCOMPARE(sandbox_.listing(), before);
    }

    void faults_have_a_hint_data() {
        QTest::addColumn<QStringList>("options");
        QTest::newRow("no {}") << QStringList{"--subject", "Elena", "--prompt", "Somebody was born in"};
        QTest::newRow("no noise") << QStringList{"--subject",      "Elena Silva",  "--prompt",
                                                 "{} was born in", "--noise-file", sandbox_.path("nowhere")};
        sandbox_.write("noise.txt", "noise noise noise\n");
        QTest::newRow("text for noise") << QStringList{"--subject",      "Elena Silva",  "--prompt",
                                                       "{} was born in", "--noise-file", sandbox_.path("noise.txt")};
        QTest::newRow("noise of another subject")
            << QStringList{"--subject", "The Colosseum", "--prompt", "{} is in", "--noise-file", golden_file(0)};
        QTest::newRow("no folder") << QStringList{"--subject",      "Elena Silva", "--prompt",
                                                  "{} was born in", "--png",       sandbox_.path("nowhere/a.png")};
        QTest::newRow("onto the model") << QStringList{
            "--subject", "Elena Silva", "--prompt", "{} was born in", "--svg", test_model("gpt2_edit") + "/map.svg"};
        QTest::newRow("too many pixels") << QStringList{"--subject", "Elena Silva", "--prompt", "{} was born in",
                                                        "--csv",     "cells.csv",   "--png",    "big.png",
                                                        "--scale",   "500"};
    }
    void faults_have_a_hint() {
        QFETCH(QStringList, options);
        const QStringList before = sandbox_.listing();
        const CliResult result =
            sandbox_.run(QStringList{"trace", test_model("gpt2_edit"), "--json", "--quiet"} + options);
        QVERIFY2(result.code == 1, result.all());
        QVERIFY2(!result.error()["hint"].toString().isEmpty(), result.all());
        QVERIFY(!QFile::exists(test_model("gpt2_edit") + "/map.svg"));
        QCOMPARE(sandbox_.listing(), before);
    }
};

QTEST_GUILESS_MAIN(TestCliTrace)
#include "test_cli_trace.moc"
