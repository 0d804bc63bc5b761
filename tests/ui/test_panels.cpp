// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/edits_model.h"
#include "models/norm_history_model.h"
#include "models/norms_model.h"
#include "panel_fixture.h"
#include "panels/edits_panel.h"
#include "panels/fitting_columns.h"
#include "panels/generation_view.h"
#include "panels/job_bar.h"
#include "panels/panel_parts.h"
#include "panels/token_strip.h"
#include "panels/update_panel.h"
#include "plots/norm_bars.h"

#include <QComboBox>
#include <QDropEvent>
#include <QHeaderView>
#include <QLineEdit>
#include <QMenu>
#include <QMimeData>
#include <QPushButton>
#include <QSignalSpy>
#include <QStackedWidget>
#include <QTableView>
#include <QToolButton>
#include <QtTest>

using namespace emend;
using namespace emend::test;
using namespace emend::ui;

class TestPanels : public QObject {
    Q_OBJECT

  private slots:
    void editsPanelHasAnEmptyState();
    void typingEditsTheModel();
    void relationEditorOffersTheLibrary();
    void faultIsToldUnderTheTable();
    void droppedFileIsAnnounced();
    void tokenStripTellsTheTokens();
    void generationMarksDifferences();
    void generationStreams();
    void generationShowsWhatIsKept();
    void generationSaysWhatIsOutdated();
    void statusBarTellsTheJob();
    void updatePanelTableAndChartAgree();
    void updatePanelTableFits();
    void aPageIsAsHighAsItsBrokenLines();
};

void TestPanels::editsPanelHasAnEmptyState() {
    EditsModel edits;
    EditsPanel panel(edits);
    auto* stack = panel.findChild<QStackedWidget*>();
    QCOMPARE(stack->currentWidget()->objectName(), QStringLiteral("editsEmpty"));
    edits.addRequests(fakeDrafts());
    QCOMPARE(stack->currentWidget()->objectName(), QStringLiteral("editsTable"));
    edits.remove({0, 1, 2});
    QCOMPARE(stack->currentWidget()->objectName(), QStringLiteral("editsEmpty"));
}

void TestPanels::typingEditsTheModel() {
    EditsModel edits;
    EditsPanel panel(edits);
    panel.resize(600, 400);
    panel.show();
    panel.editCell(edits.addBlank(), EditsModel::Subject);
    auto* editor = panel.table()->viewport()->findChild<QLineEdit*>();
    QVERIFY(editor);
    QTest::keyClicks(editor, QStringLiteral("Eiffel Tower"));
    QTest::keyClick(editor, Qt::Key_Tab); // on to the relation
    QCOMPARE(edits.row(0).request.subject, std::string("Eiffel Tower"));
    QCOMPARE(panel.table()->currentIndex().column(), int(EditsModel::RelationColumn));
}

void TestPanels::relationEditorOffersTheLibrary() {
    EditsModel edits;
    edits.setLibrary(
        std::make_shared<const RelationLibrary>(RelationLibrary::from_json(test::fakeLibraryJson(), "test")));
    EditsPanel panel(edits);
    panel.resize(600, 400);
    panel.show();
    edits.addRequests({fakeDrafts()[0]});
    panel.editCell(0, EditsModel::RelationColumn);
    auto* combo = get<QComboBox>(panel, "relationEditor");
    QCOMPARE(combo->count(), 3);
    combo->setEditText(QStringLiteral("{} stands proudly in"));
    QTest::keyClick(combo, Qt::Key_Return);
    QTRY_COMPARE(edits.row(0).request.prompt, std::string("{} stands proudly in"));
}

void TestPanels::faultIsToldUnderTheTable() {
    EditsModel edits;
    EditsPanel panel(edits);
    edits.addRequests(fakeDrafts());
    panel.selectRow(0);
    edits.setData(edits.index(0, EditsModel::RelationColumn), QStringLiteral("no gap here"));
    auto* caption = get<MutedLabel>(panel, "editsCaption");
    QTRY_VERIFY(caption->text().contains(QStringLiteral("{}")));
    edits.setFailed({edits.row(1).id}, QStringLiteral("the loss is not a number"), QStringLiteral("lower the rate"));
    panel.selectRow(1);
    QVERIFY(caption->text().contains(QStringLiteral("the loss is not a number")));
    QVERIFY(caption->text().contains(QStringLiteral("lower the rate")));
}

