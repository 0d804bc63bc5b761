// SPDX-License-Identifier: GPL-3.0-or-later
// The window with the real engine and the bundled model: the first minute, as a person has it.
#include "emend/edits_io.h"
#include "emend/paths.h"
#include "engine_loader.h"
#include "panels/job_bar.h"
#include "panels/recipe_editors.h"
#include "panels/statistics_line.h"
#include "plots/probability_bars.h"
#include "window_fixture.h"

#include <QFile>
#include <QPushButton>

using namespace emend;
using namespace emend::test;
using namespace emend::ui;

class TestWindowReal : public QObject {
    Q_OBJECT
  private slots:
    void initTestCase() { // statistics are collected here, whatever this machine has collected before
        QVERIFY(m_cache.isValid());
        qputenv("EMEND_CACHE", m_cache.path().toUtf8());
        qputenv("EMEND_CONFIG", m_cache.path().toUtf8());
    }
    void firstMinute();
    void preparingABatch();

  private:
    QTemporaryDir m_cache;
};

void TestWindowReal::firstMinute() {
    const std::string model = demo_model_dir();
    if (!QFile::exists(QString::fromStdString(engine_library())) ||
        !QFile::exists(QString::fromStdString(model + "/model.safetensors")))
        QFAIL("needs the engine library and the demo model");
    Theme theme;
    WindowFixture f(theme, [] { return load_engine(); });
    const EditsFile drafts = read_edits_file(model + "/drafts.json");
    QVERIFY(drafts.problems.empty());
    f.workbench.addEdits(drafts, QStringLiteral("drafts"));
    f.window.openModel(QString::fromStdString(model));
    QVERIFY(f.settle(120000));
    QVERIFY(f.workbench.studio().model());
    for (int row = 0; row < f.edits().rowCount(); ++row)
        QVERIFY2(f.edits().canApply(row), f.edits().row(row).request.subject.c_str());

    const QString before = f.edits().index(0, EditsModel::Answer).data().toString();
    const auto bars = [&] { return f.get<ProbabilityBars>("probabilityBars")->entries().at(0); };
    QVERIFY(bars().before.value() < 0.1);

    // No turn of the event loop may take longer than 100 ms while the engine works. The machine may stall for reasons
    // of its own: one quiet attempt of three is the proof.
    qint64 longest_ms = 0;
    for (int attempt = 0; attempt < 3; ++attempt) {
        const Watchdog watchdog;
        f.action(ActionId::Apply)->trigger();
        QVERIFY(f.settle(300000));
        QCOMPARE(f.edits().row(0).state, EditState::Applied);
        longest_ms = watchdog.longest_ms();
        QVERIFY(watchdog.ticks() > 10);
        qInfo("longest turn of the event loop during a real edit: %lld ms of %d ticks",
              static_cast<long long>(longest_ms), watchdog.ticks());
        if (longest_ms <= 100 || attempt == 2)
            break;
        f.action(ActionId::Undo)->trigger();
        QVERIFY(f.settle(60000));
    }
    QVERIFY(longest_ms <= 100);
    QVERIFY(bars().after.value() > 0.9);
    QVERIFY(f.workbench.norms().report());
    const auto tally = f.workbench.wordings().tally();
    QVERIFY2(3 * tally.turned >= 2 * tally.paraphrases,
             qPrintable(QStringLiteral("%1 of %2 turned").arg(tally.turned).arg(tally.paraphrases)));

    f.action(ActionId::Undo)->trigger();
    QVERIFY(f.settle(60000));
    QCOMPARE(f.edits().row(0).state, EditState::Undone);
    QCOMPARE(f.edits().index(0, EditsModel::Answer).data().toString(), before);
}

// Several edits at once: statistics collected, rivals merged, solved again with another softness and the kept values.
void TestWindowReal::preparingABatch() {
    Theme theme;
    WindowFixture f(theme, [] { return load_engine(); });
    const std::string model = demo_model_dir();
    f.workbench.addEdits(read_edits_file(model + "/drafts.json"), QStringLiteral("drafts"));
    f.window.openModel(QString::fromStdString(model));
    QVERIFY(f.settle(120000));
    auto* algorithm = f.get<QComboBox>("recipe_algorithm");
    algorithm->setCurrentIndex(algorithm->findData(QStringLiteral("MEMIT")));
    QVERIFY(f.settle(60000));
    auto* line = f.get<StatisticsLine>("statisticsLine");
    auto* button = f.get<QPushButton>("statisticsButton");
    QVERIFY2(line->text().contains(QStringLiteral("missing")), qPrintable(line->text()));
    button->click();
    QVERIFY(line->isCollecting());
    QVERIFY(f.settle(120000));
    QVERIFY2(line->text().contains(u'✓'), qPrintable(line->text()));
    qInfo("%s", qPrintable(line->text()));

    const int drafts = f.edits().rowCount();
    EditRequest rival = f.edits().row(0).request;
    rival.object = "Berlin";
    f.edits().addRequests({rival});
    QVERIFY(f.settle(60000));
    QVERIFY(!f.get<QWidget>("conflictLine")->isHidden());
    f.action(ActionId::FindConflicts)->trigger();
    QVERIFY(f.settle(60000));
    QVERIFY(!f.get<JobBar>("jobBar")->text().contains(QStringLiteral("No edits")));
    f.edits().remove({drafts});
    QVERIFY(f.settle(60000));
    QVERIFY(f.get<QWidget>("conflictLine")->isHidden());

    const auto applyAll = [&] {
        f.action(ActionId::ApplyAll)->trigger();
        QVERIFY(f.settle(300000));
        for (int row = 0; row < f.edits().rowCount(); ++row)
            QVERIFY2(f.edits().row(row).state == EditState::Applied, qPrintable(f.edits().row(row).reason));
    };
    applyAll();
    QVERIFY(!f.get<JobBar>("jobBar")->text().contains(QStringLiteral("kept")));
    f.action(ActionId::Undo)->trigger();
    QVERIFY(f.settle(60000));
    f.get<NumberBox>("recipe_softness")->setValue(5);
    QVERIFY(f.settle(60000));
    applyAll();
    const QString told = f.get<JobBar>("jobBar")->text();
    qInfo("%s", qPrintable(told));
    QVERIFY(told.contains(QStringLiteral("solved again without searching")));
}

QTEST_MAIN(TestWindowReal)
#include "test_window_real.moc"
