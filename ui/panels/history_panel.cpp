// SPDX-License-Identifier: GPL-3.0-or-later
#include "panels/history_panel.h"

#include "models/history_model.h"
#include "panels/edit_delegates.h"
#include "panels/panel_parts.h"
#include "plots/theme_colors.h"

#include <QAction>
#include <QApplication>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLineEdit>
#include <QMouseEvent>
#include <QPushButton>
#include <QStackedWidget>
#include <QTableView>
#include <QVBoxLayout>

namespace emend::ui {

namespace {

// What is not in the weights is muted; what is stale says so in colour, too.
class HistoryDelegate : public QStyledItemDelegate {
  public:
    using QStyledItemDelegate::QStyledItemDelegate;

    // The ledger may change while somebody types: what is typed stays.
    void setEditorData(QWidget* editor, const QModelIndex& index) const override {
        const auto* line = qobject_cast<QLineEdit*>(editor);
        if (!line || !line->isModified())
            QStyledItemDelegate::setEditorData(editor, index);
    }

  protected:
    void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override {
        QStyledItemDelegate::initStyleOption(option, index);
        option->state &= ~QStyle::State_HasFocus; // the row is what is current
        const ThemeColors& colors = ThemeColors::of(option->palette);
        QColor color = colors.text;
        switch (static_cast<HistoryModel::RowState>(index.data(HistoryModel::StateRole).toInt())) {
        case HistoryModel::SwitchedOff:
        case HistoryModel::Undone:
            color = colors.muted;
            if (index.column() == HistoryModel::Title)
                option->font.setItalic(true);
            break;
        case HistoryModel::Stale:
            if (index.column() == HistoryModel::State)
                color = colors.danger;
            break;
        case HistoryModel::Applied:
        case HistoryModel::Checkpoint:
            if (index.column() == HistoryModel::State)
                color = colors.accent;
            break;
        }
        for (const auto role : {QPalette::Text, QPalette::HighlightedText})
            option->palette.setColor(role, color);
    }
};

} // namespace

OfferLine::OfferLine(QWidget* parent)
    : QFrame(parent)
    , m_text(new QLabel)
    , m_yes(new QPushButton) {
    setObjectName(QStringLiteral("offerLine"));
    m_text->setObjectName(QStringLiteral("offerText"));
    m_text->setWordWrap(true);
    m_yes->setObjectName(QStringLiteral("offerAccept"));
    auto* no = new QPushButton(tr("Leave it"));
    no->setObjectName(QStringLiteral("offerDecline"));
    no->setProperty("quiet", true);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(8, 4, 4, 4);
    layout->setSpacing(8);
    layout->addWidget(m_text, 1);
    layout->addWidget(m_yes);
    layout->addWidget(no);
    connect(m_yes, &QPushButton::clicked, this, &OfferLine::accepted);
    connect(no, &QPushButton::clicked, this, &OfferLine::declined);
    hide();
}

void OfferLine::offer(const QString& text, const QString& button) {
    m_text->setText(text);
    m_yes->setText(button);
    m_yes->setAccessibleDescription(text);
    show();
}

HistoryPanel::HistoryPanel(HistoryModel& model, QWidget* parent)
    : QWidget(parent)
    , m_model(model)
    , m_stack(new QStackedWidget)
    , m_table(new QTableView)
    , m_offer(new OfferLine)
    , m_failure(new FailureLine)
    , m_sentence(new QLabel)
    , m_warnings(new MutedLabel)
    , m_buttons(new QHBoxLayout) {
    auto* empty = new EmptyState(tr("No edits applied yet"), tr("Ctrl+Return applies the selected rows of the table."));
    empty->setObjectName(QStringLiteral("historyEmpty"));
    m_table->setObjectName(QStringLiteral("historyTable"));
    m_table->setAccessibleName(tr("History: the checkpoint and every applied batch"));
    m_table->setModel(&model);
    m_table->setItemDelegate(new HistoryDelegate(m_table));
    m_table->setItemDelegateForColumn(HistoryModel::Efficacy,
                                      new ProbabilityDelegate(HistoryModel::ProbabilityRole, true, m_table));
    m_table->setShowGrid(false);
    m_table->setWordWrap(false);
    m_table->setTabKeyNavigation(false);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_table->setContextMenuPolicy(Qt::ActionsContextMenu);
    m_table->verticalHeader()->hide();
    m_table->horizontalHeader()->setHighlightSections(false);
    m_table->installEventFilter(this);
    m_failure->setObjectName(QStringLiteral("historyFailure"));
    m_sentence->setObjectName(QStringLiteral("historySentence"));
    m_sentence->setWordWrap(true);
    m_sentence->setTextFormat(Qt::PlainText);
    m_sentence->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_warnings->setObjectName(QStringLiteral("historyWarnings"));
    m_warnings->setWordWrap(true);
    m_warnings->setTextFormat(Qt::PlainText);

    auto* page = new QWidget;
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins(8, 4, 8, 8);
    layout->setSpacing(4);
    auto* foot = new QHBoxLayout;
    foot->setSpacing(12);
    auto* told = new QVBoxLayout;
    told->setSpacing(2);
    told->addWidget(m_sentence);
    told->addWidget(m_warnings);
    m_buttons->setSpacing(4);
    foot->addLayout(told, 1);
    foot->addLayout(m_buttons);
    foot->setAlignment(m_buttons, Qt::AlignTop);
    layout->addWidget(m_failure);
    layout->addWidget(m_offer);
    layout->addWidget(m_table, 1);
    layout->addLayout(foot);
    m_table->setMinimumHeight(90);
    m_stack->addWidget(empty);
    m_stack->addWidget(page);
    auto* outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->addWidget(m_stack);

    connect(m_offer, &OfferLine::accepted, this, &HistoryPanel::solveStaleRequested);
    connect(m_offer, &OfferLine::declined, this, [this] {
        m_declined = m_model.staleCount();
        refreshOffer();
        m_table->setFocus(Qt::OtherFocusReason);
    });
    connect(m_table, &QTableView::doubleClicked, this, [this](const QModelIndex& index) {
        if (isOnCheckBox(m_table->viewport()->mapFromGlobal(QCursor::pos())))
            return;
        if (index.flags() & Qt::ItemIsEditable)
            m_table->edit(index);
        else
            emit jumpRequested(index.row());
    });
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this](const QModelIndex& current) {
                refreshDetails();
                emit currentRowChanged(current.row());
                if (m_table->hasFocus() && current.isValid())
                    emit rowChosen(current.row());
            });
    connect(&model, &HistoryModel::switchRequested, this, &HistoryPanel::switchRequested);
    connect(&model, &QAbstractItemModel::dataChanged, this, &HistoryPanel::refresh);
    sizeColumns();
    refresh();
}

