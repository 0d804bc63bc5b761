// SPDX-License-Identifier: GPL-3.0-or-later
#include "panels/edits_panel.h"

#include "models/edits_model.h"
#include "models/text_format.h"
#include "models/verdict.h"
#include "panels/edit_editors.h"
#include "panels/panel_parts.h"
#include "panels/token_strip.h"

#include <QAction>
#include <QDragEnterEvent>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QMimeData>
#include <QPushButton>
#include <QStackedWidget>
#include <QTableView>
#include <QVBoxLayout>

#include <algorithm>

namespace emend::ui {

namespace {

QString editsFileOf(const QMimeData* data) {
    for (const QUrl& url : data->urls()) {
        const QString suffix = QFileInfo(url.toLocalFile()).suffix().toLower();
        if (suffix == u"csv" || suffix == u"json" || suffix == u"tsv")
            return url.toLocalFile();
    }
    return {};
}

} // namespace

EditsPanel::EditsPanel(EditsModel& model, QWidget* parent)
    : QWidget(parent)
    , m_model(model)
    , m_header(new PanelHeader(tr("Edits")))
    , m_conflicts(new QWidget)
    , m_conflictText(new MutedLabel)
    , m_nextConflict(new QPushButton(tr("Next")))
    , m_merge(new QPushButton(tr("Merge subjects")))
    , m_stack(new QStackedWidget)
    , m_table(new QTableView)
    , m_empty(new EmptyState(tr("No edits yet - type a subject, or paste rows here"),
                             tr("A CSV or JSON file can be dropped here too.")))
    , m_caption(new MutedLabel)
    , m_tokens(new TokenStrip) {
    setAcceptDrops(true);
    m_table->setObjectName(QStringLiteral("editsTable"));
    m_table->setAccessibleName(tr("Edits"));
    m_table->setModel(&model);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_table->setEditTriggers(QAbstractItemView::DoubleClicked | QAbstractItemView::EditKeyPressed |
                             QAbstractItemView::AnyKeyPressed | QAbstractItemView::SelectedClicked);
    m_table->setWordWrap(false);
    m_table->setShowGrid(false);
    m_table->setTabKeyNavigation(false); // Tab leaves the table; inside an editor it goes to the next cell
    m_table->setContextMenuPolicy(Qt::ActionsContextMenu);
    m_table->verticalHeader()->hide();
    m_table->horizontalHeader()->setHighlightSections(false);
    m_table->setItemDelegate(new CellDelegate(m_table));
    m_table->setItemDelegateForColumn(EditsModel::RelationColumn, new RelationDelegate(m_table));
    m_table->setItemDelegateForColumn(EditsModel::Object, new ObjectDelegate(m_table));
    m_table->setItemDelegateForColumn(EditsModel::Probability,
                                      new ProbabilityDelegate(EditsModel::ProbabilityRole, false, m_table));
    m_table->setItemDelegateForColumn(EditsModel::State, new StateDelegate(m_table));

    m_empty->setObjectName(QStringLiteral("editsEmpty"));
    m_caption->setObjectName(QStringLiteral("editsCaption"));
    m_caption->setWordWrap(true);
    m_tokens->setObjectName(QStringLiteral("tokenStrip"));
    m_conflicts->setObjectName(QStringLiteral("conflictLine"));
    m_conflictText->setObjectName(QStringLiteral("conflictText"));
    m_nextConflict->setObjectName(QStringLiteral("conflictNext"));
    m_nextConflict->setToolTip(tr("Go to the next edit that another one is in the way of"));
    m_merge->setObjectName(QStringLiteral("conflictMerge"));
    m_merge->setToolTip(tr("Edits of one subject get one key and one value; set in the recipe"));
    auto* conflictLayout = new QHBoxLayout(m_conflicts);
    conflictLayout->setContentsMargins(0, 0, 0, 0);
    conflictLayout->setSpacing(4);
    conflictLayout->addWidget(m_conflictText, 1);
    for (QPushButton* button : {m_nextConflict, m_merge}) {
        button->setProperty("quiet", true);
        conflictLayout->addWidget(button);
    }
    m_stack->addWidget(m_empty);
    m_stack->addWidget(m_table);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(12, 8, 8, 8);
    layout->setSpacing(8);
    layout->addWidget(m_header);
    layout->addWidget(m_conflicts);
    layout->addWidget(m_stack, 1);
    layout->addWidget(m_caption);
    layout->addWidget(m_tokens);

    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this](const QModelIndex& current) {
                refreshInspector();
                emit currentRowChanged(current.row());
            });
    connect(m_table->selectionModel(), &QItemSelectionModel::selectionChanged, this, &EditsPanel::selectionChanged);
    for (const auto signal : {&QAbstractItemModel::rowsInserted, &QAbstractItemModel::rowsRemoved})
        connect(&model, signal, this, &EditsPanel::refresh);
    connect(&model, &QAbstractItemModel::modelReset, this, &EditsPanel::refresh);
    connect(&model, &EditsModel::conflictsChanged, this, &EditsPanel::refreshConflicts);
    connect(m_nextConflict, &QPushButton::clicked, this, [this] { selectRow(m_model.nextConflict(currentRow())); });
    connect(m_merge, &QPushButton::clicked, this, &EditsPanel::mergeRequested);
    m_refresh.setSingleShot(true);
    m_refresh.setInterval(0);
    connect(&m_refresh, &QTimer::timeout, this, &EditsPanel::refresh);
    connect(&model, &QAbstractItemModel::dataChanged, &m_refresh, qOverload<>(&QTimer::start));
    sizeColumns();
    refresh();
    refreshConflicts();
}

