// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/file.h"
#include "emend/edits_io.h"
#include "faults.h"
#include "storage/csv.h"

#include <QTemporaryDir>
#include <QTest>

using namespace emend;
using Texts = std::vector<std::string>;

class TestEditsFile : public QObject {
    Q_OBJECT
  private slots:
    void counterfact() {
        const EditsFile file = parse_edits(R"([{"case_id": 1, "requested_rewrite": {"prompt": "{} is a citizen of",
            "relation_id": "P27", "target_new": {"str": "Spain", "id": "Q29"}, "target_true": {"str": "France", "id": "Q142"},
            "subject": "Danielle Darrieux"}, "paraphrase_prompts": ["Danielle Darrieux, who", "So, Danielle"],
            "neighborhood_prompts": ["Jean Gabin is"], "generation_prompts": ["Danielle was"]}])",
                                           "cf.json");
        QCOMPARE(file.kind, std::string("CounterFact"));
        QVERIFY(file.problems.empty());
        const EditRequest& edit = file.edits.at(0);
        QCOMPARE(edit.subject, std::string("Danielle Darrieux"));
        QCOMPARE(edit.prompt, std::string("{} is a citizen of"));
        QCOMPARE(edit.object, std::string("Spain"));
        QCOMPARE(edit.true_object, std::optional<std::string>("France"));
        QCOMPARE(edit.paraphrases, (Texts{"Danielle Darrieux, who", "So, Danielle"}));
        QCOMPARE(edit.neighbours, (Texts{"Jean Gabin is"}));
        QVERIFY(edit.relation.empty());
    }

    void plain_requests() {
        const EditsFile file =
            parse_edits(R"([{"prompt": "{} is in", "subject": "Paris", "target_new": {"str": "Spain"}},
            {"prompt": "Paris is in", "subject": "Paris", "target_new": "Italy"}])",
                        "f");
        QCOMPARE(file.kind, std::string("edit requests"));
        QCOMPARE(file.edits.at(1).prompt, std::string("{} is in"));
        QCOMPARE(file.edits.at(1).object, std::string("Italy"));
        QVERIFY(!file.edits.at(0).true_object);
        const EditsFile inside =
            parse_edits(R"({"edits": [{"prompt": "{} is in", "subject": "P", "target_new": "S"}]})", "f");
        QCOMPARE(inside.edits.size(), std::size_t{1});
        const EditsFile alone = parse_edits(R"({"prompt": "{} is in", "subject": "P", "target_new": "S"})", "f");
        QCOMPARE(alone.edits.size(), std::size_t{1});
    }

    void own_records() {
        const EditsFile file = parse_edits(R"([{"subject": "Eiffel Tower", "relation": "city", "object": "Rome",
            "true_object": "Paris", "paraphrases": ["{} stands in"], "neighbours": ["The Louvre is in"]}])",
                                           "f");
        QCOMPARE(file.kind, std::string("Emend records"));
        QCOMPARE(file.edits.at(0).relation, std::string("city"));
        QVERIFY(file.edits.at(0).prompt.empty());
        QCOMPARE(file.edits.at(0).paraphrases, (Texts{"{} stands in"}));
        const EditsFile both =
            parse_edits(R"([{"subject": "P", "relation": "city", "prompt": "The {} is in", "object": "Rome"}])", "f");
        QCOMPARE(both.edits.at(0).relation, std::string("city"));
        QCOMPARE(both.edits.at(0).prompt, std::string("The {} is in"));
    }

    void zsre_and_easyedit() {
        const EditsFile zsre = parse_edits(R"([{"subject": "Ramalinga", "src": "Which family does Ramalinga belong to?",
            "rephrase": "What family are Ramalinga?", "alt": "Lamiinae", "answers": ["Lamiaceae"],
            "loc": "nq question: who played desmond doss father", "loc_ans": "Hugo Weaving", "cond": "x"},
            {"subject": "Ramalinga", "src": "Ramalinga?", "answers": ["Lamiaceae"]}])",
                                           "f");
        QCOMPARE(zsre.kind, std::string("zsRE"));
        QCOMPARE(zsre.edits.at(0).prompt, std::string("Which family does {} belong to?"));
        QCOMPARE(zsre.edits.at(0).object, std::string("Lamiinae"));
        QCOMPARE(zsre.edits.at(0).true_object, std::optional<std::string>("Lamiaceae"));
        QCOMPARE(zsre.edits.at(0).paraphrases, (Texts{"What family are Ramalinga?"}));
        QVERIFY(zsre.edits.at(0).neighbours.empty()); // has another answer than the edit: the score could not judge it
        QCOMPARE(zsre.edits.at(1).object, std::string("Lamiaceae"));
        QVERIFY(!zsre.edits.at(1).true_object);

        const EditsFile easy =
            parse_edits(R"([{"prompt": "The mother tongue of Ada is", "subject": "Ada", "target_new": "French",
            "ground_truth": ["English"], "rephrase_prompt": "Ada speaks"}])",
                        "f");
        QCOMPARE(easy.kind, std::string("EasyEdit"));
        QCOMPARE(easy.edits.at(0).prompt, std::string("The mother tongue of {} is"));
        QCOMPARE(easy.edits.at(0).true_object, std::optional<std::string>("English"));
    }

    void csv() {
        const EditsFile file = parse_edits("\xEF\xBB\xBFSubject,Prompt,Object,True object,paraphrases\r\n"
                                           "Paris,{} is in,Spain,France,{} lies in| So {} is \r\n"
                                           "\"Paris, Texas\",\"He said \"\"{}\"\"\nis in\",Peru,,\r\n\r\n",
                                           "f.csv");
        QCOMPARE(file.kind, std::string("CSV"));
        QCOMPARE(file.problems.size(), std::size_t{0});
        QCOMPARE(file.edits.size(), std::size_t{2});
        QCOMPARE(file.edits[0].paraphrases, (Texts{"{} lies in", "So {} is"}));
        QCOMPARE(file.edits[0].true_object, std::optional<std::string>("France"));
        QCOMPARE(file.edits[1].subject, std::string("Paris, Texas"));
        QCOMPARE(file.edits[1].prompt, std::string("He said \"{}\"\nis in"));
        QVERIFY(!file.edits[1].true_object);
        const EditsFile tabs = parse_edits("subject\trelation\tobject\nA, B\tcity\tRome\n", "f");
        QCOMPARE(tabs.edits.at(0).subject, std::string("A, B"));
        QCOMPARE(parse_edits("subject;relation;object\nA;city;\"R;me\"", "f").edits.at(0).object, std::string("R;me"));
    }

    void csv_says_the_line() {
        // Blank lines before and between, a field over two lines: a row is not where its number says.
        const EditsFile file =
            parse_edits("\n\nsubject,prompt,object\nA,\"{}\nis in\",Rome\n\nB,{} is in\n,{} is in,Rome\n"
                        "C,{} is in,Bern",
                        "f.csv");
        QCOMPARE(file.edits.size(), std::size_t{2});
        QCOMPARE(file.problems.size(), std::size_t{2});
        QCOMPARE(file.problems[0].index, 1);
        QCOMPARE(file.problems[0].reason, std::string("line 7: 2 fields instead of 3"));
        QCOMPARE(file.problems[1].index, 2);
        QCOMPARE(file.problems[1].reason, std::string("line 8: no subject"));
        EXPECT_FAULT(parse_edits("\nsubject,prompt\na,b", "f.csv"), "f.csv, line 2");
    }

    void locality_of_easyedit() {
        const EditsFile file = parse_edits(R"([{"subject": "Ada", "prompt": "Ada lives in", "target_new": "Rome",
            "ground_truth": "Bern", "locality": {
                "Relation_Specificity": [{"prompt": "Bob lives in", "ground_truth": [["Bern"]]},
                                         {"prompt": ["Eve lives in", "Kim lives in"], "ground_truth": ["Oslo", "Bern"]},
                                         {"prompt": "Nobody says where"}],
                "neighborhood": {"prompt": "Max lives in", "ground_truth": "Bern"}}},
            {"subject": "Ada", "prompt": "Ada lives in", "target_new": "Rome", "ground_truth": "Bern",
             "locality_prompt": "Tom lives in", "locality_ground_truth": "Bern"}])",
                                           "f");
        QCOMPARE(file.problems.size(), std::size_t{0});
        QCOMPARE(file.edits.at(0).neighbours, (Texts{"Bob lives in", "Kim lives in", "Max lives in"}));
        QCOMPARE(file.edits.at(1).neighbours, (Texts{"Tom lives in"}));
    }

    void csv_fields() {
        QCOMPARE(parse_csv("a,\"\",c\n\"\"\n,\n", "f"), (std::vector<Texts>{{"a", "", "c"}, {""}, {"", ""}}));
        QCOMPARE(parse_csv("a\rb,c\r\nd", "f"), (std::vector<Texts>{{"a\rb", "c"}, {"d"}}));
        QVERIFY(parse_csv("", "f").empty());
        EXPECT_FAULT(parse_csv("a,b\nc,\"d\n\n", "f.csv"), "f.csv, line 2");
    }

    void wrong_records_are_passed_over() {
        const EditsFile file = parse_edits(R"([
            {"prompt": "{} is in", "subject": "Paris", "target_new": {"str": "Spain"}},
            {"prompt": "{} is in", "target_new": {"str": "Spain"}},
            {"prompt": "Rome is in", "subject": "Paris", "target_new": "Spain"},
            {"prompt": "Paris, Paris", "subject": "Paris", "target_new": "Spain"},
            {"prompt": "{} {}", "subject": "Paris", "target_new": "Spain"},
            {"prompt": "{} is in", "subject": "Paris", "target_new": "  "},
            {"prompt": "{} is in", "subject": "Paris"},
            {"subject": "Paris", "target_new": "Spain"},
            {"prompt": 7, "subject": "Paris", "target_new": "Spain"},
            {"prompt": "{} is in", "subject": ["Paris"], "target_new": {"id": 4}},
            "text", null, {"requested_rewrite": 3},
            {"prompt": "{} is in", "subject": "Rome", "target_new": "Peru", "paraphrases": [1]},
            {"prompt": "{} is in", "subject": "Rome", "target_new": "Peru"}])",
                                           "f");
        QCOMPARE(file.edits.size(), std::size_t{2});
        const std::vector<std::pair<int, std::string>> expected{
            {1, "no subject"},
            {2, "the subject \"Paris\" is not in the prompt"},
            {3, "the subject \"Paris\" is in the prompt more than once"},
            {4, "the prompt has {} more than once"},
            {5, "no object"},
            {6, "no object"},
            {7, "no prompt and no relation"},
            {8, "\"prompt\" is 7 instead of a text"},
            {9, "\"target_new\" is {\"id\":4} instead of a text"},
            {10, "the record is a string instead of an object"},
            {11, "the record is null instead of an object"},
            {12, "\"requested_rewrite\" is 3 instead of an object"},
            {13, "\"paraphrases\" is 1 instead of a text"}};
        QCOMPARE(file.problems.size(), expected.size());
        for (std::size_t i = 0; i < expected.size(); ++i) {
            QCOMPARE(file.problems[i].index, expected[i].first);
            QCOMPARE(file.problems[i].reason, expected[i].second);
        }
        const EditsFile rows = parse_edits("subject,prompt,object\nParis,{} is,Rome\nParis,{} is\n,{} is,Rome\n", "f");
        QCOMPARE(rows.edits.size(), std::size_t{1});
        QCOMPARE(rows.problems.at(0).reason, std::string("line 3: 2 fields instead of 3"));
        QCOMPARE(rows.problems.at(1).index, 2);
    }

    void refuses_whole_files() {
        EXPECT_FAULT(parse_edits("", "f"), "the file is empty");
        EXPECT_FAULT(parse_edits("[]", "f"), "no edits are recognised");
        EXPECT_FAULT(parse_edits("[1, 2]", "f"), "no edits are recognised");
        EXPECT_FAULT(parse_edits("{\"model_type\": \"gpt2\"}", "f"), "no edits are recognised");
        EXPECT_FAULT(parse_edits("[{\"prompt\": ", "f.json"), "f.json, byte ");
        EXPECT_FAULT(parse_edits(std::string("subject\0object", 14), "f"), "not a text in UTF-8");
        EXPECT_FAULT(parse_edits("subject\xFF", "f"), "not a text in UTF-8");
        EXPECT_FAULT(parse_edits("name,value\n1,2\n", "f"), "the header needs the columns");
        EXPECT_FAULT(parse_edits("subject,prompt,object\n", "f"), "the file holds no edits");
        EXPECT_FAULT(read_edits_file("/nowhere/edits.json"), "check the path");
        const QTemporaryDir folder;
        const std::string path = folder.path().toStdString() + "/edits.csv";
        write_file_atomic(path, "subject,relation,object\nParis,city,Rome\n");
        QCOMPARE(read_edits_file(path).edits.at(0).relation, std::string("city"));
    }
};

QTEST_GUILESS_MAIN(TestEditsFile)
#include "test_edits_file.moc"
