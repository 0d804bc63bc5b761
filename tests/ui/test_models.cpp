// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/comparison_model.h"
#include "models/log_model.h"
#include "models/norms_model.h"
#include "models/row_paste.h"
#include "models/text_format.h"
#include "models/token_list_model.h"

#include <QAbstractItemModelTester>
#include <QtTest>

#include <cmath>
#include <limits>

using namespace emend;
using namespace emend::ui;

class TestModels : public QObject {
    Q_OBJECT

    static Prediction says(const std::string& prompt, std::int32_t id, const std::string& piece, double p) {
        Prediction prediction;
        prediction.prompt = prompt;
        prediction.top = {{id, piece, p}};
        return prediction;
    }

  private slots:
    void probabilities_data();
    void probabilities();
    void numbers();
    void pieces();
    void cells_data();
    void cells();
    void headerNamesColumns();
    void comparison();
    void firstTokenIsNotTheObject();
    void comparisonWithoutAfter();
    void tokens();
    void norms();
    void normsCsvIsExact();
    void logForgetsTheOldest();
};

void TestModels::probabilities_data() {
    QTest::addColumn<double>("value");
    QTest::addColumn<QString>("text");
    QTest::newRow("one") << 1.0 << "100.0 %";
    QTest::newRow("nearly one") << 0.99996 << "99.9 %";
    QTest::newRow("half") << 0.5 << "50.0 %";
    QTest::newRow("small") << 0.00312 << "0.31 %";
    QTest::newRow("tiny") << 1e-9 << "< 0.01 %";
    QTest::newRow("zero") << 0.0 << "0.00 %";
    QTest::newRow("nan") << std::nan("") << "–";
}

void TestModels::probabilities() {
    QFETCH(double, value);
    QFETCH(QString, text);
    QCOMPARE(formatProbability(value), text);
}

void TestModels::numbers() {
    QCOMPARE(formatNumber(0), QStringLiteral("0"));
    QCOMPARE(formatNumber(2.7512), QStringLiteral("2.751"));
    QCOMPARE(formatNumber(41.0), QStringLiteral("41.00"));
    QCOMPARE(formatNumber(1e-9), QStringLiteral("1.00e-09"));
    QCOMPARE(formatNumber(std::numeric_limits<double>::infinity()), QStringLiteral("–"));
    QCOMPARE(formatSeconds(0.2), QStringLiteral("1 s"));
    QCOMPARE(formatSeconds(125), QStringLiteral("2 min 5 s"));
    QCOMPARE(formatCount(4'000'000), QStringLiteral("4.0 M"));
}

void TestModels::pieces() {
    QCOMPARE(visiblePiece(" Paris"), QStringLiteral("␣Paris"));
    QCOMPARE(visiblePiece("\n"), QStringLiteral("⏎"));
    QCOMPARE(answerText(" Paris"), QStringLiteral("Paris"));
    QCOMPARE(answerText(" "), QStringLiteral("␣"));
    QCOMPARE(visiblePiece("\xc3"), QStringLiteral("\uFFFD")); // half a character is no crash
}

void TestModels::cells_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QList<QStringList>>("lines");
    QTest::newRow("plain") << "a\tb\nc\td\n" << QList<QStringList>{{"a", "b"}, {"c", "d"}};
    QTest::newRow("windows ends") << "a\tb\r\nc\td" << QList<QStringList>{{"a", "b"}, {"c", "d"}};
    QTest::newRow("quotes") << "\"a\"\"b\"\tc" << QList<QStringList>{{"a\"b", "c"}};
    QTest::newRow("line end in a cell") << "\"a\nb\"\tc" << QList<QStringList>{{"a\nb", "c"}};
    QTest::newRow("quote inside") << "5\" pipe\tx" << QList<QStringList>{{"5\" pipe", "x"}};
    QTest::newRow("empty lines") << "\n\t\na\tb\n\n" << QList<QStringList>{{"a", "b"}};
    QTest::newRow("nothing") << "" << QList<QStringList>{};
    QTest::newRow("open quote") << "\"a\tb" << QList<QStringList>{{"a\tb"}};
}

void TestModels::cells() {
    QFETCH(QString, text);
    QFETCH(QList<QStringList>, lines);
    QCOMPARE(parseCells(text, u'\t'), lines);
}

