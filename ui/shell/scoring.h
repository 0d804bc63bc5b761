// SPDX-License-Identifier: GPL-3.0-or-later
// Sees to it that every applied batch has its scores, the newest first, when nothing else is wanted of the model, and
// shows them in the history. Scores hold for the updates they were measured with. UI thread only.
#pragma once

#include "models/history_model.h"
#include "shell/workbench.h"

#include <QHash>
#include <QObject>
#include <QSet>

#include <string>

namespace emend::ui {

class Scoring : public QObject {
    Q_OBJECT
  public:
    Scoring(Workbench& workbench, HistoryModel& history, QObject* parent = nullptr);

  private:
    void ask();     // for the next batch that has none, when there is time
    void dropOld(); // of other updates, or of a batch that is gone
    void show();
    void takeOver(const OpenedSession& session);

    struct Known {
        std::string hash; // of the updates
        HistoryModel::ShownScores shown;
    };
    Studio& m_studio;
    HistoryModel& m_history;
    QHash<quint64, Known> m_known;
    QSet<quint64> m_failed; // not again before the ledger changes
    bool m_paused = false;  // likewise: somebody cancelled it
};

} // namespace emend::ui