void EditsPanel::setActions(const QList<QAction*>& header, const QList<QAction*>& empty, const QList<QAction*>& menu) {
    for (QAction* action : header)
        m_header->addAction(action);
    for (QAction* action : empty)
        m_empty->addAction(action);
    m_table->addActions(menu);
}

int EditsPanel::currentRow() const {
    return m_table->currentIndex().isValid() ? m_table->currentIndex().row() : -1;
}

QList<int> EditsPanel::selectedRows() const {
    QList<int> rows;
    for (const QModelIndex& index : m_table->selectionModel()->selectedRows())
        rows << index.row();
    std::sort(rows.begin(), rows.end());
    return rows;
}

void EditsPanel::selectRow(int row) {
    if (row < 0 || row >= m_model.rowCount())
        return;
    m_table->selectionModel()->setCurrentIndex(m_model.index(row, EditsModel::Subject),
                                               QItemSelectionModel::ClearAndSelect | QItemSelectionModel::Rows);
    m_table->scrollTo(m_model.index(row, 0));
}

void EditsPanel::editCell(int row, int column) {
    selectRow(row);
    const QModelIndex index = m_model.index(row, column);
    m_table->selectionModel()->setCurrentIndex(index, QItemSelectionModel::NoUpdate);
    m_table->setFocus();
    if (m_model.flags(index) & Qt::ItemIsEditable)
        m_table->edit(index);
}

void EditsPanel::refresh() {
    int applied = 0;
    int notHeld = 0;
    for (int row = 0; row < m_model.rowCount(); ++row) {
        applied += m_model.row(row).state == EditState::Applied ? 1 : 0;
        notHeld += m_model.row(row).isNotHeld() ? 1 : 0;
    }
    const int count = m_model.rowCount();
    QString note;
    if (count > 0)
        note =
            applied == 0 ? tr("%n row(s)", nullptr, count) : tr("%n row(s), %1 applied", nullptr, count).arg(applied);
    if (notHeld > 0)
        note += tr(", %1 not held").arg(notHeld);
    m_header->setNote(note);
    m_stack->setCurrentWidget(count == 0 ? static_cast<QWidget*>(m_empty) : m_table);
    refreshInspector();
}

