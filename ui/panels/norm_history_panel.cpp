// SPDX-License-Identifier: GPL-3.0-or-later
#include "panels/norm_history_panel.h"

#include "models/norm_history_model.h"
#include "panels/number_table.h"
#include "panels/panel_parts.h"
#include "plots/norm_history_plot.h"
#include "plots/theme_colors.h"

#include <QDoubleSpinBox>
#include <QHeaderView>
#include <QSignalBlocker>
#include <QSplitter>
#include <QStackedWidget>
#include <QStyledItemDelegate>
#include <QVBoxLayout>

namespace emend::ui {

namespace {

class AlarmDelegate : public QStyledItemDelegate {
  public:
    using QStyledItemDelegate::QStyledItemDelegate;

  protected:
    void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override {
        QStyledItemDelegate::initStyleOption(option, index);
        if (!index.data(NormHistoryModel::AlarmRole).toBool())
            return;
        for (const auto role : {QPalette::Text, QPalette::HighlightedText})
            option->palette.setColor(role, ThemeColors::of(option->palette).danger);
    }
};

} // namespace

NormHistoryPanel::NormHistoryPanel(NormHistoryModel& model, QWidget* parent)
    : QWidget(parent)
    , m_model(model)
    , m_stack(new QStackedWidget)
    , m_failure(new FailureLine)
    , m_caption(new MutedLabel)
    , m_bound(new QDoubleSpinBox)
    , m_warning(new MutedLabel)
    , m_chart(new NormHistoryPlot(model))
    , m_table(new NumberTable(model, tr("Norms over the session, as a table"))) {
    m_failure->setObjectName(QStringLiteral("normHistoryFailure"));
    m_caption->setObjectName(QStringLiteral("normHistoryCaption"));
    m_caption->setWordWrap(true);
    m_bound->setObjectName(QStringLiteral("normBound"));
    m_bound->setRange(0.1, 1000);
    m_bound->setDecimals(1);
    m_bound->setStepType(QAbstractSpinBox::AdaptiveDecimalStepType);
    m_bound->setSuffix(tr(" %"));
    m_bound->setKeyboardTracking(false);
    m_bound->setAccessibleName(tr("Alarm when a layer has moved by more than this share of its norm"));
    m_bound->setToolTip(tr("An update of half the weight's norm makes the matrix 12 % larger, one of the whole norm "
                           "41 %. Growing norms announce that the model collapses."));
    m_warning->setObjectName(QStringLiteral("normWarning"));
    m_warning->setWordWrap(true);
    m_warning->setTextFormat(Qt::PlainText);
    m_warning->setAlarm(true);
    m_chart->setObjectName(QStringLiteral("normHistoryPlot"));
    m_table->setObjectName(QStringLiteral("normHistoryTable"));
    m_table->setSelectionBehavior(QAbstractItemView::SelectItems); // a cell is a layer
    m_table->setItemDelegate(new AlarmDelegate(m_table));
    m_table->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);

    auto* empty = new EmptyState(tr("Nothing is applied yet"),
                                 tr("With every applied batch a line per layer grows here: how far the session has "
                                    "moved the model."));
    empty->setObjectName(QStringLiteral("normHistoryEmpty"));
    auto* alarm = new QHBoxLayout;
    alarm->setSpacing(8);
    alarm->addWidget(m_caption, 1);
    alarm->addWidget(new MutedLabel(tr("Alarm at")));
    alarm->addWidget(m_bound);
    auto* page = new QWidget;
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins(12, 4, 12, 8);
    layout->setSpacing(8);
    layout->addWidget(m_failure);
    layout->addLayout(alarm);
    layout->addWidget(m_warning);
    layout->addWidget(chartOverTable(m_chart, m_table), 1);
    m_stack->addWidget(empty);
    m_stack->addWidget(page);
    auto* outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->addWidget(m_stack);
    connectParts();
    refresh();
}

void NormHistoryPanel::connectParts() {
    connect(&m_model, &QAbstractItemModel::modelReset, this, &NormHistoryPanel::refresh);
    connect(&m_model, &NormHistoryModel::boundChanged, this, &NormHistoryPanel::refreshAlarm);
    connect(m_bound, &QDoubleSpinBox::valueChanged, this, [this](double percent) { m_model.setBound(percent / 100); });
    connect(m_chart, &ChartView::exportFailed, m_failure, &FailureLine::showExportFailure);
    connect(m_chart, &NormHistoryPlot::currentChanged, this, [this](int row, int at) {
        const QModelIndex cell = m_model.index(row, NormHistoryModel::FirstLayer + at);
        if (row >= 0 && cell != m_table->currentIndex())
            m_table->setCurrentIndex(cell);
    });
    connect(m_table->selectionModel(), &QItemSelectionModel::currentChanged, this, [this](const QModelIndex& cell) {
        if (cell.column() >= NormHistoryModel::FirstLayer)
            m_chart->setCurrent(cell.row(), cell.column() - NormHistoryModel::FirstLayer);
        else if (cell.isValid())
            m_chart->setCurrent(cell.row(), m_chart->currentAt());
    });
}

void NormHistoryPanel::setFailure(const Failure& failure) {
    m_failure->showFailure(failure);
    m_stack->setCurrentIndex(1);
}

void NormHistoryPanel::clearFailure() {
    m_failure->clear();
}

void NormHistoryPanel::refresh() {
    clearFailure();
    m_stack->setCurrentIndex(m_model.rowCount() > 0 ? 1 : 0);
    m_caption->setText(m_model.summary());
    // The view forgot its cell with the reset, after the chart had told it.
    if (m_chart->currentRow() >= 0)
        m_table->setCurrentIndex(
            m_model.index(m_chart->currentRow(), NormHistoryModel::FirstLayer + m_chart->currentAt()));
    refreshAlarm();
}

void NormHistoryPanel::refreshAlarm() {
    const QSignalBlocker quiet(m_bound);
    m_bound->setValue(100 * m_model.bound());
    const QString warning = m_model.warning();
    m_warning->setText(warning.isEmpty() ? QString() : QStringLiteral("⚠ ") + warning);
    m_warning->setVisible(!warning.isEmpty());
}

} // namespace emend::ui
