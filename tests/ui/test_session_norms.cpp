// SPDX-License-Identifier: GPL-3.0-or-later
// The layers over the session: table, lines looked at as a picture, the alarm, and the Update tab in the window.
#include "fake_window.h"
#include "models/norm_history_model.h"
#include "panels/norm_history_panel.h"
#include "panels/panel_parts.h"
#include "panels/update_panel.h"
#include "plots/color_maps.h"
#include "plots/norm_history_plot.h"
#include "plots/theme_colors.h"

#include <QAbstractItemModelTester>
#include <QApplication>
#include <QClipboard>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QMimeData>
#include <QSignalSpy>
#include <QSvgRenderer>
#include <QToolButton>

using namespace emend;
using namespace emend::test;
using namespace emend::ui;

class TestSessionNorms : public QObject {
    Q_OBJECT

    std::unique_ptr<Theme> m_theme;

    // Layer 3 moves evenly, layer 4 ever faster: 0.02 0.04 0.06 … and 0.01 0.04 0.09 …
    static std::shared_ptr<const NormHistory> history(int batches = 8) {
        auto made = std::make_shared<NormHistory>();
        made->layers = {3, 4};
        for (int i = 1; i <= batches; ++i) {
            const double even = 0.02 * i;
            const double fast = 0.01 * i * i;
            made->points.push_back({static_cast<std::size_t>(i),
                                    static_cast<std::uint64_t>(10 + i),
                                    {40 * even, 50 * fast},
                                    {even, fast}});
        }
        return made;
    }
    static QHash<quint64, QString> titles() {
        QHash<quint64, QString> made;
        for (quint64 i = 1; i <= 8; ++i)
            made.insert(10 + i, QStringLiteral("Edit, %1").arg(i));
        return made;
    }
    struct Shown {
        NormHistoryModel model;
        NormHistoryPlot plot{model};
        explicit Shown(double bound = 0.5) {
            plot.resize(520, 420);
            plot.show();
            model.setBound(bound);
            model.setHistory(history(), titles());
            QCoreApplication::processEvents();
            (void)picture(); // lays it out
        }
        QImage picture() { return QImage::fromData(plot.render(ChartFormat::Png, 1)); }
    };
    static int count(const QImage& image, const QColor& color) {
        int found = 0;
        for (int y = 0; y < image.height(); ++y)
            for (int x = 0; x < image.width(); ++x)
                found += image.pixelColor(x, y) == color ? 1 : 0;
        return found;
    }

  private slots:
    void initTestCase() { m_theme = std::make_unique<Theme>(); }

    void tableHoldsEveryBatch();
    void csvHoldsEveryNumber();
    void alarmNamesLayerAndBatch_data();
    void alarmNamesLayerAndBatch();
    void emptyModelIsEmpty();
    void aLineForEveryLayer_data();
    void aLineForEveryLayer();
    void linesLieWhereTheDataSay();
    void flatLinesAreShownOnALogarithmicScale();
    void readByKeyboard();
    void linkedLayerStandsOut();
    void copiedAndExported();
    void windowMeasuresOnlyWhenSomebodyLooks();
    void windowFollowsTheLedger();
    void windowKeepsTheBound();
    void windowTellsAFailure();
    void sessionStandsBesideTheEdit();
    void windowAsksAgainAfterAnEditThatFailed();
};

void TestSessionNorms::tableHoldsEveryBatch() {
    NormHistoryModel model;
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.setBound(0.5);
    model.setHistory(history(), titles());
    QCOMPARE(model.rowCount(), 8);
    QCOMPARE(model.columnCount(), NormHistoryModel::FirstLayer + 2);
    QCOMPARE(model.headerData(NormHistoryModel::FirstLayer + 1, Qt::Horizontal, Qt::DisplayRole).toString(),
             QStringLiteral("Layer 4"));
    QCOMPARE(model.index(1, NormHistoryModel::Position).data().toString(), QStringLiteral("2"));
    QCOMPARE(model.index(1, NormHistoryModel::Title).data().toString(), QStringLiteral("Edit, 2"));
    QCOMPARE(model.index(1, NormHistoryModel::FirstLayer).data(NormHistoryModel::ValueRole).toDouble(), 0.04);
    QCOMPARE(model.index(0, NormHistoryModel::FirstLayer).data().toString(), QStringLiteral("2.00 %"));
    QVERIFY(model.index(7, NormHistoryModel::FirstLayer + 1).data(NormHistoryModel::AlarmRole).toBool());
    QVERIFY(model.index(7, NormHistoryModel::FirstLayer + 1).data().toString().startsWith(u'⚠'));
    QVERIFY(!model.index(7, NormHistoryModel::FirstLayer).data(NormHistoryModel::AlarmRole).toBool());
    QCOMPARE(model.indexOfLayer(4), 1);
    QCOMPARE(model.indexOfLayer(5), -1);
}

