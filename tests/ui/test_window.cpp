// SPDX-License-Identifier: GPL-3.0-or-later
// The window from end to end on the fake engine.
#include "fake_window.h"
#include "models/text_format.h"
#include "panels/compare_panel.h"
#include "panels/generation_view.h"
#include "panels/job_bar.h"
#include "panels/panel_parts.h"
#include "plots/probability_bars.h"

#include <QAccessible>
#include <QClipboard>
#include <QComboBox>
#include <QDockWidget>
#include <QLineEdit>
#include <QListWidget>
#include <QSplitter>
#include <QStackedWidget>
#include <QTabWidget>

using namespace emend;
using namespace emend::test;
using namespace emend::ui;

class TestWindow : public QObject {
    Q_OBJECT

    std::unique_ptr<Theme> m_theme;
    std::shared_ptr<FakeScript> m_script;

    std::unique_ptr<WindowFixture> open(std::vector<EditRequest> drafts = fakeDrafts()) {
        return openWindow(*m_theme, m_script, std::move(drafts));
    }

  private slots:
    void initTestCase() { m_theme = std::make_unique<Theme>(); }
    void init() { m_script = std::make_shared<FakeScript>(); }

    void typeApplyCompareUndo();
    void draftsAreCheckedAndShown();
    void failureShowsItsReasonInTheRow();
    void cancelLeavesEverythingAsItWas();
    void failedModelIsToldInTheWindow();
    void failedEngineIsToldInTheWindow();
    void failedComparisonIsToldInThePanel();
    void pasteAddsRows();
    void actionStates_data();
    void actionStates();
    void shortcutsDoNotClash();
    void everyWidgetHasAName();
    void undoTellsWhatItUndoes();
    void commandPaletteRuns();
    void closingAsksBeforeEditsAreLost();
    void closingAsksNothingWhenNothingIsLost();
    void layoutIsRemembered();
    void themeAndTextSizeAreRemembered();
    void recentModelsAreKept();
    void typingMeanwhileIsKept();
};

