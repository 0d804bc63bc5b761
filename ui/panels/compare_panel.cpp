// SPDX-License-Identifier: GPL-3.0-or-later
#include "panels/compare_panel.h"

#include "models/comparison_model.h"
#include "models/text_format.h"
#include "models/token_list_model.h"
#include "models/verdict.h"
#include "panels/edit_delegates.h"
#include "panels/generation_view.h"
#include "panels/panel_parts.h"
#include "plots/probability_bars.h"

#include <QAction>
#include <QEvent>
#include <QHeaderView>
#include <QPushButton>
#include <QStackedWidget>
#include <QTableView>
#include <QVBoxLayout>

namespace emend::ui {

namespace {

constexpr int shownTokens = 5;

void plainTable(QTableView* table) {
    table->setShowGrid(false);
    table->setWordWrap(false);
    table->setTabKeyNavigation(false);
    table->setSelectionBehavior(QAbstractItemView::SelectRows);
    table->setSelectionMode(QAbstractItemView::SingleSelection);
    table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table->verticalHeader()->hide();
    table->horizontalHeader()->setHighlightSections(false);
    table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
}

// "The <b>Eiffel Tower</b> is located in the city of …"
QString promptHtml(const EditRequest& request) {
    QString prompt = fromStd(request.prompt).toHtmlEscaped();
    prompt.replace(QStringLiteral("{}"), QStringLiteral("<b>%1</b>").arg(fromStd(request.subject).toHtmlEscaped()));
    return prompt + QStringLiteral(" …");
}

} // namespace

ComparePanel::ComparePanel(ComparisonModel& wordings, TokenListModel& before, TokenListModel& after, QWidget* parent)
    : QWidget(parent)
    , m_wordings(wordings)
    , m_stack(new QStackedWidget)
    , m_empty(new EmptyState({}, {}))
    , m_prompt(new QLabel)
    , m_failure(new FailureLine)
    , m_bars(new ProbabilityBars)
    , m_notHeldLine(new QWidget)
    , m_notHeld(new MutedLabel)
    , m_beforeTitle(new MutedLabel)
    , m_afterBox(new QWidget)
    , m_generation(new GenerationView)
    , m_wordingTable(new QTableView)
    , m_noWordings(new EmptyState(tr("No prompts to watch"),
                                  tr("Other wordings should turn with the edit, prompts about other subjects should "
                                     "stay. Write some here, or import a file of edits that has them.")))
    , m_tally(new MutedLabel) {
    m_prompt->setObjectName(QStringLiteral("comparePrompt"));
    m_prompt->setTextFormat(Qt::RichText);
    m_prompt->setWordWrap(true);
    m_prompt->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_bars->setObjectName(QStringLiteral("probabilityBars"));
    m_failure->setObjectName(QStringLiteral("compareFailure"));
    m_generation->setObjectName(QStringLiteral("generationView"));
    m_notHeld->setObjectName(QStringLiteral("compareNotHeld"));
    m_notHeld->setWordWrap(true);
    auto* notHeld = new QHBoxLayout(m_notHeldLine);
    notHeld->setContentsMargins(0, 0, 0, 0);
    notHeld->setSpacing(8);
    notHeld->addWidget(m_notHeld, 1);
    m_noWordings->setObjectName(QStringLiteral("noWordings"));
    m_tally->setWordWrap(true);
    m_tally->setObjectName(QStringLiteral("wordingTally"));
    m_empty->setObjectName(QStringLiteral("compareEmpty"));
    m_beforeTokens = makeTokenTable(before, false, QStringLiteral("tokensBefore"));
    m_beforeTokens->setAccessibleName(tr("Most likely next tokens before the edit"));
    m_afterTokens = makeTokenTable(after, true, QStringLiteral("tokensAfter"));
    m_afterTokens->setAccessibleName(tr("Most likely next tokens after the edit"));

    plainTable(m_wordingTable);
    m_wordingTable->setTextElideMode(Qt::ElideMiddle); // wordings begin alike
    m_wordingTable->setObjectName(QStringLiteral("wordingTable"));
    m_wordingTable->setAccessibleName(tr("Other wordings and neighbours, before and after"));
    m_wordingTable->setModel(&wordings);
    m_wordingTable->setItemDelegateForColumn(
        ComparisonModel::Before, new ProbabilityDelegate(ComparisonModel::ProbabilityRole, false, m_wordingTable));
    m_wordingTable->setItemDelegateForColumn(
        ComparisonModel::After, new ProbabilityDelegate(ComparisonModel::ProbabilityRole, true, m_wordingTable));
    m_wordingTable->setItemDelegateForColumn(ComparisonModel::Verdict, new VerdictDelegate(m_wordingTable));

    auto* tokens = new QHBoxLayout;
    tokens->setSpacing(12);
    auto* left = new QVBoxLayout;
    left->setSpacing(4);
    left->addWidget(m_beforeTitle);
    left->addWidget(m_beforeTokens);
    auto* right = new QVBoxLayout(m_afterBox);
    right->setContentsMargins(0, 0, 0, 0);
    right->setSpacing(4);
    right->addWidget(new MutedLabel(tr("After")));
    right->addWidget(m_afterTokens);
    tokens->addLayout(left, 1);
    tokens->addWidget(m_afterBox, 1);

    auto* page = new QWidget;
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins(12, 12, 12, 8);
    layout->setSpacing(8);
    layout->addWidget(m_prompt);
    layout->addWidget(m_failure);
    layout->addWidget(m_bars);
    layout->addWidget(m_notHeldLine);
    layout->addWidget(sectionTitle(tr("Most likely next tokens")));
    layout->addLayout(tokens);
    layout->addWidget(sectionTitle(tr("Continuation from the same seed")));
    layout->addWidget(m_generation, 2);
    layout->addWidget(m_wordingTable, 4);
    layout->addWidget(m_noWordings, 4);
    layout->addWidget(m_tally);
    m_wordingTable->setMinimumHeight(110);

    m_stack->addWidget(m_empty);
    // A low window, or one with the history in it, scrolls.
    // They take what there is; what they would like to have is no reason to scroll.
    for (QWidget* tall : {static_cast<QWidget*>(m_generation), static_cast<QWidget*>(m_wordingTable)})
        tall->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Ignored);
    m_stack->addWidget(new TallPage(page));
    auto* outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->addWidget(m_stack);
    sizeTables();
}

