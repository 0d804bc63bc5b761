// SPDX-License-Identifier: GPL-3.0-or-later
#include "panels/edit_editors.h"

#include "models/edits_model.h"
#include "models/text_format.h"

#include <QComboBox>
#include <QCompleter>
#include <QLineEdit>

#include <algorithm>

namespace emend::ui {

QWidget* RelationDelegate::createEditor(QWidget* parent, const QStyleOptionViewItem&, const QModelIndex& index) const {
    auto* combo = new QComboBox(parent);
    combo->setObjectName(QStringLiteral("relationEditor"));
    combo->setAccessibleName(tr("Relation: choose one, or type a prompt with {} for the subject"));
    combo->setEditable(true);
    combo->setInsertPolicy(QComboBox::NoInsert);
    combo->setFrame(false);
    combo->setMaxVisibleItems(18);
    combo->lineEdit()->setPlaceholderText(tr("a prompt with {} for the subject"));
    if (const auto* model = qobject_cast<const EditsModel*>(index.model()); model && model->library())
        for (const Relation& relation : model->library()->relations()) {
            combo->addItem(fromStd(relation.prompt), fromStd(relation.id));
            combo->setItemData(combo->count() - 1, fromStd(relation.name), Qt::ToolTipRole);
        }
    combo->completer()->setCompletionMode(QCompleter::PopupCompletion);
    combo->completer()->setFilterMode(Qt::MatchContains);
    return combo;
}

void RelationDelegate::setEditorData(QWidget* editor, const QModelIndex& index) const {
    auto* combo = qobject_cast<QComboBox*>(editor);
    const QString prompt = index.data(Qt::EditRole).toString();
    combo->setCurrentIndex(combo->findText(prompt));
    combo->setEditText(prompt);
    combo->lineEdit()->selectAll();
}

void RelationDelegate::setModelData(QWidget* editor, QAbstractItemModel* model, const QModelIndex& index) const {
    model->setData(index, qobject_cast<QComboBox*>(editor)->currentText());
}

// The subject stands in the column before: what is said of it needs the room.
QString RelationDelegate::displayText(const QVariant& value, const QLocale&) const {
    QString prompt = value.toString();
    for (const QString& start : {QStringLiteral("The {} "), QStringLiteral("{} ")})
        if (prompt.startsWith(start))
            return QStringLiteral("… ") + prompt.mid(start.size());
    return prompt.replace(QStringLiteral("the {}"), QStringLiteral("…"))
        .replace(QStringLiteral("{}"), QStringLiteral("…"));
}

void RelationDelegate::updateEditorGeometry(QWidget* editor, const QStyleOptionViewItem& option,
                                            const QModelIndex&) const {
    // A prompt is longer than its column: the editor reaches over the next ones while it is open.
    QRect place = option.rect;
    const int wanted = std::max(place.width(), option.fontMetrics.averageCharWidth() * 44);
    place.setWidth(std::min(wanted, editor->parentWidget()->width() - place.left()));
    editor->setGeometry(place);
}

QWidget* ObjectDelegate::createEditor(QWidget* parent, const QStyleOptionViewItem&, const QModelIndex& index) const {
    auto* edit = new QLineEdit(parent);
    edit->setObjectName(QStringLiteral("objectEditor"));
    edit->setAccessibleName(tr("New object"));
    edit->setFrame(false);
    if (const auto* model = qobject_cast<const EditsModel*>(index.model())) {
        auto* completer = new QCompleter(model->objectsFor(index.row()), edit);
        completer->setCaseSensitivity(Qt::CaseInsensitive);
        completer->setFilterMode(Qt::MatchStartsWith);
        edit->setCompleter(completer);
    }
    return edit;
}

} // namespace emend::ui
