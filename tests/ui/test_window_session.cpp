// SPDX-License-Identifier: GPL-3.0-or-later
// Sessions as a person meets them: saved by name, opened again, moved models, two windows, recent files.
#include "panels/recipe_panel.h"
#include "session_fixture.h"

#include <QDropEvent>
#include <QMimeData>
#include <QTabWidget>

#include <algorithm>

using namespace emend;
using namespace emend::test;
using namespace emend::ui;

class TestWindowSession : public QObject {
    Q_OBJECT

    std::unique_ptr<Theme> m_theme;
    QTemporaryDir m_folder;

    // A session by name with two batches, the second undone, a note, another tab and recipe.
    QString makeSession(const char* name) {
        const QString file = m_folder.filePath(QString::fromLatin1(name));
        QFile::remove(file);
        SessionFixture f(*m_theme);
        QDir(m_folder.path()).mkdir(QStringLiteral("demo_model"));
        f.window->window.openModel(m_folder.filePath(QStringLiteral("demo_model")));
        f.settle();
        f.apply(0);
        f.apply(1);
        f.window->workbench.undo();
        f.settle();
        f.window->window.editsPanel().selectRow(2);
        f.window->window.showTab(CentreTab::Update);
        Recipe recipe = f.recipe();
        recipe.softness = 4321;
        f.window->get<RecipePanel>("recipePanel")->setRecipe(recipe);
        f.window->window.session().setNote(QStringLiteral("why Paris"));
        f.saveAs(file);
        if (!f.close())
            qFatal("the window did not close");
        return file;
    }

  private slots:
    void initTestCase() { m_theme = std::make_unique<Theme>(); }
    void init() { QDir(own_data.sessions()).removeRecursively(); }

    void saveAsTakesAName();
    void saveSaysThatAllIsSaved();
    void aSessionComesBackAsItWas();
    void aTraceComesBack();
    void rowsFindTheirBatch();
    void anotherWindowReadsOnly();
    void aMovedModelIsAskedFor();
    void aSessionThatIsNotWantedAnyMoreAsksNothing();
    void anotherModelIsNotTaken();
    void whatCannotBeOpenedChangesNothing_data();
    void whatCannotBeOpenedChangesNothing();
    void openingCanBeCancelled();
    void aDroppedSessionOpens();
    void recentSessionsAreKept();
};

void TestWindowSession::saveAsTakesAName() {
    SessionFixture f(*m_theme);
    f.apply(0);
    const QString before = f.file();
    f.window->action(ActionId::SaveSession)->trigger(); // nothing chosen: stays
    f.rest();
    QCOMPARE(f.file(), before);
    f.saveAs(f.path("paris")); // the suffix comes by itself
    QCOMPARE(f.file(), f.path("paris.emend"));
    QVERIFY(!QFile::exists(before));
    QVERIFY(!look(f.file())->head().untitled);
    QCOMPARE(f.window->window.windowTitle(), QStringLiteral("paris.emend — demo_model — Emend"));
    f.apply(1); // goes on in there
    QCOMPARE(look(f.path("paris.emend"))->batch_ids().size(), std::size_t{2});
    f.saveAs(f.path("berlin.emend"));
    f.apply(2);
    QCOMPARE(look(f.path("paris.emend"))->batch_ids().size(), std::size_t{2});
    QCOMPARE(look(f.path("berlin.emend"))->batch_ids().size(), std::size_t{3});
}

void TestWindowSession::saveSaysThatAllIsSaved() {
    SessionFixture f(*m_theme);
    f.apply(0);
    f.saveAs(f.path("a.emend"));
    f.target = f.path("b.emend");
    f.window->edits().setData(f.window->edits().index(1, EditsModel::Object), QStringLiteral("German"));
    f.window->action(ActionId::SaveSession)->trigger();
    f.settle();
    QVERIFY(!QFile::exists(f.path("b.emend")));
    QVERIFY(f.window->get<QLabel>("statusText")->text().startsWith(QStringLiteral("Everything is in")));
    QCOMPARE(look(f.file())->edits()[1].request.object, std::string("German"));
}

