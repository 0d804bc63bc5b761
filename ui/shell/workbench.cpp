// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/workbench.h"

#include "models/text_format.h"
#include "models/verdict.h"
#include "shell/weights_text.h"

#include <QFileInfo>

#include <chrono>
#include <utility>

namespace emend::ui {

using namespace std::chrono_literals;

namespace {

// As many as a model of this size answers in a blink; a person's request never waits for more than one portion.
constexpr int checkPortion = 32;

QString titleOf(const EditRequest& request) {
    return QStringLiteral("%1 → %2").arg(fromStd(request.subject), fromStd(request.object));
}

// Back or forth over a batch that is switched off, the weights stay.
QString movedTitle(const LedgerEntry& batch) {
    const QString title = fromStd(batch.title);
    return batch.active ? title : Workbench::tr("%1 (switched off)").arg(title);
}

} // namespace

Workbench::Workbench(EngineFactory factory, QObject* parent)
    : QObject(parent)
    , m_studio(std::move(factory)) {
    for (QTimer* timer : {&m_checkTimer, &m_lookTimer, &m_statusTimer, &m_stateTimer, &m_settleTimer}) {
        timer->setParent(this); // found by whoever will not wait
        timer->setSingleShot(true);
    }
    m_checkTimer.setInterval(200ms);
    m_lookTimer.setInterval(60ms);
    m_statusTimer.setInterval(150ms);
    m_stateTimer.setInterval(0);
    m_settleTimer.setInterval(0);
    connect(&m_checkTimer, &QTimer::timeout, this, &Workbench::pumpChecks);
    connect(&m_lookTimer, &QTimer::timeout, this, &Workbench::look);
    connect(&m_stateTimer, &QTimer::timeout, this, &Workbench::stateChanged);
    connect(&m_settleTimer, &QTimer::timeout, this, [this] {
        if (isSettled())
            emit settled();
    });
    connect(&m_studio.jobs(), &JobQueue::idle, this, &Workbench::noteSettled);
    connect(&m_studio.jobs(), &JobQueue::statusChanged, this, &Workbench::noteState);
    connectModel();
    connectChecks();
    connectEdits();
    connectLooking();
    connectPreparing();
}

void Workbench::connectModel() {
    connect(&m_studio, &Studio::engineStarted, this, [this] {
        m_log.add(LogModel::Level::Info, tr("The engine is ready"));
        noteState();
    });
    connect(&m_studio, &Studio::engineFailed, this, [this](const Failure& failure) {
        m_log.add(LogModel::Level::Error, failure.summary(), failure.details());
        emit message(failure.what, true);
        emit failed(failure);
    });
    connect(&m_studio, &Studio::modelOpened, this, [this](const std::shared_ptr<const ModelInfo>& model) {
        const QString text = tr("%1 is open: %2 layers, %3 parameters, %4 on %5")
                                 .arg(fromStd(model->name))
                                 .arg(model->layers)
                                 .arg(formatCount(model->parameters), fromStd(model->dtype), fromStd(model->device));
        m_log.add(LogModel::Level::Info, text);
        emit message(text, false);
        emit recovered();
        m_edits.forgetAnswers();
        pumpChecks();
        lookAgain();
        noteState();
    });
    connect(&m_studio, &Studio::modelFailed, this, [this](const QString& path, const Failure& failure) {
        if (failure.cancelled) {
            m_log.add(LogModel::Level::Info, tr("Opening %1 was cancelled").arg(path));
            emit message(tr("Cancelled: the model was not opened"), false);
        } else {
            m_log.add(LogModel::Level::Error, tr("%1 could not be opened: %2").arg(path, failure.summary()),
                      failure.details());
            emit message(tr("The model could not be opened"), true);
            emit failed(failure);
        }
        lookAgain();
        noteState();
    });
    const auto stayed = [this] {
        lookAgain();
        noteState();
    };
    connect(&m_studio.sessions(), &SessionKeeper::openFailed, this, stayed);
    connect(&m_studio.sessions(), &SessionKeeper::modelWanted, this, stayed);
    connect(&m_studio, &Studio::editsRead, this,
            [this](const QString& file, const std::shared_ptr<const EditsFile>& edits) {
                addEdits(*edits, QFileInfo(file).fileName());
            });
    connect(&m_studio, &Studio::editsFailed, this, [this](const QString& file, const Failure& failure) {
        m_log.add(LogModel::Level::Error, tr("%1 could not be read: %2").arg(file, failure.summary()),
                  failure.details());
        emit message(failure.what, true);
        emit failed(failure);
    });
}

void Workbench::connectChecks() {
    connect(&m_edits, &EditsModel::checksNeeded, this, [this] { m_checkTimer.start(); });
    connect(&m_edits, &QAbstractItemModel::dataChanged, this,
            [this](const QModelIndex& first, const QModelIndex& last) {
                const int current = currentRow();
                if (current >= first.row() && current <= last.row())
                    m_lookTimer.start();
                noteState();
            });
    connect(&m_edits, &QAbstractItemModel::rowsInserted, this, &Workbench::noteState);
    connect(&m_edits, &QAbstractItemModel::rowsRemoved, this, [this] {
        if (currentRow() < 0)
            m_lookTimer.start();
        noteState();
    });
    connect(&m_studio, &Studio::checked, this, [this](const std::shared_ptr<const std::vector<CheckAnswer>>& answers) {
        for (const CheckAnswer& answer : *answers)
            m_edits.setCheck(answer.row, answer.revision, answer.check);
        pumpChecks();
        noteSettled();
    });
    connect(&m_studio, &Studio::checkFailed, this, [this](const Failure& failure) {
        m_lookTimer.start();
        if (failure.cancelled)
            return; // asked for again when something changes
        m_log.add(LogModel::Level::Error, tr("The edits could not be checked: %1").arg(failure.summary()),
                  failure.details());
        emit message(tr("The edits could not be checked: %1").arg(failure.what), true);
    });
}

void Workbench::connectEdits() {
    connect(&m_studio, &Studio::applyStarted, &m_edits, &EditsModel::setApplying);
    connect(&m_studio, &Studio::applied, this,
            [this](const QList<quint64>& rows, const std::shared_ptr<const EditReport>& report) {
                m_edits.setApplied(rows, report->batch_id, report.get());
                QString text = appliedText(*report);
                if (const QString kept = keptText(*report); !kept.isEmpty())
                    text += QStringLiteral(" - ") + kept;
                m_log.add(LogModel::Level::Info, text);
                for (const std::string& warning : report->warnings)
                    m_log.add(LogModel::Level::Warning, fromStd(warning));
                emit message(text, false);
                emit applied(report);
            });
    connect(&m_studio, &Studio::applyFailed, this, [this](const QList<quint64>& rows, const Failure& failure) {
        if (failure.cancelled) {
            m_edits.setDraft(rows);
            m_log.add(LogModel::Level::Info, tr("The edit was cancelled; the model is as before"));
            emit message(tr("Cancelled; the model is as before"), false);
        } else {
            // `where` names the edit that stands in the way of the others.
            const QString reason =
                failure.where.isEmpty() ? failure.what : QStringLiteral("%1 (%2)").arg(failure.what, failure.where);
            m_edits.setFailed(rows, reason, failure.hint);
            m_log.add(LogModel::Level::Error, tr("The edit failed, the model is as before: %1").arg(failure.summary()),
                      failure.details());
            emit message(tr("The edit failed, the model is as before: %1").arg(failure.what), true);
        }
        pumpChecks();
        lookAgain();
        emit applyFailed(failure);
    });
    connect(&m_studio, &Studio::ledgerFailed, this, [this](const Failure& failure) {
        m_whenMoved.clear();
        if (!failure.cancelled) {
            m_log.add(LogModel::Level::Error, failure.summary(), failure.details());
            emit message(failure.what, true);
        }
        pumpChecks();
        lookAgain();
    });
    connect(&m_studio, &Studio::ledgerChanged, this, [this](const LedgerState& ledger) {
        if (!std::exchange(m_knobTurned, false))
            m_comparison = nullptr; // what was before may be another
        if (!m_whenMoved.isEmpty()) {
            const QString text = std::exchange(m_whenMoved, {}) + weightsText(m_studio);
            m_log.add(LogModel::Level::Info, text);
            emit message(text, false);
        }
        m_edits.syncLedger(ledger);
        m_edits.invalidateAnswers();
        pumpChecks();
        lookAgain();
        noteState();
    });
}

QString Workbench::appliedText(const EditReport& report) const {
    const auto count = static_cast<int>(report.edits.size());
    QString title = count == 0 ? QString() : titleOf(report.edits.front().request);
    if (count > 1)
        title = tr("%1 and %n more", nullptr, count - 1).arg(title);
    int known = 0;
    int held = 0;
    for (const EditOutcome& edit : report.edits) {
        known += edit.after.top.empty() ? 0 : 1;
        held += !edit.after.top.empty() && edit.after.says_new ? 1 : 0;
    }
    const QString took = formatDuration(report.seconds.total);
    if (held == known)
        return tr("Applied: %1, in %2").arg(title, took);
    if (count == 1)
        return tr("Applied, but it does not hold: %1, p(new) %2, in %3")
            .arg(title, formatProbability(report.edits.front().after.p_new), took);
    return tr("Applied: %1 of %2 edits hold: %3, in %4").arg(held).arg(known).arg(title, took);
}

void Workbench::openModel(const QString& path, Unsaved end) {
    LoadOptions options;
    options.path = path.toStdString();
    m_log.add(LogModel::Level::Info, tr("Opening %1").arg(path));
    m_studio.openModel(options, end);
    lookAgain();
    noteState();
}

void Workbench::addEdits(const EditsFile& edits, const QString& from) {
    for (const EditsFile::Problem& problem : edits.problems)
        m_log.add(
            LogModel::Level::Warning,
            tr("%1: record %2 was passed over: %3").arg(from).arg(problem.index + 1).arg(fromStd(problem.reason)));
    const int first = m_edits.addRequests(edits.edits);
    const int added = static_cast<int>(edits.edits.size());
    const int passed = static_cast<int>(edits.problems.size());
    if (passed > 0)
        emit message(tr("%1: %n edit(s) added", nullptr, added).arg(from) + QStringLiteral(", ") +
                         tr("%n record(s) passed over (see the log)", nullptr, passed),
                     true);
    else
        emit message(tr("%1: %n edit(s) added", nullptr, added).arg(from), false);
    if (first >= 0)
        emit editsAdded(first);
}

void Workbench::importEdits(const QString& file) {
    m_studio.readEdits(file);
}

QList<int> Workbench::applicable(const QList<int>& rows) const {
    QList<int> fit;
    for (const int row : rows)
        if (row >= 0 && row < m_edits.rowCount() && m_edits.canApply(row))
            fit << row;
    return fit;
}

QList<int> Workbench::drafts() const {
    QList<int> fit;
    for (int row = 0; row < m_edits.rowCount(); ++row)
        if (m_edits.canApply(row))
            fit << row;
    return fit;
}

bool Workbench::hasDraft() const {
    for (int row = 0; row < m_edits.rowCount(); ++row)
        if (m_edits.canApply(row))
            return true;
    return false;
}

bool Workbench::canApply() const {
    return m_studio.model() && m_recipeValid && !m_studio.isEditing() && !m_studio.isOpening();
}

void Workbench::apply(const QList<int>& rows) {
    const QList<int> fit = applicable(rows);
    if (!canApply() || fit.isEmpty())
        return;
    std::vector<EditRequest> requests;
    QList<quint64> ids;
    for (const int row : fit) {
        requests.push_back(m_edits.row(row).request);
        ids << m_edits.row(row).id;
    }
    m_studio.apply(std::move(requests), m_recipe, ids);
    noteState();
}

void Workbench::undo() {
    if (m_studio.isEditing() || !m_studio.ledger().can_undo())
        return;
    m_whenMoved = tr("Taken back: %1").arg(movedTitle(m_studio.ledger().entries[m_studio.ledger().position - 1]));
    m_studio.undo();
    noteState();
}

void Workbench::redo() {
    if (m_studio.isEditing() || !m_studio.ledger().can_redo())
        return;
    m_whenMoved = tr("Applied again: %1").arg(movedTitle(m_studio.ledger().entries[m_studio.ledger().position]));
    m_studio.redo();
    noteState();
}

void Workbench::cancel() {
    m_studio.cancel();
}

// The next portion of rows the model has not answered for, from the current row on.
void Workbench::pumpChecks() {
    if (!m_studio.model() || m_studio.isEditing() || m_studio.isOpening())
        return;
    std::vector<CheckItem> items;
    for (EditsModel::Unchecked& row : m_edits.unchecked(currentRow(), checkPortion))
        items.push_back({row.id, row.revision, std::move(row.request)});
    m_checkTimer.stop();
    if (!items.empty())
        m_studio.check(std::move(items));
}

bool Workbench::isSettled() const {
    return !m_studio.jobs().isBusy() && !m_checkTimer.isActive() && !m_lookTimer.isActive() &&
           !m_statusTimer.isActive();
}

void Workbench::noteState() {
    m_stateTimer.start();
}

void Workbench::noteSettled() {
    m_settleTimer.start();
}

} // namespace emend::ui