void TestSessionNorms::csvHoldsEveryNumber() {
    NormHistoryModel model;
    model.setHistory(history(), titles());
    const QStringList lines = model.toCsv().trimmed().split(u'\n');
    QCOMPARE(lines.size(), 1 + 8 * 2);
    QCOMPARE(lines[0], QStringLiteral("position,batch,title,layer,update_norm,relative_norm"));
    QVERIFY2(lines[1].startsWith(QStringLiteral("1,11,\"Edit, 1\",3,")), qPrintable(lines[1])); // a comma is no border
    QCOMPARE(lines.last().section(u',', -1).toDouble(), 0.01 * 64);
}

void TestSessionNorms::alarmNamesLayerAndBatch_data() {
    QTest::addColumn<double>("bound");
    QTest::addColumn<int>("row"); // -1: no alarm
    QTest::addColumn<int>("layer");
    QTest::newRow("far away") << 2.0 << -1 << -1;
    QTest::newRow("the usual one") << NormHistoryModel::usualBound << -1 << -1;
    QTest::newRow("half") << 0.5 << 7 << 4;
    QTest::newRow("reached is not passed") << 0.01 * 8 * 8 << -1 << -1;
    QTest::newRow("near") << 0.03 << 1 << 3; // both at 0.04: the first one
    QTest::newRow("at once") << 0.015 << 0 << 3;
}

void TestSessionNorms::alarmNamesLayerAndBatch() {
    QFETCH(double, bound);
    QFETCH(int, row);
    QFETCH(int, layer);
    NormHistoryModel model;
    model.setHistory(history(), titles());
    model.setBound(bound);
    const auto alarm = model.alarm();
    QCOMPARE(alarm.has_value(), row >= 0);
    QCOMPARE(model.warning().isEmpty(), row < 0);
    if (!alarm)
        return;
    QCOMPARE(alarm->row, row);
    QCOMPARE(model.layer(alarm->at), layer);
    QVERIFY(model.warning().contains(QStringLiteral("Layer %1 ").arg(layer)));
    QVERIFY(model.warning().contains(QStringLiteral("Edit, %1").arg(row + 1)));
}

void TestSessionNorms::emptyModelIsEmpty() {
    NormHistoryModel model;
    NormHistoryPlot plot(model);
    plot.resize(400, 300);
    plot.show();
    QCOMPARE(plot.currentRow(), -1);
    QVERIFY(!model.alarm());
    const QImage image = QImage::fromData(plot.render(ChartFormat::Png, 1));
    QCOMPARE(count(image, ThemeColors::light().danger), 0); // no alarm line over nothing
    for (const int key : {Qt::Key_Left, Qt::Key_Up, Qt::Key_End})
        QTest::keyClick(&plot, static_cast<Qt::Key>(key));
    QCOMPARE(plot.currentRow(), -1);
}

void TestSessionNorms::aLineForEveryLayer_data() {
    QTest::addColumn<bool>("dark");
    QTest::newRow("light") << false;
    QTest::newRow("dark") << true;
}

void TestSessionNorms::aLineForEveryLayer() {
    QFETCH(bool, dark);
    const ThemeColors& colors = dark ? ThemeColors::darkOnes() : ThemeColors::light();
    QApplication::setPalette(colors.palette());
    Shown shown;
    const QImage image = QImage::fromData(shown.plot.render(ChartFormat::Png, 3));
    QVERIFY(count(image, viridisLine(0, dark)) > 300);
    QVERIFY(count(image, viridisLine(1, dark)) > 300);
    QVERIFY(count(image, colors.danger) > 300); // the alarm
    QApplication::setPalette(ThemeColors::light().palette());
}

void TestSessionNorms::linesLieWhereTheDataSay() {
    Shown shown;
    QVERIFY(!shown.plot.isLogarithmic());
    const auto y = [&](int row, int at) { return shown.plot.pixelOf(row, at).y(); };
    QVERIFY(qAbs((y(0, 0) - y(3, 0)) - (y(3, 0) - y(6, 0))) < 0.5); // evenly
    QVERIFY(y(7, 1) < y(7, 0) - 100);                               // the fast one is far above
    QVERIFY(shown.plot.boundPixel() > y(7, 1) && shown.plot.boundPixel() < y(6, 1));
    // The alarm is drawn there, from edge to edge.
    const QImage image = shown.picture();
    int red = 0;
    const int row = qRound(shown.plot.boundPixel());
    for (int x = 0; x < image.width(); ++x)
        for (int line = row - 2; line <= row + 2; ++line)
            red += image.pixelColor(x, line).red() > image.pixelColor(x, line).green() + 60 ? 1 : 0;
    QVERIFY2(red > image.width() / 3, qPrintable(QString::number(red)));
}