void TestPanels::droppedFileIsAnnounced() {
    EditsModel edits;
    EditsPanel panel(edits);
    QSignalSpy dropped(&panel, &EditsPanel::fileDropped);
    const auto drop = [&](const QString& file) {
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(file)});
        QDropEvent event(QPointF(5, 5), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        static_cast<QObject&>(panel).event(&event); // QApplication would look for a drag under way
    };
    drop(QStringLiteral("/tmp/picture.png"));
    QCOMPARE(dropped.count(), 0);
    drop(QStringLiteral("/tmp/edits.csv"));
    QCOMPARE(dropped.count(), 1);
}

void TestPanels::tokenStripTellsTheTokens() {
    auto check = std::make_shared<EditCheck>();
    check->pieces = {"The", " Eiffel", " Tower", " is"};
    check->subject_first_token = 1;
    check->subject_last_token = 2;
    check->object_pieces = {" Rome"};
    TokenStrip strip;
    strip.setCheck(check, {});
    QVERIFY(strip.accessibleDescription().contains(QStringLiteral("␣Tower")));
    QVERIFY(strip.heightForWidth(90) > strip.heightForWidth(900)); // wraps
}

void TestPanels::generationMarksDifferences() {
    GenerationView view;
    view.start(QStringLiteral("The tower is in"), true);
    const auto say = [&](Side side, std::initializer_list<std::pair<int, const char*>> tokens) {
        GenerationResult result;
        for (const auto& [id, text] : tokens) {
            view.add(side, {id, text});
            result.ids.push_back(id);
        }
        view.finish(side, result);
    };
    say(Side::Before, {{1, " Paris"}, {5, " and"}, {6, " nice"}});
    say(Side::After, {{2, " Rome"}, {5, " and"}, {6, " nice"}});
    QCOMPARE(view.text(Side::After), QStringLiteral(" Rome and nice"));
    QCOMPARE(view.marked(Side::Before), 1);
    QCOMPARE(view.marked(Side::After), 1);
    view.start(QStringLiteral("again"), true);
    QVERIFY(view.text(Side::Before).isEmpty());
}

void TestPanels::generationShowsWhatIsKept() {
    GenerationView view;
    const QString before = QStringLiteral(" Paris. The  café, née 1889\n");
    const QString after = QStringLiteral(" Rome. The  café, née 1889\n");
    view.start(QStringLiteral("The tower is in"), true);
    view.showKept(before, after);
    QCOMPARE(view.text(Side::Before), before); // not a blank is lost
    QCOMPARE(view.text(Side::After), after);
    QCOMPARE(view.marked(Side::Before), 1);
    QCOMPARE(view.marked(Side::After), 1);
    bool said = false;
    for (const auto* label : view.findChildren<QLabel*>())
        said = said || label->toolTip().contains(QStringLiteral("same weights and seed"));
    QVERIFY(said);
    view.start(QStringLiteral("The tower is in"), true);
    QVERIFY(view.text(Side::Before).isEmpty());
    for (const auto* label : view.findChildren<QLabel*>())
        QVERIFY(label->toolTip().isEmpty());
}

void TestPanels::generationSaysWhatIsOutdated() {
    GenerationView view;
    const auto said = [&] {
        int count = 0;
        for (const auto* label : view.findChildren<QLabel*>())
            count += label->text() == QStringLiteral("of the softness before") ? 1 : 0;
        return count;
    };
    view.start(QStringLiteral("The tower is in"), true);
    view.outdate(Side::After); // nothing is there yet
    QCOMPARE(said(), 0);
    view.showKept(QStringLiteral(" Paris"), QStringLiteral(" Rome"));
    view.outdate(Side::After);
    QCOMPARE(said(), 1);
    view.start(QStringLiteral("The tower is in"), true);
    QCOMPARE(said(), 0);
}

void TestPanels::generationStreams() {
    GenerationView view;
    view.start(QStringLiteral("x"), false);
    view.add(Side::Before, {1, " a"});
    QCOMPARE(view.text(Side::Before), QStringLiteral(" a"));
    view.add(Side::Before, {2, ""}); // half a character: nothing to show yet
    view.add(Side::Before, {3, "é"});
    QCOMPARE(view.text(Side::Before), QStringLiteral(" aé"));
}

