// SPDX-License-Identifier: GPL-3.0-or-later
#include "panels/trials_panel.h"

#include "models/trials_model.h"
#include "panels/edit_delegates.h"
#include "panels/fitting_columns.h"
#include "panels/number_table.h"
#include "panels/panel_parts.h"
#include "panels/trial_form.h"
#include "plots/chart_export.h"
#include "plots/small_bars.h"

#include <QCheckBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QHeaderView>
#include <QMenu>
#include <QPushButton>
#include <QStackedWidget>
#include <QVBoxLayout>

namespace emend::ui {

TrialsPanel::TrialsPanel(TrialsModel& model, QWidget* parent)
    : QWidget(parent)
    , m_model(model)
    , m_sorted(new TrialsSorted(model, this))
    , m_failure(new FailureLine)
    , m_form(new TrialForm)
    , m_plan(new MutedLabel)
    , m_run(new QPushButton(tr("Run")))
    , m_cancel(new QPushButton(tr("Cancel")))
    , m_stack(new QStackedWidget)
    , m_empty(
          new EmptyState(tr("No recipes tried yet"),
                         tr("Every recipe writes into copies, and its numbers come here one by one. The model stays "
                            "as it is.")))
    , m_table(new NumberTable(*m_sorted, tr("Recipes that were tried, and what came of them")))
    , m_summary(new QLabel)
    , m_details(new MutedLabel)
    , m_note(new MutedLabel)
    , m_use(new QPushButton(tr("Use this recipe")))
    , m_copy(new QPushButton(tr("Copy")))
    , m_export(new QPushButton(tr("Export…"))) {
    m_failure->setObjectName(QStringLiteral("trialsFailure"));
    m_empty->setObjectName(QStringLiteral("trialsEmpty"));
    m_table->setObjectName(QStringLiteral("trialsTable"));
    m_summary->setObjectName(QStringLiteral("trialsSummary"));
    m_details->setObjectName(QStringLiteral("trialsDetails"));
    m_note->setObjectName(QStringLiteral("trialsNote"));
    for (QLabel* label : {m_summary, static_cast<QLabel*>(m_details), static_cast<QLabel*>(m_note)}) {
        label->setWordWrap(true);
        label->setTextFormat(Qt::PlainText);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    }
    m_stack->addWidget(m_empty);
    m_stack->addWidget(m_table);
    m_stack->setMinimumHeight(150);

    auto* page = new QWidget;
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins(12, 12, 12, 8);
    layout->setSpacing(8);
    layout->addWidget(m_form);
    layout->addWidget(makeRunLine());
    layout->addWidget(m_failure);
    layout->addWidget(m_stack, 1);
    layout->addWidget(m_summary);
    layout->addWidget(m_details);
    layout->addWidget(m_note);
    layout->addWidget(makeUseLine());
    auto* outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->addWidget(new TallPage(page));
    connectTable();
    setRunning(false);
    refresh();
}

QWidget* TrialsPanel::makeRunLine() {
    m_plan->setObjectName(QStringLiteral("trialsPlan"));
    m_plan->setWordWrap(true);
    m_run->setObjectName(QStringLiteral("trialsRun"));
    m_cancel->setObjectName(QStringLiteral("trialsCancel"));
    m_cancel->setToolTip(tr("Stop; what ran stays in the table"));
    connect(m_run, &QPushButton::clicked, this, &TrialsPanel::runRequested);
    connect(m_cancel, &QPushButton::clicked, this, &TrialsPanel::cancelRequested);
    auto* line = new QWidget;
    auto* layout = new QHBoxLayout(line);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(8);
    layout->addWidget(m_plan, 1);
    layout->addWidget(m_run, 0, Qt::AlignTop);
    layout->addWidget(m_cancel, 0, Qt::AlignTop);
    return line;
}

QWidget* TrialsPanel::makeUseLine() {
    m_use->setObjectName(QStringLiteral("trialsUse"));
    m_use->setToolTip(tr("Make the selected recipe the one at the right (Enter in the table)"));
    m_copy->setObjectName(QStringLiteral("trialsCopy"));
    m_copy->setToolTip(tr("Copy the table for a spreadsheet"));
    m_export->setObjectName(QStringLiteral("trialsExport"));
    m_export->setToolTip(tr("Save the table as CSV"));
    connect(m_use, &QPushButton::clicked, this, &TrialsPanel::use);
    connect(m_copy, &QPushButton::clicked, this, [this] { copyTable(m_model.toCsv()); });
    connect(m_export, &QPushButton::clicked, this, &TrialsPanel::exportTable);
    auto* line = new QWidget;
    auto* layout = new QHBoxLayout(line);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(4);
    layout->addWidget(m_use);
    layout->addStretch(1);
    for (QPushButton* button : {m_copy, m_export}) {
        button->setProperty("quiet", true);
        layout->addWidget(button);
    }
    return line;
}

void TrialsPanel::connectTable() {
    m_table->setSortingEnabled(true);
    m_table->sortByColumn(-1, Qt::AscendingOrder); // as they were asked, until somebody sorts
    m_table->setToolTip(tr("Enter takes the recipe of the row"));
    m_table->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    for (const int column : {TrialsModel::Held, TrialsModel::PNew, TrialsModel::Efficacy, TrialsModel::Paraphrases,
                             TrialsModel::Neighbours, TrialsModel::Score})
        m_table->setItemDelegateForColumn(column, new ProbabilityDelegate(TrialsModel::AmountRole, true, m_table));
    m_table->setItemDelegateForColumn(TrialsModel::Norms, new SmallBarsDelegate(TrialsModel::BarsRole, m_table));
    // What tells two recipes apart soonest comes first.
    m_columns = new FittingColumns(*m_table,
                                   {TrialsModel::Algorithm, TrialsModel::Layers, TrialsModel::Norms, TrialsModel::Held,
                                    TrialsModel::Score, TrialsModel::Efficacy, TrialsModel::Paraphrases,
                                    TrialsModel::Neighbours, TrialsModel::Softness, TrialsModel::PNew,
                                    TrialsModel::Preservation, TrialsModel::Distribution, TrialsModel::Seconds,
                                    TrialsModel::RelativeNorm, TrialsModel::Memorization},
                                   FittingColumns::Rest::First);
    m_columns->setObjectName(QStringLiteral("trialColumns"));
    m_table->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(m_table, &QWidget::customContextMenuRequested, this, &TrialsPanel::showMenu);
    connect(m_table, &QTableView::activated, this, &TrialsPanel::use);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this, &TrialsPanel::refresh);
    connect(&m_model, &QAbstractItemModel::dataChanged, this, &TrialsPanel::refresh);
    connect(&m_model, &QAbstractItemModel::rowsRemoved, this, &TrialsPanel::refresh);
    connect(&m_model, &QAbstractItemModel::rowsInserted, this, &TrialsPanel::refresh);
    connect(&m_model, &QAbstractItemModel::modelReset, this, &TrialsPanel::refresh);
}