void TestSessionNorms::flatLinesAreShownOnALogarithmicScale() {
    Shown shown(10); // sixteen times as far as anything has moved
    QVERIFY(shown.plot.isLogarithmic());
    const auto y = [&](int row, int at) { return shown.plot.pixelOf(row, at).y(); };
    QVERIFY(qAbs((y(0, 0) - y(1, 0)) - (y(1, 0) - y(3, 0))) < 0.5); // twice is twice
    QVERIFY(y(0, 0) - y(7, 0) > 60);
}

void TestSessionNorms::readByKeyboard() {
    Shown shown;
    QCOMPARE(shown.plot.currentRow(), 7); // the newest batch
    QCOMPARE(shown.plot.currentAt(), 1);  // and the layer it is about
    QSignalSpy hovered(&shown.plot, &ChartView::layerHovered);
    QTest::keyClick(&shown.plot, Qt::Key_Left);
    QCOMPARE(shown.plot.currentRow(), 6);
    QCOMPARE(hovered.last().first().toInt(), 4);
    QTest::keyClick(&shown.plot, Qt::Key_Down);
    QCOMPARE(hovered.last().first().toInt(), 3);
    QTest::keyClick(&shown.plot, Qt::Key_Down); // no further
    QCOMPARE(shown.plot.currentAt(), 0);
    QTest::keyClick(&shown.plot, Qt::Key_Home);
    QCOMPARE(shown.plot.accessibleDescription(), shown.model.describe(0, 0));
    QVERIFY(shown.plot.accessibleName().contains(shown.model.summary()));
}

void TestSessionNorms::linkedLayerStandsOut() {
    Shown shown;
    const QColor first = viridisLine(0, false);
    const int before = count(QImage::fromData(shown.plot.render(ChartFormat::Png, 3)), first);
    QSignalSpy hovered(&shown.plot, &ChartView::layerHovered);
    shown.plot.highlightLayer(3);
    QVERIFY(count(QImage::fromData(shown.plot.render(ChartFormat::Png, 3)), first) > 1.4 * before);
    shown.plot.highlightLayer(4);
    QVERIFY(count(QImage::fromData(shown.plot.render(ChartFormat::Png, 3)), first) < before / 2); // steps back
    QCOMPARE(hovered.count(), 0); // what comes from elsewhere is not sent back
}

void TestSessionNorms::copiedAndExported() {
    Shown shown;
    const QTemporaryDir folder;
    for (const char* name : {"a.png", "a.svg", "a.pdf", "a.csv"}) {
        const QString path = folder.filePath(QLatin1String(name));
        QCOMPARE(shown.plot.save(path), QString());
        QVERIFY2(QFileInfo(path).size() > 100, name);
    }
    QVERIFY(!shown.plot.save(folder.filePath(QStringLiteral("no/such/a.png"))).isEmpty());
    QVERIFY(QSvgRenderer(folder.filePath(QStringLiteral("a.svg"))).isValid());
    const QString large = folder.filePath(QStringLiteral("large.png"));
    QCOMPARE(shown.plot.save(large, 6), QString());
    QCOMPARE(QImage(large).width(), 6 * shown.picture().width());

    QTest::keyClick(&shown.plot, Qt::Key_C, Qt::ControlModifier);
    QVERIFY(!QApplication::clipboard()->image().isNull());
    shown.plot.copyTable();
    const QStringList cells = QApplication::clipboard()->text().split(u'\n')[1].split(u'\t');
    QCOMPARE(cells.size(), 6);
    QCOMPARE(cells[2], QStringLiteral("\"Edit, 1\""));
}

namespace {

void applyRow(WindowFixture& f, int row) {
    f.workbench.apply({row});
    if (!f.settle())
        qFatal("did not settle");
}

} // namespace

void TestSessionNorms::windowMeasuresOnlyWhenSomebodyLooks() {
    const auto script = std::make_shared<FakeScript>();
    auto f = openSettled(*m_theme, script);
    applyRow(*f, 0);
    QCOMPARE(script->norm_histories.load(), 0);
    f->action(ActionId::ShowUpdate)->trigger();
    QVERIFY(f->settle());
    QCOMPARE(script->norm_histories.load(), 1);
    f->action(ActionId::ShowCompare)->trigger();
    f->action(ActionId::ShowUpdate)->trigger();
    QVERIFY(f->settle());
    QCOMPARE(script->norm_histories.load(), 1); // known already
}

