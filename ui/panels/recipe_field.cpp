// SPDX-License-Identifier: GPL-3.0-or-later
#include "panels/recipe_field.h"

#include "panels/panel_parts.h"

#include <QAbstractSpinBox>
#include <QGridLayout>
#include <QLineEdit>
#include <QToolButton>
#include <QVBoxLayout>

namespace emend::ui {

RecipeField::RecipeField(RecipeBinding binding, QWidget* editor, QWidget* parent)
    : QWidget(parent)
    , m_binding(std::move(binding))
    , m_layout(new QGridLayout(this))
    , m_editor(editor)
    , m_explanation(new MutedLabel(m_binding.explanation))
    , m_reset(new QToolButton) {
    setObjectName(QStringLiteral("recipeField_") + m_binding.id);
    auto* name = new QLabel(m_binding.name);
    name->setBuddy(editor);
    editor->setObjectName(QStringLiteral("recipe_") + m_binding.id);
    editor->setAccessibleName(m_binding.name);
    editor->setAccessibleDescription(m_binding.explanation);
    editor->setToolTip(m_binding.explanation);
    // A spin box would ask for room for its largest number.
    editor->setMinimumWidth(fontMetrics().averageCharWidth() * 12);
    m_explanation->setWordWrap(true);
    m_explanation->setObjectName(QStringLiteral("recipeExplanation_") + m_binding.id);
    m_reset->setText(QStringLiteral("↺"));
    m_reset->setObjectName(QStringLiteral("recipeReset_") + m_binding.id);
    m_reset->setAutoRaise(true);
    m_reset->setToolTip(tr("Back to the default"));
    m_reset->setAccessibleName(tr("Reset %1 to its default").arg(m_binding.name));
    m_reset->setFocusPolicy(Qt::TabFocus);
    QSizePolicy keep = m_reset->sizePolicy();
    keep.setRetainSizeWhenHidden(true); // editors stay aligned
    m_reset->setSizePolicy(keep);
    connect(m_reset, &QToolButton::clicked, this, &RecipeField::resetRequested);

    m_layout->setContentsMargins(0, 0, 0, 0);
    m_layout->setHorizontalSpacing(4);
    m_layout->setVerticalSpacing(2);
    m_layout->setColumnMinimumWidth(0, fontMetrics().horizontalAdvance(tr("Learning rate")) + 8);
    // Words that stand for a number, and the arrows.
    m_layout->setColumnMinimumWidth(1, fontMetrics().horizontalAdvance(tr("all together")) + 40);
    m_layout->addWidget(name, 0, 0);
    m_layout->addWidget(editor, 0, 1);
    m_layout->addWidget(m_reset, 0, 2);
    m_layout->addWidget(m_explanation, 2, 0, 1, 3);
    m_layout->setColumnStretch(1, 1);
    setChanged(false);
}

void RecipeField::addBelow(QWidget* widget) {
    widget->setObjectName(QStringLiteral("recipeBelow_") + m_binding.id);
    // As wide as it gets: layers and sliders need the room more than the name column does.
    m_layout->addWidget(widget, 1, 0, 1, 3);
    m_layout->setVerticalSpacing(4);
    setTabOrder(m_editor, widget);
}

void RecipeField::setChanged(bool changed) {
    m_changed = changed;
    m_reset->setVisible(changed);
}

void RecipeField::setUnreadable(const QString& problem) {
    m_unreadable = problem;
    tell();
}

void RecipeField::setProblem(const QString& problem) {
    m_problem = problem;
    tell();
}

void RecipeField::setExplanation(const QString& explanation) {
    m_binding.explanation = explanation;
    m_editor->setAccessibleDescription(explanation);
    m_editor->setToolTip(explanation);
    tell();
}

void RecipeField::tell() {
    m_explanation->setAlarm(hasProblem());
    m_explanation->setText(isUnreadable() ? m_unreadable : hasProblem() ? m_problem : m_binding.explanation);
}

void RecipeField::focusEditor() {
    m_editor->setFocus(Qt::ShortcutFocusReason);
    if (auto* line = qobject_cast<QLineEdit*>(m_editor))
        line->selectAll();
    else if (auto* box = qobject_cast<QAbstractSpinBox*>(m_editor))
        box->selectAll();
}

void RecipeField::setUsed(bool used) {
    m_used = used;
    setVisible(used);
}

Fold::Fold(const QString& title, QWidget* parent)
    : QWidget(parent)
    , m_title(title)
    , m_button(new QToolButton)
    , m_body(new QWidget)
    , m_layout(new QVBoxLayout(m_body)) {
    m_button->setText(title);
    m_button->setCheckable(true);
    m_button->setAutoRaise(true);
    m_button->setProperty("fold", true);
    m_button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_button->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    m_layout->setContentsMargins(0, 8, 0, 0);
    m_layout->setSpacing(12);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_button);
    layout->addWidget(m_body);
    connect(m_button, &QToolButton::toggled, this, &Fold::setOpen);
    setOpen(false);
}

void Fold::addField(RecipeField* field) {
    m_fields << field;
    m_layout->addWidget(field);
}

void Fold::refresh() {
    int used = 0;
    int changed = 0;
    for (const RecipeField* field : std::as_const(m_fields)) {
        used += field->isUsed() ? 1 : 0;
        changed += field->isUsed() && field->isChanged() ? 1 : 0;
        if (field->isUsed() && field->hasProblem())
            setOpen(true);
    }
    setVisible(used > 0);
    m_button->setText(changed == 0 ? m_title
                                   : tr("%1 - %2 changed", "title of a folded group").arg(m_title).arg(changed));
}

void Fold::setOpen(bool open) {
    m_button->setChecked(open);
    m_button->setArrowType(open ? Qt::DownArrow : Qt::RightArrow);
    m_button->setAccessibleDescription(open ? tr("open") : tr("folded"));
    m_body->setVisible(open);
}

} // namespace emend::ui
