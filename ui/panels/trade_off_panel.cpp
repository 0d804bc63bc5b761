// SPDX-License-Identifier: GPL-3.0-or-later
#include "panels/trade_off_panel.h"

#include "emend/report_totals.h"
#include "models/frontier_model.h"
#include "models/text_format.h"
#include "panels/number_table.h"
#include "panels/panel_parts.h"
#include "panels/softness_control.h"
#include "plots/frontier_plot.h"

#include <QCheckBox>
#include <QComboBox>
#include <QHeaderView>
#include <QSplitter>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace emend::ui {

TradeOffPanel::TradeOffPanel(FrontierModel& model, QWidget* parent)
    : QWidget(parent)
    , m_model(model)
    , m_stack(new QStackedWidget)
    , m_empty(new EmptyState({}, {}))
    , m_caption(new MutedLabel)
    , m_failure(new FailureLine)
    , m_knob(new SoftnessControl)
    , m_answer(new QLabel)
    , m_phase(new MutedLabel)
    , m_layersShown(new QCheckBox(tr("Every layer")))
    , m_overlay(new QComboBox)
    , m_overlayNote(new MutedLabel)
    , m_chartStack(new QStackedWidget)
    , m_waiting(new EmptyState({}, {}))
    , m_plot(new FrontierPlot(model))
    , m_table(new NumberTable(model, tr("The trade-off, as a table"))) {
    m_empty->setObjectName(QStringLiteral("tradeOffEmpty"));
    m_caption->setObjectName(QStringLiteral("tradeOffCaption"));
    m_caption->setWordWrap(true);
    m_failure->setObjectName(QStringLiteral("tradeOffFailure"));
    m_knob->setObjectName(QStringLiteral("softnessControl"));
    m_answer->setObjectName(QStringLiteral("tradeOffAnswer"));
    m_answer->setTextFormat(Qt::RichText);
    m_answer->setWordWrap(true);
    m_phase->setObjectName(QStringLiteral("tradeOffPhase"));
    m_phase->setWordWrap(true);
    m_layersShown->setToolTip(tr("A thin line for every layer beside their sum"));
    m_layersShown->setObjectName(QStringLiteral("frontierLayers"));
    m_waiting->setObjectName(QStringLiteral("frontierWaiting"));
    m_plot->setObjectName(QStringLiteral("frontierPlot"));
    m_table->setObjectName(QStringLiteral("frontierTable"));
    m_table->setToolTip(tr("Enter takes the softness of the row"));
    m_table->horizontalHeader()->setTextElideMode(Qt::ElideRight);
    m_table->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    m_overlay->setObjectName(QStringLiteral("frontierOverlay"));
    m_overlay->setAccessibleName(tr("Compare with another distribution"));
    m_overlayNote->setObjectName(QStringLiteral("frontierOverlayNote"));
    m_overlayNote->setWordWrap(true);

    auto* page = new QWidget;
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins(12, 12, 12, 8);
    layout->setSpacing(8);
    auto* below = new QHBoxLayout;
    below->setSpacing(8);
    below->addWidget(new MutedLabel(tr("Compare with")));
    below->addWidget(m_overlay);
    below->addWidget(m_overlayNote, 1);
    below->addWidget(m_layersShown);
    layout->addWidget(m_caption);
    layout->addWidget(m_failure);
    layout->addWidget(m_knob);
    layout->addWidget(m_answer);
    layout->addWidget(m_phase);
    layout->addLayout(below);
    layout->addWidget(buildChart(), 1);
    m_stack->addWidget(m_empty);
    m_stack->addWidget(new TallPage(page));
    auto* outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->addWidget(m_stack);
    connectParts();
    refresh();
}

QWidget* TradeOffPanel::buildChart() {
    QSplitter* splitter = chartOverTable(m_plot, m_table);
    // The chart takes what there is; what it would like to have is no reason to scroll.
    m_chartStack->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Ignored);
    m_chartStack->setMinimumHeight(240);
    m_chartStack->addWidget(m_waiting);
    m_chartStack->addWidget(splitter);
    return m_chartStack;
}