void TestSessionNorms::windowFollowsTheLedger() {
    const auto script = std::make_shared<FakeScript>();
    auto f = openSettled(*m_theme, script);
    f->action(ActionId::ShowUpdate)->trigger();
    f->get<QToolButton>("updateSession")->click();
    QVERIFY(f->settle());
    QVERIFY(f->get<EmptyState>("normHistoryEmpty")->isVisible());
    QCOMPARE(script->norm_histories.load(), 0); // nothing to measure
    auto* table = f->get<QTableView>("normHistoryTable");
    applyRow(*f, 0);
    QVERIFY(f->get<NormHistoryPlot>("normHistoryPlot")->isVisible());
    QCOMPARE(table->model()->rowCount(), 1);
    applyRow(*f, 1);
    QCOMPARE(table->model()->rowCount(), 2);
    QVERIFY(
        table->model()->index(1, NormHistoryModel::Title).data().toString().contains(QStringLiteral("Marie Curie")));
    f->action(ActionId::Undo)->trigger();
    QVERIFY(f->settle());
    QCOMPARE(table->model()->rowCount(), 1);
    f->action(ActionId::Undo)->trigger();
    QVERIFY(f->settle());
    QVERIFY(f->get<EmptyState>("normHistoryEmpty")->isVisible());
}

void TestSessionNorms::windowKeepsTheBound() {
    const auto script = std::make_shared<FakeScript>();
    auto f = openSettled(*m_theme, script);
    applyRow(*f, 0);
    f->action(ActionId::ShowUpdate)->trigger();
    f->get<QToolButton>("updateSession")->click();
    QVERIFY(f->settle());
    auto* warning = f->get<QLabel>("normWarning");
    QVERIFY(!warning->isVisible());
    f->get<QDoubleSpinBox>("normBound")->setValue(1); // the fake edit moves its layer by some 6 %
    QVERIFY(warning->isVisible());
    QVERIFY2(warning->text().contains(QStringLiteral("Eiffel Tower")), qPrintable(warning->text()));
    QCOMPARE(f->settings.get(Setting::NormAlarm).toDouble(), 0.01);
}

void TestSessionNorms::windowTellsAFailure() {
    const auto script = std::make_shared<FakeScript>();
    script->fail_norms = true;
    auto f = openSettled(*m_theme, script);
    applyRow(*f, 0);
    f->action(ActionId::ShowUpdate)->trigger();
    f->get<QToolButton>("updateSession")->click();
    QVERIFY(f->settle());
    QVERIFY(f->get<FailureLine>("normHistoryFailure")->text().contains(QStringLiteral("could not be measured")));
    QCOMPARE(script->norm_histories.load(), 1); // not again and again
}

void TestSessionNorms::sessionStandsBesideTheEdit() {
    const auto script = std::make_shared<FakeScript>();
    auto f = openSettled(*m_theme, script);
    applyRow(*f, 0);
    applyRow(*f, 1);
    f->window.editsPanel().selectRow(0);
    f->action(ActionId::ShowUpdate)->trigger();
    QVERIFY(f->settle());
    const NormsModel& norms = f->workbench.norms();
    const int layer = norms.report()->layers.front().layer;
    const auto value = [&](NormsModel::Column column) {
        return norms.index(layer, column).data(NormsModel::ValueRole).toDouble();
    };
    // Two batches at right angles to each other, equally far.
    QVERIFY(qAbs(value(NormsModel::SessionNorm) / value(NormsModel::RelativeNorm) - std::sqrt(2.0)) < 1e-6);
    QVERIFY(norms.describe(layer).contains(QStringLiteral("all applied edits together")));
    QVERIFY(norms.describe(layer).contains(QStringLiteral("of the residual")));
}

void TestSessionNorms::windowAsksAgainAfterAnEditThatFailed() {
    const auto script = std::make_shared<FakeScript>();
    auto f = openSettled(*m_theme, script);
    applyRow(*f, 0);
    QSignalSpy ready(&f->workbench.studio(), &Studio::normHistoryReady);
    f->action(ActionId::ShowUpdate)->trigger(); // asks; the answer is not here yet
    QVERIFY(f->workbench.studio().jobs().has(Lane::Norms));
    script->failApply("no such luck", "try again");
    f->workbench.apply({1});
    QVERIFY(!f->workbench.studio().jobs().has(Lane::Norms));
    QVERIFY(f->settle());
    QCOMPARE(ready.count(), 1);
}

QTEST_MAIN(TestSessionNorms)
#include "test_session_norms.moc"
