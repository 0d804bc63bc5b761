// SPDX-License-Identifier: GPL-3.0-or-later
// Exports, reports and deltas in the window on the fake engine: the job, what is said when it is done, what when it
// fails.
#include "fake_window.h"
#include "panels/job_bar.h"
#include "panels/panel_parts.h"
#include "shell/export_dialog.h"
#include "shell/result_line.h"

#include <QClipboard>
#include <QComboBox>
#include <QDesktopServices>
#include <QDialogButtonBox>
#include <QDir>
#include <QFile>
#include <QGuiApplication>
#include <QLineEdit>
#include <QPushButton>
#include <QRadioButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTemporaryDir>
#include <QToolButton>
#include <QXmlStreamReader>

using namespace emend;
using namespace emend::test;
using namespace emend::ui;

// Takes what would go to the file manager.
class FileManager : public QObject {
    Q_OBJECT
  public:
    QUrl opened;
  public slots:
    void open(const QUrl& url) { opened = url; }
};

class TestWindowExport : public QObject {
    Q_OBJECT

    std::unique_ptr<Theme> m_theme;
    std::shared_ptr<FakeScript> m_script;
    QString m_delta;      // what the user would choose
    bool m_force = false; // and say
    QStringList m_asked;

    std::unique_ptr<WindowFixture> open(int edits = 1) {
        Questions questions;
        questions.chooseDeltaFile = [this](QWidget*, const QString&) { return m_delta; };
        questions.takeForeignDelta = [this](QWidget*, const QString& what) {
            m_asked << what;
            return m_force;
        };
        auto f = openWindow(*m_theme, m_script, fakeDrafts(), std::move(questions));
        if (!f->settle())
            qFatal("did not settle");
        f->settings.set(Setting::LastExport, f->scratch.path());
        for (int row = 0; row < edits; ++row) {
            f->workbench.apply({row});
            if (!f->settle())
                qFatal("did not settle");
        }
        return f;
    }
    // Opens the dialog, chooses a kind, waits for the plan.
    static ExportDialog* dialog(WindowFixture& f, const char* kind) {
        f.action(ActionId::Export)->trigger();
        auto* shown = f.window.findChild<ExportDialog*>();
        if (!shown)
            qFatal("no dialog");
        shown->findChild<QRadioButton*>(QString::fromLatin1(kind))->click();
        if (!planned(f, shown))
            qFatal("did not settle");
        return shown;
    }
    // The dialog waits a little for more typing, then asks for a plan.
    [[nodiscard]] static bool planned(WindowFixture& f, const ExportDialog* shown) {
        if (!f.settle())
            return false;
        while (hurry(*shown))
            ;
        return f.settle();
    }
    static void accept(ExportDialog* dialog) {
        dialog->findChild<QDialogButtonBox*>()->button(QDialogButtonBox::Ok)->click();
    }
    static ResultLine* result(WindowFixture& f) { return f.get<ResultLine>("resultLine"); }
    static QString failure(WindowFixture& f) {
        auto* line = f.get<FailureLine>("mainFailure");
        return line->isHidden() ? QString() : line->text();
    }

  private slots:
    void initTestCase() { m_theme = std::make_unique<Theme>(); }
    void init() {
        m_script = std::make_shared<FakeScript>();
        m_delta.clear();
        m_force = false;
        m_asked.clear();
    }

    void nothingIsOfferedWithoutAModel();
    void aFolderIsWrittenAndSaid();
    void aCutAdapterSaysWhatItCost();
    void failureSaysWhatToDo();
    void cancelWritesNothing();
    void theWindowStaysFluidMeanwhile();
    void aReportIsAPage();
    void aReportThatCannotBeWritten();
    void aReportNeverLandsOnTheModel();
    void aDeltaComesIn();
    void aDeltaOfAnotherModel();
    void aDeltaOfAnotherModelIsForced();
    void anEarlierStateIsTakenAlong();
    void layersAreATable();
};

void TestWindowExport::nothingIsOfferedWithoutAModel() {
    m_script->fail_open = true;
    auto f = openWindow(*m_theme, m_script);
    QVERIFY(f->settle());
    QVERIFY(!f->action(ActionId::Export)->isEnabled());
    QVERIFY(!f->action(ActionId::ImportDelta)->isEnabled());
}

