// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/session_norms.h"

#include "models/text_format.h"
#include "panels/norm_history_panel.h"
#include "panels/update_panel.h"

#include <utility>

namespace emend::ui {

SessionNorms::SessionNorms(Workbench& workbench, Settings& settings, QObject* parent)
    : QObject(parent)
    , m_workbench(workbench)
    , m_studio(workbench.studio()) {
    m_model.setBound(settings.get(Setting::NormAlarm).toDouble());
    connect(&m_model, &NormHistoryModel::boundChanged, this,
            [&settings](double bound) { settings.set(Setting::NormAlarm, bound); });
}

void SessionNorms::follow(UpdatePanel& panel) {
    m_panel = &panel;
    connect(&panel, &UpdatePanel::becameVisible, this, [this] {
        m_paused = false;
        ask();
    });
    connect(&m_workbench, &Workbench::stateChanged, this, &SessionNorms::ask);
    connect(&m_studio, &Studio::ledgerChanged, this, [this](const LedgerState& ledger) {
        m_stale = ledger.can_undo();
        m_paused = false;
        if (!m_stale)
            show(nullptr);
        ask();
    });
    connect(&m_studio, &Studio::normHistoryReady, this, [this](const std::shared_ptr<const NormHistory>& history) {
        m_asked = false;
        show(history);
    });
    // No answer comes; the edit that wanted room may yet come to nothing.
    connect(&m_studio, &Studio::lookingStopped, this, [this] {
        if (std::exchange(m_asked, false))
            m_stale = true;
    });
    connect(&m_studio, &Studio::normHistoryFailed, this, [this](const Failure& failure) {
        m_asked = false;
        m_stale = true;
        m_paused = true;
        if (!failure.cancelled)
            m_panel->history().setFailure(failure);
    });
}

void SessionNorms::ask() {
    if (!m_stale || m_paused || !m_panel->isVisible() || m_studio.isEditing() || m_studio.isOpening() ||
        m_studio.isSoftening())
        return;
    m_stale = false;
    m_asked = true;
    m_studio.normHistory();
}

void SessionNorms::show(std::shared_ptr<const NormHistory> history) {
    QHash<quint64, QString> titles;
    for (const LedgerEntry& entry : m_studio.ledger().entries)
        titles.insert(entry.id, fromStd(entry.title));
    m_workbench.norms().setSession(history);
    m_model.setHistory(std::move(history), titles);
}

} // namespace emend::ui
