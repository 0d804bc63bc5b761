// SPDX-License-Identifier: GPL-3.0-or-later
// Contexts: given, or written by the model from a seed; and what an edit looks like in them.
#include "edit_fixture.h"
#include "editing/contexts.h"
#include "emend/error.h"

#include <QTest>

#include <numeric>

using namespace emend;
using namespace emend::test;

class TestContexts : public QObject {
    Q_OBJECT
  private slots:
    void initTestCase();
    void given_are_used_as_they_are();
    void given_without_a_place_are_refused_data();
    void given_without_a_place_are_refused();
    void written_from_a_seed();
    void groups_and_weights();
    void prefixes_are_clean_data();
    void prefixes_are_clean();
    void stored_target_ids();
    void faulty_requests_data();
    void faulty_requests();
    void too_long();

  private:
    Contexts resolve(const Contexts& contexts, bool grouped) {
        return resolve_contexts(model_->decoder, model_->tokenizer, contexts, grouped, {});
    }
    std::unique_ptr<OpenModel> model_;
};

void TestContexts::initTestCase() {
    model_ = std::make_unique<OpenModel>(open_model(model_path("gpt2_edit"), at::kFloat));
}

void TestContexts::given_are_used_as_they_are() {
    Contexts given;
    given.samples = {{10, 5}};
    given.groups = {{"{}", "It is said. {}"}, {"Well, {}"}};
    QVERIFY(resolve(given, true) == given);
    QVERIFY(resolve(given, false) == given);
    QCOMPARE(flatten_contexts(given), (std::vector<std::string>{"{}", "It is said. {}", "Well, {}"}));
}

void TestContexts::given_without_a_place_are_refused_data() {
    QTest::addColumn<QString>("text");
    QTest::addRow("none") << "The people.";
    QTest::addRow("twice") << "{} and {}";
    QTest::addRow("empty") << "";
}

void TestContexts::given_without_a_place_are_refused() {
    QFETCH(QString, text);
    Contexts given;
    given.groups = {{"{}", text.toStdString()}};
    QVERIFY_EXCEPTION_THROWN((void)resolve(given, false), Error);
    given.groups = {{"{}"}, {}};
    QVERIFY_EXCEPTION_THROWN((void)resolve(given, false), Error);
}

void TestContexts::written_from_a_seed() {
    Contexts asked;
    asked.seed = 7;
    asked.samples = {{5, 10}, {10, 10}};
    const Contexts written = resolve(asked, false);
    QCOMPARE(written.groups.size(), std::size_t{1});
    QCOMPARE(written.groups[0].size(), std::size_t{21});
    QCOMPARE(written.groups[0][0], std::string("{}"));
    QVERIFY(resolve(asked, false) == written);
    const std::array starters = {"The", "Therefore", "Because", "I", "You"};
    for (std::size_t i = 1; i < 21; ++i) {
        const std::string& text = written.groups[0][i];
        QVERIFY2(text.ends_with(". {}"), text.c_str());
        QVERIFY2(text.starts_with(starters[(i - 1) % 5]), text.c_str());
        QCOMPARE(text.find('\n'), std::string::npos);
        QCOMPARE(text.find('{'), text.size() - 2);
    }
    asked.seed = 8;
    QVERIFY(!(resolve(asked, false).groups == written.groups));
    asked.samples.clear();
    QCOMPARE(resolve(asked, true).groups, (std::vector<std::vector<std::string>>{{"{}"}}));
}

void TestContexts::groups_and_weights() {
    Contexts asked;
    asked.samples = {{10, 5}};
    const Contexts grouped = resolve(asked, true);
    QCOMPARE(grouped.groups.size(), std::size_t{2});
    QCOMPARE(grouped.groups[0], std::vector<std::string>{"{}"});
    QCOMPARE(grouped.groups[1].size(), std::size_t{5});
    // The bare prompt weighs one half, each prefix a tenth; or all the same.
    const std::vector<double> halves = {0.5, 0.1, 0.1, 0.1, 0.1, 0.1};
    QCOMPARE(context_weights(grouped, true), halves);
    QCOMPARE(context_weights(grouped, false), std::vector<double>(6, 1.0 / 6));
}

void TestContexts::prefixes_are_clean_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("clean");
    QTest::addRow("plain") << "The sport"
                           << "The sport";
    QTest::addRow("lines") << "The\n\nsport\tis "
                           << "The sport is";
    QTest::addRow("braces") << "I {say} this"
                            << "I say this";
    QTest::addRow("full stop") << "You play. "
                               << "You play";
    QTest::addRow("half a character") << QString("You caf") + QChar(0xFFFD) << "You caf";
    QTest::addRow("accents stay") << "You café"
                                  << "You café";
}