void TestWindowExport::aFolderIsWrittenAndSaid() {
    auto f = open();
    QVERIFY(f->action(ActionId::Export)->isEnabled());
    QVERIFY(!result(*f)->isVisible());
    accept(dialog(*f, "exportFolder"));
    QVERIFY(f->settle());
    const QString folder = f->scratch.filePath(QStringLiteral("demo_model-edited"));
    QVERIFY(QDir(folder).exists());
    QVERIFY(result(*f)->isVisible());
    QVERIFY2(result(*f)->text().contains(folder) && result(*f)->text().contains(QStringLiteral("(verified)")),
             qPrintable(result(*f)->text()));
    QVERIFY(f->get<JobBar>("jobBar")->text().startsWith(QStringLiteral("Wrote")));
    f->get<QToolButton>("resultCopy")->click();
    QCOMPARE(QGuiApplication::clipboard()->text(), QDir::toNativeSeparators(folder));
    FileManager manager;
    QDesktopServices::setUrlHandler(QStringLiteral("file"), &manager, "open");
    f->get<QToolButton>("resultOpen")->click();
    QDesktopServices::unsetUrlHandler(QStringLiteral("file"));
    QCOMPARE(manager.opened, QUrl::fromLocalFile(folder));
    f->get<QToolButton>("resultDismiss")->click();
    QVERIFY(!result(*f)->isVisible());
}

void TestWindowExport::aCutAdapterSaysWhatItCost() {
    auto f = open(2);
    ExportDialog* shown = dialog(*f, "exportLora");
    shown->findChild<QSpinBox*>(QStringLiteral("exportRank"))->setValue(1);
    QVERIFY(planned(*f, shown));
    accept(shown);
    QVERIFY(f->settle());
    const QString text = result(*f)->text();
    QVERIFY2(text.contains(QStringLiteral("18.0 %")), qPrintable(text));
    QVERIFY2(text.contains(QStringLiteral("50.0 % of the edits hold")), qPrintable(text));
}

void TestWindowExport::failureSaysWhatToDo() {
    m_script->fail_export = true;
    auto f = open();
    accept(dialog(*f, "exportFolder"));
    QVERIFY(f->settle());
    QVERIFY2(failure(*f).contains(QStringLiteral("the disk is full")), qPrintable(failure(*f)));
    QVERIFY(failure(*f).contains(QStringLiteral("choose another place")));
    QVERIFY(!result(*f)->isVisible());
    // The next one that goes well takes the message away.
    m_script->fail_export = false;
    accept(dialog(*f, "exportFolder"));
    QVERIFY(f->settle());
    QVERIFY(failure(*f).isEmpty());
    QVERIFY(result(*f)->isVisible());
}

void TestWindowExport::cancelWritesNothing() {
    m_script->export_ms = 5000;
    auto f = open();
    accept(dialog(*f, "exportFolder"));
    QTRY_VERIFY(f->workbench.studio().isExporting());
    QTRY_VERIFY(f->action(ActionId::Cancel)->isEnabled());
    QVERIFY(!f->action(ActionId::Export)->isEnabled()); // one at a time
    f->action(ActionId::Cancel)->trigger();
    QVERIFY(f->settle());
    QVERIFY(!QDir(f->scratch.filePath(QStringLiteral("demo_model-edited"))).exists());
    QVERIFY(failure(*f).isEmpty());
    QVERIFY(!result(*f)->isVisible());
    QVERIFY(f->get<JobBar>("jobBar")->text().contains(QStringLiteral("nothing was written")));
    QVERIFY(f->action(ActionId::Export)->isEnabled());
}

void TestWindowExport::theWindowStaysFluidMeanwhile() {
    m_script->export_ms = 600;
    auto f = open();
    accept(dialog(*f, "exportFolder"));
    QTRY_VERIFY(f->get<JobBar>("jobBar")->text().startsWith(QStringLiteral("Exporting")));
    // Drafts can be typed; nothing else waits for the answer of the model.
    f->action(ActionId::AddEdit)->trigger();
    QCOMPARE(f->edits().rowCount(), 4);
    QVERIFY(f->settle());
    QVERIFY(result(*f)->isVisible());
}