void TradeOffPanel::connectParts() {
    connect(m_knob, &SoftnessControl::moved, this, [this](double softness) {
        m_plot->setSoftness(softness);
        emit moved(softness);
    });
    connect(m_knob, &SoftnessControl::chosen, this, [this](double softness) {
        m_plot->setSoftness(softness);
        emit chosen(softness);
    });
    connect(m_plot, &FrontierPlot::softnessDragged, m_knob, &SoftnessControl::moveTo);
    connect(m_plot, &FrontierPlot::softnessChosen, m_knob, &SoftnessControl::choose);
    connect(m_plot, &FrontierPlot::currentRowChanged, this, [this](int row) {
        if (row >= 0 && row != m_table->currentIndex().row())
            m_table->setCurrentIndex(m_model.index(row, 0));
    });
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this](const QModelIndex& current) {
                if (current.isValid())
                    m_plot->setCurrentRow(current.row());
            });
    connect(m_table, &QTableView::activated, this, [this](const QModelIndex& index) {
        if (!m_model.isOverlay(index.row()))
            m_knob->choose(m_model.point(index.row()).softness);
    });
    connect(m_layersShown, &QCheckBox::toggled, m_plot, &FrontierPlot::setLayersShown);
    connect(m_plot, &ChartView::exportFailed, m_failure, &FailureLine::showExportFailure);
    connect(m_overlay, &QComboBox::activated, this,
            [this](int index) { emit overlayChosen(m_overlay->itemData(index).toString()); });
    connect(&m_model, &QAbstractItemModel::modelReset, this, &TradeOffPanel::refresh);
}

void TradeOffPanel::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    emit becameVisible();
}

bool TradeOffPanel::isShowing() const {
    return m_stack->currentIndex() == 1;
}

void TradeOffPanel::showNothing(const QString& title, const QString& hint) {
    m_knob->letGo();
    m_empty->setText(title, hint);
    m_stack->setCurrentIndex(0);
}

void TradeOffPanel::setPreviewAction(QAction* action) {
    m_empty->addAction(action);
}

void TradeOffPanel::showBatch(const Batch& batch) {
    m_stack->setCurrentIndex(1);
    m_caption->setText(batch.caption);
    m_layers = batch.layers;
    m_layersShown->setVisible(batch.layers > 1);
    m_knob->setRecipeSoftness(batch.recipe);
    m_plot->setDefaultSoftness(batch.usual, batch.usualOf);
    const QString chosen = m_overlay->currentData().toString();
    m_overlay->clear();
    m_overlay->addItem(tr("nothing"), QString());
    for (const QString& other : batch.others) {
        m_overlay->addItem(other, other);
        const auto& explanation = find_distribution(other.toStdString()).explanation;
        m_overlay->setItemData(m_overlay->count() - 1, fromStd(std::string(explanation)), Qt::ToolTipRole);
    }
    m_overlay->setCurrentIndex(std::max(0, m_overlay->findData(chosen)));
    m_overlay->setEnabled(!batch.others.isEmpty());
    m_overlay->setToolTip(
        batch.others.isEmpty()
            ? batch.whyNone
            : tr("Another way to share the change among the layers, drawn as a second line. The edits "
                 "are solved once more and nothing is written; values that were found are kept."));
    setOverlayBusy({});
    setSoftness(batch.softness);
}

void TradeOffPanel::setOverlayBusy(const QString& distribution) {
    if (!distribution.isEmpty())
        m_overlayNote->setText(tr("Solving with %1…").arg(distribution));
    else
        m_overlayNote->setText(m_overlay->isEnabled() ? tr("Solves once more, values kept.") : QString());
}

void TradeOffPanel::clearOverlay() {
    m_overlay->setCurrentIndex(0);
    setOverlayBusy({});
}

