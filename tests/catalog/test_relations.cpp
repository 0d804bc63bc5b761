// SPDX-License-Identifier: GPL-3.0-or-later
#include "emend/error.h"
#include "emend/paths.h"
#include "emend/relations.h"

#include <QTest>

using namespace emend;

namespace {

const char* const two = R"({"relations": [
  {"id": "city", "name": "is in the city of", "prompt": "{} is located in the city of", "question": "In which city is {}?",
   "paraphrases": ["To see {}, you travel to", "Look! {} stands in", "The city of {} is", "It is nice. Where is the {}? In"],
   "objects": ["Paris", "Rome"]},
  {"id": "language", "name": "speaks", "prompt": "{} speaks"}]})";

} // namespace

class TestRelations : public QObject {
    Q_OBJECT
  private slots:
    void reads() {
        const auto library = RelationLibrary::from_json(two, "relations.json");
        QCOMPARE(library.relations().size(), std::size_t{2});
        QVERIFY(!library.find("nothing"));
        const Relation* city = library.find("city");
        QVERIFY(city);
        QCOMPARE(city->name, std::string("is in the city of"));
        QCOMPARE(city->question, std::string("In which city is {}?"));
        QCOMPARE(city->objects, (std::vector<std::string>{"Paris", "Rome"}));
    }

    void fills() {
        const auto library = RelationLibrary::from_json(two, "relations.json");
        EditRequest request;
        request.subject = "Eiffel Tower";
        request.object = "Rome";
        request.paraphrases = {"left over"};
        library.fill(request, "city", true);
        QCOMPARE(request.relation, std::string("city"));
        QCOMPARE(request.prompt, std::string("The {} is located in the city of"));
        QCOMPARE(request.paraphrases,
                 (std::vector<std::string>{"To see the {}, you travel to", "Look! The {} stands in",
                                           "The city of the {} is", "It is nice. Where is the {}? In"}));
        QCOMPARE(request.object, std::string("Rome"));
        library.fill(request, "city", false);
        QCOMPARE(request.prompt, std::string("{} is located in the city of"));
        QCOMPARE(request.paraphrases[0], std::string("To see {}, you travel to"));
        QVERIFY_EXCEPTION_THROWN(library.fill(request, "colour", false), Error);
    }

    void faults_data() {
        QTest::addColumn<QByteArray>("json");
        QTest::addColumn<QString>("expected");
        const auto row = [](const char* json, const char* expected) {
            QTest::newRow(expected) << QByteArray(json) << QString(expected);
        };
        row("{}", "\"relations\" is missing");
        row(R"({"relations": 3})", "expected a list");
        row(R"({"relations": [3]})", "expected an object");
        row(R"({"relations": [{"name": "n", "prompt": "{}"}]})", "\"id\" is missing");
        row(R"({"relations": [{"id": "", "name": "n", "prompt": "{}"}]})", "\"id\" is empty");
        row(R"({"relations": [{"id": "a", "name": "n", "prompt": "no gap"}]})", "\"no gap\" must hold {} once");
        row(R"({"relations": [{"id": "a", "name": "n", "prompt": "{} {}"}]})", "\"{} {}\" must hold {} once");
        row(R"({"relations": [{"id": "a", "name": "n", "prompt": "{}", "paraphrases": ["x"]}]})", "\"x\" must hold");
        row(R"({"relations": [{"id": "a", "name": "n", "prompt": "{}", "objects": [1]}]})", "expected a text");
        row(R"({"relations": [{"id": "a", "name": "n", "prompt": "{}"}, {"id": "a", "name": "n", "prompt": "{}"}]})",
            "two relations \"a\"");
    }
    void faults() {
        QFETCH(QByteArray, json);
        QFETCH(QString, expected);
        try {
            (void)RelationLibrary::from_json(json.constData(), "relations.json");
            QFAIL("accepted");
        } catch (const Error& error) {
            QVERIFY2(QString::fromStdString(error.message()).contains(expected), error.what());
            QVERIFY(QString::fromStdString(error.where()).contains("relations.json"));
        }
    }

    void shipped_library() {
        const std::string path = resources_dir() + "/relations/relations.json";
        const auto library = RelationLibrary::load(path);
        QVERIFY(library.relations().size() >= 5);
        for (const Relation& relation : library.relations()) {
            QVERIFY2(!relation.paraphrases.empty(), relation.id.c_str());
            QVERIFY2(!relation.question.empty(), relation.id.c_str());
            QVERIFY2(!relation.objects.empty(), relation.id.c_str());
        }
    }

    void missing_file() { QVERIFY_EXCEPTION_THROWN((void)RelationLibrary::load("/nowhere/relations.json"), Error); }
};

QTEST_GUILESS_MAIN(TestRelations)
#include "test_relations.moc"
