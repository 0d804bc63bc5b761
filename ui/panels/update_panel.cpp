// SPDX-License-Identifier: GPL-3.0-or-later
#include "panels/update_panel.h"

#include "models/norms_model.h"
#include "models/text_format.h"
#include "panels/fitting_columns.h"
#include "panels/norm_history_panel.h"
#include "panels/number_table.h"
#include "panels/panel_parts.h"
#include "plots/norm_bars.h"

#include <QButtonGroup>
#include <QHeaderView>
#include <QMenu>
#include <QSplitter>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

namespace emend::ui {

UpdatePanel::UpdatePanel(NormsModel& norms, NormHistoryModel& history, QWidget* parent)
    : QWidget(parent)
    , m_model(norms)
    , m_switch(new QButtonGroup(this))
    , m_views(new QStackedWidget)
    , m_stack(new QStackedWidget)
    , m_caption(new MutedLabel)
    , m_failure(new FailureLine)
    , m_chart(new NormBars(norms))
    , m_table(new NumberTable(norms, tr("Update norms per layer, as a table")))
    , m_history(new NormHistoryPanel(history)) {
    auto* row = new QHBoxLayout;
    row->setContentsMargins(12, 8, 12, 0);
    row->setSpacing(4);
    const auto addView = [&](View view, const QString& text, const char* name) {
        auto* button = new QToolButton;
        button->setObjectName(QLatin1String(name));
        button->setText(text);
        button->setCheckable(true);
        button->setChecked(view == View::Edit);
        m_switch->addButton(button, static_cast<int>(view));
        row->addWidget(button);
    };
    addView(View::Edit, tr("This edit"), "updateThisEdit");
    addView(View::Session, tr("Over the session"), "updateSession");
    row->addStretch(1);
    m_history->setObjectName(QStringLiteral("normHistoryPanel"));
    m_views->addWidget(buildEditView());
    m_views->addWidget(m_history);
    auto* outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->setSpacing(0);
    outer->addLayout(row);
    outer->addWidget(m_views, 1);
    connectParts();
    refresh();
}

QWidget* UpdatePanel::buildEditView() {
    m_stack->setObjectName(QStringLiteral("updateStack"));
    m_failure->setObjectName(QStringLiteral("updateFailure"));
    m_chart->setObjectName(QStringLiteral("normBars"));
    m_caption->setObjectName(QStringLiteral("updateCaption"));
    m_caption->setWordWrap(true);
    m_table->setObjectName(QStringLiteral("normTable"));
    m_table->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_columns =
        new FittingColumns(*m_table,
                           {NormsModel::Layer, NormsModel::UpdateNorm, NormsModel::RelativeNorm,
                            NormsModel::Preservation, NormsModel::Memorization, NormsModel::SessionNorm,
                            NormsModel::ResidualShare, NormsModel::Rank, NormsModel::Condition, NormsModel::WeightNorm},
                           FittingColumns::Rest::Evenly);
    m_table->setContextMenuPolicy(Qt::CustomContextMenu); // by the menu key, too
    connect(m_table, &QWidget::customContextMenuRequested, this, [this](const QPoint& at) {
        QMenu menu;
        m_columns->addChoices(menu);
        menu.exec(m_table->viewport()->mapToGlobal(at));
    });
    auto* empty = new EmptyState(tr("No update yet"), tr("Apply an edit: the bars show how far it moved each layer."));
    empty->setObjectName(QStringLiteral("updateEmpty"));
    auto* page = new QWidget;
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins(12, 8, 12, 8);
    layout->setSpacing(8);
    layout->addWidget(m_failure);
    layout->addWidget(m_caption);
    layout->addWidget(chartOverTable(m_chart, m_table), 1);
    m_stack->addWidget(empty);
    m_stack->addWidget(page);
    return m_stack;
}

void UpdatePanel::connectParts() {
    connect(m_switch, &QButtonGroup::idClicked, m_views, &QStackedWidget::setCurrentIndex);
    connect(&m_model, &QAbstractItemModel::modelReset, this, &UpdatePanel::refresh);
    connect(&m_model, &QAbstractItemModel::dataChanged, m_columns, &FittingColumns::fit);
    connect(m_chart, &NormBars::currentRowChanged, this, [this](int row) {
        if (row >= 0 && row != m_table->currentIndex().row())
            m_table->setCurrentIndex(m_model.index(row, 0));
    });
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this](const QModelIndex& current) { m_chart->setCurrentRow(current.row()); });
    connect(m_chart, &ChartView::exportFailed, m_failure, &FailureLine::showExportFailure);
}

void UpdatePanel::showView(View view) {
    m_switch->button(static_cast<int>(view))->setChecked(true);
    m_views->setCurrentIndex(static_cast<int>(view));
}

void UpdatePanel::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    emit becameVisible();
}

void UpdatePanel::refresh() {
    m_failure->clear();
    const auto& report = m_model.report();
    m_columns->fit();
    m_stack->setCurrentIndex(report ? 1 : 0);
    // The view forgot its row with the reset, after the chart had told it.
    if (m_chart->currentRow() >= 0)
        m_table->setCurrentIndex(m_model.index(m_chart->currentRow(), 0));
    if (!report || report->edits.empty())
        return;
    const EditRequest& first = report->edits.front().request;
    QStringList told{tr("%1 → %2").arg(fromStd(first.subject), fromStd(first.object))};
    if (report->edits.size() > 1)
        told.last() = tr("%1 and %n more", nullptr, static_cast<int>(report->edits.size()) - 1).arg(told.last());
    told << fromStd(report->recipe.algorithm)
         << tr("%n layer(s) written", nullptr, static_cast<int>(report->layers.size()))
         << formatDuration(report->seconds.total) << m_model.totals();
    QString caption = told.join(QStringLiteral("  ·  "));
    for (const std::string& warning : report->warnings)
        caption += u'\n' + fromStd(warning);
    m_caption->setText(caption);
}

} // namespace emend::ui
