// SPDX-License-Identifier: GPL-3.0-or-later
// The export dialog: what it says before anything is written, and what it asks for.
#include "fake_engine.h"
#include "own_data.h"
#include "panels/panel_parts.h"
#include "settle.h"
#include "shell/export_dialog.h"

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QDir>
#include <QFile>
#include <QLineEdit>
#include <QPushButton>
#include <QRadioButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTemporaryDir>
#include <QtTest>

using namespace emend;
using namespace emend::test;
using namespace emend::ui;

class TestExportDialog : public QObject {
    Q_OBJECT

    std::shared_ptr<FakeScript> m_script;

    // What the dialog needs of the program, without its window.
    struct Program {
        explicit Program(const std::shared_ptr<FakeScript>& script)
            : workbench(fakeFactory(script)) {}
        [[nodiscard]] bool settle() { return settled(workbench); }
        QTemporaryDir scratch;
        Settings settings{scratch.filePath(QStringLiteral("settings.ini"))};
        Workbench workbench;
    };
    // One edit applied.
    struct Opened {
        std::unique_ptr<Program> f;
        std::unique_ptr<Exporting> exporting;
        std::unique_ptr<ExportDialog> dialog;
        QString browsed;

        [[nodiscard]] bool settle() {
            while (hurry(*dialog)) // it waits a little for more typing
                ;
            return f->settle();
        }
        [[nodiscard]] bool canExport() const {
            return dialog->findChild<QDialogButtonBox*>()->button(QDialogButtonBox::Ok)->isEnabled();
        }
        template<class W>
        W* get(const char* name) {
            W* found = dialog->findChild<W*>(QString::fromLatin1(name));
            if (!found)
                qFatal("no %s", name);
            return found;
        }
        [[nodiscard]] QString estimate() { return get<QLabel>("exportEstimate")->text(); }
        [[nodiscard]] QString problem() {
            auto* line = get<FailureLine>("exportProblem");
            return line->isHidden() ? QString() : line->text();
        }
    };

    std::unique_ptr<Opened> open(bool applied = true) {
        auto made = std::make_unique<Opened>();
        made->f = std::make_unique<Program>(m_script);
        made->f->workbench.addEdits({fakeDrafts(), {}, "test"}, QStringLiteral("Drafts"));
        made->f->workbench.openModel(QStringLiteral("/models/demo_model"));
        if (!made->f->settle())
            qFatal("did not settle");
        made->f->workbench.setRecipe(default_recipe(*made->f->workbench.studio().model()), true);
        made->f->settings.set(Setting::LastExport, made->f->scratch.path());
        if (applied)
            made->f->workbench.apply({0});
        if (!made->f->settle())
            qFatal("did not settle");
        made->exporting = std::make_unique<Exporting>(made->f->workbench, made->f->settings);
        made->dialog = std::make_unique<ExportDialog>(
            *made->exporting, [m = made.get()](QWidget*, const ExportChoice&) { return m->browsed; });
        made->dialog->show();
        if (!made->settle())
            qFatal("did not settle");
        return made;
    }

  private slots:
    void init() { m_script = std::make_shared<FakeScript>(); }

    void everyKindSaysWhatItIs();
    void sizeTimeAndRoomAreTold();
    void kindsHaveTheirOwnPlaces();
    void typingAsksOnceAndNewest();
    void whatStandsInTheWayIsTold();
    void replacingIsAChoice();
    void ranksAreExplained();
    void reportsGoByTheirEnding();
    void nothingEditedIsAWarning();
    void browsing();
    void faultOfTheEngineIsTold();
    void acceptingRuns();
    void closingAsksNoMore();
};

void TestExportDialog::everyKindSaysWhatItIs() {
    auto o = open();
    const auto buttons = o->dialog->findChildren<QRadioButton*>();
    QCOMPARE(buttons.size(), qsizetype(exportKinds));
    for (const QRadioButton* button : buttons)
        QVERIFY(!button->accessibleDescription().isEmpty());
    QVERIFY(o->get<QRadioButton>("exportFolder")->isChecked());
}

