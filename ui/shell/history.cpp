// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/history.h"

#include "models/text_format.h"
#include "shell/weights_text.h"

#include <utility>

namespace emend::ui {

History::History(Studio& studio, LogModel& log, QObject* parent)
    : QObject(parent)
    , m_studio(studio)
    , m_log(log) {
    connect(&m_model, &HistoryModel::switchRequested, this, &History::setActive);
    connect(&m_model, &HistoryModel::annotateRequested, this, &History::annotate);
    connect(&studio, &Studio::ledgerChanged, this, [this](const LedgerState& ledger) {
        m_model.setLedger(ledger);
        if (!m_whenDone.isEmpty()) {
            const QString text = std::exchange(m_whenDone, {}) + weightsText(m_studio);
            m_log.add(LogModel::Level::Info, text);
            emit message(text, false);
            emit recovered();
        }
        emit changed();
    });
    connect(&studio, &Studio::ledgerFailed, this, &History::fail);
    connect(&studio, &Studio::softenFailed, this, [this](quint64 batch, const Failure& failure) {
        if (batch == std::exchange(m_solving, 0))
            fail(failure);
    });
    connect(&studio, &Studio::softened, this, [this](quint64 batch) {
        if (batch == m_solving)
            m_solving = 0;
    });
}

bool History::isIdle() const {
    return m_studio.model() && !m_studio.isEditing() && !m_studio.isOpening() && !m_studio.isSoftening();
}

bool History::canGoTo(int row) const {
    return isIdle() && row >= 0 && row < m_model.rowCount() && row != m_model.positionRow();
}

bool History::canSwitch(int row) const {
    return isIdle() && m_model.entry(row);
}

bool History::canAnnotate(int row) const {
    return m_studio.model() && !m_studio.isOpening() && m_model.entry(row);
}

bool History::canSolveAgain(int row) const {
    return isIdle() && m_model.state(row) == HistoryModel::Stale;
}

bool History::canSolveStale() const {
    return isIdle() && m_model.staleCount() > 0;
}

void History::begin(const QString& log, const QString& whenDone) {
    m_log.add(LogModel::Level::Info, log);
    m_whenDone = whenDone;
}

void History::fail(const Failure& failure) {
    m_whenDone.clear();
    m_solving = 0;
    // Rows show what is, also where a box was already clicked.
    m_model.setLedger(m_studio.ledger());
    if (!failure.cancelled)
        emit failed(failure);
    emit changed();
}

void History::goTo(int row) {
    if (!canGoTo(row))
        return;
    const QString title = m_model.index(row, HistoryModel::Title).data().toString();
    begin(tr("Going to: %1").arg(title),
          row == 0 ? tr("The model is as in the checkpoint") : tr("The model is as it was after %1").arg(title));
    m_studio.goTo(static_cast<std::size_t>(row));
    emit changed();
}

void History::setActive(quint64 batch, bool active) {
    const int row = m_model.rowOf(batch);
    if (!canSwitch(row))
        return;
    const QString title = fromStd(m_model.entry(row)->title);
    begin(active ? tr("Switching on: %1").arg(title) : tr("Switching off: %1").arg(title),
          active ? tr("Switched on: %1").arg(title) : tr("Switched off: %1").arg(title));
    m_studio.switchBatch(batch, active, false);
    emit changed();
}

void History::toggle(int row) {
    if (canSwitch(row))
        setActive(m_model.entry(row)->id, !m_model.entry(row)->active);
}

// Words beside the weights: nothing has to wait for them, and nothing is said but in the log.
void History::annotate(quint64 batch, const QString& title, const QString& note) {
    if (!canAnnotate(m_model.rowOf(batch)))
        return;
    m_log.add(LogModel::Level::Info, note.isEmpty() ? title : QStringLiteral("%1: %2").arg(title, note));
    m_studio.annotate(batch, title, note);
}

void History::solveAgain(int row) {
    if (!canSolveAgain(row))
        return;
    const LedgerEntry& entry = *m_model.entry(row);
    SoftnessRequest request;
    request.batch_id = entry.id;
    request.softness = entry.report ? entry.report->recipe.softness.value_or(0) : 0;
    m_solving = entry.id;
    begin(tr("Solving again: %1").arg(fromStd(entry.title)), tr("Solved again: %1").arg(fromStd(entry.title)));
    m_studio.settle(request);
    emit changed();
}

void History::solveStale() {
    const int first = m_model.firstStaleRow();
    if (!canSolveStale() || first < 2)
        return; // nothing lies before the first batch, so it is never stale
    const int count = m_model.staleCount();
    begin(tr("Solving again what came after %1").arg(fromStd(m_model.entry(first - 1)->title)),
          tr("%n batch(es) solved again", nullptr, count));
    // Everything after the batch before them; itself it stays as it is.
    const LedgerEntry& before = *m_model.entry(first - 1);
    m_studio.switchBatch(before.id, before.active, true);
    emit changed();
}

} // namespace emend::ui
