// SPDX-License-Identifier: GPL-3.0-or-later
#include "panels/recipe_form.h"

#include "emend/error.h"
#include "models/text_format.h"
#include "panels/recipe_applies.h"

#include <QVBoxLayout>

#include <algorithm>

namespace emend::ui {

namespace {

// Rows of the distribution table that the form chooses by itself.
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

RecipeForm::RecipeForm(QWidget* parent)
    : QWidget(parent)
    , m_layout(new QVBoxLayout(this)) {
    m_layout->setContentsMargins(0, 0, 8, 0);
    m_layout->setSpacing(12);
    addMainFields(*this);
    addSearchFields(*this, addFold(tr("Search"), QStringLiteral("foldSearch")));
    addStatisticsFields(*this, addFold(tr("Statistics"), QStringLiteral("foldStatistics")));
    addContextFields(*this, addFold(tr("Contexts"), QStringLiteral("foldContexts")));
    m_layout->addStretch(1);
}

Fold* RecipeForm::addFold(const QString& title, const QString& name) {
    auto* fold = new Fold(title);
    fold->setObjectName(name);
    m_layout->addWidget(fold);
    m_folds << fold;
    return fold;
}

void RecipeForm::place(RecipeField* field, Fold* into) {
    if (into)
        into->addField(field);
    else
        m_layout->addWidget(field);
    connect(field, &RecipeField::resetRequested, this, [this, field] { reset(field); });
    m_fields << field;
    // What is dropped on a number is meant for the panel.
    for (QLineEdit* line : field->findChildren<QLineEdit*>())
        line->setAcceptDrops(qobject_cast<FileEdit*>(line) != nullptr);
}

void RecipeForm::setModel(const ModelInfo& model) {
    m_model = model;
    emit modelChanged(model.layers);
    resetAll();
}

void RecipeForm::resetAll() {
    if (!m_model)
        return;
    // The table's first algorithm is the one to begin with.
    m_default = default_recipe(*m_model, algorithms().front().id);
    m_recipe = m_mine = m_default;
    m_touched.clear();
    for (RecipeField* field : std::as_const(m_fields))
        field->setUnreadable({});
    showAll();
    emit recipeChanged();
}

void RecipeForm::setRecipe(const Recipe& recipe) {
    if (!m_model)
        return;
    m_default = default_recipe(*m_model, recipe.algorithm);
    m_recipe = m_mine = recipe;
    m_touched.clear();
    for (RecipeField* field : std::as_const(m_fields)) {
        field->setUnreadable({});
        if (field->id() != u"algorithm" && !field->binding().same(m_recipe, m_default))
            touched(field);
    }
    showAll();
    emit recipeChanged();
}

void RecipeForm::change(const QString& id, const std::function<void(Recipe&)>& change) {
    RecipeField* changed = field(id);
    if (!m_model || !changed)
        return;
    const std::vector<int> before = m_recipe.layers;
    change(m_recipe);
    changed->setUnreadable({});
    touched(changed);
    agree(before);
    showAll();
    emit recipeChanged();
}

RecipeField* RecipeForm::field(const QString& id) const {
    const auto found =
        std::find_if(m_fields.begin(), m_fields.end(), [&](const RecipeField* field) { return field->id() == id; });
    return found == m_fields.end() ? nullptr : *found;
}

void RecipeForm::touched(const RecipeField* field) {
    field->binding().copy(m_mine, m_recipe);
    m_touched[field->id()] = m_recipe.algorithm;
}

void RecipeForm::edited(RecipeField* field) {
    if (m_showing || !m_model)
        return;
    if (field->id() == u"algorithm") {
        changeAlgorithm();
        return;
    }
    const std::vector<int> before = m_recipe.layers;
    try {
        field->binding().read(m_recipe);
        field->setUnreadable({});
        touched(field);
        agree(before, field->id() == u"distribution");
    } catch (const Error& error) {
        field->setUnreadable(problemText(error));
    }
    showAll();
    emit recipeChanged();
}

// One layer has nothing to share, several need a way to; each of them a weight where weights are given.
void RecipeForm::agree(const std::vector<int>& layersBefore, bool refit) {
    if (m_recipe.layers.size() <= 1) {
        m_recipe.distribution = one;
    } else if (m_recipe.distribution == one) {
        const bool chosen = m_touched.contains(QStringLiteral("distribution")) && m_mine.distribution != one;
        m_recipe.distribution = chosen ? m_mine.distribution : several;
    }
    if (!find_distribution(m_recipe.distribution).takes_weights)
        return;
    const std::vector<double> old = m_recipe.weights;
    const bool misfit = refit && old.size() != m_recipe.layers.size();
    if (layersBefore == m_recipe.layers && !old.empty() && !misfit)
        return; // a wrong number of them, typed, is told and not corrected
    std::vector<double> weights;
    for (const int layer : m_recipe.layers) {
        const auto at =
            static_cast<std::size_t>(std::find(layersBefore.begin(), layersBefore.end(), layer) - layersBefore.begin());
        weights.push_back(old.size() == layersBefore.size() && at < old.size() ? old[at] : 1);
    }
    m_recipe.weights = std::move(weights);
}

void RecipeForm::reset(RecipeField* field) {
    if (field->id() == u"algorithm") {
        resetAll();
        return;
    }
    const std::vector<int> before = m_recipe.layers;
    field->setUnreadable({});
    field->binding().copy(m_recipe, m_default);
    m_touched.remove(field->id());
    agree(before);
    showAll();
    emit recipeChanged();
}

void RecipeForm::changeAlgorithm() {
    Recipe chosen;
    field(QStringLiteral("algorithm"))->binding().read(chosen);
    const AlgorithmInfo& row = find_algorithm(chosen.algorithm);
    m_default = default_recipe(*m_model, row.id);
    m_recipe = m_default;
    // In the order of the fields: layers come before what depends on them.
    for (RecipeField* field : std::as_const(m_fields)) {
        field->setUnreadable({});
        const auto from = m_touched.constFind(field->id());
        if (from == m_touched.constEnd() || !usesField(m_recipe, field->id()) ||
            !sameMeaning(field->id(), row, find_algorithm(*from)))
            continue;
        if (field->id() == u"layers" && writes_one_layer(row) && m_mine.layers.size() > 1)
            continue; // meant for an algorithm that writes several
        field->binding().copy(m_recipe, m_mine);
        if (field->id() == u"layers" || field->id() == u"distribution")
            agree(m_recipe.layers, true);
    }
    agree(m_recipe.layers, true);
    showAll();
    emit recipeChanged();
}

void RecipeForm::showAll() {
    m_showing = true;
    const bool otherAlgorithm = m_recipe.algorithm != algorithms().front().id;
    const AlgorithmInfo& row = find_algorithm(m_recipe.algorithm);
    m_changed = otherAlgorithm;
    for (RecipeField* field : std::as_const(m_fields)) {
        field->setUsed(usesField(m_recipe, field->id()) || field->id() == u"batch");
        if (!field->isUsed())
            field->setUnreadable({});
        if (!field->isUnreadable())
            field->binding().show(m_recipe);
        const bool differs = field->id() == u"algorithm" ? otherAlgorithm : !field->binding().same(m_recipe, m_default);
        m_changed = m_changed || differs || field->isUnreadable();
        field->setChanged(differs || field->isUnreadable());
    }
    field(QStringLiteral("algorithm"))->setExplanation(fromView(row.explanation));
    field(QStringLiteral("distribution"))
        ->setExplanation(fromView(find_distribution(m_recipe.distribution).explanation));
    field(QStringLiteral("layers"))
        ->setExplanation(writes_one_layer(row) ? tr("Where to write: one layer")
                                               : tr("Where to write: one, or a range as 3-8"));
    field(QStringLiteral("batch"))
        ->setExplanation(row.one_at_a_time ? tr("Each edit finds what the one before it left")
                                           : tr("Edits solved together; the next batch finds what the last one left"));
    emit shown(m_recipe);
    m_showing = false;
    validate();
    for (Fold* fold : std::as_const(m_folds))
        fold->refresh();
}

RecipeField* RecipeForm::fieldFor(const QString& setting) const {
    RecipeField* found = field(setting);
    if (!found)
        found = field(setting.section(u'.', -1));
    return found && found->isUsed() ? found : nullptr;
}

void RecipeForm::focusField(RecipeField& field) {
    for (QWidget* above = field.parentWidget(); above; above = above->parentWidget())
        if (auto* fold = qobject_cast<Fold*>(above))
            fold->setOpen(true);
    field.focusEditor();
}

// "recipe: values.steps" -> steps; "recipe: contexts, group 2" -> contexts.
RecipeField* RecipeForm::fieldOf(const QString& where) const {
    RecipeField* found = fieldFor(where.section(QStringLiteral(": "), -1).section(u',', 0, 0));
    return found ? found : field(QStringLiteral("algorithm"));
}

void RecipeForm::validate() {
    m_valid = true;
    for (RecipeField* field : std::as_const(m_fields)) {
        field->setProblem({});
        m_valid = m_valid && !field->isUnreadable();
    }
    try {
        check_recipe(m_recipe, *m_model);
    } catch (const Error& error) {
        m_valid = false;
        RecipeField* wrong = fieldOf(fromStd(error.where()));
        wrong->setProblem(problemText(error));
        wrong->setChanged(true);
    }
}

} // namespace emend::ui
