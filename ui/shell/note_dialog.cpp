// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/note_dialog.h"

#include "panels/panel_parts.h"

#include <QDialogButtonBox>
#include <QPlainTextEdit>
#include <QVBoxLayout>

namespace emend::ui {

NoteDialog::NoteDialog(const QString& title, const QString& caption, const QString& note, QWidget* parent)
    : QDialog(parent)
    , m_edit(new QPlainTextEdit(note)) {
    setObjectName(QStringLiteral("noteDialog"));
    setWindowTitle(title);
    resize(fontMetrics().averageCharWidth() * 64, fontMetrics().height() * 14);
    m_edit->setObjectName(QStringLiteral("noteText"));
    m_edit->setAccessibleName(title);
    m_edit->setTabChangesFocus(true);
    auto* told = new MutedLabel(caption);
    told->setWordWrap(true);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel);
    auto* layout = new QVBoxLayout(this);
    layout->addWidget(told);
    layout->addWidget(m_edit, 1);
    layout->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    m_edit->setFocus();
}

QString NoteDialog::note() const {
    return m_edit->toPlainText().trimmed();
}

} // namespace emend::ui
