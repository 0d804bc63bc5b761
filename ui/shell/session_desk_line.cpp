// SPDX-License-Identifier: GPL-3.0-or-later
// What the line above the panels says of the session's file, and the recovery of earlier ones.
#include "models/text_format.h"
#include "shell/session_desk.h"
#include "shell/session_line.h"

#include <QDir>
#include <QFileInfo>
#include <QLocale>

namespace emend::ui {

using enum ActionId;

namespace {

// "2026-01-02T03:04:05Z" as people here write it.
QString localTime(const std::string& utc) {
    const QDateTime time = QDateTime::fromString(fromStd(utc), Qt::ISODate);
    return time.isValid() ? QLocale().toString(time.toLocalTime(), QLocale::ShortFormat) : fromStd(utc);
}

} // namespace

void SessionDesk::follow(SessionLine& line) {
    m_line = &line;
    refreshLine();
}

void SessionDesk::refreshActions() {
    const Studio& studio = m_workbench.studio();
    const bool ready = studio.model() && !studio.isOpening();
    for (const ActionId id : {NewSession, SaveSession, SaveSessionAs, SessionNote})
        m_actions[id]->setEnabled(ready);
    m_actions[RecoverSession]->setEnabled(!m_left.whole.empty() && !studio.isOpening());
    m_actions[RescueLeft]->setEnabled(!m_left.damaged.isEmpty());
    m_actions[DiscardRecoverable]->setEnabled(!m_left.isEmpty() && !studio.isOpening());
}

// One thing at a time, the one that matters most.
void SessionDesk::refreshLine() {
    refreshActions();
    if (!m_line)
        return;
    const DocumentState& state = m_keeper.state();
    if (state.problem)
        return m_line->tell(tr("Not saved: %1. Everything stays usable here; save it elsewhere to keep it.")
                                .arg(state.problem->summary()),
                            state.problem->details(), {m_actions[SaveSessionAs]}, true);
    const bool told = state.path == m_toldReadOnly;
    if (state.read_only && !told)
        return m_line->tell(tr("Read only: %1. Edits made here go into a copy without a name.").arg(state.because),
                            QDir::toNativeSeparators(state.path), {m_actions[SaveSessionAs], m_actions[DismissLine]},
                            false);
    if (state.copied && !told)
        return m_line->tell(tr("The file could only be read: what you do goes into a copy without a name."),
                            QDir::toNativeSeparators(state.path), {m_actions[SaveSessionAs], m_actions[DismissLine]},
                            false);
    if (m_left.isEmpty())
        return m_line->clear();
    offerLeft();
}

void SessionDesk::offerLeft() {
    const qsizetype all = static_cast<qsizetype>(m_left.whole.size()) + m_left.damaged.size();
    const QString more = all > 1 ? u' ' + tr("There are %n more.", nullptr, static_cast<int>(all) - 1) : QString();
    if (m_left.whole.empty()) {
        const QString& file = m_left.damaged.front();
        return m_line->tell(tr("A session that was not saved by name is damaged: %1. What can still be read of it can "
                               "be rescued into a new file.")
                                    .arg(QFileInfo(file).fileName()) +
                                more,
                            QDir::toNativeSeparators(file),
                            {m_actions[RescueLeft], m_actions[DiscardRecoverable], m_actions[DismissLine]}, true);
    }
    const SessionHead& head = m_left.whole.front();
    m_line->tell(tr("A session of %1 was not saved by name: %2, %3, %4.", "date, model, number of edits, of batches")
                         .arg(localTime(head.changed), fromStd(head.model.name),
                              tr("%n edit(s)", nullptr, static_cast<int>(head.edits)),
                              tr("%n batch(es)", nullptr, static_cast<int>(head.batches))) +
                     more,
                 QDir::toNativeSeparators(fromStd(head.path)),
                 {m_actions[RecoverSession], m_actions[DiscardRecoverable], m_actions[DismissLine]}, false);
}

// What stood behind it comes forward: nothing is put away unseen.
void SessionDesk::dismiss() {
    const DocumentState& state = m_keeper.state();
    if ((state.read_only || state.copied) && m_toldReadOnly != state.path)
        m_toldReadOnly = state.path;
    else
        m_left = {};
    refreshLine();
}

void SessionDesk::offerRecovery() {
    m_keeper.findRecoverable();
}

void SessionDesk::recover() {
    if (!m_left.whole.empty())
        open(fromStd(m_left.whole.front().path));
}

void SessionDesk::discardLeft() {
    if (m_left.isEmpty())
        return;
    const bool whole = !m_left.whole.empty();
    const QString what = whole ? tr("Discard the session of %1 with %2 for good?")
                                     .arg(localTime(m_left.whole.front().changed),
                                          tr("%n edit(s)", nullptr, static_cast<int>(m_left.whole.front().edits)))
                               : tr("Discard the damaged session %1 for good, with what could be rescued of it?")
                                     .arg(QFileInfo(m_left.damaged.front()).fileName());
    if (!m_questions.confirmLoss(m_window, what))
        return;
    if (whole) {
        m_keeper.discard(fromStd(m_left.whole.front().path));
        m_left.whole.erase(m_left.whole.begin());
    } else {
        m_keeper.discard(m_left.damaged.takeFirst());
    }
    refreshLine();
}

} // namespace emend::ui
