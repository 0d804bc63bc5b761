// SPDX-License-Identifier: GPL-3.0-or-later
// Between the trace tab and the engine: which fact is looked at, what is known of it, what is asked for, and what the
// traces of the session's facts say together. Traces are kept by edit, kind, object, settings and weights. UI thread
// only.
#pragma once

#include "models/lens_model.h"
#include "models/trace_model.h"
#include "models/trace_store.h"
#include "panels/trace_panel.h"
#include "shell/workbench.h"

#include <QObject>

#include <deque>
#include <memory>
#include <optional>
#include <vector>

namespace emend::ui {

class Tracing : public QObject {
    Q_OBJECT
  public:
    explicit Tracing(Workbench& workbench, QObject* parent = nullptr);

    [[nodiscard]] TraceModel& model() { return m_model; }
    [[nodiscard]] LensModel& lens() { return m_lens; }
    void follow(TracePanel& panel); // once

    [[nodiscard]] bool canRun() const; // the selected edit
    void run();
    [[nodiscard]] bool canSuggest() const;
    void suggest(); // traces the facts that are missing, so many as one waits for, and shows the average
    // Of a session that was opened: each is shown where the history has the weights it was traced on.
    void putBack(const std::vector<SessionTrace>& traces);
    [[nodiscard]] bool isRunning() const { return m_running.has_value(); }

  signals:
    void layersPicked(const std::vector<int>& layers);
    void changed(); // what can be done

  private:
    struct Task {
        TraceKey key;
        TraceRequest request;
    };
    // tracing.cpp: running
    void connectStudio();
    [[nodiscard]] Task task(const EditRow& row, const TraceKey& key, const TraceChoice& choice) const;
    [[nodiscard]] TraceKey keyOf(const EditRow& row, TraceKind kind, const TraceChoice& choice,
                                 const QString& weights) const;
    [[nodiscard]] bool isFree() const;
    [[nodiscard]] bool canTrace(int row) const;
    [[nodiscard]] TraceKind suggestedBy(const TraceChoice& choice) const;
    void begin(std::deque<Task> tasks);
    void startNext();
    void leaveRunning();
    void stop(); // nothing runs any more, what was told is kept
    void dropStale();
    void lookingStopped(); // the studio has dropped what runs and what waits; it does not answer any more
    void forgetLens();
    void showProgress(const JobStatus& status);
    [[nodiscard]] QString weightsOf(const TraceChoice& choice) const; // their state_name
    // tracing_show.cpp: what is seen
    void update();
    void showFact(const EditRow& row);
    void showNotRun(const EditRow& row, const TraceChoice& choice);
    void showAverage();
    void askLens(const EditRow& row);
    void showLensNote();

    Workbench& m_workbench;
    Studio& m_studio;
    TraceModel m_model;
    LensModel m_lens;
    TraceStore m_store;
    TracePanel* m_panel = nullptr;

    std::deque<Task> m_tasks; // waiting
    std::optional<Task> m_running;
    std::size_t m_total = 0; // of this run
    bool m_suggesting = false;
    quint64 m_tag = 0; // of what runs; answers with another one are late

    std::vector<std::shared_ptr<const TraceResult>> m_shown; // in the map
    std::size_t m_shownObject = 0;
    bool m_averageStale = true;

    struct LensAsked {
        quint64 row = 0;
        int revision = 0;
        int token = -1;
        QString weights;
        bool operator==(const LensAsked&) const = default;
    };
    std::optional<LensAsked> m_lensAsked;
    quint64 m_lensTag = 0;
    EditRow m_lensRow; // whose layers were asked for
    int m_token = -1;  // that is read; -1: the last
};

} // namespace emend::ui
