// SPDX-License-Identifier: GPL-3.0-or-later
// The fields everybody sees and how each is said; what they do together is in recipe_form.cpp.
#include "panels/layer_picker.h"
#include "panels/recipe_applies.h"
#include "panels/recipe_form.h"

#include "emend/error.h"
#include "models/text_format.h"

#include <QAbstractItemView>
#include <QRegularExpression>

namespace emend::ui {

namespace {

QString tr(const char* text) {
    return RecipeForm::tr(text);
}

QString text(std::string_view view) {
    return QString::fromUtf8(view.data(), static_cast<qsizetype>(view.size()));
}

bool saysLayers(const QString& said, const std::vector<int>& layers) {
    try {
        return parse_layers(said.toStdString()) == layers;
    } catch (const Error&) {
        return false;
    }
}

// A choice from one of core's tables; the member holds the row's id.
template<class Rows>
void addTable(RecipeForm& form, const QString& id, const QString& name, Rows rows, std::string Recipe::*member) {
    QComboBox* box = choiceBox();
    for (const auto& info : rows) {
        box->addItem(text(info.id), text(info.id));
        box->setItemData(box->count() - 1, text(info.explanation), Qt::ToolTipRole);
    }
    auto* delegate = new ExplainedRows(box);
    box->setItemDelegate(delegate);
    int width = 0;
    for (int row = 0; row < box->count(); ++row)
        width = std::max(width, delegate->sizeHint(QStyleOptionViewItem(), box->model()->index(row, 0)).width());
    box->view()->setMinimumWidth(width);
    box->setMaxVisibleItems(box->count());
    form.add({.id = id,
              .name = name,
              .explanation = QString(),
              .show = [=](const Recipe& recipe) { box->setCurrentIndex(box->findData(fromStd(recipe.*member))); },
              .read = [=](Recipe& recipe) { recipe.*member = box->currentData().toString().toStdString(); },
              .same = [=](const Recipe& a, const Recipe& b) { return a.*member == b.*member; },
              .copy = [=](Recipe& to, const Recipe& from) { to.*member = from.*member; }},
             box);
}

void addLayers(RecipeForm& form) {
    auto* line = new QLineEdit;
    line->setPlaceholderText(tr("5 or 3-8"));
    RecipeField* field =
        form.add({.id = QStringLiteral("layers"),
                  .name = tr("Layers"),
                  .explanation = QString(),
                  .show =
                      [line](const Recipe& recipe) {
                          // "1, 2" says the same as "1-2": it is not rewritten under the cursor.
                          if (!saysLayers(line->text(), recipe.layers))
                              line->setText(fromStd(layers_to_text(recipe.layers)));
                      },
                  .read = [line](Recipe& recipe) { recipe.layers = parse_layers(line->text().toStdString()); },
                  .same = [](const Recipe& a, const Recipe& b) { return a.layers == b.layers; },
                  .copy = [](Recipe& to, const Recipe& from) { to.layers = from.layers; }},
                 line);
    auto* picker = new LayerPicker;
    field->addBelow(picker);
    QObject::connect(&form, &RecipeForm::modelChanged, picker, &LayerPicker::setLayerCount);
    QObject::connect(&form, &RecipeForm::shown, picker, [picker](const Recipe& recipe) {
        picker->setOneOnly(writes_one_layer(find_algorithm(recipe.algorithm)));
        picker->showLayers(recipe.layers, written_layers(recipe));
    });
    QObject::connect(picker, &LayerPicker::layerHovered, &form, &RecipeForm::layerHovered);
    QObject::connect(&form, &RecipeForm::layerHighlighted, picker, &LayerPicker::highlightLayer);
    QObject::connect(picker, &LayerPicker::picked, &form, [&form](const std::vector<int>& layers) {
        form.change(QStringLiteral("layers"), [&](Recipe& recipe) { recipe.layers = layers; });
    });
}

std::vector<double> parseWeights(const QString& typed) {
    static const QRegularExpression between(QStringLiteral("[,;\\s]+"));
    std::vector<double> weights;
    for (const QString& part : typed.split(between, Qt::SkipEmptyParts)) {
        bool fine = false;
        weights.push_back(part.toDouble(&fine));
        if (!fine)
            throw Error(tr("“%1” is not a number").arg(part).toStdString(), "recipe: weights",
                        tr("write one number a layer, such as 1, 2, 1").toStdString());
    }
    return weights;
}

QString weightsText(const std::vector<double>& weights) {
    QStringList parts;
    for (const double weight : weights)
        parts << QString::number(weight, 'g', 6);
    return parts.join(QStringLiteral(", "));
}

void addWeights(RecipeForm& form) {
    auto* line = new QLineEdit;
    form.add({.id = QStringLiteral("weights"),
              .name = tr("Weights"),
              .explanation = tr("How much each layer takes, one number a layer, in any unit"),
              .show =
                  [line](const Recipe& recipe) {
                      try {
                          if (parseWeights(line->text()) == recipe.weights)
                              return;
                      } catch (const Error&) {
                          // Rewritten below.
                      }
                      line->setText(weightsText(recipe.weights));
                  },
              .read = [line](Recipe& recipe) { recipe.weights = parseWeights(line->text()); },
              .same = [](const Recipe& a, const Recipe& b) { return a.weights == b.weights; },
              .copy = [](Recipe& to, const Recipe& from) { to.weights = from.weights; }},
             line);
}

double softnessOf(const Recipe& recipe) {
    return recipe.softness.value_or(find_algorithm(recipe.algorithm).default_softness);
}

void addSoftness(RecipeForm& form) {
    const QList<double> ladder = sizeLadder(0.01, 1e6);
    auto* box = new NumberBox(0, 1e12, 1);
    box->setLadder(ladder);
    box->setSpecialValueText(tr("0 (exact)"));
    RecipeField* field =
        form.add({.id = QStringLiteral("softness"),
                  .name = tr("Softness"),
                  .explanation = tr("0 takes the edit exactly; more spares other facts"),
                  .show = [box](const Recipe& recipe) { box->setValue(softnessOf(recipe)); },
                  .read =
                      [box](Recipe& recipe) {
                          // Unset means the algorithm's own; it stays unset while the number says the same.
                          if (recipe.softness || box->value() != softnessOf(recipe))
                              recipe.softness = box->value();
                      },
                  .same = [](const Recipe& a, const Recipe& b) { return softnessOf(a) == softnessOf(b); },
                  .copy = [](Recipe& to, const Recipe& from) { to.softness = from.softness; }},
                 box);
    auto* slider = new LadderSlider(ladder);
    slider->setAccessibleName(tr("Softness, from exact to a million"));
    slider->setToolTip(tr("From exact (left) to a million, in steps of 1, 2, 5"));
    field->addBelow(slider);
    QObject::connect(&form, &RecipeForm::shown, slider,
                     [slider](const Recipe& recipe) { slider->showValue(softnessOf(recipe)); });
    QObject::connect(slider, &LadderSlider::chosen, &form, [&form](double value) {
        form.change(QStringLiteral("softness"), [value](Recipe& recipe) { recipe.softness = value; });
    });
}

void addAlpha(RecipeForm& form) {
    auto* box = new NumberBox(0, 1e9, 1);
    box->setLadder(sizeLadder(1e-4, 1e4));
    box->setSpecialValueText(tr("none"));
    form.add(
        {.id = QStringLiteral("alpha"),
         .name = tr("Alpha"),
         .explanation = tr("Steadies many edits whose keys are alike"),
         .show = [box](const Recipe& recipe) { box->setValue(recipe.alpha.value_or(0)); },
         .read =
             [box](Recipe& recipe) { recipe.alpha = box->value() > 0 ? std::optional(box->value()) : std::nullopt; },
         .same = [](const Recipe& a, const Recipe& b) { return a.alpha.value_or(0) == b.alpha.value_or(0); },
         .copy = [](Recipe& to, const Recipe& from) { to.alpha = from.alpha; }},
        box);
}

void addNumber(RecipeForm& form, const QString& id, const QString& name, const QString& explanation,
               double Recipe::*member, const QList<double>& ladder, const QString& none = {}) {
    auto* box = new NumberBox(0, 1e9, 1);
    box->setLadder(ladder);
    box->setSpecialValueText(none);
    form.add({.id = id,
              .name = name,
              .explanation = explanation,
              .show = [=](const Recipe& recipe) { box->setValue(recipe.*member); },
              .read = [=](Recipe& recipe) { recipe.*member = box->value(); },
              .same = [=](const Recipe& a, const Recipe& b) { return a.*member == b.*member; },
              .copy = [=](Recipe& to, const Recipe& from) { to.*member = from.*member; }},
             box);
}

void addBatch(RecipeForm& form) {
    QSpinBox* box = countBox(0, 1'000'000, 1);
    form.add({.id = QStringLiteral("batch"),
              .name = tr("Batch"),
              .explanation = QString(),
              .show =
                  [box](const Recipe& recipe) {
                      const bool one = find_algorithm(recipe.algorithm).one_at_a_time;
                      box->setSpecialValueText(one ? tr("one by one") : tr("all together"));
                      box->setEnabled(!one);
                      box->setButtonSymbols(one ? QAbstractSpinBox::NoButtons : QAbstractSpinBox::UpDownArrows);
                      box->setValue(one ? 0 : recipe.batch);
                  },
              .read = [box](Recipe& recipe) { recipe.batch = box->value(); },
              .same = [](const Recipe& a, const Recipe& b) { return a.batch == b.batch; },
              .copy = [](Recipe& to, const Recipe& from) { to.batch = from.batch; }},
             box);
    auto* merge = new QCheckBox(tr("share one key"));
    form.add({.id = QStringLiteral("merge_subjects"),
              .name = tr("Same subject"),
              .explanation = tr("Edits of one subject in a batch get one key and one value"),
              .show = [merge](const Recipe& recipe) { merge->setChecked(recipe.merge_subjects); },
              .read = [merge](Recipe& recipe) { recipe.merge_subjects = merge->isChecked(); },
              .same = [](const Recipe& a, const Recipe& b) { return a.merge_subjects == b.merge_subjects; },
              .copy = [](Recipe& to, const Recipe& from) { to.merge_subjects = from.merge_subjects; }},
             merge);
}

} // namespace

void addMainFields(RecipeForm& form) {
    addTable(form, QStringLiteral("algorithm"), tr("Algorithm"), algorithms(), &Recipe::algorithm);
    addLayers(form);
    addTable(form, QStringLiteral("distribution"), tr("Distribution"), distributions(), &Recipe::distribution);
    addWeights(form);
    addSoftness(form);
    addAlpha(form);
    addNumber(form, QStringLiteral("null_space_threshold"), tr("Null space"),
              tr("Directions that texts use less than this are free to change"), &Recipe::null_space_threshold,
              sizeLadder(1e-6, 100));
    addNumber(form, QStringLiteral("largest_change"), tr("Largest change"),
              tr("No entry of the matrix moves by more than this"), &Recipe::largest_change, sizeLadder(1e-6, 1),
              tr("no bound"));
    addBatch(form);
}

} // namespace emend::ui
