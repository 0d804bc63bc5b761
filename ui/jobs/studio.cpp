// SPDX-License-Identifier: GPL-3.0-or-later
#include "jobs/studio.h"

#include "jobs/weights_hash.h"

#include <utility>

namespace emend::ui {

namespace {

struct Applied {
    std::shared_ptr<const EditReport> report;
    LedgerState ledger;
    DocumentState kept;
};

struct Opened {
    std::shared_ptr<const ModelInfo> model;
    LedgerState ledger;
    QString hash;
};

} // namespace

Studio::Studio(EngineFactory factory, QObject* parent)
    : QObject(parent)
    , m_jobs(std::move(factory)) {
    connect(&m_jobs, &JobQueue::engineLoaded, this, [this] {
        m_engineReady = true;
        emit engineStarted();
    });
    connect(&m_jobs, &JobQueue::engineFailed, this, &Studio::engineFailed);
    connectSessions();
}

void Studio::leaveModel() {
    cancelChecks();
    stopComparing();
    m_nextSoftness.reset();
    for (const Lane lane :
         {Lane::Frontier, Lane::Trace, Lane::Lens, Lane::Diagnose, Lane::Try, Lane::Score, Lane::Verify})
        m_jobs.supersede(lane);
}

void Studio::openModel(const LoadOptions& options, Unsaved end) {
    const QString path = QString::fromStdString(options.path);
    leaveModel();
    m_sessions.flush();
    m_jobs.submit<Opened>(
        {.lane = Lane::Model,
         .title = tr("Opening the model"),
         .urgent = true,
         .supersedes = true,
         .changes_engine = true},
        [options, end, document = m_sessions.document()](const Workplace& place) {
            document->prepareToLeave(*place.engine, end);
            place.engine->open(options, place.context);
            document->close(end);
            return Opened{std::make_shared<const ModelInfo>(place.engine->model_info()), place.engine->ledger(),
                          hashWhereCheap(*place.engine)};
        },
        [this](const std::shared_ptr<const Opened>& opened) {
            m_sessions.note({});
            m_model = opened->model;
            m_checkpointHash = opened->hash;
            setLedger(opened->ledger, opened->hash);
            emit modelOpened(m_model);
        },
        [this, path](const Failure& failure) { emit modelFailed(path, failure); });
    emit modelOpening(path);
}

void Studio::check(std::vector<CheckItem> items) {
    m_jobs.submit<std::vector<CheckAnswer>>(
        {.lane = Lane::Check, .title = tr("Checking the edits"), .supersedes = true},
        [items = std::move(items)](const Workplace& place) {
            std::vector<EditRequest> requests;
            requests.reserve(items.size());
            for (const CheckItem& item : items)
                requests.push_back(item.request);
            std::vector<EditCheck> checks = place.engine->check(requests, place.context);
            if (checks.size() != items.size())
                throw Error("the engine checked another number of edits than it was given");
            std::vector<CheckAnswer> answers;
            answers.reserve(items.size());
            for (std::size_t i = 0; i < items.size(); ++i)
                answers.push_back({items[i].row, items[i].revision, std::move(checks[i])});
            return answers;
        },
        [this](const auto& answers) { emit checked(answers); },
        [this](const Failure& failure) { emit checkFailed(failure); });
}

void Studio::apply(std::vector<EditRequest> requests, const Recipe& recipe, QList<quint64> rows) {
    const QString title = tr("Applying %n edit(s)", nullptr, static_cast<int>(requests.size()));
    m_jobs.submit<Applied>(
        {.lane = Lane::Edit, .title = title, .urgent = true},
        [requests = std::move(requests), recipe, document = m_sessions.document()](const Workplace& place) {
            auto report = std::make_shared<const EditReport>(
                place.engine->apply(requests, recipe, ApplyOptions{}, place.context));
            return Applied{std::move(report), place.engine->ledger(), document->save(*place.engine)};
        },
        [this, rows](const std::shared_ptr<const Applied>& result) {
            m_sessions.note(result->kept);
            emit applied(rows, result->report);
            setLedger(result->ledger);
        },
        [this, rows](const Failure& failure) { emit applyFailed(rows, failure); });
    makeRoom();
    emit applyStarted(rows);
}

void Studio::stopLooking() {
    bool gaveUp = false;
    for (const Lane lane : {Lane::Compare, Lane::Generate, Lane::Trace, Lane::Lens, Lane::Norms, Lane::Diagnose,
                            Lane::Frontier, Lane::Status, Lane::Conflicts, Lane::Score}) {
        gaveUp = gaveUp || m_jobs.has(lane);
        m_jobs.supersede(lane);
    }
    cancelChecks();
    if (gaveUp)
        emit lookingStopped();
}

void Studio::makeRoom() {
    endTrials(tr("the model is being edited"));
    stopLooking();
}

void Studio::setLedger(const LedgerState& ledger, const QString& hash) {
    m_weightsHash = hash;
    m_ledger = ledger;
    emit ledgerChanged(m_ledger);
}

void Studio::compare(const CompareTask& task, quint64 tag) {
    stopComparing();
    m_jobs.submit<Comparison>(
        {.lane = Lane::Compare, .title = tr("Comparing"), .supersedes = true},
        [request = task.comparison](const Workplace& place) { return place.engine->compare(request, place.context); },
        [this, tag](const auto& comparison) { emit compared(tag, comparison); },
        [this, tag](const Failure& failure) { emit compareFailed(tag, failure); });
    if (!task.writes)
        return;
    GenerateRequest request = task.generation;
    request.at = task.comparison.before;
    generate(request, tag, Side::Before);
    if (task.has_after) {
        request.at = task.comparison.after;
        generate(request, tag, Side::After);
    }
}

void Studio::generate(const GenerateRequest& request, quint64 tag, Side side) {
    m_jobs.submit<WrittenText>(
        {.lane = Lane::Generate, .title = tr("Generating")},
        [this, request, tag, side](const Workplace& place) {
            std::string state = state_name(place.engine->ledger(), request.at);
            GenerationResult result = place.engine->generate(request, place.context, [&](const GeneratedToken& piece) {
                place.post([this, tag, side, piece] { emit token(tag, side, piece); });
            });
            return WrittenText{std::move(result), std::move(state)};
        },
        [this, tag, side](const auto& text) { emit generated(tag, side, text); },
        [this, tag, side](const Failure& failure) { emit generateFailed(tag, side, failure); });
}

void Studio::stopComparing() {
    m_jobs.supersede(Lane::Compare);
    m_jobs.supersede(Lane::Generate);
}

void Studio::readEdits(const QString& file) {
    m_jobs.submit<EditsFile>(
        {.lane = Lane::File, .title = tr("Reading the edits"), .urgent = true, .needs_engine = false},
        [path = file.toStdString()](const Workplace&) { return read_edits_file(path); },
        [this, file](const auto& edits) { emit editsRead(file, edits); },
        [this, file](const Failure& failure) { emit editsFailed(file, failure); });
}

} // namespace emend::ui