void TestWindowSession::aSessionComesBackAsItWas() {
    const QString file = makeSession("whole.emend");
    SessionFixture f(*m_theme, {}, file);
    const Studio& studio = f.window->workbench.studio();
    QVERIFY(studio.model() != nullptr);
    QCOMPARE(studio.ledger().entries.size(), std::size_t{2});
    QCOMPARE(studio.ledger().position, std::size_t{1});
    QCOMPARE(f.window->edits().rowCount(), 3);
    QCOMPARE(f.window->edits().row(0).state, EditState::Applied);
    QCOMPARE(f.window->edits().row(1).state, EditState::Undone);
    QCOMPARE(f.window->edits().row(2).state, EditState::Draft);
    QCOMPARE(f.window->workbench.currentRow(), 2);
    QCOMPARE(f.window->get<QTabWidget>("centreTabs")->currentIndex(), static_cast<int>(CentreTab::Update));
    QCOMPARE(f.recipe().softness, std::optional(4321.0));
    QCOMPARE(f.window->window.session().note(), QStringLiteral("why Paris"));
    QVERIFY(!f.window->window.session().isAtStake());
    const LogModel& log = f.window->workbench.log();
    QStringList lines;
    for (int row = 0; row < log.rowCount(); ++row)
        lines << log.index(row, log.columnCount() - 1).data().toString();
    QVERIFY2(lines.join(u'\n').contains(QStringLiteral("rebuilt bit for bit")), qPrintable(lines.join(u'\n')));
    // It goes on where it was.
    f.window->workbench.redo();
    f.settle();
    QCOMPARE(f.window->edits().row(1).state, EditState::Applied);
    QVERIFY(f.close());
    QCOMPARE(look(file)->head().position, std::size_t{2});
    QCOMPARE(filesLike(file).size(), 1);
}

void TestWindowSession::aTraceComesBack() {
    const QString file = m_folder.filePath(QStringLiteral("trace.emend"));
    QDir(m_folder.path()).mkdir(QStringLiteral("demo_model"));
    {
        SessionFixture f(*m_theme);
        f.window->window.openModel(m_folder.filePath(QStringLiteral("demo_model")));
        f.settle();
        f.window->window.editsPanel().selectRow(0);
        f.settle();
        QVERIFY(f.window->window.traceSelected());
        f.settle();
        f.saveAs(file);
        QVERIFY(f.close());
    }
    SessionFixture f(*m_theme, {}, file);
    f.window->window.showTab(CentreTab::Trace);
    f.window->window.editsPanel().selectRow(0);
    f.settle();
    QCOMPARE(f.script->traces.load(), 0);
    const auto* map = f.window->get<QWidget>("traceMap");
    QVERIFY(map->isVisible());
}

// Killed between a batch and the rows that would have said that they are in it.
void TestWindowSession::rowsFindTheirBatch() {
    const QString file = makeSession("killed.emend");
    {
        auto session = Session::open(file.toStdString());
        std::vector<SessionEdit> edits = session->edits();
        for (SessionEdit& edit : edits)
            edit.batch.reset();
        std::ranges::reverse(edits);
        session->set_edits(edits);
        session->set_ui_state({}); // the command line writes none
    }
    SessionFixture f(*m_theme, {}, file);
    QCOMPARE(f.window->edits().rowCount(), 3);
    QCOMPARE(f.window->edits().row(2).state, EditState::Applied);
    QCOMPARE(f.window->edits().row(1).state, EditState::Undone);
    QCOMPARE(f.window->window.editsPanel().currentRow(), 2); // so that there is something to see
    QVERIFY(f.script->comparisons > 0);
}

void TestWindowSession::anotherWindowReadsOnly() {
    const QString file = makeSession("shared.emend");
    SessionFixture first(*m_theme, {}, file);
    SessionFixture second(*m_theme, {}, file);
    QVERIFY(!first.state().read_only);
    QVERIFY(second.state().read_only);
    QVERIFY(second.window->window.windowTitle().contains(QStringLiteral("[read only]")));
    QVERIFY2(second.line().startsWith(QStringLiteral("Read only")), qPrintable(second.line()));
    QCOMPARE(second.window->edits().row(0).state, EditState::Applied);
    // What is done there goes into a copy of its own.
    second.apply(2);
    second.rest();
    QVERIFY(second.file() != file);
    QVERIFY(second.state().untitled && !second.state().read_only);
    QCOMPARE(look(second.file())->batch_ids().size(), std::size_t{2});
    QCOMPARE(look(second.file())->head().note, std::string("why Paris"));
    QCOMPARE(look(file)->batch_ids().size(), std::size_t{2});
    QCOMPARE(look(file)->head().position, std::size_t{1});
    first.apply(2); // and does not disturb the first
    QVERIFY(!first.state().problem);
}

