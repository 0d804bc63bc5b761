// SPDX-License-Identifier: GPL-3.0-or-later
// What can be known and done before an edit runs: the statistics its recipe needs, the edits in each other's way.
#include "models/text_format.h"
#include "shell/workbench.h"

#include <cmath>

namespace emend::ui {

namespace {

// The keys of every edit are read: more than this is a long job that nobody asked for.
constexpr qsizetype mostKeysCompared = 500;

} // namespace

void Workbench::connectPreparing() {
    connect(&m_statusTimer, &QTimer::timeout, this, &Workbench::askStatistics);
    connect(&m_studio, &Studio::modelOpened, this, [this] {
        m_conflicts = Asked::No;
        m_statusTimer.start();
    });
    // An edit may have collected what was missing.
    connect(&m_studio, &Studio::applied, this, [this] { m_statusTimer.start(); });
    connect(this, &Workbench::stateChanged, this, &Workbench::askAgain);
    connect(&m_studio, &Studio::lookingStopped, this, [this] {
        for (Asked* asked : {&m_status, &m_conflicts})
            if (*asked == Asked::Yes)
                *asked = Asked::Again;
        noteState();
    });
    connect(&m_studio, &Studio::statisticsKnown, this, [this] {
        m_status = Asked::No;
        noteSettled();
    });
    connect(&m_studio, &Studio::statisticsUnknown, this, [this](const Failure& failure) {
        m_status = Asked::No;
        if (!failure.cancelled)
            m_log.add(LogModel::Level::Error, tr("Statistics: %1").arg(failure.summary()), failure.details());
    });
    connect(&m_studio, &Studio::statisticsCollected, this,
            [this](const std::shared_ptr<const StatisticsReport>& report) {
                std::vector<int> layers;
                for (const LayerStatisticsReport& layer : report->layers)
                    layers.push_back(layer.layer);
                QString text = tr("Statistics collected: layers %1").arg(fromStd(layers_to_text(layers)));
                if (report->tokens_per_second > 0)
                    text += tr(", %1 tokens/s").arg(formatNumber(std::round(report->tokens_per_second)));
                m_log.add(LogModel::Level::Info, text, fromStd(report->file));
                emit message(text, false);
                goOnAfterStatistics();
            });
    connect(&m_studio, &Studio::statisticsFailed, this, [this](const Failure& failure) {
        if (failure.cancelled) {
            m_log.add(LogModel::Level::Info, tr("Collecting statistics was cancelled"));
            emit message(tr("Cancelled: the statistics are not complete"), false);
        } else {
            m_log.add(LogModel::Level::Error, tr("The statistics could not be collected: %1").arg(failure.summary()),
                      failure.details());
            emit message(tr("The statistics could not be collected: %1").arg(failure.what), true);
        }
        goOnAfterStatistics();
    });
    connect(&m_studio, &Studio::conflictsFound, this,
            [this](const QList<quint64>& rows, const std::shared_ptr<const std::vector<EditConflict>>& conflicts) {
                m_conflicts = Asked::No;
                m_edits.setNearKeys(rows, *conflicts);
                emit message(conflicts->empty() ? tr("No edits are in each other's way")
                                                : tr("%n pair(s) of edits in each other's way", nullptr,
                                                     static_cast<int>(conflicts->size())),
                             false);
                goOnAfterStatistics();
            });
    connect(&m_studio, &Studio::conflictsFailed, this, [this](const Failure& failure) {
        m_conflicts = Asked::No;
        if (!failure.cancelled) {
            m_log.add(LogModel::Level::Error, tr("The keys could not be compared: %1").arg(failure.summary()),
                      failure.details());
            emit message(tr("The keys could not be compared: %1").arg(failure.what), true);
        }
        goOnAfterStatistics();
    });
}

void Workbench::askAgain() {
    if (m_studio.isEditing() || m_studio.isOpening() || m_studio.isSoftening() || m_studio.isCollecting())
        return;
    if (m_status == Asked::Again) {
        m_status = Asked::No;
        m_statusTimer.start();
    }
    if (m_conflicts == Asked::Again) {
        m_conflicts = Asked::No;
        findConflicts();
    }
}

// Looking and checking stood back.
void Workbench::goOnAfterStatistics() {
    pumpChecks();
    lookAgain();
    noteState();
    noteSettled();
}

void Workbench::setRecipe(const Recipe& recipe, bool valid) {
    m_recipe = recipe;
    m_recipeValid = valid;
    const AlgorithmInfo& row = find_algorithm(recipe.algorithm);
    using Together = EditsModel::SolvedTogether;
    m_edits.setSolvedTogether(row.one_at_a_time || row.fine_tunes || recipe.batch == 1 ? Together::No
                              : recipe.merge_subjects                                  ? Together::Merged
                                                                                       : Together::Yes,
                              recipe.batch);
    m_statusTimer.start();
    noteState();
}

void Workbench::askStatistics() {
    if (!m_studio.model() || m_studio.isOpening() || !m_recipeValid || m_studio.isCollecting())
        return noteSettled();
    Recipe recipe = m_recipe;
    if (find_algorithm(recipe.algorithm).fine_tunes)
        recipe.use_statistics = false; // gradient steps know of none
    m_status = Asked::Yes;
    m_studio.statisticsStatus(recipe);
}

void Workbench::collectStatistics() {
    if (!m_studio.model() || !m_recipeValid || m_studio.isCollecting())
        return;
    StatisticsRequest request;
    request.layers = written_layers(m_recipe);
    request.corpus = m_recipe.corpus;
    request.tokens = m_recipe.statistics_tokens;
    m_log.add(LogModel::Level::Info,
              tr("Collecting statistics for layers %1").arg(fromStd(layers_to_text(request.layers))));
    m_studio.collectStatistics(request);
    noteState();
}

bool Workbench::canFindConflicts() const {
    return canApply() && m_edits.solvedTogether() != EditsModel::SolvedTogether::No && drafts().size() > 1;
}

void Workbench::findConflicts() {
    if (!canFindConflicts())
        return;
    const QList<int> waiting = drafts();
    if (waiting.size() > mostKeysCompared) {
        emit message(tr("Keys are compared for %1 edits at most, not %2: edits of one subject are marked at any number")
                         .arg(mostKeysCompared)
                         .arg(waiting.size()),
                     true);
        return;
    }
    std::vector<EditRequest> requests;
    QList<quint64> ids;
    for (const int row : waiting) {
        requests.push_back(m_edits.row(row).request);
        ids << m_edits.row(row).id;
    }
    m_conflicts = Asked::Yes;
    m_studio.findConflicts(std::move(requests), m_recipe, ids);
}

QString Workbench::keptText(const EditReport& report) const {
    qsizetype kept = 0;
    for (const EditOutcome& edit : report.edits)
        kept += edit.value_kept ? 1 : 0;
    if (kept == 0)
        return {};
    const auto all = static_cast<qsizetype>(report.edits.size());
    const QString text = tr("values kept for %1 of %n edit(s)", nullptr, static_cast<int>(all)).arg(kept);
    return kept == all ? tr("%1: solved again without searching").arg(text) : text;
}

} // namespace emend::ui
