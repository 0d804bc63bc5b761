// SPDX-License-Identifier: GPL-3.0-or-later
// Names, roles and averages of traces made by hand.
#include "emend/trace.h"
#include "faults.h"

#include <QTest>

#include <cmath>

using namespace emend;

namespace {

// Every cell is corrupted + 0.1 * token + 0.01 * layer.
TraceResult made(int tokens, int first, int last, double corrupted = 0.1) {
    TraceResult trace;
    trace.prompt = "a prompt";
    trace.tokens.assign(static_cast<std::size_t>(tokens), "x");
    trace.subject_first = first;
    trace.subject_last = last;
    trace.layers = 2;
    TraceObject& object = trace.objects.emplace_back();
    object.clean = 0.9;
    object.corrupted = corrupted;
    for (int token = 0; token < tokens; ++token)
        for (int layer = 0; layer < 2; ++layer)
            object.effect.push_back(corrupted + 0.1 * token + 0.01 * layer);
    return trace;
}

bool near(double a, double b) {
    return std::abs(a - b) < 1e-12;
}

} // namespace

class TestTraceSummary : public QObject {
    Q_OBJECT
  private slots:
    void kinds_have_names();
    void roles_data();
    void roles();
    void average_of_one();
    void average_of_two();
    void what_cannot_be_averaged();
};

void TestTraceSummary::kinds_have_names() {
    for (const TraceKind kind : {TraceKind::hidden, TraceKind::mlp, TraceKind::attention})
        QCOMPARE(trace_kind_from(to_text(kind)), kind);
    QCOMPARE(to_text(TraceKind::mlp), std::string_view("mlp"));
    EXPECT_FAULT(trace_kind_from("attn"), "hidden, mlp or attention");
    QCOMPARE(to_text(TokenRole::first_subject), std::string_view("first subject token"));
    QCOMPARE(to_text(TokenRole::last), std::string_view("last token"));
}

void TestTraceSummary::roles_data() {
    QTest::addColumn<int>("first");
    QTest::addColumn<int>("last");
    QTest::addColumn<QString>("expected"); // a letter a token of six
    QTest::newRow("in the middle") << 1 << 3 << "FBMSAL";
    QTest::newRow("one token") << 2 << 2 << "FFSAFL";
    QTest::newRow("two tokens at the start") << 0 << 1 << "BSAFFL";
    QTest::newRow("at the end") << 4 << 5 << "FFFFBS";
    QTest::newRow("one token at the end") << 5 << 5 << "FFFFFS";
    QTest::newRow("one token is left") << 3 << 4 << "FFFBSL";
    QTest::newRow("all") << 0 << 5 << "BMMMMS";
}

void TestTraceSummary::roles() {
    QFETCH(int, first);
    QFETCH(int, last);
    QFETCH(QString, expected);
    const TraceResult trace = made(6, first, last);
    QString found;
    for (int token = 0; token < 6; ++token)
        found += QString("BMSAFL")[static_cast<int>(role_of(trace, token))];
    QCOMPARE(found, expected);
}

void TestTraceSummary::average_of_one() {
    const TraceAverage average = average_traces({made(8, 1, 4)});
    QCOMPARE(average.facts, std::size_t{1});
    QCOMPARE(average.layers, 2);
    QVERIFY(near(average.clean, 0.9));
    QVERIFY(near(average.corrupted, 0.1));
    QCOMPARE(average.roles.size(), std::size_t{token_roles});
    // Token 0 stands before the subject and counts for nothing; 2 and 3 are in the middle, 6 is further.
    const double expected[] = {0.1, 0.25, 0.4, 0.5, 0.6, 0.7};
    for (std::size_t role = 0; role < token_roles; ++role) {
        QCOMPARE(average.roles[role].facts, std::size_t{1});
        QVERIFY(near(average.roles[role].mean[0], expected[role]));
        QVERIFY(near(average.roles[role].mean[1], expected[role] + 0.01));
        QCOMPARE(average.roles[role].spread[1], 0.0);
    }
}

void TestTraceSummary::average_of_two() {
    const TraceAverage average = average_traces({made(8, 1, 4), made(4, 2, 2, 0.3)});
    QCOMPARE(average.facts, std::size_t{2});
    QVERIFY(near(average.corrupted, 0.2));
    const auto& last_subject = average.roles[static_cast<std::size_t>(TokenRole::last_subject)];
    QCOMPARE(last_subject.facts, std::size_t{2});
    QVERIFY(near(last_subject.mean[1], 0.31)); // of 0.41 and 0.21
    QVERIFY(near(last_subject.spread[1], 0.2 / std::sqrt(2.0)));
    const auto& middle = average.roles[static_cast<std::size_t>(TokenRole::middle_subject)];
    QCOMPARE(middle.facts, std::size_t{1}); // the second has none
    QVERIFY(near(middle.mean[0], 0.25));
    QCOMPARE(middle.spread[0], 0.0);

    const TraceAverage short_ones = average_traces({made(4, 2, 2), made(4, 3, 3)});
    const auto& first_after = short_ones.roles[static_cast<std::size_t>(TokenRole::first_after)];
    QCOMPARE(first_after.facts, std::size_t{0});
    QVERIFY(std::isnan(first_after.mean[0]));
    QCOMPARE(first_after.mean.size(), std::size_t{2});
}

void TestTraceSummary::what_cannot_be_averaged() {
    const TraceResult sound = made(6, 1, 2);
    EXPECT_FAULT(average_traces({}), "no trace");
    TraceResult other = sound;
    other.kind = TraceKind::mlp;
    other.window = 5;
    EXPECT_FAULT(average_traces({sound, other}), "window 5");
    EXPECT_FAULT(average_traces({other, sound}), "a prompt");
    other = sound;
    other.layers = 3;
    EXPECT_FAULT(average_traces({sound, other}), "3 layers");
    other = sound;
    other.objects[0].effect[7] = NAN;
    EXPECT_FAULT(average_traces({sound, other}), "not finished");
    other = sound;
    other.objects.clear();
    EXPECT_FAULT(average_traces({other}), "not finished");
    other = sound;
    other.objects[0].effect.pop_back();
    EXPECT_FAULT(average_traces({other}), "not finished");
}

QTEST_GUILESS_MAIN(TestTraceSummary)
#include "test_trace_summary.moc"
