// SPDX-License-Identifier: GPL-3.0-or-later
// How far the session has moved the layers: asks the engine when the ledger has changed and somebody looks, and keeps
// the bound of the alarm. UI thread only.
#pragma once

#include "models/norm_history_model.h"
#include "shell/settings.h"
#include "shell/workbench.h"

#include <QObject>

namespace emend::ui {

class UpdatePanel;

class SessionNorms : public QObject {
    Q_OBJECT
  public:
    SessionNorms(Workbench& workbench, Settings& settings, QObject* parent = nullptr);

    [[nodiscard]] NormHistoryModel& model() { return m_model; }
    void follow(UpdatePanel& panel); // once

  private:
    void ask(); // when it is wanted and somebody looks
    void show(std::shared_ptr<const NormHistory> history);

    Workbench& m_workbench;
    Studio& m_studio;
    NormHistoryModel m_model;
    UpdatePanel* m_panel = nullptr;
    bool m_stale = false;  // the ledger is another one by now
    bool m_asked = false;  // on its way
    bool m_paused = false; // it failed or was cancelled: only when somebody comes to look again
};

} // namespace emend::ui
