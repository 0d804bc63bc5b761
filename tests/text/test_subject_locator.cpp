// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/file.h"
#include "base/json_text.h"
#include "emend/tokens.h"
#include "faults.h"
#include "text/subject_locator.h"

#include <nlohmann/json.hpp>

#include <QTest>

using namespace emend;
using Ids = std::vector<std::int32_t>;

namespace {

const Tokenizer& tokenizer() {
    static const Tokenizer gpt2 = Tokenizer::load(std::filesystem::path(EMEND_TEST_DATA) / "tokenizers" / "gpt2");
    return gpt2;
}

} // namespace

class TestSubjectLocator : public QObject {
    Q_OBJECT
  private slots:
    void finds_tokens_data() {
        QTest::addColumn<QString>("prompt");
        QTest::addColumn<QString>("subject");
        QTest::addColumn<QString>("context");
        QTest::newRow("at the start") << "{} is located in"
                                      << "Eiffel Tower"
                                      << "";
        QTest::newRow("inside") << "The {} is located in"
                                << "Eiffel Tower"
                                << "";
        QTest::newRow("at the end") << "The tower is called {}"
                                    << "Eiffel"
                                    << "";
        QTest::newRow("alone") << "{}"
                               << "X"
                               << "";
        QTest::newRow("before a comma") << "The {}, which"
                                        << "Eiffel Tower"
                                        << "";
        QTest::newRow("in a context") << "The {} is"
                                      << "Eiffel Tower"
                                      << "The people of Paris. {}";
        QTest::newRow("context on both sides") << "The {} is"
                                               << "Eiffel"
                                               << "Yes: {} in?";
        QTest::newRow("not Latin") << "{} находится"
                                   << "Москва"
                                   << "";
        QTest::newRow("characters of several tokens") << "The {}🍕 is"
                                                      << "東京🍕"
                                                      << "";
        QTest::newRow("quotes") << "\"{}\" was"
                                << "Don't"
                                << "";
        QTest::newRow("subject in the prompt twice") << "Paris and {} and Paris"
                                                     << "Paris"
                                                     << "";
    }