void TestWindow::typeApplyCompareUndo() {
    auto f = open({});
    QVERIFY(f->settle());
    f->action(ActionId::AddEdit)->trigger();
    QTableView* table = f->get<QTableView>("editsTable");
    const auto type = [&](int column, const QString& text) {
        f->window.editsPanel().editCell(0, column);
        if (column == EditsModel::RelationColumn) {
            auto* combo = f->get<QComboBox>("relationEditor");
            combo->setEditText(text);
            QTest::keyClick(combo, Qt::Key_Return);
        } else {
            // An editor that was just left lives for a turn yet.
            QTRY_COMPARE(table->viewport()->findChildren<QLineEdit*>().size(), 1);
            auto* editor = table->viewport()->findChild<QLineEdit*>();
            editor->selectAll();
            QTest::keyClicks(editor, text);
            QTest::keyClick(editor, Qt::Key_Return);
        }
        QTRY_VERIFY(!table->viewport()->findChild<QLineEdit*>());
    };
    type(EditsModel::Subject, QStringLiteral("Eiffel Tower"));
    type(EditsModel::RelationColumn, QStringLiteral("{} is located in the city of"));
    type(EditsModel::Object, QStringLiteral("Rome"));
    QVERIFY(f->settle());
    QCOMPARE(f->edits().index(0, EditsModel::Answer).data().toString(), QStringLiteral("Paris"));
    QVERIFY(f->action(ActionId::Apply)->isEnabled());

    QTest::keyClick(&f->window, Qt::Key_Return, Qt::ControlModifier);
    QVERIFY(f->settle());
    QCOMPARE(m_script->position.load(), std::size_t{1});
    QCOMPARE(f->edits().row(0).state, EditState::Applied);
    QCOMPARE(f->edits().index(0, EditsModel::Answer).data().toString(), QStringLiteral("Rome"));
    const auto bars = f->get<ProbabilityBars>("probabilityBars")->entries();
    QVERIFY(bars.at(0).before.value() < 0.1);
    QVERIFY(bars.at(0).after.value() > 0.9);
    auto* generation = f->get<GenerationView>("generationView");
    QVERIFY(generation->text(Side::Before).contains(QStringLiteral("Paris")));
    QVERIFY(generation->text(Side::After).contains(QStringLiteral("Rome")));
    QVERIFY(generation->marked(Side::After) > 0);
    QCOMPARE(f->workbench.norms().rowCount(), 8);

    QTest::keyClick(&f->window, Qt::Key_Z, Qt::ControlModifier);
    QVERIFY(f->settle());
    QCOMPARE(m_script->position.load(), std::size_t{0});
    QCOMPARE(f->edits().row(0).state, EditState::Undone);
    QCOMPARE(f->edits().index(0, EditsModel::Answer).data().toString(), QStringLiteral("Paris"));
    QTest::keyClick(&f->window, Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
    QVERIFY(f->settle());
    QCOMPARE(f->edits().row(0).state, EditState::Applied);
    QVERIFY(!m_script->off_thread);
}

void TestWindow::draftsAreCheckedAndShown() {
    auto f = open();
    QVERIFY(f->settle());
    for (int row = 0; row < 3; ++row)
        QVERIFY(!f->edits().index(row, EditsModel::Answer).data().toString().isEmpty());
    QCOMPARE(m_script->rows_checked.load(), 3); // each once
    QVERIFY(f->get<ComparePanel>("comparePanel")->isShowing());
    QVERIFY(f->get<QLabel>("statusDevice")->text().contains(QStringLiteral("cpu")));
}

void TestWindow::failureShowsItsReasonInTheRow() {
    auto f = open();
    QVERIFY(f->settle());
    m_script->failApply("the loss is not a number", "lower the learning rate");
    f->action(ActionId::Apply)->trigger();
    QVERIFY(f->settle());
    QCOMPARE(f->edits().row(0).state, EditState::Failed);
    QVERIFY(f->edits().index(0, EditsModel::State).data().toString().contains(QStringLiteral("not a number")));
    QVERIFY(f->get<QLabel>("editsCaption")->text().contains(QStringLiteral("lower the learning rate")));
    QCOMPARE(m_script->position.load(), std::size_t{0});
    QVERIFY(!f->action(ActionId::Undo)->isEnabled());
    QCOMPARE(f->edits().row(1).state, EditState::Draft);
    m_script->failApply("", "");
    f->action(ActionId::Apply)->trigger(); // and again
    QVERIFY(f->settle());
    QCOMPARE(f->edits().row(0).state, EditState::Applied);
}

void TestWindow::cancelLeavesEverythingAsItWas() {
    auto f = open();
    QVERIFY(f->settle());
    m_script->apply_ms = 30000;
    f->action(ActionId::Apply)->trigger();
    QVERIFY(QTest::qWaitFor([&] { return m_script->applies > 0; }));
    QTRY_VERIFY(f->action(ActionId::Cancel)->isEnabled());
    QCOMPARE(f->edits().row(0).state, EditState::Applying);
    QTest::keyClick(&f->window, Qt::Key_Escape);
    QVERIFY(f->settle());
    QCOMPARE(f->edits().row(0).state, EditState::Draft);
    QCOMPARE(m_script->position.load(), std::size_t{0});
    QVERIFY(f->get<JobBar>("jobBar")->text().contains(QStringLiteral("as before")));
    QVERIFY(!f->action(ActionId::Cancel)->isEnabled());
}

void TestWindow::failedModelIsToldInTheWindow() {
    m_script->fail_open = true;
    auto f = open();
    QVERIFY(f->settle());
    auto* line = f->get<FailureLine>("mainFailure");
    QVERIFY(line->isVisible());
    QVERIFY(line->text().contains(QStringLiteral("config.json is missing")));
    QVERIFY(!f->action(ActionId::Apply)->isEnabled());
    m_script->fail_open = false;
    f->window.openModel(QStringLiteral("/models/other"));
    QVERIFY(f->settle());
    QVERIFY(!line->isVisible());
    QVERIFY(f->action(ActionId::ApplyAll)->isEnabled());
}

void TestWindow::failedEngineIsToldInTheWindow() {
    m_script->fail_engine = true;
    auto f = open();
    QVERIFY(f->settle());
    QVERIFY(f->get<FailureLine>("mainFailure")->isVisible());
    QVERIFY(f->get<FailureLine>("mainFailure")->text().contains(QStringLiteral("engine library")));
}

void TestWindow::failedComparisonIsToldInThePanel() {
    m_script->fail_compare = true;
    auto f = open();
    QVERIFY(f->settle());
    QVERIFY(f->get<FailureLine>("compareFailure")->isVisible());
    QVERIFY(f->get<FailureLine>("compareFailure")->text().contains(QStringLiteral("comparison failed")));
}

void TestWindow::pasteAddsRows() {
    auto f = open({});
    QVERIFY(f->settle());
    QApplication::clipboard()->setText(QStringLiteral("Big Ben\tcity\tRome\nEiffel Tower\t\tBerlin"));
    f->action(ActionId::PasteRows)->trigger();
    QVERIFY(f->settle());
    QCOMPARE(f->edits().rowCount(), 2);
    QCOMPARE(f->edits().index(0, EditsModel::Answer).data().toString(), QStringLiteral("London"));
    QVERIFY(!f->edits().index(1, EditsModel::RelationColumn).data(EditsModel::ProblemRole).toString().isEmpty());
    QApplication::clipboard()->clear();
    f->action(ActionId::PasteRows)->trigger();
    QCOMPARE(f->edits().rowCount(), 2);
    QVERIFY(f->get<JobBar>("jobBar")->text().contains(QStringLiteral("no rows")));
}

void TestWindow::actionStates_data() {
    QTest::addColumn<QString>("situation");
    QTest::addColumn<QStringList>("enabled"); // of those below; the others must not be
    QTest::newRow("no model") << "no model" << QStringList{"duplicate", "remove"};
    QTest::newRow("no rows") << "no rows" << QStringList{};
    QTest::newRow("drafts") << "drafts" << QStringList{"apply", "applyAll", "duplicate", "remove"};
    QTest::newRow("wrong row") << "wrong row" << QStringList{"applyAll", "duplicate", "remove"};
    QTest::newRow("applying") << "applying" << QStringList{"duplicate", "cancel"};
    QTest::newRow("applied") << "applied" << QStringList{"undo", "applyAll", "duplicate"};
    QTest::newRow("undone") << "undone" << QStringList{"apply", "applyAll", "redo", "duplicate", "remove"};
}

void TestWindow::actionStates() {
    QFETCH(QString, situation);
    QFETCH(QStringList, enabled);
    m_script->fail_open = situation == u"no model";
    auto f = open(situation == u"no rows" ? std::vector<EditRequest>() : fakeDrafts());
    QVERIFY(f->settle());
    if (situation == u"wrong row") {
        f->edits().setData(f->edits().index(0, EditsModel::Object), QString());
        QVERIFY(f->settle());
    } else if (situation == u"applying") {
        m_script->apply_ms = 60000;
        f->action(ActionId::Apply)->trigger();
        QVERIFY(QTest::qWaitFor([&] { return m_script->applies > 0; }));
    } else if (situation == u"applied" || situation == u"undone") {
        f->action(ActionId::Apply)->trigger();
        QVERIFY(f->settle());
        if (situation == u"undone") {
            f->action(ActionId::Undo)->trigger();
            QVERIFY(f->settle());
        }
    }
    QTest::qWait(20); // the actions are refreshed once a turn
    QStringList found;
    for (const ActionId id : {ActionId::Apply, ActionId::ApplyAll, ActionId::Undo, ActionId::Redo, ActionId::Duplicate,
                              ActionId::Remove, ActionId::Cancel})
        if (f->action(id)->isEnabled())
            found << f->action(id)->objectName();
    found.sort();
    enabled.sort();
    QCOMPARE(found, enabled);
}

void TestWindow::shortcutsDoNotClash() {
    auto f = open({});
    QCOMPARE(f->window.actions().conflicts(), QStringList{});
    for (const QAction* action : f->window.actions().all()) {
        QVERIFY(!action->text().isEmpty());
        QVERIFY(!action->toolTip().isEmpty());
    }
}

void TestWindow::everyWidgetHasAName() {
    auto f = open();
    QVERIFY(f->settle());
    // Everything the keyboard reaches says what it is.
    for (const QWidget* widget : f->window.findChildren<QWidget*>()) {
        if (!widget->isVisible() || !(widget->focusPolicy() & Qt::TabFocus) || qobject_cast<const QSplitter*>(widget) ||
            widget->focusProxy())
            continue;
        QAccessibleInterface* face = QAccessible::queryAccessibleInterface(const_cast<QWidget*>(widget));
        const QString name = face ? face->text(QAccessible::Name) : QString();
        QVERIFY2(!name.isEmpty(), qPrintable(QStringLiteral("%1 %2").arg(
                                      QLatin1String(widget->metaObject()->className()), widget->objectName())));
    }
}

void TestWindow::undoTellsWhatItUndoes() {
    auto f = open();
    QVERIFY(f->settle());
    f->action(ActionId::Apply)->trigger();
    QVERIFY(f->settle());
    QCOMPARE(f->action(ActionId::Undo)->text().remove(u'&'), QStringLiteral("Undo: Eiffel Tower → Rome"));
    f->action(ActionId::Undo)->trigger();
    QVERIFY(f->settle());
    QTRY_COMPARE(f->action(ActionId::Redo)->text().remove(u'&'), QStringLiteral("Redo: Eiffel Tower → Rome"));
}

void TestWindow::commandPaletteRuns() {
    auto f = open();
    QVERIFY(f->settle());
    f->action(ActionId::CommandPalette)->trigger();
    auto* edit = f->get<QLineEdit>("commandText");
    edit->setText(QStringLiteral("show upd"));
    QVERIFY(f->get<QListWidget>("commandList")->count() >= 1);
    QTest::keyClick(edit, Qt::Key_Return);
    QTRY_COMPARE(f->get<QTabWidget>("centreTabs")->currentIndex(), static_cast<int>(CentreTab::Update));
}

void TestWindow::closingAsksBeforeEditsAreLost() {
    QStringList asked;
    Questions::Leave answer = Questions::Leave::Cancel;
    Questions questions;
    questions.leaveSession = [&](QWidget*, const QString& text, bool /*named*/) {
        asked << text;
        return answer;
    };
    WindowFixture f(*m_theme, fakeFactory(m_script), questions);
    f.window.openModel(QStringLiteral("/models/demo"));
    QVERIFY(f.settle());
    f.action(ActionId::AddEdit)->trigger();
    f.edits().setData(f.edits().index(0, EditsModel::Subject), QStringLiteral("Eiffel Tower"));
    f.edits().setData(f.edits().index(0, EditsModel::RelationColumn), QStringLiteral("{} is located in the city of"));
    f.edits().setData(f.edits().index(0, EditsModel::Object), QStringLiteral("Rome"));
    QVERIFY(f.settle());
    f.action(ActionId::Apply)->trigger();
    QVERIFY(f.settle());
    QCOMPARE(f.edits().row(0).state, EditState::Applied);
    QVERIFY(asked.isEmpty());

    f.window.openModel(QStringLiteral("/models/other")); // would drop the edit: asks, and stays
    QCOMPARE(asked.size(), 1);
    QVERIFY(f.settle());
    QCOMPARE(m_script->position.load(), std::size_t{1});
    QVERIFY(!f.window.close());
    QCOMPARE(asked.size(), 2);
    QVERIFY(f.window.isVisible());
    answer = Questions::Leave::Discard;
    f.window.close();
    QTRY_VERIFY(!f.window.isVisible()); // when the file is closed
    QCOMPARE(asked.size(), 3);
}

void TestWindow::closingAsksNothingWhenNothingIsLost() {
    QStringList asked;
    Questions questions;
    questions.leaveSession = [&](QWidget*, const QString& text, bool /*named*/) {
        asked << text;
        return Questions::Leave::Cancel;
    };
    auto f = openWindow(*m_theme, m_script, fakeDrafts(), questions);
    QVERIFY(f->settle());
    QVERIFY(f->window.close());
    QVERIFY(asked.isEmpty());
}

void TestWindow::layoutIsRemembered() {
    auto f = open({});
    QVERIFY(f->settle());
    f->action(ActionId::ToggleLog)->trigger();
    QTRY_VERIFY(f->get<QDockWidget>("logDock")->isVisible());
    f->window.close();
    MainWindow again(f->workbench, f->settings, *m_theme);
    again.show();
    QTRY_VERIFY(again.findChild<QDockWidget*>(QStringLiteral("logDock"))->isVisible());
    again.actions()[ActionId::RestoreLayout]->trigger();
    QTRY_VERIFY(!again.findChild<QDockWidget*>(QStringLiteral("logDock"))->isVisible());
}

void TestWindow::themeAndTextSizeAreRemembered() {
    auto f = open({});
    f->action(ActionId::ThemeDark)->trigger();
    QCOMPARE(f->settings.get(Setting::Theme).toString(), QStringLiteral("dark"));
    QVERIFY(QApplication::palette().color(QPalette::Window).lightness() < 128);
    f->action(ActionId::ThemeLight)->trigger();
    QVERIFY(QApplication::palette().color(QPalette::Window).lightness() > 128);
    const double size = QApplication::font().pointSizeF();
    f->action(ActionId::TextLarger)->trigger();
    QCOMPARE(QApplication::font().pointSizeF(), size + 1);
    QCOMPARE(f->settings.get(Setting::TextSize).toInt(), 1);
    f->action(ActionId::TextReset)->trigger();
    QCOMPARE(QApplication::font().pointSizeF(), size);
}

void TestWindow::recentModelsAreKept() {
    auto f = open({});
    QVERIFY(f->settle());
    f->window.openModel(QStringLiteral("/models/two"));
    QVERIFY(f->settle());
    QCOMPARE(f->settings.get(Setting::RecentModels).toStringList(), (QStringList{"/models/two", "/models/demo_model"}));
    QCOMPARE(f->get<QLabel>("statusModel")->text(), QStringLiteral("two"));
}

void TestWindow::typingMeanwhileIsKept() {
    auto f = open();
    QVERIFY(f->settle());
    m_script->apply_ms = 400;
    f->action(ActionId::Apply)->trigger();
    f->edits().setData(f->edits().index(1, EditsModel::Object), QStringLiteral("German"));
    QVERIFY(f->settle());
    QCOMPARE(f->edits().row(0).state, EditState::Applied);
    QCOMPARE(f->edits().row(1).request.object, std::string("German"));
    QVERIFY(f->edits().row(1).checked);
}

QTEST_MAIN(TestWindow)
#include "test_window.moc"