void TradeOffPanel::setSoftness(double softness) {
    if (m_knob->isHeld() || m_plot->isDragging())
        return; // the hand is ahead of the engine
    m_knob->setSoftness(softness);
    m_plot->setSoftness(softness);
}

void TradeOffPanel::setPhase(Phase phase) {
    switch (phase) {
    case Phase::Solved:
        m_phase->setText(tr("As solved. Move the knob: the weights follow at once."));
        break;
    case Phase::Live:
        m_phase->setText(m_layers == 1 ? tr("Live, exact for one layer.")
                                       : tr("Live: close for %n layer(s), exact when you let go.", nullptr, m_layers));
        break;
    case Phase::Settling:
        m_phase->setText(tr("Settling: the batch is solved again with the values that were kept…"));
        break;
    case Phase::Settled:
        m_phase->setText(tr("Settled: as if it had been applied with this softness."));
        break;
    case Phase::Preview:
        m_phase->setText(tr("Preview: nothing is written. The knob sets the recipe's softness."));
        break;
    case Phase::Stale:
        m_phase->setText(
            tr("⚠ Stale: an earlier batch was switched or softened since. Letting the knob go solves this one again."));
        break;
    }
}

void TradeOffPanel::setAnswer(const EditRequest* edit, const Prediction* now) {
    m_answerText.clear();
    if (edit && now) {
        QStringList told{
            tr("p(%1) <b>%2</b>")
                .arg(fromStd(edit->object).toHtmlEscaped(), formatProbability(now->p_new).toHtmlEscaped())};
        if (edit->true_object && now->p_true)
            told << tr("p(%1) %2")
                        .arg(fromStd(*edit->true_object).toHtmlEscaped(),
                             formatProbability(*now->p_true).toHtmlEscaped());
        if (!now->top.empty())
            told << tr("says “%1”").arg(answerText(now->top.front().piece).toHtmlEscaped());
        m_answerText = told.join(QStringLiteral("&nbsp;&nbsp; "));
    }
    refresh();
}

void TradeOffPanel::setNorm(const std::vector<LayerReport>& layers) {
    m_normText.clear();
    if (layers.empty())
        return refresh();
    const LayerReport total = total_of(layers);
    m_normText =
        tr("|D| %1&nbsp;&nbsp; preservation %2&nbsp;&nbsp; memorization error %3")
            .arg(formatNumber(total.update_norm), formatNumber(total.preservation), formatNumber(total.memorization));
    refresh();
}

void TradeOffPanel::setBusy(bool busy) {
    m_busy = busy;
    if (busy)
        m_failed = false;
    refresh();
}

void TradeOffPanel::setFailure(const Failure& failure) {
    m_failed = true;
    m_failure->showFailure(failure);
    refresh();
}

void TradeOffPanel::clearFailure() {
    m_failed = false;
    m_failure->clear();
}

void TradeOffPanel::setKnobEnabled(bool enabled) {
    m_knob->setEnabled(enabled);
}

void TradeOffPanel::refresh() {
    QStringList lines;
    for (const QString& line : {m_answerText, m_normText})
        if (!line.isEmpty())
            lines << line;
    m_answer->setText(lines.join(QStringLiteral("<br>")));
    const int points = m_model.ownCount();
    const bool some = points > 0;
    m_chartStack->setCurrentIndex(some ? 1 : 0);
    if (some) {
        double least = 0;
        for (int row = 0; row < points && !(least > 0); ++row)
            least = m_model.point(row).softness;
        const double most = m_model.point(points - 1).softness;
        if (least > 0 && most > least)
            m_knob->setDecades(least, most);
        return;
    }
    if (m_busy)
        m_waiting->setText(tr("Preparing the frontier…"),
                           tr("One decomposition of the batch; the knob works meanwhile."));
    else if (m_failed)
        m_waiting->setText(tr("There is no frontier"),
                           tr("What went wrong stands above. The knob may work all the same."));
    else
        m_waiting->setText(tr("No frontier yet"), {});
}

} // namespace emend::ui