void TestWindowSession::aMovedModelIsAskedFor() {
    const QString file = makeSession("moved.emend");
    QDir(m_folder.path()).rename(QStringLiteral("demo_model"), QStringLiteral("elsewhere"));
    {
        SessionFixture f(*m_theme, {}, file); // nobody chooses: nothing is open, and the window is usable
        QCOMPARE(f.asked.size(), 1);
        QVERIFY2(f.asked[0].contains(QStringLiteral("no longer at")), qPrintable(f.asked[0]));
        QVERIFY(!f.window->workbench.studio().model());
        f.chosenModel = m_folder.filePath(QStringLiteral("elsewhere"));
        f.window->window.openSession(file);
        f.settle();
        QCOMPARE(f.window->workbench.studio().ledger().entries.size(), std::size_t{2});
        QVERIFY(f.close());
    }
    QCOMPARE(look(file)->head().model.path, m_folder.filePath(QStringLiteral("elsewhere")).toStdString());
    QDir(m_folder.path()).rename(QStringLiteral("elsewhere"), QStringLiteral("demo_model"));
}

// Who opens another one meanwhile is not asked where the model of the first is.
void TestWindowSession::aSessionThatIsNotWantedAnyMoreAsksNothing() {
    const QString lost = makeSession("lost.emend");
    const QString wanted = makeSession("wanted.emend");
    Session::open(lost.toStdString())->set_model_path(m_folder.filePath(QStringLiteral("nowhere")).toStdString());
    SessionFixture f(*m_theme, {}, {});
    f.window->window.openSession(lost);
    f.window->window.openSession(wanted);
    f.settle();
    QCOMPARE(f.asked, QStringList());
    QCOMPARE(f.file(), wanted);
}

void TestWindowSession::anotherModelIsNotTaken() {
    const QString file = makeSession("another.emend");
    const QString second = makeSession("second.emend");
    QDir(m_folder.path()).rename(QStringLiteral("demo_model"), QStringLiteral("gone"));
    QDir(m_folder.path()).mkdir(QStringLiteral("other_model"));
    SessionFixture f(*m_theme);
    f.apply(0);
    f.chosenModel = m_folder.filePath(QStringLiteral("other_model"));
    const int opens = f.script->opens;
    f.window->window.openSession(file); // the same fingerprint is open already: no folder is needed
    f.settle();
    QCOMPARE(f.script->opens.load(), opens);
    QCOMPARE(f.window->workbench.studio().ledger().entries.size(), std::size_t{2});

    SessionFixture empty(*m_theme, {}, {});
    empty.window->window.openModel(m_folder.filePath(QStringLiteral("other_model")));
    empty.settle();
    empty.apply(0);
    empty.asked.clear();
    empty.chosenModel = m_folder.filePath(QStringLiteral("other_model"));
    empty.window->window.openSession(second);
    empty.settle();
    QCOMPARE(empty.asked.size(), 3); // leaving, then moved, then another one
    QVERIFY2(empty.differences.join(u'\n').contains(QStringLiteral("fingerprint")),
             qPrintable(empty.differences.join(u'\n')));
    QCOMPARE(empty.window->workbench.studio().ledger().entries.size(), std::size_t{1}); // what was open is open
    QCOMPARE(empty.window->edits().row(0).state, EditState::Applied);
    QDir(m_folder.path()).rename(QStringLiteral("gone"), QStringLiteral("demo_model"));
}

void TestWindowSession::whatCannotBeOpenedChangesNothing_data() {
    QTest::addColumn<int>("fault");
    QTest::newRow("not a session") << 0;
    QTest::newRow("empty") << 1;
    QTest::newRow("no such file") << 2;
    QTest::newRow("the model does not load") << 3;
    QTest::newRow("the history does not fit") << 4;
}

