// SPDX-License-Identifier: GPL-3.0-or-later
#include "panels/edit_editors.h"

#include "models/edits_model.h"
#include "models/text_format.h"

#include <QAbstractItemView>
#include <QComboBox>
#include <QCompleter>
#include <QCoreApplication>
#include <QKeyEvent>
#include <QLineEdit>

#include <algorithm>

namespace emend::ui {

namespace {

// An open list of suggestions hands Tab to the editor past the delegate, and the focus leaves the table. Here the list
// closes and the delegate gets the key: what was typed is taken over, the next cell opens.
class TabOutOfPopup : public QObject {
  public:
    TabOutOfPopup(QCompleter* completer, QWidget* editor)
        : QObject(editor)
        , m_popup(completer->popup())
        , m_editor(editor) {
        m_popup->installEventFilter(this); // after the completer's own, so it is asked first
    }

  protected:
    bool eventFilter(QObject* watched, QEvent* event) override {
        if (watched != m_popup || event->type() != QEvent::KeyPress)
            return false;
        const auto* key = static_cast<QKeyEvent*>(event);
        if (key->key() != Qt::Key_Tab && key->key() != Qt::Key_Backtab)
            return false;
        m_popup->hide();
        QKeyEvent again(QEvent::KeyPress, key->key(), key->modifiers(), key->text());
        QCoreApplication::sendEvent(m_editor, &again);
        return true;
    }

  private:
    QAbstractItemView* m_popup;
    QWidget* m_editor;
};

} // namespace

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
    new TabOutOfPopup(combo->completer(), combo);
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
        new TabOutOfPopup(completer, edit);
    }
    return edit;
}

} // namespace emend::ui
