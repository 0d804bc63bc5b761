// SPDX-License-Identifier: GPL-3.0-or-later
// The ledger as something to work with: what can be asked of its rows, and what is said and logged when it has
// happened. Owns the model of the history panel. UI thread only.
#pragma once

#include "jobs/studio.h"
#include "models/history_model.h"
#include "models/log_model.h"

#include <QObject>

namespace emend::ui {

class History : public QObject {
    Q_OBJECT
  public:
    History(Studio& studio, LogModel& log, QObject* parent = nullptr);

    [[nodiscard]] HistoryModel& model() { return m_model; }

    [[nodiscard]] bool isIdle() const; // a model is open and nothing is being written
    [[nodiscard]] bool canGoTo(int row) const;
    [[nodiscard]] bool canSwitch(int row) const;
    [[nodiscard]] bool canAnnotate(int row) const;
    [[nodiscard]] bool canSolveAgain(int row) const; // a stale batch that is in the weights
    [[nodiscard]] bool canSolveStale() const;

    void goTo(int row);
    void setActive(quint64 batch, bool active);
    void toggle(int row);
    void annotate(quint64 batch, const QString& title, const QString& note);
    void solveAgain(int row);
    void solveStale(); // every stale batch, in order

  signals:
    void message(const QString& text, bool alarm);
    void failed(const emend::ui::Failure& failure);
    void recovered(); // what failed() said does not hold any more
    void changed();   // the ledger, or what can be done with it

  private:
    void begin(const QString& log, const QString& whenDone);
    void fail(const Failure& failure);

    Studio& m_studio;
    LogModel& m_log;
    HistoryModel m_model;
    QString m_whenDone; // what to say once it has happened
    quint64 m_solving = 0;
};

} // namespace emend::ui