void HistoryPanel::setActions(const QList<QAction*>& actions) {
    m_table->addActions(actions);
    for (QAction* action : actions) {
        auto* button = new QToolButton;
        button->setDefaultAction(action);
        button->setToolButtonStyle(Qt::ToolButtonTextOnly);
        button->setFocusPolicy(Qt::TabFocus);
        button->setProperty("outlined", true);
        m_buttons->addWidget(button);
    }
}

void HistoryPanel::setFailure(const Failure& failure) {
    m_failure->showFailure(failure);
}

void HistoryPanel::clearFailure() {
    m_failure->clear();
}

int HistoryPanel::currentRow() const {
    return m_table->currentIndex().isValid() ? m_table->currentIndex().row() : -1;
}

void HistoryPanel::selectRow(int row) {
    if (row >= 0 && row < m_model.rowCount() && row != currentRow())
        m_table->setCurrentIndex(m_model.index(row, HistoryModel::Title));
}

void HistoryPanel::rename() {
    editCell(HistoryModel::Title);
}

void HistoryPanel::writeNote() {
    editCell(HistoryModel::Note);
}

void HistoryPanel::editCell(int column) {
    const QModelIndex cell = m_model.index(currentRow(), column);
    if (!(cell.flags() & Qt::ItemIsEditable))
        return;
    m_table->setCurrentIndex(cell);
    m_table->edit(cell);
}

QSize HistoryPanel::sizeHint() const {
    return {800, fontMetrics().height() * 14};
}

void HistoryPanel::refresh() {
    m_stack->setCurrentIndex(m_model.rowCount() > 1 ? 1 : 0);
    // Where the model stands is what the reader wants to see.
    if (m_model.positionRow() != m_position || currentRow() < 0) {
        m_position = m_model.positionRow();
        if (!isTyping()) {
            selectRow(m_position);
            m_table->scrollTo(m_model.index(m_position, 0));
        }
    }
    refreshOffer();
    refreshDetails();
    showScores();
    emit currentRowChanged(currentRow()); // what can be done with it may have changed
}

void HistoryPanel::refreshOffer() {
    const int stale = m_model.staleCount();
    if (stale != m_declined)
        m_declined = 0;
    if (stale == 0 || stale == m_declined) {
        m_offer->hide();
        return;
    }
    m_offer->offer(tr("%n later batch(es) were solved on weights that have changed underneath.", nullptr, stale),
                   tr("Solve the %n later batch(es) again", nullptr, stale));
}