void EditsPanel::refreshConflicts() {
    const EditsModel::Conflicts& found = m_model.conflicts();
    const bool merged = m_model.solvedTogether() == EditsModel::SolvedTogether::Merged;
    const int inTheWay = found.near_keys + (merged ? 0 : found.same_subject);
    m_conflicts->setVisible(inTheWay > 0 || found.same_subject > 0);
    m_nextConflict->setVisible(inTheWay > 0);
    m_merge->setVisible(!merged && found.same_subject > 0);
    m_conflictText->setAlarm(inTheWay > 0);
    m_conflictText->setText(inTheWay > 0 ? tr("⚠ %n edit(s) in each other's way", nullptr, inTheWay)
                                         : tr("%n edit(s) share a subject: merged", nullptr, found.same_subject));
}

void EditsPanel::refreshInspector() {
    const int current = currentRow();
    m_caption->setVisible(m_model.rowCount() > 0);
    m_tokens->setVisible(m_model.rowCount() > 0);
    m_caption->setAlarm(false);
    if (current < 0 || current >= m_model.rowCount()) {
        m_caption->setText(tr("Select an edit to see how the model reads it"));
        m_tokens->setCheck(nullptr, {});
        return;
    }
    const EditRow& row = m_model.row(current);
    if (row.state == EditState::Failed) {
        m_caption->setAlarm(true);
        m_caption->setText(row.hint.isEmpty() ? tr("Failed: %1").arg(row.reason)
                                              : tr("Failed: %1 - %2", "reason - hint").arg(row.reason, row.hint));
    } else if (const auto problem = m_model.problem(current)) {
        m_caption->setAlarm(true);
        m_caption->setText(tr("%1 - %2", "problem - hint").arg(fromStd(problem->what), fromStd(problem->hint)));
    } else if (row.isNotHeld()) {
        m_caption->setText(notHeldText(fromStd(row.request.object), row.pNew, row.stale));
    } else if (row.answer && !row.answer->pieces.empty()) {
        const auto& pieces = row.answer->pieces;
        const int last = row.answer->subject_last_token;
        const QString key = last >= 0 && last < static_cast<int>(pieces.size())
                                ? visiblePiece(pieces[static_cast<std::size_t>(last)])
                                : QString();
        m_caption->setText(tr("%n token(s); the key is looked up at “%1”, the subject's last", nullptr,
                              static_cast<int>(pieces.size()))
                               .arg(key));
    } else if (row.isBlank()) {
        m_caption->setText(tr("Type a subject, a relation and the new object"));
    } else {
        m_caption->setText(tr("The model has not read this edit yet"));
    }
    m_tokens->setCheck(row.answer, {});
}

void EditsPanel::sizeColumns() {
    const QFontMetrics metrics(m_table->font());
    QHeaderView* header = m_table->horizontalHeader();
    const auto room = [&](const QString& sample) { return metrics.horizontalAdvance(sample) + 13; };
    header->setMinimumSectionSize(room(QStringLiteral("100 %")));
    header->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    header->setSectionResizeMode(QHeaderView::Interactive);
    header->setSectionResizeMode(EditsModel::RelationColumn, QHeaderView::Stretch);
    header->resizeSection(EditsModel::Subject, room(QStringLiteral("Wolfgang Moz")));
    header->resizeSection(EditsModel::Object, room(tr("New object")));
    header->resizeSection(EditsModel::Answer, room(QStringLiteral("composer")));
    header->resizeSection(EditsModel::Probability, room(QStringLiteral("99.9 %")));
    header->resizeSection(EditsModel::State, room(tr("◐ Applying")));
    m_table->verticalHeader()->setDefaultSectionSize(metrics.height() + 12);
}

void EditsPanel::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::FontChange)
        sizeColumns();
}

void EditsPanel::dragEnterEvent(QDragEnterEvent* event) {
    if (!editsFileOf(event->mimeData()).isEmpty())
        event->acceptProposedAction();
}

void EditsPanel::dropEvent(QDropEvent* event) {
    const QString file = editsFileOf(event->mimeData());
    if (file.isEmpty())
        return;
    event->acceptProposedAction();
    emit fileDropped(file);
}

} // namespace emend::ui
