// SPDX-License-Identifier: GPL-3.0-or-later
#include "jobs/job_queue.h"

#include <QMetaObject>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#ifdef Q_OS_LINUX
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace emend::ui {

namespace {

// Twenty times a second is as fast as a status bar is read.
constexpr auto progress_interval = std::chrono::milliseconds(50);

// On Linux niceness belongs to a thread and is inherited: LibTorch's own threads, started from here, stand back too,
// and the window stays fluid on two cores.
void standBack() {
#ifdef Q_OS_LINUX
    setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), 5);
#endif
}

} // namespace

// The thread and its mailbox.
class JobQueue::Worker {
  public:
    Worker(JobQueue& queue, EngineFactory factory)
        : m_queue(queue)
        , m_factory(std::move(factory))
        , m_thread([this] { run(); }) {}

    ~Worker() {
        {
            const std::lock_guard lock(m_mutex);
            m_quit = true;
        }
        m_wake.notify_one();
        m_thread.join();
    }

    void start(JobPtr job) {
        {
            const std::lock_guard lock(m_mutex);
            m_next = std::move(job);
        }
        m_wake.notify_one();
    }

  private:
    void run() {
        standBack();
        std::unique_ptr<Engine> engine;
        std::optional<Failure> noEngine;
        while (JobPtr job = waitForJob()) {
            work(*job, job, engine, noEngine);
            toUi([queue = &m_queue, job] { queue->finished(job); });
        }
    }

    JobPtr waitForJob() {
        std::unique_lock lock(m_mutex);
        m_wake.wait(lock, [this] { return m_quit || m_next; });
        return m_quit ? nullptr : std::exchange(m_next, nullptr);
    }

    void work(Job& job, const JobPtr& shared, std::unique_ptr<Engine>& engine, std::optional<Failure>& noEngine) {
        auto throttle = std::make_shared<Throttle>();
        const JobContext context(
            [this, shared, throttle](const Progress& progress) { report(shared, progress, *throttle); },
            job.stop.get_token());
        try {
            if (job.options.lane == Lane::Engine) {
                engine = m_factory();
                if (!engine)
                    throw Error("the engine library made no engine", {}, "reinstall Emend");
                return;
            }
            if (job.options.needs_engine && noEngine) {
                job.fault = std::make_unique<Failure>(*noEngine);
                return;
            }
            context.check();
            const auto post = [this, shared](std::function<void()> call) {
                toUi([shared, call = std::move(call)] {
                    if (!shared->stale)
                        call();
                });
            };
            job.run({engine.get(), context, post});
        } catch (...) {
            job.fault = std::make_unique<Failure>(Failure::fromCurrentException());
            if (job.options.lane == Lane::Engine)
                noEngine = *job.fault;
        }
    }

    struct Throttle {
        std::chrono::steady_clock::time_point last;
        std::string phase;
    };

    // A new phase is always told; within a phase only as often as anyone can read.
    void report(const JobPtr& job, const Progress& progress, Throttle& throttle) {
        const auto now = std::chrono::steady_clock::now();
        if (progress.phase == throttle.phase && now - throttle.last < progress_interval)
            return;
        throttle.last = now;
        throttle.phase = progress.phase;
        toUi([queue = &m_queue, job, progress] { queue->progressed(job, progress); });
    }

    // Posted events die with the queue, whose destructor joins this thread first.
    template<class Call>
    void toUi(Call&& call) {
        QMetaObject::invokeMethod(&m_queue, std::forward<Call>(call), Qt::QueuedConnection);
    }

    JobQueue& m_queue;
    EngineFactory m_factory;
    std::mutex m_mutex; // held only to look into the mailbox
    std::condition_variable m_wake;
    JobPtr m_next;
    bool m_quit = false;
    std::thread m_thread; // last: everything above exists when it starts
};

