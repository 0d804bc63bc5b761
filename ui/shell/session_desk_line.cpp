// SPDX-License-Identifier: GPL-3.0-or-later
// What the line above the panels says of the session's file, and the recovery of earlier ones.
#include "models/text_format.h"
#include "shell/session_desk.h"
#include "shell/session_line.h"

#include <QDir>
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
    for (const ActionId id : {RecoverSession, DiscardRecoverable})
        m_actions[id]->setEnabled(!m_recoverable.empty() && !studio.isOpening());
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
    if (m_recoverable.empty())
        return m_line->clear();
    const SessionHead& head = m_recoverable.front();
    QString text =
        tr("A session of %1 was not saved by name: %2, %3, %4.", "date, model, number of edits, number of batches")
            .arg(localTime(head.changed), fromStd(head.model.name),
                 tr("%n edit(s)", nullptr, static_cast<int>(head.edits)),
                 tr("%n batch(es)", nullptr, static_cast<int>(head.batches)));
    if (m_recoverable.size() > 1)
        text += u' ' + tr("There are %n more.", nullptr, static_cast<int>(m_recoverable.size()) - 1);
    m_line->tell(text, QDir::toNativeSeparators(fromStd(head.path)),
                 {m_actions[RecoverSession], m_actions[DiscardRecoverable], m_actions[DismissLine]}, false);
}

void SessionDesk::offerRecovery() {
    m_keeper.findRecoverable();
}

void SessionDesk::recover(bool toOpen) {
    if (m_recoverable.empty())
        return;
    const SessionHead head = m_recoverable.front();
    if (toOpen)
        return open(fromStd(head.path));
    if (!m_questions.confirmLoss(
            m_window, tr("Discard the session of %1 with %2 for good?")
                          .arg(localTime(head.changed), tr("%n edit(s)", nullptr, static_cast<int>(head.edits)))))
        return;
    m_keeper.discard(fromStd(head.path));
    m_recoverable.erase(m_recoverable.begin());
    refreshLine();
}

} // namespace emend::ui
