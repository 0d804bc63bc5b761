// SPDX-License-Identifier: GPL-3.0-or-later
// Running traces, one after the other; what is seen of them is in tracing_show.cpp.
#include "shell/tracing.h"

#include "models/text_format.h"

#include <algorithm>
#include <utility>

namespace emend::ui {

namespace {

constexpr std::size_t mostFacts = 12; // that a suggestion asks for by itself

} // namespace

Tracing::Tracing(Workbench& workbench, QObject* parent)
    : QObject(parent)
    , m_workbench(workbench)
    , m_studio(workbench.studio()) {}

void Tracing::follow(TracePanel& panel) {
    m_panel = &panel;
    connect(&panel, &TracePanel::choiceChanged, this, [this] {
        m_averageStale = true;
        update();
        emit changed();
    });
    connect(&panel, &TracePanel::layersPicked, this, &Tracing::layersPicked);
    connect(&panel, &TracePanel::tokenChosen, this, [this](int row) {
        m_token = row;
        update();
    });
    connect(&panel, &TracePanel::becameVisible, this, &Tracing::update);
    connect(&m_workbench, &Workbench::stateChanged, this, &Tracing::update);
    connectStudio();
    update();
}

void Tracing::connectStudio() {
    connect(&m_studio, &Studio::traceGrew, this, [this](quint64 tag, const std::shared_ptr<const TraceResult>& cells) {
        if (tag != m_tag || !m_running)
            return;
        m_store.put(m_running->key, cells, false);
        update();
    });
    connect(&m_studio, &Studio::traceReady, this,
            [this](quint64 tag, const std::shared_ptr<const SessionTrace>& trace) {
                if (tag != m_tag || !m_running)
                    return;
                if (fromStd(trace->state.value_or(std::string())) == m_running->key.weights)
                    m_store.put(m_running->key, {trace, &trace->result}, true);
                else
                    m_store.forget(m_running->key); // it came from weights the window does not know yet
                m_averageStale = true;
                startNext();
                update();
            });
    connect(&m_studio, &Studio::traceFailed, this, [this](quint64 tag, const Failure& failure) {
        if (tag != m_tag || !m_running)
            return;
        if (!failure.cancelled)
            m_panel->setFailure(failure);
        // One fact that cannot be traced is no reason to leave out the others.
        if (m_suggesting && !failure.cancelled)
            startNext();
        else
            stop();
        update();
    });
    connect(&m_studio, &Studio::lensReady, this, [this](quint64 tag, const std::shared_ptr<const LensResult>& lens) {
        if (tag != m_lensTag)
            return;
        const EditRequest& request = m_lensRow.request;
        m_lens.setLens(lens, fromStd(request.object), fromStd(request.true_object.value_or(std::string())),
                       m_lensRow.state == EditState::Applied);
        showLensNote();
    });
    connect(&m_studio, &Studio::lensFailed, this, [this](quint64 tag, const Failure& failure) {
        if (tag != m_lensTag)
            return;
        m_lens.clear();
        m_panel->setLensNote(failure.cancelled ? QString() : failure.summary());
        if (failure.cancelled)
            m_lensAsked.reset();
    });
    connect(&m_studio, &Studio::ledgerChanged, this, [this] { m_averageStale = true; });
    connect(&m_workbench.edits(), &QAbstractItemModel::dataChanged, this, [this] { m_averageStale = true; });
    connect(&m_workbench.edits(), &QAbstractItemModel::rowsRemoved, this, [this] { m_averageStale = true; });
    connect(&m_studio, &Studio::modelOpening, this, &Tracing::lookingStopped);
    connect(&m_studio, &Studio::lookingStopped, this, &Tracing::lookingStopped);
    connect(&m_studio, &Studio::modelOpened, this, [this](const std::shared_ptr<const ModelInfo>& model) {
        m_panel->controls().setLayers(model->layers);
        m_store.clear();
        m_lens.clear();
        m_lensAsked.reset();
        m_averageStale = true;
        m_panel->clearFailure();
        update();
    });
    connect(&m_studio.jobs(), &JobQueue::statusChanged, this, &Tracing::showProgress);
}

// What was traced before an undo holds after a redo.
QString Tracing::weightsOf(const TraceChoice& choice) const {
    return fromStd(state_name(m_studio.ledger(), choice.unedited ? LedgerPosition(0) : LedgerPosition()));
}

TraceKey Tracing::keyOf(const EditRow& row, TraceKind kind, const TraceChoice& choice, const QString& weights) const {
    const int window = kind == TraceKind::hidden ? 1 : choice.window;
    return {row.id,  row.revision, kind,           choice.object == TracedObject::Own,
            weights, window,       choice.samples, choice.noise};
}

Tracing::Task Tracing::task(const EditRow& row, const TraceKey& key, const TraceChoice& choice) const {
    Task task;
    task.key = key;
    task.request.subject = row.request.subject;
    task.request.prompt = row.request.prompt;
    task.request.kind = key.kind;
    task.request.window = choice.window;
    task.request.samples = choice.samples;
    task.request.noise = choice.noise;
    if (choice.unedited)
        task.request.at = 0;
    if (choice.object != TracedObject::Own) {
        task.request.objects.push_back(row.request.object);
        if (row.request.true_object)
            task.request.objects.push_back(*row.request.true_object);
    }
    return task;
}

bool Tracing::canTrace(int row) const {
    const EditsModel& edits = m_workbench.edits();
    return row >= 0 && row < edits.rowCount() && !edits.row(row).isBlank() && !edits.problem(row);
}

// While the knob turns, nobody knows which weights would be traced.
bool Tracing::isFree() const {
    return m_studio.model() && !isRunning() && !m_studio.isEditing() && !m_studio.isSoftening() &&
           !m_studio.isOpening();
}

bool Tracing::canRun() const {
    return m_panel && isFree() && canTrace(m_workbench.currentRow());
}

bool Tracing::canSuggest() const {
    if (!m_panel || !isFree())
        return false;
    for (int row = 0; row < m_workbench.edits().rowCount(); ++row)
        if (canTrace(row))
            return true;
    return false;
}

void Tracing::run() {
    if (!canRun())
        return;
    const TraceChoice choice = m_panel->controls().choice();
    const EditRow& row = m_workbench.edits().row(m_workbench.currentRow());
    const QString weights = weightsOf(choice);
    std::deque<Task> tasks;
    for (const TraceKind kind : choice.kinds)
        tasks.push_back(task(row, keyOf(row, kind, choice, weights), choice));
    m_panel->setScope(TracePanel::Scope::Fact);
    m_suggesting = false;
    begin(std::move(tasks));
}

// An edit writes MLPs: they are what a suggestion goes by, unless somebody looks at something else.
TraceKind Tracing::suggestedBy(const TraceChoice& choice) const {
    return choice.kinds.size() == 1 ? choice.kinds.front() : TraceKind::mlp;
}

void Tracing::suggest() {
    if (!canSuggest())
        return;
    const TraceChoice choice = m_panel->controls().choice();
    const TraceKind kind = suggestedBy(choice);
    const QString weights = weightsOf(choice);
    const EditsModel& edits = m_workbench.edits();
    std::deque<Task> tasks;
    std::size_t facts = 0;
    for (int row = 0; row < edits.rowCount() && facts < mostFacts; ++row) {
        const EditRow& edit = edits.row(row);
        if (!canTrace(row) || (choice.object == TracedObject::True && !edit.request.true_object))
            continue;
        ++facts;
        const TraceKey key = keyOf(edit, kind, choice, weights);
        if (!m_store.find(key).complete)
            tasks.push_back(task(edit, key, choice));
    }
    m_panel->setScope(TracePanel::Scope::Average);
    m_suggesting = true;
    begin(std::move(tasks));
}

void Tracing::begin(std::deque<Task> tasks) {
    m_panel->clearFailure();
    m_tasks = std::move(tasks);
    m_total = m_tasks.size();
    m_averageStale = true;
    startNext();
    update();
}

void Tracing::leaveRunning() {
    if (m_running)
        m_store.giveUp(m_running->key); // does nothing for what is finished
    m_running.reset();
    ++m_tag; // what is still told of it is late
}

void Tracing::startNext() {
    leaveRunning();
    if (m_tasks.empty())
        return stop();
    m_running = std::move(m_tasks.front());
    m_tasks.pop_front();
    m_studio.trace(m_running->request, m_tag);
    showProgress({});
    emit changed();
}

void Tracing::stop() {
    m_tasks.clear();
    leaveRunning();
    m_averageStale = true;
    m_panel->setProgress({}, -1);
    emit changed();
}

// Asked again by update(), which comes with every change of what runs, as soon as the model is free.
void Tracing::lookingStopped() {
    forgetLens();
    stop();
    QMetaObject::invokeMethod(this, &Tracing::update, Qt::QueuedConnection); // what takes its place is on its way
}

void Tracing::forgetLens() {
    if (m_lens.lens())
        return; // answered
    m_lensAsked.reset();
    ++m_lensTag;
    m_panel->setLensNote({});
}

// The text of the edit, or the weights, are no more those that are traced.
void Tracing::dropStale() {
    if (!m_running)
        return;
    const EditsModel& edits = m_workbench.edits();
    const int row = edits.indexOf(m_running->key.row);
    TraceChoice then;
    then.unedited = m_running->request.at == LedgerPosition(0);
    if (row >= 0 && edits.row(row).revision == m_running->key.revision && weightsOf(then) == m_running->key.weights)
        return;
    m_studio.stopTrace();
    stop();
}

void Tracing::showProgress(const JobStatus& status) {
    if (!m_running)
        return;
    const bool mine = status.id != 0 && status.lane == Lane::Trace;
    const std::size_t done = m_total - m_tasks.size() - 1;
    QString what = m_suggesting ? fromStd(m_running->request.subject) : kindName(m_running->request.kind);
    if (m_total > 1)
        what += tr(" (%1 of %2)").arg(done + 1).arg(m_total);
    if (mine && status.seconds_left > 0 && status.fraction > 0)
        what += tr(", %1 left").arg(formatSeconds(status.seconds_left));
    const double fraction = mine && status.fraction >= 0 ? status.fraction : 0;
    m_panel->setProgress(what, (static_cast<double>(done) + fraction) / static_cast<double>(m_total));
}

} // namespace emend::ui
