// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/check_dialog.h"

#include "models/check_model.h"
#include "panels/edit_delegates.h"
#include "panels/number_table.h"
#include "panels/panel_parts.h"

#include <QApplication>
#include <QClipboard>
#include <QDialogButtonBox>
#include <QHeaderView>
#include <QPushButton>
#include <QVBoxLayout>

namespace emend::ui {

CheckDialog::CheckDialog(const QString& title, CheckModel* model, const QString& told, QWidget* parent)
    : QDialog(parent)
    , m_model(model)
    , m_table(new NumberTable(*model, title))
    , m_whole(new MutedLabel)
    , m_buttons(new QDialogButtonBox(QDialogButtonBox::Close)) {
    model->setParent(this);
    setObjectName(QStringLiteral("checkDialog"));
    setWindowTitle(title);
    auto* summary = new QLabel(model->summary());
    summary->setObjectName(QStringLiteral("checkSummary"));
    summary->setTextFormat(Qt::PlainText);
    summary->setTextInteractionFlags(Qt::TextSelectableByMouse);
    summary->setWordWrap(true);
    QFont font = summary->font();
    font.setWeight(QFont::DemiBold);
    summary->setFont(font);
    auto* meaning = new MutedLabel(told);
    meaning->setObjectName(QStringLiteral("checkTold"));
    meaning->setWordWrap(true);
    m_whole->setObjectName(QStringLiteral("checkWhole"));
    m_whole->setTextFormat(Qt::PlainText);
    m_whole->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_whole->setWordWrap(true);
    m_whole->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    m_whole->setMinimumHeight(fontMetrics().lineSpacing() * 3); // the table does not jump from row to row
    prepareTable();
    auto* copy = m_buttons->addButton(tr("&Copy as text"), QDialogButtonBox::ActionRole);
    copy->setObjectName(QStringLiteral("checkCopy"));
    copy->setAutoDefault(false);

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(16, 16, 16, 16);
    layout->setSpacing(8);
    layout->addWidget(summary);
    layout->addWidget(meaning);
    layout->addWidget(m_table, 1);
    layout->addWidget(m_whole);
    layout->addWidget(m_buttons);
    resize(fontMetrics().averageCharWidth() * 140, fontMetrics().lineSpacing() * 26);
    connect(copy, &QPushButton::clicked, this, [this] { QApplication::clipboard()->setText(m_model->toText()); });
    connect(m_buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(m_buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    m_table->setCurrentIndex(m_model->index(m_model->firstBad(), 0));
    m_whole->setText(m_model->describe(m_model->firstBad())); // it may have been the current one already
    m_table->setFocus();
}

void CheckDialog::prepareTable() {
    m_table->setObjectName(QStringLiteral("checkTable"));
    m_table->setItemDelegateForColumn(0, new VerdictDelegate(m_table));
    QHeaderView* header = m_table->horizontalHeader();
    for (int column = 0; column < m_model->columnCount(); ++column) {
        const bool stretches = m_model->column(column).stretches;
        header->setSectionResizeMode(column, stretches ? QHeaderView::Stretch : QHeaderView::Interactive);
        if (!stretches)
            m_table->resizeColumnToContents(column);
        // A title may be a sentence.
        if (const int most = fontMetrics().averageCharWidth() * 24; header->sectionSize(column) > most)
            header->resizeSection(column, most);
    }
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this](const QModelIndex& current) { m_whole->setText(m_model->describe(current.row())); });
}

void CheckDialog::offer(const QString& keep, const QString& back) {
    m_buttons->removeButton(m_buttons->button(QDialogButtonBox::Close));
    auto* keeping = m_buttons->addButton(keep, QDialogButtonBox::AcceptRole);
    keeping->setObjectName(QStringLiteral("checkKeep"));
    keeping->setAutoDefault(false);
    auto* going = m_buttons->addButton(back, QDialogButtonBox::RejectRole);
    going->setObjectName(QStringLiteral("checkBack"));
    going->setDefault(true);
}

} // namespace emend::ui