int TrialsPanel::currentRow() const {
    return m_sorted->mapToSource(m_table->currentIndex()).row();
}

void TrialsPanel::refresh() {
    const bool any = m_model.rowCount() > 0;
    const int row = currentRow();
    m_stack->setCurrentIndex(any ? 1 : 0);
    const auto tell = [](QLabel* label, const QString& text) {
        label->setText(text);
        label->setVisible(!text.isEmpty());
    };
    if (any)
        m_columns->fit();
    tell(m_summary, m_model.summary());
    tell(m_details, row >= 0 ? m_model.describe(row) : QString());
    m_use->setEnabled(row >= 0 && !m_model.isUnedited(row));
    m_copy->setEnabled(any);
    m_export->setEnabled(any);
}

void TrialsPanel::showMenu(const QPoint& at) {
    QMenu menu;
    const auto add = [&](const QPushButton* button, auto&& call) {
        menu.addAction(button->text(), this, call)->setEnabled(button->isEnabled());
    };
    add(m_use, &TrialsPanel::use);
    menu.addSeparator();
    add(m_copy, [this] { copyTable(m_model.toCsv()); });
    add(m_export, &TrialsPanel::exportTable);
    menu.addSeparator();
    m_columns->addChoices(*menu.addMenu(tr("Columns")));
    menu.exec(m_table->viewport()->mapToGlobal(at));
}

void TrialsPanel::focusForm() {
    m_form->findChild<QCheckBox*>()->setFocus(Qt::ShortcutFocusReason);
}

void TrialsPanel::setPlan(const QString& text, bool canRun, bool alarm) {
    m_plan->setText(text);
    m_plan->setAlarm(alarm);
    m_run->setEnabled(canRun);
    m_run->setAccessibleDescription(text);
}

void TrialsPanel::setRunning(bool running) {
    const bool focused = m_run->hasFocus() || m_cancel->hasFocus();
    m_run->setVisible(!running);
    m_cancel->setVisible(running);
    m_form->setEnabled(!running);
    if (focused)
        (running ? m_cancel : m_run)->setFocus();
}

void TrialsPanel::setNote(const QString& note) {
    m_note->setText(note);
    m_note->setVisible(!note.isEmpty());
}

void TrialsPanel::showFailure(const Failure& failure) {
    m_failure->showFailure(failure);
}

void TrialsPanel::clearFailure() {
    m_failure->clear();
}

void TrialsPanel::selectBest() {
    if (m_model.best() < 0 || m_table->currentIndex().isValid())
        return;
    const int column = m_table->horizontalHeader()->logicalIndex(0);
    m_table->setCurrentIndex(m_sorted->mapFromSource(m_model.index(m_model.best(), column)));
}

void TrialsPanel::use() {
    if (const int row = currentRow(); row >= 0 && !m_model.isUnedited(row))
        emit useRequested(m_model.recipe(row));
}

void TrialsPanel::exportTable() {
    QString path =
        QFileDialog::getSaveFileName(this, tr("Export the table"), QStringLiteral("recipes.csv"), tr("Table (*.csv)"));
    if (path.isEmpty())
        return;
    if (QFileInfo(path).suffix().isEmpty())
        path += QStringLiteral(".csv");
    if (const QString reason = writeFile(path, m_model.toCsv().toUtf8()); !reason.isEmpty())
        m_failure->showExportFailure(tr("%1 could not be written: %2").arg(path, reason));
}

void TrialsPanel::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    emit becameVisible();
}

} // namespace emend::ui