void TestExportDialog::sizeTimeAndRoomAreTold() {
    auto o = open();
    QVERIFY2(o->estimate().startsWith(QStringLiteral("4 file")), qPrintable(o->estimate()));
    QVERIFY2(o->estimate().contains(QStringLiteral("3.0 s")) || o->estimate().contains(QStringLiteral("3 s")),
             qPrintable(o->estimate()));
    QVERIFY(o->estimate().contains(QStringLiteral("free")));
    QVERIFY(o->canExport());
    o->get<QRadioButton>("exportDelta")->click();
    QVERIFY(!o->canExport()); // not before it is known
    QVERIFY(o->settle());
    QVERIFY2(o->estimate().startsWith(QStringLiteral("1 file")), qPrintable(o->estimate()));
    QVERIFY(o->canExport());
}

void TestExportDialog::kindsHaveTheirOwnPlaces() {
    auto o = open();
    auto* path = o->get<QLineEdit>("exportPath");
    QVERIFY(path->text().endsWith(QStringLiteral("demo_model-edited")));
    path->setText(o->f->scratch.filePath(QStringLiteral("mine")));
    o->get<QRadioButton>("exportLora")->click();
    QVERIFY(path->text().endsWith(QStringLiteral("demo_model-lora")));
    o->get<QRadioButton>("exportFolder")->click();
    QVERIFY(path->text().endsWith(QStringLiteral("mine")));
}

void TestExportDialog::typingAsksOnceAndNewest() {
    auto o = open();
    const int before = m_script->plans;
    auto* path = o->get<QLineEdit>("exportPath");
    path->selectAll();
    QTest::keyClicks(path, o->f->scratch.filePath(QStringLiteral("typed")));
    QVERIFY(o->settle());
    QCOMPARE(m_script->plans.load(), before + 1);
    QVERIFY(o->canExport());
}

void TestExportDialog::whatStandsInTheWayIsTold() {
    m_script->bytes_free = 10;
    auto o = open();
    QVERIFY2(o->problem().contains(QStringLiteral("room")), qPrintable(o->problem()));
    QVERIFY2(o->problem().contains(QStringLiteral("choose another one")), qPrintable(o->problem()));
    QVERIFY(!o->canExport());
    m_script->bytes_free = 400'000'000'000;
    o->get<QRadioButton>("exportDelta")->click();
    QVERIFY(o->settle());
    QVERIFY(o->problem().isEmpty());
    QVERIFY(o->canExport());
    o->get<QLineEdit>("exportPath")->clear();
    QVERIFY(o->settle());
    QVERIFY(o->problem().contains(QStringLiteral("no place")));
}

void TestExportDialog::replacingIsAChoice() {
    auto o = open();
    QDir(o->f->scratch.path()).mkdir(QStringLiteral("there"));
    o->get<QLineEdit>("exportPath")->setText(o->f->scratch.filePath(QStringLiteral("there")));
    QVERIFY(o->settle());
    QVERIFY(!o->canExport());
    QVERIFY(o->problem().contains(QStringLiteral("there already")));
    o->get<QCheckBox>("exportReplace")->click();
    QVERIFY(o->settle());
    QVERIFY(o->canExport());
    QVERIFY(o->dialog->choice().replace);
}

void TestExportDialog::ranksAreExplained() {
    auto o = open();
    auto* rank = o->get<QSpinBox>("exportRank");
    QVERIFY(!rank->isVisible());
    o->get<QRadioButton>("exportLora")->click();
    QVERIFY(o->settle());
    QVERIFY(rank->isVisible());
    QCOMPARE(rank->text(), QStringLiteral("as needed"));
    auto* told = o->get<QLabel>("exportRankText");
    QVERIFY2(told->text().contains(QStringLiteral("nothing is lost")), qPrintable(told->text()));
    // A second edit in the same layers needs more than rank 1.
    o->f->workbench.apply({1});
    QVERIFY(o->settle());
    QVERIFY(o->settle());
    rank->setValue(1);
    QVERIFY(o->settle());
    QVERIFY2(told->text().contains(QStringLiteral("will be cut")), qPrintable(told->text()));
    QCOMPARE(o->dialog->choice().rank, 1);
}