JobQueue::JobQueue(EngineFactory factory, QObject* parent)
    : QObject(parent)
    , m_worker(std::make_unique<Worker>(*this, std::move(factory))) {
    auto job = std::make_shared<Job>();
    job->options = {.lane = Lane::Engine, .title = tr("Starting the engine"), .urgent = true, .needs_engine = false};
    job->deliver = [this] { emit engineLoaded(); };
    job->failed = [this](const Failure& failure) { emit engineFailed(failure); };
    enqueue(std::move(job));
}

JobQueue::~JobQueue() {
    m_waiting.clear();
    if (m_running) {
        m_running->stale = true;
        m_running->stop.request_stop();
    }
    m_worker.reset();
}

quint64 JobQueue::enqueue(JobPtr job) {
    if (job->options.supersedes)
        supersede(job->options.lane);
    job->id = ++m_lastId;
    const quint64 id = job->id;
    if (!job->options.background)
        stopBackground();
    // Urgent jobs keep their order among themselves and go before the others, those of the background behind.
    const auto rank = [](const JobOptions& options) { return options.urgent ? 0 : options.background ? 2 : 1; };
    const auto place = std::find_if(m_waiting.begin(), m_waiting.end(),
                                    [&](const JobPtr& other) { return rank(other->options) > rank(job->options); });
    m_waiting.insert(place, std::move(job));
    // Not from inside the caller: it may still be writing down the id.
    QMetaObject::invokeMethod(
        this, [this] { startNext(); }, Qt::QueuedConnection);
    return id;
}

void JobQueue::supersede(Lane lane) {
    std::erase_if(m_waiting, [lane](const JobPtr& job) { return job->options.lane == lane; });
    if (m_running && m_running->options.lane == lane) {
        m_running->stale = true;
        m_running->stop.request_stop();
    }
}

void JobQueue::stopBackground() {
    if (!m_running || !m_running->options.background || m_running->stop.stop_requested())
        return;
    m_running->again = true;
    m_running->stop.request_stop();
}

void JobQueue::stopCurrent() {
    if (!m_running || m_running->stop.stop_requested())
        return;
    m_running->stop.request_stop();
    JobStatus status = m_status;
    status.stopping = true;
    setStatus(status);
}

bool JobQueue::has(Lane lane) const {
    const auto live = [lane](const JobPtr& job) { return job->options.lane == lane && !job->stale; };
    return (m_running && live(m_running)) || std::any_of(m_waiting.begin(), m_waiting.end(), live);
}

void JobQueue::startNext() {
    if (m_running || m_waiting.empty())
        return;
    m_running = std::move(m_waiting.front());
    m_waiting.pop_front();
    JobStatus status;
    status.id = m_running->id;
    status.lane = m_running->options.lane;
    status.urgent = m_running->options.urgent;
    status.title = m_running->options.title;
    setStatus(status);
    m_worker->start(m_running);
}

void JobQueue::finished(const JobPtr& job) {
    m_running.reset();
    if (std::exchange(job->again, false) && job->fault && job->fault->cancelled && !job->stale) {
        job->fault.reset();
        job->stop = std::stop_source();
        m_waiting.push_back(job);
    } else if (!job->fault && (!job->stale || job->options.changes_engine))
        job->deliver();
    else if (job->fault && !job->stale)
        job->failed(*job->fault);
    startNext();
    if (!isBusy()) {
        setStatus({});
        emit idle();
    }
}

void JobQueue::progressed(const JobPtr& job, const Progress& progress) {
    if (job != m_running || job->stale)
        return;
    JobStatus status = m_status;
    status.phase = QString::fromStdString(progress.phase);
    status.detail = QString::fromStdString(progress.detail);
    status.fraction = progress.fraction;
    status.seconds_left = progress.seconds_left;
    setStatus(status);
}

void JobQueue::setStatus(const JobStatus& status) {
    m_status = status;
    emit statusChanged(m_status);
}

} // namespace emend::ui
