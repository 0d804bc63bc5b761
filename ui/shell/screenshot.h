// SPDX-License-Identifier: GPL-3.0-or-later
// Renders the real window to a file and ends the program: waits until the model is open and every draft is checked,
// applies the first edit when asked to, traces it or tries the recipes when their tab is shown, waits again, grabs.
// `emend --screenshot`.
#pragma once

#include "shell/main_window.h"

#include <QSize>

namespace emend::ui {

struct ScreenshotOptions {
    QString file;
    QSize size{1280, 800};
    bool applied = false; // apply the first edit first
    CentreTab tab = CentreTab::Compare;
    bool history = false; // show the history dock
};

class Screenshot : public QObject {
    Q_OBJECT
  public:
    Screenshot(MainWindow& window, Workbench& workbench, ScreenshotOptions options, QObject* parent = nullptr);

  signals:
    void finished(int exitCode, const QString& problem);

  private:
    void proceed();
    void grab();
    void fail(const QString& problem);

    MainWindow& m_window;
    Workbench& m_workbench;
    ScreenshotOptions m_options;
    bool m_applyAsked = false;
    bool m_traceAsked = false;
    bool m_trialsAsked = false;
    bool m_done = false;
};

} // namespace emend::ui