void TestPanels::statusBarTellsTheJob() {
    JobBar bar;
    bar.resize(900, 30);
    bar.show();
    JobStatus status;
    status.id = 1;
    status.title = QStringLiteral("Applying");
    status.phase = QStringLiteral("values");
    status.fraction = 0.4;
    status.seconds_left = 3;
    bar.setStatus(status);
    QTRY_VERIFY(bar.text().contains(QStringLiteral("values")));
    QVERIFY(get<QLabel>(bar, "statusTime")->text().contains(QStringLiteral("3 s left")));
    bar.setStatus({});
    bar.setMessage(QStringLiteral("done"));
    QCOMPARE(bar.text(), QStringLiteral("done"));
    const ModelInfo info = fakeModel();
    bar.setModel(&info);
    QVERIFY(get<QLabel>(bar, "statusDevice")->text().contains(QStringLiteral("float32")));
    QVERIFY(get<QLabel>(bar, "statusMemory")->text().contains(QStringLiteral("MB")));
}

void TestPanels::updatePanelTableAndChartAgree() {
    NormsModel norms;
    NormHistoryModel history;
    UpdatePanel panel(norms, history);
    auto* stack = panel.findChild<QStackedWidget*>(QStringLiteral("updateStack"));
    QCOMPARE(stack->currentWidget()->objectName(), QStringLiteral("updateEmpty"));
    auto report = std::make_shared<EditReport>();
    report->edits.resize(1);
    report->layers.resize(1);
    report->layers[0].layer = 2;
    report->layers[0].update_norm = 4;
    report->layers[0].weight_norm = 100;
    report->layers[0].relative_norm = 0.04;
    norms.setReport(report, 8);
    QVERIFY(stack->currentWidget()->objectName() != QStringLiteral("updateEmpty"));
    auto* table = get<QTableView>(panel, "normTable");
    QCOMPARE(table->currentIndex().row(), 2);
    table->setCurrentIndex(norms.index(5, 0));
    QCOMPARE(panel.chart()->currentRow(), 5);
}

// As many columns as there is room for, the others are a click away.
void TestPanels::updatePanelTableFits() {
    NormsModel norms;
    NormHistoryModel history;
    UpdatePanel panel(norms, history);
    auto report = std::make_shared<EditReport>();
    report->edits.resize(1);
    report->layers.resize(1);
    report->layers[0].layer = 2;
    report->layers[0].update_norm = 1234.5678;
    report->layers[0].relative_norm = 12.34;
    report->layers[0].memorization = 1.234e-30;
    panel.resize(500, 600);
    panel.show();
    norms.setReport(report, 8);
    auto* table = get<QTableView>(panel, "normTable");
    const auto fits = [&] { return table->horizontalHeader()->length() <= table->viewport()->width(); };
    QTRY_VERIFY(fits());
    QVERIFY(!table->isColumnHidden(NormsModel::Preservation) && !table->isColumnHidden(NormsModel::Memorization));
    QVERIFY(table->isColumnHidden(NormsModel::WeightNorm));
    panel.resize(1200, 600);
    QTRY_VERIFY(!table->isColumnHidden(NormsModel::WeightNorm) && fits());
    QMenu menu;
    panel.findChild<FittingColumns*>()->addChoices(menu);
    for (QAction* action : menu.actions())
        if (action->text() == QStringLiteral("Preservation"))
            action->trigger();
    QVERIFY(table->isColumnHidden(NormsModel::Preservation));
}

// What is told below the fixed parts breaks into several lines in a narrow window, and nothing may lie over it.
void TestPanels::aPageIsAsHighAsItsBrokenLines() {
    auto* page = new QWidget;
    auto* layout = new QVBoxLayout(page);
    auto* told = new QLabel(QStringLiteral("words to be read, ").repeated(12));
    told->setWordWrap(true);
    auto* table = new QWidget;
    table->setFixedHeight(150);
    auto* title = new QLabel(QStringLiteral("Title"));
    for (QWidget* part : {static_cast<QWidget*>(told), table, static_cast<QWidget*>(title)})
        layout->addWidget(part);
    TallPage tall(page);
    const auto isWhole = [&] {
        return told->height() >= told->heightForWidth(told->width()) &&
               table->geometry().top() > told->geometry().bottom() &&
               title->geometry().top() > table->geometry().bottom() &&
               title->height() >= title->minimumSizeHint().height();
    };
    for (const int width : {700, 260, 180, 400}) {
        tall.resize(width, 120); // lower than anything
        tall.show();
        QTRY_VERIFY2(isWhole(), qPrintable(QString::number(width)));
    }
    told->setText(told->text().repeated(3));
    QTRY_VERIFY(isWhole());
    QVERIFY(tall.minimumSizeHint().width() >= page->minimumSizeHint().width());
}

QTEST_MAIN(TestPanels)
#include "test_panels.moc"
