// SPDX-License-Identifier: GPL-3.0-or-later
// One worker thread that owns the engine, and the queue in front of it.
// The UI thread keeps the queue and hands over one job at a time, so the two threads share nothing but a mailbox; the
// engine is made, used and destroyed on the worker. Callbacks run on the UI thread. A job that was superseded never
// calls back, however far it got. Every public function belongs to the UI thread.
#pragma once

#include "emend/engine.h"
#include "emend/job.h"
#include "jobs/failure.h"

#include <QObject>
#include <QString>

#include <deque>
#include <functional>
#include <memory>
#include <stop_token>

namespace emend::ui {

using EngineFactory = std::function<std::unique_ptr<Engine>()>;

// Jobs of one lane replace each other where their options say so.
enum class Lane {
    Engine,
    Model,
    Check,
    Edit,
    Knob,
    Frontier,
    Statistics,
    Status,
    Conflicts,
    Compare,
    Generate,
    File,
    Trace,
    Lens,
    Norms,
    Diagnose,
    Try,
    Session,  // writing it because a person said so
    Copy,     // of the session under another name, or of what is left of one
    Autosave, // because a while has passed
    Recovery,
    Plan,   // what an export would take
    Export, // files are written
    Note,   // beside a batch
    Verify, // the session against the model, or made once more
    Score   // of a batch, in the background
};

// What a job's work gets on the worker thread.
struct Workplace {
    Engine* engine; // null only for jobs that said they need none
    const JobContext& context;
    // Runs the function on the UI thread, unless the job was superseded meanwhile.
    std::function<void(std::function<void()>)> post;
};

struct JobOptions {
    Lane lane = Lane::Check;
    QString title;           // "Applying the edit", for the status bar
    bool urgent = false;     // asked for by a person: goes ahead of everything that is not
    bool background = false; // behind everything: stopped for whatever else comes, and begun again behind that
    bool supersedes = false; // earlier jobs of this lane are dropped, running or not
    // What it did to the engine has happened: its result is told even when a later job superseded it.
    bool changes_engine = false;
    bool needs_engine = true; // without one the job fails with the reason why there is none
};

struct JobStatus {
    quint64 id = 0; // 0: idle
    Lane lane = Lane::Check;
    bool urgent = false;
    bool stopping = false; // asked to stop, still on its way
    QString title;
    QString phase;
    QString detail;
    double fraction = -1;     // below 0: unknown
    double seconds_left = -1; // below 0: unknown
};

class JobQueue : public QObject {
    Q_OBJECT
  public:
    explicit JobQueue(EngineFactory factory, QObject* parent = nullptr);
    // Asks the running job to stop and waits for it; the engine is destroyed on its own thread.
    ~JobQueue() override;

    template<class Result>
    quint64 submit(const JobOptions& options, std::function<Result(const Workplace&)> work,
                   std::function<void(std::shared_ptr<const Result>)> done,
                   std::function<void(const Failure&)> failed) {
        auto result = std::make_shared<std::shared_ptr<const Result>>();
        auto job = std::make_shared<Job>();
        job->options = options;
        job->run = [work = std::move(work), result](const Workplace& place) {
            *result = std::make_shared<const Result>(work(place));
        };
        job->deliver = [done = std::move(done), result] { done(std::move(*result)); };
        job->failed = std::move(failed);
        return enqueue(std::move(job));
    }

    // Drops the lane's jobs: the waiting ones at once, a running one is asked to stop and will not call
    // back, unless it had already changed the engine.
    void supersede(Lane lane);
    // The user's Cancel: the running job stops, and reports Failure::cancelled.
    void stopCurrent();

    [[nodiscard]] bool isBusy() const { return m_running != nullptr || !m_waiting.empty(); }
    [[nodiscard]] bool has(Lane lane) const; // waiting or running, not superseded
    [[nodiscard]] const JobStatus& status() const { return m_status; }

  signals:
    void statusChanged(const emend::ui::JobStatus& status);
    void idle();
    void engineLoaded();
    void engineFailed(const emend::ui::Failure& failure);

  private:
    struct Job {
        quint64 id = 0;
        JobOptions options;
        std::function<void(const Workplace&)> run;
        std::function<void()> deliver;
        std::function<void(const Failure&)> failed;
        std::stop_source stop;
        bool stale = false;             // UI thread only
        bool again = false;             // likewise: it was stopped for another one
        std::unique_ptr<Failure> fault; // written by the worker before it hands the job back
    };
    using JobPtr = std::shared_ptr<Job>;
    class Worker;

    quint64 enqueue(JobPtr job);
    void startNext();
    void stopBackground();
    void finished(const JobPtr& job);
    void progressed(const JobPtr& job, const Progress& progress);
    void setStatus(const JobStatus& status);

    std::deque<JobPtr> m_waiting;
    JobPtr m_running;
    JobStatus m_status;
    quint64 m_lastId = 0;
    std::unique_ptr<Worker> m_worker;
};

} // namespace emend::ui