QTableView* ComparePanel::makeTokenTable(TokenListModel& model, bool accent, const QString& name) {
    auto* table = new QTableView;
    plainTable(table);
    table->setObjectName(name);
    table->setModel(&model);
    table->horizontalHeader()->hide();
    table->setItemDelegateForColumn(TokenListModel::Probability,
                                    new ProbabilityDelegate(TokenListModel::ProbabilityRole, accent, table));
    table->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    table->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    return table;
}

void ComparePanel::sizeTables() {
    const QFontMetrics metrics(font());
    const int row = metrics.height() + 8;
    for (QTableView* table : {m_beforeTokens, m_afterTokens}) {
        table->verticalHeader()->setDefaultSectionSize(row);
        table->horizontalHeader()->setSectionResizeMode(TokenListModel::Token, QHeaderView::Stretch);
        table->horizontalHeader()->setSectionResizeMode(TokenListModel::Probability, QHeaderView::Fixed);
        table->horizontalHeader()->resizeSection(TokenListModel::Probability, metrics.averageCharWidth() * 14);
        table->setFixedHeight(shownTokens * row + 2 * table->frameWidth());
    }
    QHeaderView* header = m_wordingTable->horizontalHeader();
    // A continuation is a few lines; the rest of a tall window belongs to the other wordings.
    m_generation->setMinimumHeight(metrics.lineSpacing() * 7);
    m_generation->setMaximumHeight(metrics.lineSpacing() * 11);
    m_wordingTable->verticalHeader()->setDefaultSectionSize(row);
    header->setMinimumSectionSize(metrics.averageCharWidth() * 13);
    header->setSectionResizeMode(ComparisonModel::Prompt, QHeaderView::Stretch);
    for (const int column : {ComparisonModel::Before, ComparisonModel::After})
        header->resizeSection(column, metrics.horizontalAdvance(QStringLiteral("London  99.9 %")) + 14);
    header->resizeSection(ComparisonModel::Verdict, metrics.horizontalAdvance(tr("✗ not turned")) + 16);
}