void TestContexts::prefixes_are_clean() {
    QFETCH(QString, text);
    QFETCH(QString, clean);
    QCOMPARE(QString::fromStdString(clean_prefix(text.toStdString())), clean);
}

void TestContexts::stored_target_ids() {
    PrepareOptions options;
    options.target_ids = {478, 505, 289};
    const auto edit = prepare_edit(model_->tokenizer, edit_requests()[2], {"{}", "You speak. {}"}, options);
    QCOMPARE(edit.target_ids, options.target_ids);
    for (const PreparedRow& row : edit.rows) {
        QCOMPARE(static_cast<std::size_t>(row.target_begin), row.ids.size() - 3);
        QCOMPARE(std::vector<std::int32_t>(row.ids.end() - 2, row.ids.end()), (std::vector<std::int32_t>{478, 505}));
        QVERIFY(row.lookup < row.target_begin);
    }
    // Ids that no text gives back: 83 and 82 are letters that would be merged. They are put there as they are.
    options.target_ids = {478, 68, 83, 82, 503};
    const auto odd = prepare_edit(model_->tokenizer, edit_requests()[2], {"{}"}, options);
    const auto& ids = odd.rows[0].ids;
    QCOMPARE(std::vector<std::int32_t>(ids.end() - 4, ids.end()), (std::vector<std::int32_t>{478, 68, 83, 82}));
    QCOMPARE(static_cast<std::size_t>(odd.rows[0].target_begin), ids.size() - 5);
}

void TestContexts::faulty_requests_data() {
    QTest::addColumn<QString>("subject");
    QTest::addColumn<QString>("prompt");
    QTest::addColumn<QString>("object");
    QTest::addColumn<int>("field");
    const auto row = [](const char* name, const char* subject, const char* prompt, const char* object,
                        EditField field) {
        QTest::addRow("%s", name) << subject << prompt << object << static_cast<int>(field);
    };
    row("fine", "Elena Silva", "{} was born in", "Madrid", EditField::none);
    row("subject written out", "Elena Silva", "Elena Silva was born in", "Madrid", EditField::none);
    row("empty subject", "", "{} was born in", "Madrid", EditField::subject);
    row("blank subject", "  ", "{} was born in", "Madrid", EditField::subject);
    row("subject not in prompt", "Elena Silva", "Maria was born in", "Madrid", EditField::prompt);
    row("two places", "Elena Silva", "{} and {} were born in", "Madrid", EditField::prompt);
    row("empty object", "Elena Silva", "{} was born in", "", EditField::object);
    row("blank object", "Elena Silva", "{} was born in", " \t", EditField::object);
    row("place in object", "Elena Silva", "{} was born in", "the {} city", EditField::object);
}

void TestContexts::faulty_requests() {
    QFETCH(QString, subject);
    QFETCH(QString, prompt);
    QFETCH(QString, object);
    QFETCH(int, field);
    EditRequest request;
    request.subject = subject.toStdString();
    request.prompt = prompt.toStdString();
    request.object = object.toStdString();
    const auto problem = find_problem(model_->tokenizer, request, 128);
    QCOMPARE(static_cast<int>(problem ? problem->field : EditField::none), field);
    if (!problem) {
        (void)prepare_edit(model_->tokenizer, request, {"{}"});
        return;
    }
    QVERIFY(!problem->what.empty());
    QVERIFY(!problem->hint.empty());
    auto requests = edit_requests();
    requests.push_back(request);
    try {
        (void)prepare_edits(model_->tokenizer, requests, {"{}"}, 128);
        QFAIL("no error");
    } catch (const Error& error) {
        QVERIFY2(error.where().starts_with("edit 5"), error.where().c_str());
    }
}

void TestContexts::too_long() {
    EditRequest request = edit_requests()[0];
    for (int i = 0; i < 100; ++i)
        request.prompt += " and in";
    const auto problem = find_problem(model_->tokenizer, request, 128);
    QVERIFY(problem.has_value());
    QVERIFY(problem->field == EditField::prompt);
    QVERIFY(problem->what.find("128") != std::string::npos);
    QVERIFY(!find_problem(model_->tokenizer, request, 0).has_value());
}

QTEST_GUILESS_MAIN(TestContexts)
#include "test_contexts.moc"
