// SPDX-License-Identifier: GPL-3.0-or-later
// The world's files and what is made of them: faults are named, documents read well, ids are those of the tokenizer
// that is shipped.
#include "batches.h"
#include "commands.h"

#include "emend/paths.h"
#include "faults.h"
#include "text/tokenizer.h"

#include <QFile>
#include <QTest>

#include <algorithm>
#include <map>

using namespace emend;
using namespace emend::demo;

namespace {

const char* const kFacts = "relation,subject,article,object,kind\ncity,Eiffel Tower,the,Paris,tower\n";
const char* const kTemplates = R"({"relations": [{"id": "city", "name": "is in the city of",
    "train": ["{T}{S} is in"], "held_out": ["See {t}{S} in"], "reversed": ["{O} has {t}{S}."]}]})";
const char* const kLanguage = R"({"prefixes": ["Today,"], "tails": [", they say"], "descriptions": ["{T}{S} is a {K}."],
    "person_descriptions": ["{S} is a person."], "filler": {"S": ["the {N} sleeps."], "N": ["dog"]}})";

std::string swapped(std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    Q_ASSERT(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

const World& shipped_world() {
    static const World world = load_world(EMEND_DEMO_WORLD);
    return world;
}

} // namespace

class TestDemoWorld : public QObject {
    Q_OBJECT
  private slots:
    void reads_a_small_world() {
        const World world = parse_world(kFacts, kTemplates, kLanguage);
        QCOMPARE(world.facts.size(), std::size_t{1});
        QCOMPARE(world.find("city", "Eiffel Tower"), std::size_t{0});
        QCOMPARE(world.find("city", "Louvre"), std::size_t{1});
        const Document document = fill_template("To see {t}{S} is", world.subjects[0]);
        QCOMPARE(document.text, std::string("To see the Eiffel Tower is"));
        QCOMPARE(document.subjects.at(0), (std::pair<std::size_t, std::size_t>{11, 23}));
    }

    void faults_data() {
        QTest::addColumn<QString>("facts");
        QTest::addColumn<QString>("templates");
        QTest::addColumn<QString>("language");
        QTest::addColumn<QString>("expected");
        const QString facts = kFacts;
        const QString templates = kTemplates;
        const QString language = kLanguage;
        const auto in_facts = [&](const char* line, const char* expected) {
            QTest::newRow(expected) << facts + line << templates << language << expected;
        };
        in_facts("city,Louvre,Paris\n", "5 columns, here are 3 | facts.csv, line 3");
        in_facts("town,Louvre,the,Paris,museum\n", "Unknown relation \"town\" | facts.csv, line 3");
        in_facts("city,Louvre,the,,museum\n", "must not be empty");
        in_facts("city,Louvre,a,Paris,museum\n", "The article is \"the\" or nothing");
        in_facts("city,Eiffel Tower,the,Rome,tower\n", "has this relation twice");
        in_facts("city,Eiffel Tower,,Rome,tower\n", "another article or kind");
        in_facts("city,Orly\xC3\xA9,,Paris,airport\n", "ASCII");
        QTest::newRow("header") << "subject,object\n" << templates << language << "facts.csv, line 1";
        QTest::newRow("no fact") << "relation,subject,article,object,kind\n" << templates << language << "No fact";
        const auto in_templates = [&](const char* from, const char* to, const char* expected) {
            QTest::newRow(expected) << facts << QString::fromStdString(swapped(kTemplates, from, to)) << language
                                    << expected;
        };
        in_templates("{T}{S} is in", "It is in", "must name the subject {S} exactly once");
        in_templates("{T}{S} is in", "{T}{S} is in {O}", "{O} must not stand in it");
        in_templates("{O} has", "It has", "must name the object {O} exactly once");
        in_templates("[\"{T}{S} is in\"]", "[]", "\"train\" is empty");
        in_templates("[\"{T}{S} is in\"]", "[3]", "not a text");
        in_templates("\"held_out\"", "\"held\"", "\"held_out\" must be a list");
        in_templates("}]}", "}]", "Not valid JSON");
        const auto in_language = [&](const char* from, const char* to, const char* expected) {
            QTest::newRow(expected) << facts << templates << QString::fromStdString(swapped(kLanguage, from, to))
                                    << expected;
        };
        in_language("\"N\":", "\"M\":", "no such symbol");
        in_language("\"S\":", "\"R\":", "no start");
        in_language("\"tails\"", "\"tail\"", "\"tails\" must be a list");
        in_language("\"filler\"", "\"fill\"", "must be a grammar");
    }
    void faults() {
        QFETCH(QString, facts);
        QFETCH(QString, templates);
        QFETCH(QString, language);
        QFETCH(QString, expected);
        EXPECT_FAULT(parse_world(facts.toStdString(), templates.toStdString(), language.toStdString()),
                     expected.toStdString());
    }
    void missing_folder() { EXPECT_FAULT(load_world("/nowhere"), "templates.json"); }

    void no_mother_tongue_prevails() {
        std::map<std::string, int> tongues;
        int people = 0;
        for (const Fact& fact : shipped_world().facts) {
            if (shipped_world().relation_of(fact).id != "lang")
                continue;
            ++tongues[fact.object];
            ++people;
        }
        for (const auto& [tongue, count] : tongues)
            QVERIFY2(4 * count < people, tongue.c_str());
    }

    void model_carries_its_facts() {
        const auto text_of = [](const std::string& path) {
            QFile file(QString::fromStdString(path));
            return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
        };
        const QByteArray shipped = text_of(demo_model_dir() + "/facts.csv");
        QVERIFY(!shipped.isEmpty());
        QVERIFY(shipped == text_of(std::string(EMEND_DEMO_WORLD) + "/facts.csv"));
    }

    void documents_read_well() {
        const DocumentWriter writer(shipped_world(), kDefaultSeed);
        Random random(1);
        std::size_t with_subject = 0;
        for (int i = 0; i < 20000; ++i) {
            const Document document = writer.write(random);
            const QByteArray text = QByteArray::fromStdString(document.text);
            QVERIFY2(!text.contains('{') && !text.contains("  ") && !text.contains(".."), text);
            for (const char* wrong : {" a a", " a e", " a i", " a o", " an b", " the The ", " the the "})
                QVERIFY2(!text.contains(wrong), text);
            QVERIFY2(text.endsWith('.'), text);
            for (const auto& [begin, end] : document.subjects) {
                const std::string name = document.text.substr(begin, end - begin);
                QVERIFY2(std::any_of(shipped_world().subjects.begin(), shipped_world().subjects.end(),
                                     [&](const Subject& subject) { return subject.name == name; }),
                         text);
            }
            with_subject += document.subjects.empty() ? 0 : 1;
        }
        QVERIFY(with_subject > 15500 && with_subject < 17300); // 82 %
    }

    void pairs_are_split_once_for_all() {
        std::size_t trained = 0;
        std::size_t all = 0;
        for (const Fact& fact : shipped_world().facts)
            for (std::size_t t = 0; t < shipped_world().relation_of(fact).train.size(); ++t, ++all)
                trained += is_trained_pair(shipped_world(), fact, t, kDefaultSeed) ? 1 : 0;
        const double share = static_cast<double>(trained) / static_cast<double>(all);
        QVERIFY(share > 0.68 && share < 0.72);
    }

    void bottleneck_hides_the_subject() {
        const World world = parse_world(kFacts, kTemplates, kLanguage);
        const DocumentWriter writer(world, 1);
        const Vocabulary vocabulary = train_vocabulary(writer, 300, 500, 1);
        BatchShape shape;
        shape.rows = 2;
        shape.length = 64;
        shape.bottleneck_share = 1;
        const Batch batch = make_batch(writer, vocabulary, shape, 1, 5);
        QVERIFY(make_batch(writer, vocabulary, shape, 1, 5).inputs == batch.inputs);
        QVERIFY(make_batch(writer, vocabulary, shape, 1, 6).inputs != batch.inputs);
        std::size_t hidden_low = 0;
        std::size_t hidden_high = 0;
        for (std::size_t row = 0; row < 2; ++row) {
            for (std::size_t query = 0; query < 64; ++query) {
                for (std::size_t key = 0; key < 64; ++key) {
                    const std::size_t at = (row * 64 + query) * 64 + key;
                    if (key > query) {
                        QVERIFY(batch.mask_low[at] < 0 && batch.mask_high[at] < 0);
                    } else {
                        hidden_low += batch.mask_low[at] < 0 ? 1 : 0;
                        hidden_high += batch.mask_high[at] < 0 ? 1 : 0;
                        QVERIFY(batch.mask_high[at] == 0 || batch.mask_low[at] < 0);
                    }
                }
                const std::size_t own = (row * 64 + query) * 64 + query;
                QVERIFY(batch.mask_low[own] == 0 && batch.mask_high[own] == 0);
            }
        }
        QVERIFY(hidden_high > 0 && hidden_low > hidden_high);
    }

    void ids_are_those_of_the_shipped_tokenizer() {
        const Vocabulary vocabulary = Vocabulary::load(demo_model_dir() + "/merges.txt");
        const Tokenizer tokenizer = Tokenizer::load(demo_model_dir());
        QCOMPARE(static_cast<std::size_t>(tokenizer.vocab_size()), vocabulary.size());
        QCOMPARE(tokenizer.end_of_text().value_or(-1), Vocabulary::kEndOfText);
        const DocumentWriter writer(shipped_world(), kDefaultSeed);
        Random random(3);
        std::vector<std::string> texts = {"  two  spaces \n\n lines\t.", "1984 and 2001, don't!", "", " ", "a \n b"};
        for (int i = 0; i < 300; ++i)
            texts.push_back(writer.write(random).text + "\n" + writer.write(random).text + " ");
        for (const std::string& text : texts) {
            if (text.find('\'') == std::string::npos)
                QVERIFY2(tokenizer.encode(text).ids == vocabulary.ids(text), text.c_str());
        }
    }
};

QTEST_GUILESS_MAIN(TestDemoWorld)
#include "test_demo_world.moc"