    void finds_tokens() {
        QFETCH(QString, prompt);
        QFETCH(QString, subject);
        QFETCH(QString, context);
        const std::string name = subject.toStdString();
        const LocatedPrompt located = locate_subject(tokenizer(), prompt.toStdString(), name, context.toStdString());
        QCOMPARE(located.text.substr(located.subject_begin_byte, located.subject_end_byte - located.subject_begin_byte),
                 name);
        QCOMPARE(tokenizer().decode(located.full.ids), located.text);
        QVERIFY(located.first_subject_token >= 0);
        QVERIFY(located.last_subject_token >= located.first_subject_token);
        // The tokens found hold the subject, and those without the outermost do not.
        const auto decoded = [&](int first, int last) {
            return tokenizer().decode(
                std::span(located.full.ids)
                    .subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(std::max(0, last - first + 1))));
        };
        const int first = located.first_subject_token;
        const int last = located.last_subject_token;
        QVERIFY(decoded(first, last).find(name) != std::string::npos);
        QVERIFY(decoded(first, last - 1).find(name) == std::string::npos);
        QVERIFY(decoded(first + 1, last).find(name) == std::string::npos);
    }

    // Where word borders keep merges apart, the reference's rule (length of the tokenised prefix with subject, minus
    // one) says the same.
    void agrees_with_reference_rule() {
        for (const char* subject : {"Eiffel Tower", "Danielle Darrieux", "Москва", "iPhone 5", "東京"}) {
            const std::string prompt = "In the city, {} was born in";
            const LocatedPrompt located = locate_subject(tokenizer(), prompt, subject);
            const std::string head = "In the city, " + std::string(subject);
            QCOMPARE(located.last_subject_token, static_cast<int>(tokenizer().encode(head).ids.size()) - 1);
        }
    }

    // "{}t" with "Don'": the end of the subject and what follows become one token "'t".
    void merges_across_the_border_count() {
        const LocatedPrompt located = locate_subject(tokenizer(), "He said {}t do it", "I don'");
        const auto last = static_cast<std::size_t>(located.last_subject_token);
        const auto [begin, end] = located.full.offsets[last];
        QVERIFY(begin < located.subject_end_byte && end > located.subject_end_byte);
        QCOMPARE(tokenizer().piece(located.full.ids[last]), std::string("'t"));
    }

    void white_space_around_the_subject_is_not_its() {
        const LocatedPrompt spaced = locate_subject(tokenizer(), "{} is in", "Paris ");
        QCOMPARE(spaced.subject_end_byte, std::size_t{5});
        const LocatedPrompt plain = locate_subject(tokenizer(), "{} is in", "Paris");
        QCOMPARE(spaced.last_subject_token, plain.last_subject_token);
    }

    void refuses() {
        EXPECT_FAULT(locate_subject(tokenizer(), "Paris is in", "Paris"), "the prompt has no {}");
        EXPECT_FAULT(locate_subject(tokenizer(), "{} and {}", "Paris"), "{} more than once");
        EXPECT_FAULT(locate_subject(tokenizer(), "{} is", ""), "the subject is empty");
        EXPECT_FAULT(locate_subject(tokenizer(), "{} is", " \t\xC2\xA0"), "the subject is empty");
        EXPECT_FAULT(locate_subject(tokenizer(), "{} is", "Paris", "no place"), "a context needs exactly one {}");
        EXPECT_FAULT(locate_subject(tokenizer(), "{} is", "Paris", "{} {}"), "a context needs exactly one {}");
        EXPECT_FAULT(fill_template("Paris is", "Rome"), "the prompt has no {}");
        EXPECT_FAULT(encode_target(tokenizer(), ""), "the object is empty");
        EXPECT_FAULT(encode_target(tokenizer(), "  "), "only white space");
        EXPECT_FAULT(encode_target(tokenizer(), "\n"), "only white space");
    }

    void makes_templates() {
        QCOMPARE(templatize("The Eiffel Tower is in", "Eiffel Tower"), std::string("The {} is in"));
        QCOMPARE(templatize("The {} is in", "Eiffel Tower"), std::string("The {} is in"));
        QCOMPARE(fill_template("The {} is in", "Eiffel Tower"), std::string("The Eiffel Tower is in"));
        EXPECT_FAULT(templatize("The tower is in", "Eiffel"), "the subject \"Eiffel\" is not in the prompt");
        EXPECT_FAULT(templatize("The eiffel tower is in", "Eiffel"), "other capitals");
        EXPECT_FAULT(templatize("Paris, Paris is in", "Paris"), "more than once");
        EXPECT_FAULT(templatize("aaa", "aa"), "more than once");
        EXPECT_FAULT(templatize("{} {}", "Paris"), "more than once");
        EXPECT_FAULT(templatize("Paris", ""), "the subject is empty");
    }

    void targets_get_their_space() {
        QCOMPARE(encode_target(tokenizer(), "Rome"), tokenizer().encode(" Rome").ids);
        QCOMPARE(encode_target(tokenizer(), " Rome"), tokenizer().encode(" Rome").ids);
    }

    void differences() {
        using Marks = std::vector<bool>;
        const auto marks = [](const Ids& a, const Ids& b) { return token_difference(a, b); };
        QCOMPARE(marks({1, 2, 3}, {1, 2, 3}), (std::pair<Marks, Marks>{{0, 0, 0}, {0, 0, 0}}));
        QCOMPARE(marks({1, 2, 3}, {1, 9, 3}), (std::pair<Marks, Marks>{{0, 1, 0}, {0, 1, 0}}));
        QCOMPARE(marks({}, {4, 5}), (std::pair<Marks, Marks>{{}, {1, 1}}));
        QCOMPARE(marks({4, 5}, {}), (std::pair<Marks, Marks>{{1, 1}, {}}));
        QCOMPARE(marks({1, 2, 3, 4}, {2, 3, 5}), (std::pair<Marks, Marks>{{1, 0, 0, 1}, {0, 0, 1}}));
        QCOMPARE(marks({}, {}), (std::pair<Marks, Marks>{}));
    }
};

QTEST_GUILESS_MAIN(TestSubjectLocator)
#include "test_subject_locator.moc"