void ComparePanel::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::FontChange)
        sizeTables();
}

void ComparePanel::setWhyAction(QAction* action) {
    auto* why = new QPushButton(tr("Why?"));
    why->setObjectName(QStringLiteral("compareWhy"));
    why->setProperty("quiet", true);
    why->setToolTip(action->toolTip());
    connect(why, &QPushButton::clicked, action, &QAction::trigger);
    m_notHeldLine->layout()->addWidget(why);
    m_notHeldLine->layout()->setAlignment(why, Qt::AlignTop);
}

void ComparePanel::setWatchAction(QAction* action) {
    m_noWordings->addAction(action);
}

void ComparePanel::showNothing(const QString& title, const QString& hint) {
    m_empty->setText(title, hint);
    m_stack->setCurrentIndex(0);
}

bool ComparePanel::isShowing() const {
    return m_stack->currentIndex() == 1;
}

void ComparePanel::start(const EditRow& row, bool after) {
    m_stack->setCurrentIndex(1);
    m_failure->clear();
    m_prompt->setText(promptHtml(row.request));
    m_prompt->setAccessibleName(fromStd(row.request.prompt));
    m_notHeldLine->hide();
    m_bars->setEntries({{fromStd(row.request.object), tr("new, whole object"), {}, {}}}, after);
    m_beforeTitle->setText(after ? tr("Before") : tr("Now"));
    m_afterBox->setVisible(after);
    m_wordingTable->setColumnHidden(ComparisonModel::After, !after);
    const bool watched = !row.request.paraphrases.empty() || !row.request.neighbours.empty();
    m_wordingTable->setVisible(watched);
    m_noWordings->setVisible(!watched);
    m_tally->setText(after ? QString() : tr("Apply the edit (Ctrl+Return) to see the answers after it"));
}

void ComparePanel::setComparison(const EditRow& row, const Comparison& comparison, bool after) {
    if (comparison.rows.empty())
        return;
    const auto& first = comparison.rows.front();
    QList<ProbabilityBars::Entry> entries;
    const auto afterOf = [after](double p) { return after ? std::optional(p) : std::nullopt; };
    entries << ProbabilityBars::Entry{fromStd(row.request.object), tr("new, whole object"), first.before.p_new,
                                      afterOf(first.after.p_new)};
    if (row.request.true_object && first.before.p_true)
        entries << ProbabilityBars::Entry{fromStd(*row.request.true_object), tr("old, whole object"),
                                          first.before.p_true, after ? first.after.p_true : std::nullopt};
    m_bars->setEntries(entries, after);
    if (after) {
        m_notHeldLine->setVisible(!first.after.says_new);
        m_notHeld->setText(notHeldText(fromStd(row.request.object), first.after.p_new, row.stale));
        const ComparisonModel::Tally tally = m_wordings.tally();
        if (tally.unknown > 0)
            return m_tally->setText(tr("Other wordings and neighbours are asked again when the knob rests"));
        QStringList told;
        if (tally.paraphrases > 0)
            told << tr("%1 of %2 other wordings turned").arg(tally.turned).arg(tally.paraphrases);
        if (tally.neighbours > 0)
            told << tr("%1 of %2 neighbours stayed").arg(tally.unchanged).arg(tally.neighbours);
        else if (tally.paraphrases > 0)
            told << tr("no neighbours to watch yet (Ctrl+Shift+W)");
        m_tally->setText(told.join(QStringLiteral("  ·  ")));
    }
}

void ComparePanel::setFailure(const Failure& failure) {
    m_failure->showFailure(failure);
}

} // namespace emend::ui