void TestWindowSession::whatCannotBeOpenedChangesNothing() {
    QFETCH(int, fault);
    QString file = makeSession("fault.emend");
    SessionFixture f(*m_theme);
    f.window->window.openModel(m_folder.filePath(QStringLiteral("other_model")));
    QDir(m_folder.path()).mkdir(QStringLiteral("other_model"));
    f.settle();
    f.apply(0);
    f.rest();
    const QString own = f.file();
    if (fault <= 1) {
        file = m_folder.filePath(QStringLiteral("bad.emend"));
        QFile bad(file);
        QVERIFY(bad.open(QIODevice::WriteOnly));
        if (fault == 0)
            bad.write(QByteArray(4096, 'x'));
    } else if (fault == 2) {
        file = m_folder.filePath(QStringLiteral("nowhere.emend"));
    } else if (fault == 3) {
        f.script->fail_open = true;
    }
    QFile there(file);
    const QByteArray before = there.open(QIODevice::ReadOnly) ? there.readAll() : QByteArray();
    const std::string model = f.window->workbench.studio().model()->path;
    f.script->fail_restores = fault == 4 ? 1 : 0; // what was open is put back
    f.window->window.openSession(file);
    f.settle();
    f.script->fail_open = false;
    QVERIFY(f.window->get<QWidget>("mainFailure")->isVisible());
    QCOMPARE(f.window->workbench.studio().model()->path, model);
    QCOMPARE(f.file(), own);
    f.apply(1);
    f.rest();
    QCOMPARE(look(own)->batch_ids().size(), std::size_t{2});
    QFile after(file);
    QCOMPARE(after.open(QIODevice::ReadOnly) ? after.readAll() : QByteArray(), before);
}

void TestWindowSession::openingCanBeCancelled() {
    const QString file = makeSession("slow.emend");
    SessionFixture f(*m_theme);
    f.apply(0);
    f.script->restore_ms = 20000;
    f.window->window.openSession(file);
    QTRY_VERIFY(f.script->restores > 0);
    f.script->restore_ms = 0; // of what is put back
    f.window->action(ActionId::Cancel)->trigger();
    f.settle();
    QCOMPARE(f.window->workbench.studio().ledger().entries.size(), std::size_t{1});
    QCOMPARE(f.window->edits().row(0).state, EditState::Applied);
    QVERIFY(!f.window->get<QWidget>("mainFailure")->isVisible());
    f.apply(1);
    QCOMPARE(look(f.file())->batch_ids().size(), std::size_t{2});
}

void TestWindowSession::aDroppedSessionOpens() {
    const QString file = makeSession("dropped.emend");
    SessionFixture f(*m_theme);
    QMimeData data;
    data.setUrls({QUrl::fromLocalFile(file)});
    QDragEnterEvent enter(QPoint(5, 5), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(&f.window->window, &enter);
    QVERIFY(enter.isAccepted());
    QDropEvent drop(QPointF(5, 5), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(&f.window->window, &drop);
    f.settle();
    QCOMPARE(f.file(), file);
    QCOMPARE(f.window->workbench.studio().ledger().entries.size(), std::size_t{2});
}

void TestWindowSession::recentSessionsAreKept() {
    const QString file = makeSession("recent.emend");
    SessionFixture f(*m_theme, {}, file);
    QCOMPARE(f.window->settings.get(Setting::RecentSessions).toStringList(), QStringList{file});
    QVERIFY(!f.window->settings.get(Setting::RecentModels).toStringList().contains(file));
    QAction* entry = nullptr;
    for (QMenu* menu : f.window->window.findChildren<QMenu*>())
        for (QAction* action : menu->actions())
            if (action->text() == QStringLiteral("recent.emend"))
                entry = action;
    QVERIFY(entry);
    QCOMPARE(entry->toolTip(), QDir::toNativeSeparators(file));
    f.saveAs(f.path("later.emend"));
    QCOMPARE(f.window->settings.get(Setting::RecentSessions).toStringList(),
             (QStringList{f.path("later.emend"), file}));
}

QTEST_MAIN(TestWindowSession)
#include "test_window_session.moc"