void TestModels::headerNamesColumns() {
    const QList<PastedRow> rows = parseRows(
        QStringLiteral("object,subject,notes,prompt\nRome,Eiffel Tower,x,{} is in\nParis,Big Ben,y,{} is at"));
    QCOMPARE(rows.size(), 2);
    QCOMPARE(rows[0].subject, QStringLiteral("Eiffel Tower"));
    QCOMPARE(rows[0].object, QStringLiteral("Rome"));
    QCOMPARE(rows[1].relation, QStringLiteral("{} is at"));
}

void TestModels::comparison() {
    using Kind = Comparison::Row::Kind;
    auto made = std::make_shared<Comparison>();
    made->rows = {{Kind::edit, says("own", 1, " Paris", 0.9), says("own", 2, " Rome", 0.9)},
                  {Kind::paraphrase, says("turned", 1, " Paris", 0.9), says("turned", 2, " Ro", 0.9)},
                  {Kind::paraphrase, says("not", 1, " Paris", 0.9), says("not", 1, " Paris", 0.6)},
                  {Kind::neighbour, says("stays", 1, " Paris", 0.9), says("stays", 1, " Paris", 0.8)},
                  {Kind::neighbour, says("moves", 1, " Paris", 0.9), says("moves", 2, " Rome", 0.8)}};
    made->rows[0].after.says_new = made->rows[1].after.says_new = true;
    ComparisonModel model;
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.setComparison(made, QStringLiteral("Rome"), true);
    QCOMPARE(model.rowCount(), 4); // its own prompt stands above the table
    QList<int> verdicts;
    for (int row = 0; row < 4; ++row)
        verdicts << model.index(row, ComparisonModel::Verdict).data(ComparisonModel::VerdictRole).toInt();
    QCOMPARE(verdicts,
             (QList<int>{ComparisonModel::Good, ComparisonModel::Bad, ComparisonModel::Good, ComparisonModel::Bad}));
    const auto tally = model.tally();
    QCOMPARE(tally.paraphrases, 2);
    QCOMPARE(tally.turned, 1);
    QCOMPARE(tally.neighbours, 2);
    QCOMPARE(tally.unchanged, 1);
    model.clear();
    QCOMPARE(model.rowCount(), 0);
}

void TestModels::firstTokenIsNotTheObject() {
    using Kind = Comparison::Row::Kind;
    auto made = std::make_shared<Comparison>();
    made->rows = {{Kind::paraphrase, says("half", 1, " Paris", 0.9), says("half", 2, " Buenos", 0.98)},
                  {Kind::paraphrase, says("whole", 1, " Paris", 0.9), says("whole", 2, " Buenos", 0.98)}};
    made->rows[0].after.p_new = 0.12;
    made->rows[1].after.p_new = 0.91;
    made->rows[1].after.says_new = true;
    ComparisonModel model;
    model.setComparison(made, QStringLiteral("Buenos Aires"), true);
    const auto cell = [&](int row, int column) { return model.index(row, column); };
    QCOMPARE(cell(0, ComparisonModel::Verdict).data(ComparisonModel::VerdictRole).toInt(), int(ComparisonModel::Bad));
    QCOMPARE(cell(1, ComparisonModel::Verdict).data(ComparisonModel::VerdictRole).toInt(), int(ComparisonModel::Good));
    QCOMPARE(model.tally().turned, 1);
    QCOMPARE(cell(0, ComparisonModel::After).data().toString(), QStringLiteral("Buenos…  98.0 %"));
    QCOMPARE(cell(1, ComparisonModel::After).data().toString(), QStringLiteral("Buenos Aires  91.0 %"));
    QVERIFY(cell(0, ComparisonModel::Verdict).data(Qt::ToolTipRole).toString().contains(QStringLiteral("12.0 %")));
}

void TestModels::comparisonWithoutAfter() {
    auto made = std::make_shared<Comparison>();
    made->rows = {{Comparison::Row::Kind::edit, says("own", 1, " Paris", 0.9), {}},
                  {Comparison::Row::Kind::paraphrase, says("p", 1, " Paris", 0.9), {}}};
    ComparisonModel model;
    model.setComparison(made, QStringLiteral("Rome"), false);
    QCOMPARE(model.index(0, ComparisonModel::After).data().toString(), QStringLiteral("–"));
    QCOMPARE(model.index(0, ComparisonModel::Verdict).data(ComparisonModel::VerdictRole).toInt(),
             int(ComparisonModel::Unknown));
}