void TestWindowExport::aReportIsAPage() {
    auto f = open(2);
    f->workbench.studio().annotate(f->workbench.studio().ledger().entries[0].id, QStringLiteral("The <first>"),
                                   QStringLiteral("a note"));
    QVERIFY(f->settle());
    accept(dialog(*f, "exportReport"));
    QVERIFY(f->settle());
    QFile page(f->scratch.filePath(QStringLiteral("demo_model-edits.html")));
    QVERIFY2(page.open(QIODevice::ReadOnly), qPrintable(failure(*f)));
    const QString text = QString::fromUtf8(page.readAll());
    QXmlStreamReader xml(text);
    while (!xml.atEnd())
        xml.readNext();
    QVERIFY2(!xml.hasError(), qPrintable(xml.errorString()));
    QVERIFY(text.contains(QStringLiteral("The &lt;first&gt;")));
    QVERIFY(text.contains(QStringLiteral("a note")));
    QVERIFY(text.contains(QStringLiteral("Trade-off"))); // asked of the engine
    QVERIFY(text.contains(QStringLiteral("All batches together")));
    QVERIFY(text.contains(QStringLiteral("Not applied"))); // the third draft
    QVERIFY(result(*f)->text().startsWith(QStringLiteral("Wrote a report of")));
}

void TestWindowExport::aReportThatCannotBeWritten() {
    auto f = open();
    ExportDialog* shown = dialog(*f, "exportReport");
    // The folder goes between the plan and the writing.
    QDir(f->scratch.path()).mkdir(QStringLiteral("short"));
    shown->findChild<QLineEdit*>(QStringLiteral("exportPath"))
        ->setText(f->scratch.filePath(QStringLiteral("short/page.html")));
    QVERIFY(planned(*f, shown));
    QDir(f->scratch.path()).rmdir(QStringLiteral("short"));
    accept(shown);
    QVERIFY(f->settle());
    QVERIFY2(failure(*f).contains(QStringLiteral("could not be written")), qPrintable(failure(*f)));
}

void TestWindowExport::aReportNeverLandsOnTheModel() {
    auto f = open();
    QTemporaryDir folder;
    QFile config(folder.filePath(QStringLiteral("config.json")));
    QVERIFY(config.open(QIODevice::WriteOnly) && config.write("{}") == 2);
    config.close();
    const QString twin = f->scratch.filePath(QStringLiteral("twin.json"));
    QVERIFY(QFile::link(config.fileName(), twin));
    f->window.openModel(folder.path());
    QVERIFY(f->settle());
    Studio& studio = f->workbench.studio();
    for (const QString& file : {config.fileName(), folder.filePath(QStringLiteral("page.html")), twin}) {
        QSignalSpy planned(&studio, &Studio::exportPlanned);
        studio.planReport(file, true, 1000);
        QVERIFY(f->settle());
        QCOMPARE(planned.size(), 1);
        const auto plan = planned[0][1].value<std::shared_ptr<const ExportPlan>>();
        QVERIFY2(QString::fromStdString(plan->problem).contains(QStringLiteral("never written to")),
                 plan->problem.c_str());
        studio.writeReport(file, {}, {}); // and whoever did not ask
        QVERIFY(f->settle());
        QVERIFY2(failure(*f).contains(QStringLiteral("never written to")), qPrintable(failure(*f)));
        QVERIFY(config.open(QIODevice::ReadOnly));
        QCOMPARE(config.readAll(), QByteArray("{}"));
        config.close();
        QVERIFY(!QFile::exists(folder.filePath(QStringLiteral("page.html"))));
    }
}

void TestWindowExport::aDeltaComesIn() {
    auto f = open();
    m_delta = f->scratch.filePath(QStringLiteral("colosseum.safetensors"));
    QFile file(m_delta);
    QVERIFY(file.open(QIODevice::WriteOnly));
    f->action(ActionId::ImportDelta)->trigger();
    QVERIFY(f->settle());
    const LedgerState& ledger = f->workbench.studio().ledger();
    QCOMPARE(ledger.position, std::size_t{2});
    QCOMPARE(ledger.entries.back().title, std::string("From colosseum.safetensors"));
    QVERIFY(f->get<JobBar>("jobBar")->text().contains(QStringLiteral("colosseum.safetensors")));
}

void TestWindowExport::aDeltaOfAnotherModel() {
    m_script->fail_import = true;
    auto f = open();
    m_delta = f->scratch.filePath(QStringLiteral("other.safetensors"));
    f->action(ActionId::ImportDelta)->trigger();
    QVERIFY(f->settle());
    QVERIFY2(failure(*f).contains(QStringLiteral("another model")), qPrintable(failure(*f)));
    QCOMPARE(f->workbench.studio().ledger().position, std::size_t{1});
    m_delta.clear(); // nothing was chosen
    f->action(ActionId::ImportDelta)->trigger();
    QVERIFY(f->settle());
    QCOMPARE(f->workbench.studio().ledger().position, std::size_t{1});
}

