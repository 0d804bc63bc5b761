// SPDX-License-Identifier: GPL-3.0-or-later
#include "panels/recipe_panel.h"

#include "emend/error.h"
#include "models/text_format.h"
#include "panels/panel_parts.h"
#include "panels/recipe_field.h"

#include <QComboBox>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QVBoxLayout>

#include <algorithm>

namespace emend::ui {

namespace {

// Rows of the distribution table that the panel chooses by itself.
constexpr const char* one = "single";
constexpr const char* several = "spread";

QString fromView(std::string_view view) {
    return QString::fromUtf8(view.data(), static_cast<qsizetype>(view.size()));
}

QString problemText(const Error& error) {
    return error.hint().empty() ? fromStd(error.message())
                                : QStringLiteral("%1 - %2").arg(fromStd(error.message()), fromStd(error.hint()));
}

} // namespace

RecipePanel::RecipePanel(QWidget* parent)
    : QWidget(parent)
    , m_header(new PanelHeader(tr("Recipe")))
    , m_empty(new EmptyState(tr("No model yet"), tr("The recipe's defaults come from the model.")))
    , m_form(new QWidget)
    , m_formLayout(new QVBoxLayout(m_form)) {
    m_formLayout->setContentsMargins(0, 0, 8, 0);
    m_formLayout->setSpacing(12);
    buildMain();
    auto* values = new Fold(tr("Value search"));
    values->setObjectName(QStringLiteral("foldValues"));
    auto* keys = new Fold(tr("Keys and statistics"));
    keys->setObjectName(QStringLiteral("foldKeys"));
    buildValues(values);
    buildKeys(keys);
    m_formLayout->addWidget(values);
    m_formLayout->addWidget(keys);
    m_formLayout->addStretch(1);

    m_resetAll = new QPushButton(tr("Reset all"));
    m_resetAll->setObjectName(QStringLiteral("recipeResetAll"));
    m_resetAll->setProperty("quiet", true);
    connect(m_resetAll, &QPushButton::clicked, this, &RecipePanel::resetAll);
    m_header->addWidget(m_resetAll);

    auto* scroll = new QScrollArea;
    scroll->setWidget(m_form);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setFocusPolicy(Qt::NoFocus);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(8, 8, 4, 8);
    layout->setSpacing(8);
    layout->addWidget(m_header);
    layout->addWidget(m_empty, 1);
    layout->addWidget(scroll, 1);
    m_form->hide();
    m_resetAll->hide();
    scroll->hide();
    setMinimumWidth(fontMetrics().averageCharWidth() * 36);
}

void RecipePanel::setModel(const ModelInfo& model) {
    m_model = model;
    m_empty->hide();
    m_form->show();
    findChild<QScrollArea*>()->show();
    resetAll();
}

void RecipePanel::resetAll() {
    if (!m_model)
        return;
    // The table's first algorithm is the one to begin with.
    m_default = default_recipe(*m_model, algorithms().front().id);
    m_recipe = m_default;
    for (RecipeField* field : std::as_const(m_fields))
        field->setProblem({});
    showAll();
    emit recipeChanged();
}

RecipeField* RecipePanel::field(const QString& id) const {
    const auto found = std::find_if(m_fields.begin(), m_fields.end(),
                                    [&](const RecipeField* field) { return field->binding().id == id; });
    return found == m_fields.end() ? nullptr : *found;
}

void RecipePanel::edited(RecipeField* field) {
    if (m_showing || !m_model)
        return;
    if (field->binding().id == u"algorithm") {
        changeAlgorithm();
        return;
    }
    const bool oneLayer = m_recipe.layers.size() <= 1;
    try {
        field->binding().read(m_recipe);
        field->setProblem({});
    } catch (const Error& error) {
        field->setProblem(problemText(error));
    }
    // One layer has nothing to share; several need a way to.
    if (m_recipe.layers.size() <= 1)
        m_recipe.distribution = one;
    else if (oneLayer && m_recipe.distribution == one)
        m_recipe.distribution = several;
    showAll();
    emit recipeChanged();
}

void RecipePanel::reset(RecipeField* field) {
    if (field->binding().id == u"algorithm") {
        resetAll();
        return;
    }
    field->setProblem({});
    field->binding().copy(m_recipe, m_default);
    if (m_recipe.layers.size() <= 1)
        m_recipe.distribution = one;
    showAll();
    emit recipeChanged();
}

void RecipePanel::changeAlgorithm() {
    const Recipe oldDefault = m_default;
    const Recipe old = m_recipe;
    m_default = default_recipe(*m_model, m_algorithm->currentData().toString().toStdString());
    m_recipe = m_default;
    const bool oneLayerOnly = find_algorithm(m_recipe.algorithm).value_at_mlp;
    for (RecipeField* field : std::as_const(m_fields)) {
        const RecipeBinding& binding = field->binding();
        if (oneLayerOnly && old.layers.size() > 1 && (binding.id == u"layers" || binding.id == u"distribution"))
            continue; // meant for an algorithm that writes several
        if (binding.id != u"algorithm" && !field->hasProblem() && !binding.same(old, oldDefault))
            binding.copy(m_recipe, old);
    }
    if (m_recipe.layers.size() > 1 && m_recipe.distribution == one)
        m_recipe.distribution = several;
    showAll();
    emit recipeChanged();
}

void RecipePanel::showAll() {
    m_showing = true;
    bool changed = m_recipe.algorithm != algorithms().front().id;
    for (RecipeField* field : std::as_const(m_fields)) {
        if (!field->hasProblem())
            field->binding().show(m_recipe);
        const bool differs =
            field->binding().id == u"algorithm" ? changed : !field->binding().same(m_recipe, m_default);
        changed = changed || differs;
        field->setChanged(differs || field->hasProblem());
    }
    field(QStringLiteral("algorithm"))->setExplanation(fromView(find_algorithm(m_recipe.algorithm).explanation));
    field(QStringLiteral("layers"))
        ->setExplanation(find_algorithm(m_recipe.algorithm).value_at_mlp
                             ? tr("Where to write: the number of one layer")
                             : tr("Where to write: one layer, or a range such as 3-8"));
    RecipeField* distribution = field(QStringLiteral("distribution"));
    distribution->setVisible(m_recipe.layers.size() > 1);
    distribution->setExplanation(fromView(find_distribution(m_recipe.distribution).explanation));
    m_showing = false;
    m_resetAll->setVisible(changed);
    validate();
}

void RecipePanel::validate() {
    m_valid = std::none_of(m_fields.begin(), m_fields.end(), [](const RecipeField* f) { return f->hasProblem(); });
    if (!m_valid)
        return;
    try {
        check_recipe(m_recipe, *m_model);
    } catch (const Error& error) {
        m_valid = false;
        const QString where = fromStd(error.where());
        for (RecipeField* field : std::as_const(m_fields)) {
            if (where.endsWith(field->binding().id)) {
                field->setProblem(problemText(error));
                field->setChanged(true);
                return;
            }
        }
        field(QStringLiteral("algorithm"))->setProblem(problemText(error));
    }
}

} // namespace emend::ui