void TestModels::tokens() {
    TokenListModel model;
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.setTokens({{1, " Ro", 0.5}, {2, " Paris", 0.3}, {3, "", 0.1}}, QStringLiteral("Rome"),
                    QStringLiteral("Paris"));
    QCOMPARE(model.index(0, 0).data(TokenListModel::AnswerRole).toInt(), int(TokenListModel::NewObject));
    QCOMPARE(model.index(1, 0).data(TokenListModel::AnswerRole).toInt(), int(TokenListModel::OldObject));
    QCOMPARE(model.index(2, 0).data(TokenListModel::AnswerRole).toInt(), int(TokenListModel::Other));
    QCOMPARE(model.index(1, 1).data().toString(), QStringLiteral("30.0 %"));
}

void TestModels::norms() {
    auto report = std::make_shared<EditReport>();
    report->layers = {{3, 2.5, 50, 0.05, 1, 768, 340, 0.01, 0}, {5, 1.5, 60, 0.025, 1, 768, 340, std::nan(""), 0}};
    NormsModel model;
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.setReport(report, 4); // the report knows of more layers than we were told
    QCOMPARE(model.rowCount(), 6);
    QVERIFY(!model.isEdited(0));
    QVERIFY(model.isEdited(3));
    QCOMPARE(model.index(3, NormsModel::UpdateNorm).data().toString(), QStringLiteral("2.500"));
    QCOMPARE(model.index(3, NormsModel::RelativeNorm).data().toString(), QStringLiteral("5.00 %"));
    QCOMPARE(model.index(0, NormsModel::UpdateNorm).data().toString(), QStringLiteral("–"));
    QCOMPARE(model.index(5, NormsModel::Preservation).data().toString(), QStringLiteral("–"));
    QVERIFY(model.describe(3).contains(QStringLiteral("2.500")));
    QVERIFY(model.describe(3).contains(QStringLiteral("preservation 0.01000")));
    QVERIFY(model.describe(5).contains(QStringLiteral("no statistics")));
    QCOMPARE(model.index(3, NormsModel::Rank).data().toString(), QStringLiteral("1 of 768"));
    QCOMPARE(model.index(3, NormsModel::Condition).data().toString(), QStringLiteral("340"));
    model.setReport(nullptr, 8);
    QCOMPARE(model.rowCount(), 0);
}

void TestModels::normsCsvIsExact() {
    auto report = std::make_shared<EditReport>();
    report->layers = {{0, 0.1, 3, 0.1 / 3, 1, 768, 340, 0.25, 0, 0.7}};
    NormsModel model;
    model.setReport(report, 1);
    const QStringList lines = model.toCsv().split(u'\n');
    QCOMPARE(lines[0], QStringLiteral("layer,update_norm,relative_norm,preservation,memorization,rank,condition,"
                                      "weight_norm,dimensions,residual_share,session_relative_norm"));
    const QStringList cells = lines[1].split(u',');
    QCOMPARE(cells[1].toDouble(), 0.1);
    QCOMPARE(cells[2].toDouble(), 0.1 / 3);
    QCOMPARE(cells[8].toInt(), 768);
    QCOMPARE(cells[9].toDouble(), 0.7);
    QVERIFY(cells[10].isEmpty()); // not known
}

void TestModels::logForgetsTheOldest() {
    LogModel model;
    for (int i = 0; i < LogModel::capacity; ++i)
        model.add(LogModel::Level::Info, QString::number(i));
    // From here on only: the tester looks at every row at every change.
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.add(LogModel::Level::Info, QString::number(LogModel::capacity));
    QCOMPARE(model.rowCount(), int(LogModel::capacity));
    QCOMPARE(model.index(0, LogModel::Text).data().toString(), QStringLiteral("1"));
    model.add(LogModel::Level::Error, QStringLiteral("short"), QStringLiteral("long"));
    QVERIFY(model.toText().endsWith(QStringLiteral("long\n")));
}

QTEST_GUILESS_MAIN(TestModels)
#include "test_models.moc"