void TestWindowExport::aDeltaOfAnotherModelIsForced() {
    m_script->fail_import = true;
    m_force = true;
    auto f = open();
    m_delta = f->scratch.filePath(QStringLiteral("other.safetensors"));
    f->action(ActionId::ImportDelta)->trigger(); // there is no such file: forcing does not help, and is asked once
    QVERIFY(f->settle());
    QCOMPARE(m_asked.size(), 1);
    QVERIFY(m_asked[0].contains(QStringLiteral("another model")));
    QVERIFY2(failure(*f).contains(QStringLiteral("no such file")), qPrintable(failure(*f)));
    QFile file(m_delta);
    QVERIFY(file.open(QIODevice::WriteOnly));
    f->action(ActionId::ImportDelta)->trigger();
    QVERIFY(f->settle());
    QCOMPARE(m_asked.size(), 2); // what was said of one delta is not said of the next
    QVERIFY(failure(*f).isEmpty());
    QCOMPARE(f->workbench.studio().ledger().position, std::size_t{2});
}

void TestWindowExport::anEarlierStateIsTakenAlong() {
    auto f = open(2);
    for (const char* kind : {"exportFolder", "exportDelta", "exportLora"}) {
        ExportDialog* shown = dialog(*f, kind);
        auto* states = shown->findChild<QComboBox*>(QStringLiteral("exportState"));
        QVERIFY(states->isVisible());
        QCOMPARE(states->count(), 4); // now, the checkpoint, two batches
        QVERIFY(!shown->choice().at);
        const LedgerEntry& first = f->workbench.studio().ledger().entries[0];
        QCOMPARE(states->itemText(2), QStringLiteral("After batch 1: ") + QString::fromStdString(first.title));
        states->setCurrentIndex(2);
        QVERIFY(planned(*f, shown));
        accept(shown);
        QVERIFY(f->settle());
        QCOMPARE(m_script->exported().at, LedgerPosition(1));
    }
    ExportDialog* shown = dialog(*f, "exportLora");
    shown->findChild<QLineEdit*>(QStringLiteral("exportPath"))->setText(f->scratch.filePath(QStringLiteral("fresh")));
    shown->findChild<QComboBox*>(QStringLiteral("exportState"))->setCurrentIndex(2);
    f->workbench.undo(); // the history moves on below the dialog: what was chosen stays
    QVERIFY(planned(*f, shown));
    QCOMPARE(shown->choice().at, LedgerPosition(1));
    QVERIFY(shown->findChild<QLabel*>(QStringLiteral("exportRankText"))->text().startsWith(QStringLiteral("1 is")));
    shown->reject();
}

void TestWindowExport::layersAreATable() {
    auto f = open(2);
    ExportDialog* shown = dialog(*f, "exportReport");
    auto* format = shown->findChild<QComboBox*>(QStringLiteral("exportReportFormat"));
    auto* path = shown->findChild<QLineEdit*>(QStringLiteral("exportPath"));
    QVERIFY(format->isVisible());
    QVERIFY(!shown->findChild<QComboBox*>(QStringLiteral("exportState"))->isVisible());
    path->setText(f->scratch.filePath(QStringLiteral("page.md"))); // the format follows the name
    QCOMPARE(format->currentText(), QStringLiteral("Markdown (.md)"));
    const auto choose = [&](ReportFormat wanted) {
        format->setCurrentIndex(format->findData(static_cast<int>(wanted)));
        emit format->activated(format->currentIndex());
    };
    choose(ReportFormat::csv_layers); // and the name the format
    QCOMPARE(path->text(), f->scratch.filePath(QStringLiteral("page.csv")));
    path->setText(f->scratch.filePath(QStringLiteral("layers.csv")));
    QCOMPARE(shown->choice().report, std::optional(ReportFormat::csv_layers));
    QVERIFY(planned(*f, shown));
    accept(shown);
    QVERIFY(f->settle());
    QFile table(f->scratch.filePath(QStringLiteral("layers.csv")));
    QVERIFY2(table.open(QIODevice::ReadOnly), qPrintable(failure(*f)));
    const QList<QByteArray> lines = table.readAll().split('\n');
    QVERIFY2(lines[0].contains("update_norm"), lines[0].constData());
    QCOMPARE(m_script->frontiers.load(), 0); // a table has no charts
}

QTEST_MAIN(TestWindowExport)
#include "test_window_export.moc"
