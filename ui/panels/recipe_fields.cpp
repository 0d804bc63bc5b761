// SPDX-License-Identifier: GPL-3.0-or-later
// Which fields the recipe has and how each is said; what they do together is in recipe_panel.cpp.
#include "panels/recipe_field.h"
#include "panels/recipe_panel.h"

#include "emend/error.h"
#include "models/text_format.h"

#include <QAction>
#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QLineEdit>
#include <QSpinBox>
#include <QStyle>
#include <QVBoxLayout>
#include <QWheelEvent>

namespace emend::ui {

namespace {

// Wheels scroll the panel; they must not change a number in passing.
template<class Base>
class Still : public Base {
  public:
    using Base::Base;

  protected:
    void wheelEvent(QWheelEvent* event) override {
        if (this->hasFocus())
            Base::wheelEvent(event);
        else
            event->ignore();
    }
};

QDoubleSpinBox* numberBox(double least, double most, double step, int decimals) {
    auto* box = new Still<QDoubleSpinBox>;
    box->setFocusPolicy(Qt::StrongFocus);
    box->setDecimals(decimals);
    box->setRange(least, most);
    box->setSingleStep(step);
    box->setKeyboardTracking(false);
    return box;
}

QSpinBox* countBox(int least, int most, int step) {
    auto* box = new Still<QSpinBox>;
    box->setFocusPolicy(Qt::StrongFocus);
    box->setRange(least, most);
    box->setSingleStep(step);
    box->setKeyboardTracking(false);
    return box;
}

QComboBox* choiceBox() {
    auto* box = new Still<QComboBox>;
    box->setFocusPolicy(Qt::StrongFocus);
    return box;
}

bool saysLayers(const QString& text, const std::vector<int>& layers) {
    try {
        return parse_layers(text.toStdString()) == layers;
    } catch (const Error&) {
        return false;
    }
}

QString text(std::string_view view) {
    return QString::fromUtf8(view.data(), static_cast<qsizetype>(view.size()));
}

} // namespace

template<class Editor>
RecipeField* RecipePanel::add(RecipeBinding binding, Editor* editor, QWidget* into) {
    auto* field = new RecipeField(std::move(binding), editor);
    if (auto* fold = qobject_cast<Fold*>(into))
        fold->addWidget(field);
    else
        m_formLayout->addWidget(field);
    connect(field, &RecipeField::resetRequested, this, [this, field] { reset(field); });
    const auto changed = [this, field] { edited(field); };
    if constexpr (std::is_base_of_v<QComboBox, Editor>)
        connect(editor, &QComboBox::currentIndexChanged, this, changed);
    else if constexpr (std::is_base_of_v<QLineEdit, Editor>)
        connect(editor, &QLineEdit::textChanged, this, changed);
    else if constexpr (std::is_base_of_v<QCheckBox, Editor>)
        connect(editor, &QCheckBox::toggled, this, changed);
    else
        connect(editor, &Editor::valueChanged, this, changed);
    m_fields << field;
    return field;
}

void RecipePanel::addNumber(const QString& id, const QString& name, const QString& explanation,
                            double ValueSearch::*member, double least, double most, double step, int decimals,
                            Fold* into) {
    QDoubleSpinBox* box = numberBox(least, most, step, decimals);
    add({.id = id,
         .name = name,
         .explanation = explanation,
         .show = [box, member](const Recipe& recipe) { box->setValue(recipe.values.*member); },
         .read = [box, member](Recipe& recipe) { recipe.values.*member = box->value(); },
         .same = [member](const Recipe& a, const Recipe& b) { return a.values.*member == b.values.*member; },
         .copy = [member](Recipe& to, const Recipe& from) { to.values.*member = from.values.*member; }},
        box, into);
}

void RecipePanel::addFile(const QString& id, const QString& name, const QString& explanation,
                          std::string Recipe::*member, Fold* into) {
    auto* line = new QLineEdit;
    line->setPlaceholderText(tr("automatic"));
    const QAction* browse = line->addAction(style()->standardIcon(QStyle::SP_DirOpenIcon), QLineEdit::TrailingPosition);
    connect(browse, &QAction::triggered, line, [line, name] {
        const QString file = QFileDialog::getOpenFileName(line->window(), name, line->text());
        if (!file.isEmpty())
            line->setText(file);
    });
    add({.id = id,
         .name = name,
         .explanation = explanation,
         .show =
             [line, member](const Recipe& recipe) {
                 if (line->text() != fromStd(recipe.*member)) // not rewritten under the cursor
                     line->setText(fromStd(recipe.*member));
             },
         .read = [line, member](Recipe& recipe) { recipe.*member = line->text().toStdString(); },
         .same = [member](const Recipe& a, const Recipe& b) { return a.*member == b.*member; },
         .copy = [member](Recipe& to, const Recipe& from) { to.*member = from.*member; }},
        line, into);
}

void RecipePanel::buildMain() {
    m_algorithm = choiceBox();
    for (const AlgorithmInfo& info : algorithms()) {
        m_algorithm->addItem(text(info.id), text(info.id));
        m_algorithm->setItemData(m_algorithm->count() - 1, text(info.explanation), Qt::ToolTipRole);
    }
    QComboBox* algorithm = m_algorithm;
    add({.id = QStringLiteral("algorithm"),
         .name = tr("Algorithm"),
         .explanation = QString(),
         .show =
             [algorithm](const Recipe& recipe) {
                 algorithm->setCurrentIndex(algorithm->findData(fromStd(recipe.algorithm)));
             },
         .read = [algorithm](Recipe& recipe) { recipe.algorithm = algorithm->currentData().toString().toStdString(); },
         .same = [](const Recipe& a, const Recipe& b) { return a.algorithm == b.algorithm; },
         .copy = [](Recipe& to, const Recipe& from) { to.algorithm = from.algorithm; }},
        algorithm);

    auto* layers = new QLineEdit;
    layers->setPlaceholderText(tr("5 or 3-8"));
    add({.id = QStringLiteral("layers"),
         .name = tr("Layers"),
         .explanation = QString(),
         .show =
             [layers](const Recipe& recipe) {
                 // "1, 2" says the same as "1-2": it is not rewritten under the cursor.
                 if (!saysLayers(layers->text(), recipe.layers))
                     layers->setText(fromStd(layers_to_text(recipe.layers)));
             },
         .read = [layers](Recipe& recipe) { recipe.layers = parse_layers(layers->text().toStdString()); },
         .same = [](const Recipe& a, const Recipe& b) { return a.layers == b.layers; },
         .copy = [](Recipe& to, const Recipe& from) { to.layers = from.layers; }},
        layers);

    QComboBox* distribution = choiceBox();
    for (const DistributionInfo& info : distributions()) {
        distribution->addItem(text(info.id), text(info.id));
        distribution->setItemData(distribution->count() - 1, text(info.explanation), Qt::ToolTipRole);
    }
    add({.id = QStringLiteral("distribution"),
         .name = tr("Distribution"),
         .explanation = QString(),
         .show =
             [distribution](const Recipe& recipe) {
                 distribution->setCurrentIndex(distribution->findData(fromStd(recipe.distribution)));
             },
         .read = [distribution](
                     Recipe& recipe) { recipe.distribution = distribution->currentData().toString().toStdString(); },
         .same = [](const Recipe& a, const Recipe& b) { return a.distribution == b.distribution; },
         .copy = [](Recipe& to, const Recipe& from) { to.distribution = from.distribution; }},
        distribution);

    QDoubleSpinBox* softness = numberBox(0, 1e9, 50, 2);
    softness->setSpecialValueText(tr("0 (exact)"));
    add({.id = QStringLiteral("softness"),
         .name = tr("Softness"),
         .explanation = tr("0 takes the edit exactly; more spares other facts"),
         .show =
             [softness](const Recipe& recipe) {
                 softness->setValue(recipe.softness.value_or(find_algorithm(recipe.algorithm).default_softness));
             },
         .read =
             [softness](Recipe& recipe) {
                 // Unset means the algorithm's own; it stays unset while the number says the same.
                 const double usual = find_algorithm(recipe.algorithm).default_softness;
                 if (recipe.softness || softness->value() != usual)
                     recipe.softness = softness->value();
             },
         .same =
             [](const Recipe& a, const Recipe& b) {
                 const auto value = [](const Recipe& r) {
                     return r.softness.value_or(find_algorithm(r.algorithm).default_softness);
                 };
                 return value(a) == value(b);
             },
         .copy = [](Recipe& to, const Recipe& from) { to.softness = from.softness; }},
        softness);
}

void RecipePanel::buildValues(Fold* fold) {
    QSpinBox* steps = countBox(1, 1000, 5);
    add({.id = QStringLiteral("steps"),
         .name = tr("Steps"),
         .explanation = tr("Tries of the search for the new value"),
         .show = [steps](const Recipe& recipe) { steps->setValue(recipe.values.steps); },
         .read = [steps](Recipe& recipe) { recipe.values.steps = steps->value(); },
         .same = [](const Recipe& a, const Recipe& b) { return a.values.steps == b.values.steps; },
         .copy = [](Recipe& to, const Recipe& from) { to.values.steps = from.values.steps; }},
        steps, fold);
    addNumber(QStringLiteral("learning_rate"), tr("Learning rate"),
              tr("Length of one step; smaller is slower and steadier"), &ValueSearch::learning_rate, 0.0001, 10, 0.1, 4,
              fold);
    addNumber(QStringLiteral("weight_decay"), tr("Weight decay"), tr("Keeps the change of the state small"),
              &ValueSearch::weight_decay, 0, 10, 0.1, 4, fold);
    addNumber(QStringLiteral("clamp"), tr("Clamp"), tr("Longest change, in lengths of the state itself"),
              &ValueSearch::clamp, 0.01, 1000, 0.25, 2, fold);
    addNumber(QStringLiteral("kl_factor"), tr("KL factor"), tr("Weight of keeping what the subject is"),
              &ValueSearch::kl_factor, 0, 10, 0.05, 4, fold);
    addNumber(QStringLiteral("stop_loss"), tr("Stop below"), tr("The search ends when its loss is below this"),
              &ValueSearch::stop_loss, 0, 10, 0.01, 3, fold);
}

void RecipePanel::buildKeys(Fold* fold) {
    auto* use = new QCheckBox(tr("use them"));
    add({.id = QStringLiteral("use_statistics"),
         .name = tr("Statistics"),
         .explanation = tr("What other texts look up: spares their facts"),
         .show = [use](const Recipe& recipe) { use->setChecked(recipe.use_statistics); },
         .read = [use](Recipe& recipe) { recipe.use_statistics = use->isChecked(); },
         .same = [](const Recipe& a, const Recipe& b) { return a.use_statistics == b.use_statistics; },
         .copy = [](Recipe& to, const Recipe& from) { to.use_statistics = from.use_statistics; }},
        use, fold);
    addFile(QStringLiteral("corpus"), tr("Corpus"),
            tr("Text to collect them from; automatic: the one in the model's folder"), &Recipe::corpus, fold);
    addFile(QStringLiteral("statistics_file"), tr("File"), tr("Statistics collected before, instead of a corpus"),
            &Recipe::statistics_file, fold);
    QSpinBox* tokens = countBox(0, 1'000'000'000, 10'000);
    tokens->setSpecialValueText(tr("automatic"));
    add({.id = QStringLiteral("statistics_tokens"),
         .name = tr("Tokens"),
         .explanation = tr("Text read for the statistics; automatic: ten tokens per dimension"),
         .show = [tokens](const Recipe& recipe) { tokens->setValue(static_cast<int>(recipe.statistics_tokens)); },
         .read = [tokens](Recipe& recipe) { recipe.statistics_tokens = tokens->value(); },
         .same = [](const Recipe& a, const Recipe& b) { return a.statistics_tokens == b.statistics_tokens; },
         .copy = [](Recipe& to, const Recipe& from) { to.statistics_tokens = from.statistics_tokens; }},
        tokens, fold);
    QDoubleSpinBox* ridge = numberBox(0, 1, 0.0001, 6);
    add({.id = QStringLiteral("ridge"),
         .name = tr("Ridge"),
         .explanation = tr("Steadies the statistics, in units of their mean"),
         .show = [ridge](const Recipe& recipe) { ridge->setValue(recipe.ridge); },
         .read = [ridge](Recipe& recipe) { recipe.ridge = ridge->value(); },
         .same = [](const Recipe& a, const Recipe& b) { return a.ridge == b.ridge; },
         .copy = [](Recipe& to, const Recipe& from) { to.ridge = from.ridge; }},
        ridge, fold);
    QSpinBox* seed = countBox(0, 1'000'000'000, 1);
    add({.id = QStringLiteral("seed"),
         .name = tr("Seed"),
         .explanation = tr("Of the texts that the model writes before the prompt"),
         .show = [seed](const Recipe& recipe) { seed->setValue(static_cast<int>(recipe.contexts.seed)); },
         .read = [seed](Recipe& recipe) { recipe.contexts.seed = static_cast<std::uint64_t>(seed->value()); },
         .same = [](const Recipe& a, const Recipe& b) { return a.contexts.seed == b.contexts.seed; },
         .copy = [](Recipe& to, const Recipe& from) { to.contexts.seed = from.contexts.seed; }},
        seed, fold);
}

} // namespace emend::ui
