// SPDX-License-Identifier: GPL-3.0-or-later
#include "panels/trace_panel.h"

#include "emend/recipe.h"
#include "models/lens_model.h"
#include "models/text_format.h"
#include "models/trace_model.h"
#include "panels/lens_table.h"
#include "panels/number_table.h"
#include "panels/panel_parts.h"
#include "plots/trace_map.h"

#include <QButtonGroup>
#include <QHeaderView>
#include <QProgressBar>
#include <QPushButton>
#include <QSplitter>
#include <QStackedWidget>
#include <QTableView>
#include <QVBoxLayout>

namespace emend::ui {

namespace {

QToolButton* makeToggle(const QString& text, const QString& name, const QString& tip) {
    auto* button = new QToolButton;
    button->setObjectName(name);
    button->setText(text);
    button->setToolTip(tip);
    button->setCheckable(true);
    button->setFocusPolicy(Qt::StrongFocus);
    return button;
}

} // namespace

TracePanel::TracePanel(TraceModel& trace, LensModel& lens, QWidget* parent)
    : QWidget(parent)
    , m_model(trace)
    , m_lensModel(lens)
    , m_controls(new TraceControls)
    , m_bar(new QWidget)
    , m_fact(makeToggle(tr("This fact"), QStringLiteral("traceFact"), tr("The trace of the selected edit")))
    , m_average(makeToggle(tr("Average"), QStringLiteral("traceAverage"),
                           tr("The mean over every fact that was traced, tokens by their role")))
    , m_asTable(makeToggle(tr("Table"), QStringLiteral("traceAsTable"), tr("The same numbers as a table")))
    , m_suggest(new QToolButton)
    , m_failure(new FailureLine)
    , m_progressText(new MutedLabel)
    , m_progress(new QProgressBar)
    , m_stack(new QStackedWidget)
    , m_nothing(new EmptyState({}, {}))
    , m_notRun(new EmptyState({}, {}))
    , m_noAverage(new EmptyState({}, {}))
    , m_statement(new QLabel)
    , m_views(new QStackedWidget)
    , m_map(new TraceMap(trace))
    , m_table(new NumberTable(trace, tr("The trace, as a table")))
    , m_suggestionBox(new QWidget)
    , m_suggestion(new QLabel)
    , m_use(new QPushButton)
    , m_lensBox(buildLens()) {
    m_controls->setObjectName(QStringLiteral("traceControls"));
    m_failure->setObjectName(QStringLiteral("traceFailure"));
    m_nothing->setObjectName(QStringLiteral("traceNothing"));
    m_notRun->setObjectName(QStringLiteral("traceNotRun"));
    m_noAverage->setObjectName(QStringLiteral("traceNoAverage"));
    m_progressText->setObjectName(QStringLiteral("traceProgressText"));
    m_progress->setObjectName(QStringLiteral("traceProgress"));
    m_progress->setAccessibleName(tr("Progress of the trace"));
    m_progress->setTextVisible(false);
    m_progress->setFixedHeight(6);
    buildBar();
    m_page = buildPage();
    for (QWidget* page : {static_cast<QWidget*>(m_nothing), static_cast<QWidget*>(m_notRun),
                          static_cast<QWidget*>(m_noAverage), m_page})
        m_stack->addWidget(page);

    auto* progress = new QHBoxLayout;
    progress->setSpacing(8);
    progress->addWidget(m_progressText);
    progress->addWidget(m_progress, 1);
    auto* body = new QWidget;
    auto* layout = new QVBoxLayout(body);
    layout->setContentsMargins(12, 12, 12, 8);
    layout->setSpacing(8);
    layout->addWidget(m_controls);
    layout->addWidget(m_bar);
    layout->addWidget(m_failure);
    layout->addLayout(progress);
    layout->addWidget(m_stack, 1);
    auto* outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->addWidget(new TallPage(body));
    connectParts();
    setProgress({}, -1);
    setSuggestion({});
    for (QTableView* table : {m_table, static_cast<QTableView*>(m_lens)})
        table->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    refresh();
}

void TracePanel::buildBar() {
    auto* scopes = new QButtonGroup(this);
    scopes->addButton(m_fact);
    scopes->addButton(m_average);
    m_fact->setChecked(true);
    m_suggest->setObjectName(QStringLiteral("traceSuggest"));
    m_suggest->setFocusPolicy(Qt::StrongFocus);
    m_suggest->setToolButtonStyle(Qt::ToolButtonTextOnly);
    auto* row = new QHBoxLayout(m_bar);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(4);
    row->addWidget(m_fact);
    row->addWidget(m_average);
    row->addStretch(1);
    row->addWidget(m_suggest);
    row->addWidget(m_asTable);
}

QWidget* TracePanel::buildPage() {
    m_statement->setObjectName(QStringLiteral("traceStatement"));
    m_statement->setWordWrap(true);
    m_statement->setTextFormat(Qt::PlainText);
    m_map->setObjectName(QStringLiteral("traceMap"));
    m_table->setObjectName(QStringLiteral("traceTable"));
    m_table->setSelectionBehavior(QAbstractItemView::SelectItems);
    m_views->setObjectName(QStringLiteral("traceViews"));
    m_views->setMinimumHeight(240);
    m_views->addWidget(m_map);
    m_views->addWidget(m_table);
    m_suggestion->setObjectName(QStringLiteral("traceSuggestion"));
    m_suggestion->setWordWrap(true);
    m_suggestion->setTextFormat(Qt::PlainText);
    m_use->setObjectName(QStringLiteral("traceUse"));
    auto* suggestion = new QHBoxLayout(m_suggestionBox);
    suggestion->setContentsMargins(0, 0, 0, 0);
    suggestion->setSpacing(8);
    suggestion->addWidget(m_suggestion, 1);
    suggestion->addWidget(m_use, 0, Qt::AlignTop);

    auto* splitter = new QSplitter(Qt::Vertical);
    splitter->setObjectName(QStringLiteral("updateSplitter"));
    splitter->setHandleWidth(8);
    splitter->setChildrenCollapsible(false);
    splitter->addWidget(m_views);
    splitter->addWidget(m_lensBox);
    splitter->setStretchFactor(0, 3);
    splitter->setStretchFactor(1, 2);
    auto* page = new QWidget;
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(8);
    layout->addWidget(m_statement);
    layout->addWidget(m_suggestionBox);
    layout->addWidget(splitter, 1);
    return page;
}

QWidget* TracePanel::buildLens() {
    m_lensNote = new MutedLabel;
    m_lensNote->setObjectName(QStringLiteral("lensNote"));
    m_lensNote->setWordWrap(true);
    m_lens = new LensTable(m_lensModel);
    m_lens->setObjectName(QStringLiteral("lensTable"));
    auto* box = new QWidget;
    auto* layout = new QVBoxLayout(box);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(4);
    layout->addWidget(m_lensNote);
    layout->addWidget(m_lens, 1);
    return box;
}

void TracePanel::connectParts() {
    connect(m_controls, &TraceControls::changed, this, &TracePanel::choiceChanged);
    connect(m_fact, &QToolButton::toggled, this, &TracePanel::choiceChanged);
    connect(m_asTable, &QToolButton::toggled, this, [this](bool table) { m_views->setCurrentIndex(table ? 1 : 0); });
    connect(m_map, &TraceMap::layersPicked, this, [this](int first, int last) {
        std::vector<int> layers;
        for (int layer = first; layer <= last; ++layer)
            layers.push_back(layer);
        emit layersPicked(layers);
    });
    connect(m_map, &TraceMap::tokenChosen, this, &TracePanel::tokenChosen);
    connect(m_map, &TraceMap::currentCellChanged, this, [this](const TracePicture::Cell& cell) {
        if (cell.isValid() && !m_table->hasFocus())
            m_table->setCurrentIndex(m_model.indexOf(cell));
    });
    connect(m_table->selectionModel(), &QItemSelectionModel::currentChanged, this, [this](const QModelIndex& current) {
        if (const auto cell = m_model.cellAt(current); cell.isValid() && m_table->hasFocus())
            m_map->setCurrentCell(cell);
    });
    connect(m_table, &QTableView::activated, this, [this](const QModelIndex& index) {
        if (const auto cell = m_model.cellAt(index); cell.isValid())
            emit layersPicked({cell.layer});
        else if (!m_model.picture().average)
            emit tokenChosen(index.row());
    });
    connect(m_map, &TraceMap::exportFailed, m_failure, &FailureLine::showExportFailure);
    connect(m_use, &QPushButton::clicked, this, [this] { emit layersPicked(m_suggested); });
    // The answers take the width that the numbers leave.
    connect(&m_lensModel, &QAbstractItemModel::modelReset, this, [this] {
        for (int column = 0; column < m_lensModel.columnCount(); ++column) {
            const LensModel::Column shown = m_lensModel.columnAt(column);
            const bool answer = shown == LensModel::AnswerBefore || shown == LensModel::AnswerAfter;
            m_lens->horizontalHeader()->setSectionResizeMode(column, answer ? QHeaderView::Stretch
                                                                            : QHeaderView::ResizeToContents);
        }
    });
    connect(&m_model, &QAbstractItemModel::modelReset, this, &TracePanel::refresh);
    connect(&m_model, &QAbstractItemModel::dataChanged, this, &TracePanel::refresh);
}

TracePanel::Scope TracePanel::scope() const {
    return m_fact->isChecked() ? Scope::Fact : Scope::Average;
}

void TracePanel::setScope(Scope scope) {
    (scope == Scope::Fact ? m_fact : m_average)->setChecked(true);
}

void TracePanel::setActions(QAction* run, QAction* suggest, QAction* cancel) {
    m_controls->setActions(run, cancel);
    m_suggest->setDefaultAction(suggest);
    m_notRun->addAction(run);
    m_noAverage->addAction(suggest);
}

void TracePanel::showNothing(const QString& title, const QString& hint) {
    m_nothing->setText(title, hint);
    m_stack->setCurrentWidget(m_nothing);
    m_controls->setEnabled(false);
    m_bar->setEnabled(false);
}

void TracePanel::showNotRun(const QString& title, const QString& hint) {
    m_notRun->setText(title, hint);
    m_stack->setCurrentWidget(m_notRun);
    m_controls->setEnabled(true);
    m_bar->setEnabled(true);
}

void TracePanel::showNoAverage(const QString& title, const QString& hint) {
    m_noAverage->setText(title, hint);
    m_stack->setCurrentWidget(m_noAverage);
    m_controls->setEnabled(true);
    m_bar->setEnabled(true);
}

void TracePanel::showTrace() {
    m_stack->setCurrentWidget(m_page);
    m_controls->setEnabled(true);
    m_bar->setEnabled(true);
}

bool TracePanel::isShowing() const {
    return m_stack->currentWidget() == m_page;
}

void TracePanel::setProgress(const QString& what, double fraction) {
    const bool running = !what.isEmpty();
    m_progressText->setText(what);
    m_progressText->setVisible(running);
    m_progress->setVisible(running);
    m_progress->setRange(0, fraction < 0 ? 0 : 1000);
    m_progress->setValue(static_cast<int>(1000 * fraction));
    m_controls->setRunning(running);
}

void TracePanel::setFailure(const Failure& failure) {
    m_failure->showFailure(failure);
}

void TracePanel::clearFailure() {
    m_failure->clear();
}

void TracePanel::setSuggestion(const LayerSuggestion& suggestion) {
    m_suggested = suggestion.layers;
    m_suggestion->setText(fromStd(suggestion.reason));
    m_suggestionBox->setVisible(!suggestion.reason.empty());
    m_use->setVisible(!m_suggested.empty());
    if (!m_suggested.empty())
        m_use->setText(m_suggested.size() == 1 ? tr("Use layer %1").arg(m_suggested.front())
                                               : tr("Use layers %1").arg(fromStd(layers_to_text(m_suggested))));
}

void TracePanel::setLensNote(const QString& note) {
    m_lensNote->setText(note);
}

void TracePanel::setChosenToken(int row) {
    m_map->setChosenToken(row);
}

void TracePanel::refresh() {
    m_statement->setText(m_model.summary());
    m_lensBox->setVisible(!m_model.picture().average);
}

void TracePanel::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    emit becameVisible();
}

} // namespace emend::ui
