// SPDX-License-Identifier: GPL-3.0-or-later
// The whole window on a fresh engine and fresh settings, and how tests find their way in it.
#pragma once

#include "own_data.h"
#include "panels/edits_panel.h"
#include "settle.h"
#include "shell/main_window.h"

#include <QTableView>
#include <QTemporaryDir>
#include <QtTest>

#include <memory>

namespace emend::test {

struct WindowFixture {
    explicit WindowFixture(ui::Theme& theme, ui::EngineFactory factory, ui::Questions questions = {})
        : settings(scratch.filePath(QStringLiteral("settings.ini")))
        , workbench(std::move(factory))
        , window(workbench, settings, theme, withAnswers(std::move(questions))) {
        window.resize(1280, 800);
        window.show();
        window.activateWindow();
        (void)QTest::qWaitForWindowActive(&window);
    }

    // Nobody sits here: a question that the test does not answer is answered with yes, or with nothing chosen.
    static ui::Questions withAnswers(ui::Questions questions) {
        const auto nothing = [](QWidget*, const QString&) { return QString(); };
        for (auto* choose : {&questions.chooseModelFolder, &questions.chooseEditsFile, &questions.chooseSession,
                             &questions.chooseSessionTarget})
            if (!*choose)
                *choose = nothing;
        if (!questions.leaveSession)
            questions.leaveSession = [](QWidget*, const QString&, bool) { return ui::Questions::Leave::Keep; };
        if (!questions.chooseAnotherModel)
            questions.chooseAnotherModel = [](QWidget*, const QString&, const QStringList&) { return false; };
        if (!questions.takeForeignDelta)
            questions.takeForeignDelta = [](QWidget*, const QString&) { return false; };
        if (!questions.confirmLoss)
            questions.confirmLoss = [](QWidget*, const QString&) { return true; };
        return questions;
    }

    [[nodiscard]] bool settle(int timeout_ms = 20000) { return settled(workbench, timeout_ms); }
    template<class W>
    W* get(const char* name) {
        W* found = window.findChild<W*>(QString::fromLatin1(name));
        if (!found)
            qFatal("the window has no %s", name);
        return found;
    }
    QAction* action(ui::ActionId id) { return window.actions()[id]; }
    ui::EditsModel& edits() { return workbench.edits(); }

    QTemporaryDir scratch;
    ui::Settings settings;
    ui::Workbench workbench;
    ui::MainWindow window;
};

// The longest time between two ticks of a 16 ms timer: what a person feels as a stutter.
class Watchdog : public QObject {
  public:
    Watchdog() {
        m_timer.setTimerType(Qt::PreciseTimer);
        m_timer.setInterval(16);
        connect(&m_timer, &QTimer::timeout, this, [this] {
            m_longest = std::max(m_longest, m_clock.restart());
            ++m_ticks;
        });
        m_clock.start();
        m_timer.start();
    }
    [[nodiscard]] qint64 longest_ms() const { return m_longest; }
    [[nodiscard]] int ticks() const { return m_ticks; }

  private:
    QTimer m_timer;
    QElapsedTimer m_clock;
    qint64 m_longest = 0;
    int m_ticks = 0;
};

} // namespace emend::test