void HistoryPanel::refreshDetails() {
    const int row = currentRow();
    QString told = row < 0 ? QString() : m_model.recipeSentence(row);
    if (const QString facts = m_model.facts(row); !facts.isEmpty())
        told += QStringLiteral("  ·  ") + facts;
    m_sentence->setText(told);
    const QString warnings = m_model.warnings(row);
    m_warnings->setText(warnings);
    m_warnings->setVisible(!warnings.isEmpty());
}

void HistoryPanel::sizeColumns() {
    const QFontMetrics metrics(font());
    QHeaderView* header = m_table->horizontalHeader();
    m_table->verticalHeader()->setDefaultSectionSize(metrics.height() + 8);
    header->setMinimumSectionSize(metrics.averageCharWidth() * 6);
    for (int column = 0; column < HistoryModel::ColumnCount; ++column)
        header->setSectionResizeMode(column, QHeaderView::Interactive);
    header->setSectionResizeMode(HistoryModel::Title, QHeaderView::Stretch);
    const auto wide = [&](HistoryModel::Column column, const QString& widest) {
        header->resizeSection(column, metrics.horizontalAdvance(widest) + 24);
    };
    wide(HistoryModel::Note, QStringLiteral("what somebody wrote"));
    wide(HistoryModel::State, tr("▸ here, switched off"));
    wide(HistoryModel::RecipeColumn, QStringLiteral("AlphaEdit · root-spread"));
    wide(HistoryModel::Layers, QStringLiteral("13-17, 20"));
    wide(HistoryModel::Softness, QStringLiteral("20000.0"));
    wide(HistoryModel::Edits, QStringLiteral("10,000"));
    wide(HistoryModel::Efficacy, QStringLiteral("< 0.01 %"));
    m_scoreWidth = metrics.horizontalAdvance(QStringLiteral("< 0.01 %")) + 24;
    header->resizeSection(HistoryModel::Score, m_scoreWidth);
    wide(HistoryModel::Norm, QStringLiteral("< 0.01 %"));
    wide(HistoryModel::Took, QStringLiteral("12 min 55 s"));
}

void HistoryPanel::showScores() {
    const QHeaderView* header = m_table->horizontalHeader();
    int taken = m_scoreWidth + fontMetrics().averageCharWidth() * 20; // a title one can read
    for (int column = 0; column < HistoryModel::ColumnCount; ++column)
        if (column != HistoryModel::Title && column != HistoryModel::Score)
            taken += header->sectionSize(column);
    m_table->setColumnHidden(HistoryModel::Score, !m_model.hasScores() || m_table->viewport()->width() < taken);
}

bool HistoryPanel::isTyping() const {
    const QWidget* focus = QApplication::focusWidget();
    return focus && focus != m_table && m_table->isAncestorOf(focus);
}

bool HistoryPanel::isOnCheckBox(const QPoint& position) const {
    const QModelIndex index = m_table->indexAt(position);
    if (index.column() != HistoryModel::Title || index.row() == 0)
        return false;
    return position.x() - m_table->visualRect(index).left() < style()->pixelMetric(QStyle::PM_IndicatorWidth) + 8;
}

bool HistoryPanel::eventFilter(QObject* watched, QEvent* event) {
    // A key that an editor leaves over comes by here as well.
    if (event->type() == QEvent::KeyPress && !isTyping()) {
        const int key = static_cast<QKeyEvent*>(event)->key();
        const auto modifiers = static_cast<QKeyEvent*>(event)->modifiers() & ~Qt::KeypadModifier;
        const int row = currentRow();
        if (modifiers == Qt::NoModifier && row >= 0 && (key == Qt::Key_Return || key == Qt::Key_Enter)) {
            emit jumpRequested(row);
            return true;
        }
        if (modifiers == Qt::NoModifier && row > 0 && key == Qt::Key_Space) {
            const QModelIndex box = m_model.index(row, HistoryModel::Title);
            const bool on = box.data(Qt::CheckStateRole).toInt() == Qt::Checked;
            m_model.setData(box, on ? Qt::Unchecked : Qt::Checked, Qt::CheckStateRole);
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

void HistoryPanel::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    showScores();
    if (m_table->currentIndex().isValid())
        m_table->scrollTo(m_table->currentIndex());
}

void HistoryPanel::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::FontChange)
        sizeColumns();
}

} // namespace emend::ui
