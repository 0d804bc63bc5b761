// SPDX-License-Identifier: GPL-3.0-or-later
// Sees to it that every applied batch has its scores, the newest first, when nothing else is wanted of the model, and
// shows them in the history. Scores hold for the weights they were measured on: a batch that was switched off, or one
// behind it, has them again when it is switched on. UI thread only.
#pragma once

#include "models/history_model.h"
#include "shell/workbench.h"

#include <QHash>
#include <QObject>
#include <QSet>

#include <vector>

namespace emend::ui {

class Scoring : public QObject {
    Q_OBJECT
  public:
    Scoring(Workbench& workbench, HistoryModel& history, QObject* parent = nullptr);

  private:
    void ask(); // for the next batch that has none, when there is time
    void dropGone();
    void show();

    Studio& m_studio;
    HistoryModel& m_history;
    std::vector<SessionScores> m_known;    // a batch may have several, of one state of the history each
    QHash<quint64, SessionScores> m_shown; // those that hold now, by batch
    QSet<quint64> m_failed;                // not again before the ledger changes
    bool m_paused = false;                 // likewise: somebody cancelled it
};

} // namespace emend::ui
