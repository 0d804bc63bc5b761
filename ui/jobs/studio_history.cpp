// SPDX-License-Identifier: GPL-3.0-or-later
// Walking the history, switching batches, the frontier and the knob.
#include "jobs/studio.h"

#include "jobs/weights_hash.h"

#include <utility>

namespace emend::ui {

namespace {

struct Softened {
    std::shared_ptr<const SoftnessResult> result;
    LedgerState ledger;
    std::optional<DocumentState> kept; // of a step that is final
};

struct Moved {
    LedgerState ledger;
    QString hash;
    DocumentState kept;
};

} // namespace

void Studio::undo() {
    move(tr("Taking the edit back"), [](const Workplace& place) { return place.engine->undo(); });
}

void Studio::redo() {
    move(tr("Applying the edit again"), [](const Workplace& place) { return place.engine->redo(); });
}

void Studio::goTo(std::size_t position) {
    move(tr("Going to another point"), [position](const Workplace& place) { return place.engine->go_to(position); });
}

void Studio::switchBatch(std::uint64_t batch, bool active, bool resolve_later) {
    move(active ? tr("Switching the batch on") : tr("Switching the batch off"), [=](const Workplace& place) {
        return place.engine->switch_batch(batch, active, resolve_later, place.context);
    });
}

void Studio::move(const QString& title, std::function<LedgerState(const Workplace&)> step) {
    m_jobs.submit<Moved>(
        {.lane = Lane::Edit, .title = title, .urgent = true},
        [step = std::move(step), document = m_sessions.document()](const Workplace& place) {
            LedgerState ledger = step(place);
            return Moved{std::move(ledger), hashWhereCheap(*place.engine), document->save(*place.engine)};
        },
        [this](const std::shared_ptr<const Moved>& moved) {
            m_sessions.note(moved->kept);
            setLedger(moved->ledger, moved->hash);
        },
        [this](const Failure& failure) { emit ledgerFailed(failure); });
    makeRoom();
}

void Studio::frontier(std::uint64_t batch) {
    m_jobs.submit<Frontier>(
        {.lane = Lane::Frontier, .title = tr("Preparing the frontier"), .supersedes = true},
        [batch](const Workplace& place) { return place.engine->frontier(batch, place.context); },
        [this](const auto& frontier) { emit frontierReady(frontier); },
        [this, batch](const Failure& failure) { emit frontierFailed(batch, failure); });
}

void Studio::settle(SoftnessRequest request, quint64 row) {
    request.settle = true;
    setSoftness(request, row);
}

void Studio::setSoftness(const SoftnessRequest& request, quint64 row) {
    // What waits for the same batch would be overwritten anyway.
    if (m_nextSoftness && m_nextSoftness->request.batch_id != request.batch_id)
        softenNext();
    m_nextSoftness = KnobStep{request, row};
    if (request.settle || !m_jobs.has(Lane::Knob))
        softenNext();
}

void Studio::softenNext() {
    if (m_nextSoftness)
        soften(*std::exchange(m_nextSoftness, std::nullopt));
}

void Studio::soften(const KnobStep& step) {
    const SoftnessRequest& request = step.request;
    m_jobs.submit<Softened>(
        {.lane = request.settle ? Lane::Edit : Lane::Knob,
         .title = request.settle ? tr("Solving again") : tr("Setting the softness"),
         .urgent = true},
        [request, document = m_sessions.document()](const Workplace& place) {
            auto result = std::make_shared<const SoftnessResult>(place.engine->set_softness(request, place.context));
            Softened done{std::move(result), place.engine->ledger(), std::nullopt};
            if (request.settle)
                done.kept = document->save(*place.engine);
            return done;
        },
        [this, batch = request.batch_id, settled = request.settle,
         row = step.row](const std::shared_ptr<const Softened>& done) {
            if (done->kept)
                m_sessions.note(*done->kept);
            m_ledger = done->ledger;
            m_weightsHash.clear();
            emit softened(batch, done->result, settled, row);
            if (!m_jobs.has(Lane::Knob))
                softenNext();
            // The window looks at everything again only when the hand rests.
            if (isSoftening())
                return;
            if (settled)
                emit ledgerChanged(m_ledger);
            else
                restKnob();
        },
        [this, batch = request.batch_id](const Failure& failure) {
            emit softenFailed(batch, failure);
            if (!m_jobs.has(Lane::Knob))
                softenNext();
            if (!isSoftening())
                restKnob(); // steps before this one are in the weights
        });
    makeRoom();
}

// Too fast to write every step of it: where it comes to rest is in the file before it is told.
void Studio::restKnob() {
    m_sessions.saveNow({}, [this] {
        if (!isSoftening())
            emit ledgerChanged(m_ledger);
    });
}

} // namespace emend::ui
