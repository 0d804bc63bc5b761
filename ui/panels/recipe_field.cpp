// SPDX-License-Identifier: GPL-3.0-or-later
#include "panels/recipe_field.h"

#include "panels/panel_parts.h"

#include <QGridLayout>
#include <QToolButton>
#include <QVBoxLayout>

namespace emend::ui {

RecipeField::RecipeField(RecipeBinding binding, QWidget* editor, QWidget* parent)
    : QWidget(parent)
    , m_binding(std::move(binding))
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

    auto* layout = new QGridLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setHorizontalSpacing(4);
    layout->setVerticalSpacing(2);
    layout->setColumnMinimumWidth(0, fontMetrics().horizontalAdvance(tr("Learning rate")) + 8);
    layout->addWidget(name, 0, 0);
    layout->addWidget(editor, 0, 1);
    layout->addWidget(m_reset, 0, 2);
    layout->addWidget(m_explanation, 1, 0, 1, 3);
    layout->setColumnStretch(1, 1);
    setChanged(false);
}

void RecipeField::setChanged(bool changed) {
    m_reset->setVisible(changed);
}

void RecipeField::setProblem(const QString& problem) {
    m_hasProblem = !problem.isEmpty();
    m_explanation->setAlarm(m_hasProblem);
    m_explanation->setText(m_hasProblem ? problem : m_binding.explanation);
}

void RecipeField::setExplanation(const QString& explanation) {
    m_binding.explanation = explanation;
    if (!m_hasProblem)
        m_explanation->setText(explanation);
}

Fold::Fold(const QString& title, QWidget* parent)
    : QWidget(parent)
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

void Fold::addWidget(QWidget* widget) {
    m_layout->addWidget(widget);
}

void Fold::setOpen(bool open) {
    m_button->setChecked(open);
    m_button->setArrowType(open ? Qt::DownArrow : Qt::RightArrow);
    m_button->setAccessibleDescription(open ? tr("open") : tr("folded"));
    m_body->setVisible(open);
}

} // namespace emend::ui