void TestExportDialog::reportsGoByTheirEnding() {
    auto o = open();
    o->get<QRadioButton>("exportReport")->click();
    QVERIFY(o->settle());
    QVERIFY2(o->problem().isEmpty(), qPrintable(o->problem()));
    QVERIFY(o->canExport());
    QVERIFY(!o->get<QCheckBox>("exportVerify")->isVisible());
    auto* path = o->get<QLineEdit>("exportPath");
    path->setText(o->f->scratch.filePath(QStringLiteral("page.pdf")));
    QVERIFY(o->settle());
    QVERIFY2(o->problem().contains(QStringLiteral(".md")), qPrintable(o->problem()));
    path->setText(o->f->scratch.filePath(QStringLiteral("nowhere/page.html")));
    QVERIFY(o->settle());
    QVERIFY2(o->problem().contains(QStringLiteral("no folder")), qPrintable(o->problem()));
    QFile there(o->f->scratch.filePath(QStringLiteral("page.html")));
    QVERIFY(there.open(QIODevice::WriteOnly));
    path->setText(there.fileName());
    QVERIFY(o->settle());
    QVERIFY2(o->problem().contains(QStringLiteral("there already")), qPrintable(o->problem()));
    o->get<QCheckBox>("exportReplace")->click();
    QVERIFY(o->settle());
    QVERIFY(o->canExport());
}

void TestExportDialog::nothingEditedIsAWarning() {
    auto o = open(false);
    auto* warnings = o->get<QLabel>("exportWarnings");
    QVERIFY(warnings->isVisible());
    QVERIFY(warnings->text().contains(QStringLiteral("nothing is edited")));
    QVERIFY(o->canExport());
}

void TestExportDialog::browsing() {
    auto o = open();
    const QString before = o->get<QLineEdit>("exportPath")->text();
    o->get<QPushButton>("exportBrowse")->click();
    QCOMPARE(o->get<QLineEdit>("exportPath")->text(), before); // nothing was taken
    o->browsed = o->f->scratch.filePath(QStringLiteral("browsed"));
    o->get<QPushButton>("exportBrowse")->click();
    QCOMPARE(o->dialog->choice().out, o->browsed);
}

void TestExportDialog::faultOfTheEngineIsTold() {
    m_script->fail_plan = true;
    auto o = open();
    QVERIFY2(o->problem().contains(QStringLiteral("the checkpoint is gone")), qPrintable(o->problem()));
    QVERIFY(!o->canExport());
}

void TestExportDialog::acceptingRuns() {
    auto o = open();
    QSignalSpy finished(o->exporting.get(), &Exporting::finished);
    o->dialog->accept();
    QVERIFY(!o->dialog->isVisible());
    QVERIFY(o->settle());
    QCOMPARE(finished.size(), 1);
    QCOMPARE(m_script->exports.load(), 1);
    QVERIFY(QDir(finished[0][1].toString()).exists());
    QCOMPARE(o->exporting->suggestedPath(ExportKind::Folder), finished[0][1].toString()); // next time, too
}

void TestExportDialog::closingAsksNoMore() {
    auto o = open();
    QSignalSpy planned(o->exporting.get(), &Exporting::planned);
    m_script->plan_ms = 200;
    o->get<QRadioButton>("exportDelta")->click();
    QTest::qWait(250);
    o->dialog->reject();
    QVERIFY(o->f->settle());
    QCOMPARE(planned.size(), 0);
    QCOMPARE(m_script->exports.load(), 0);
}

QTEST_MAIN(TestExportDialog)
#include "test_export_dialog.moc"
