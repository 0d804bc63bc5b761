// SPDX-License-Identifier: GPL-3.0-or-later
// The fields most people leave alone: the search for the value, the statistics, the contexts.
#include "panels/recipe_form.h"

#include "emend/error.h"
#include "models/text_format.h"

#include <QRegularExpression>

#include <limits>

namespace emend::ui {

namespace {

QString tr(const char* text) {
    return RecipeForm::tr(text);
}

// Of the search: `member` of Recipe::values.
struct SearchNumber {
    const char* id;
    QString name;
    QString explanation;
    double ValueSearch::*member;
    double least, most, step;
    bool by_size = false;
};

void addSearchNumber(RecipeForm& form, Fold* fold, const SearchNumber& spec) {
    auto* box = new NumberBox(spec.least, spec.most, spec.step);
    if (spec.by_size)
        box->setLadder(sizeLadder(1e-6, spec.most).mid(spec.least > 0 ? 1 : 0));
    double ValueSearch::*const member = spec.member;
    form.add({.id = QString::fromLatin1(spec.id),
              .name = spec.name,
              .explanation = spec.explanation,
              .show = [=](const Recipe& recipe) { box->setValue(recipe.values.*member); },
              .read = [=](Recipe& recipe) { recipe.values.*member = box->value(); },
              .same = [=](const Recipe& a, const Recipe& b) { return a.values.*member == b.values.*member; },
              .copy = [=](Recipe& to, const Recipe& from) { to.values.*member = from.values.*member; }},
             box, fold);
}

void addNumber(RecipeForm& form, Fold* fold, const QString& id, const QString& name, const QString& explanation,
               double Recipe::*member, const QList<double>& ladder, const QString& none) {
    auto* box = new NumberBox(0, 1e9, 1);
    box->setLadder(none.isEmpty() ? ladder.mid(1) : ladder);
    box->setSpecialValueText(none);
    form.add({.id = id,
              .name = name,
              .explanation = explanation,
              .show = [=](const Recipe& recipe) { box->setValue(recipe.*member); },
              .read = [=](Recipe& recipe) { recipe.*member = box->value(); },
              .same = [=](const Recipe& a, const Recipe& b) { return a.*member == b.*member; },
              .copy = [=](Recipe& to, const Recipe& from) { to.*member = from.*member; }},
             box, fold);
}

void addFile(RecipeForm& form, Fold* fold, const QString& id, const QString& name, const QString& explanation,
             std::string Recipe::*member) {
    auto* line = new FileEdit(name);
    form.add({.id = id,
              .name = name,
              .explanation = explanation,
              .show =
                  [=](const Recipe& recipe) {
                      if (line->text() != fromStd(recipe.*member)) // not rewritten under the cursor
                          line->setText(fromStd(recipe.*member));
                  },
              .read = [=](Recipe& recipe) { recipe.*member = line->text().toStdString(); },
              .same = [=](const Recipe& a, const Recipe& b) { return a.*member == b.*member; },
              .copy = [=](Recipe& to, const Recipe& from) { to.*member = from.*member; }},
             line, fold);
}

// "5 x 10, 10 x 10": how many, how long.
std::vector<Contexts::Sample> parseSamples(const QString& typed) {
    static const QRegularExpression sample(QStringLiteral("^\\s*(\\d{1,9})\\s*[x×*]\\s*(\\d{1,9})\\s*$"));
    std::vector<Contexts::Sample> samples;
    for (const QString& part : typed.split(u',', Qt::SkipEmptyParts)) {
        const auto match = sample.match(part);
        if (!match.hasMatch())
            throw Error(tr("“%1” is not a number of texts and their length").arg(part.trimmed()).toStdString(),
                        "recipe: contexts.samples", tr("write 5 x 10: five texts of ten tokens").toStdString());
        samples.push_back({.length = match.captured(2).toInt(), .count = match.captured(1).toInt()});
    }
    return samples;
}

QString samplesText(const std::vector<Contexts::Sample>& samples) {
    QStringList parts;
    for (const Contexts::Sample& sample : samples)
        parts << QStringLiteral("%1 × %2").arg(sample.count).arg(sample.length);
    return parts.join(QStringLiteral(", "));
}

} // namespace

void addSearchFields(RecipeForm& form, Fold* fold) {
    QSpinBox* steps = countBox(1, 100'000, 5);
    form.add({.id = QStringLiteral("steps"),
              .name = tr("Steps"),
              .explanation = tr("Tries of the search for the new value"),
              .show = [steps](const Recipe& recipe) { steps->setValue(recipe.values.steps); },
              .read = [steps](Recipe& recipe) { recipe.values.steps = steps->value(); },
              .same = [](const Recipe& a, const Recipe& b) { return a.values.steps == b.values.steps; },
              .copy = [](Recipe& to, const Recipe& from) { to.values.steps = from.values.steps; }},
             steps, fold);
    for (const SearchNumber& number : std::initializer_list<SearchNumber>{
             {"learning_rate", tr("Learning rate"), tr("Length of one step; smaller is slower and steadier"),
              &ValueSearch::learning_rate, 1e-9, 100, 0.1, true},
             {"weight_decay", tr("Weight decay"), tr("Keeps the change small"), &ValueSearch::weight_decay, 0, 100, 0.1,
              true},
             {"clamp", tr("Clamp"), tr("Longest change, in lengths of the state itself"), &ValueSearch::clamp, 0.01,
              1000, 0.25},
             {"kl_factor", tr("KL factor"), tr("Weight of keeping what the subject is"), &ValueSearch::kl_factor, 0,
              100, 0.05},
             {"stop_loss", tr("Stop below"), tr("The search ends when its loss is below this"), &ValueSearch::stop_loss,
              0, 10, 0.01}})
        addSearchNumber(form, fold, number);
    QSpinBox* after = countBox(-1, 1000, 1);
    after->setSpecialValueText(tr("never"));
    form.add(
        {.id = QStringLiteral("steps_after_argmax"),
         .name = tr("Stop after"),
         .explanation = tr("Ends so many steps after the object has become the likeliest answer"),
         .show = [after](const Recipe& recipe) { after->setValue(recipe.values.steps_after_argmax.value_or(-1)); },
         .read =
             [after](Recipe& recipe) {
                 recipe.values.steps_after_argmax = after->value() < 0 ? std::nullopt : std::optional(after->value());
             },
         .same = [](const Recipe& a,
                    const Recipe& b) { return a.values.steps_after_argmax == b.values.steps_after_argmax; },
         .copy = [](Recipe& to, const Recipe& from) { to.values.steps_after_argmax = from.values.steps_after_argmax; }},
        after, fold);
}

void addStatisticsFields(RecipeForm& form, Fold* fold) {
    auto* use = new QCheckBox(tr("use them"));
    form.add({.id = QStringLiteral("use_statistics"),
              .name = tr("Statistics"),
              .explanation = tr("What other texts look up: spares their facts"),
              .show = [use](const Recipe& recipe) { use->setChecked(recipe.use_statistics); },
              .read = [use](Recipe& recipe) { recipe.use_statistics = use->isChecked(); },
              .same = [](const Recipe& a, const Recipe& b) { return a.use_statistics == b.use_statistics; },
              .copy = [](Recipe& to, const Recipe& from) { to.use_statistics = from.use_statistics; }},
             use, fold);
    addFile(form, fold, QStringLiteral("statistics_file"), tr("File"),
            tr("Collected before: .safetensors, or the reference's .npz; instead of a corpus"),
            &Recipe::statistics_file);
    addFile(form, fold, QStringLiteral("corpus"), tr("Corpus"),
            tr("Text to collect them from; automatic: corpus.txt in the model's folder"), &Recipe::corpus);
    constexpr int most = 2'000'000'000;
    QSpinBox* tokens = countBox(0, most, 10'000);
    tokens->setSpecialValueText(tr("automatic"));
    form.add({.id = QStringLiteral("statistics_tokens"),
              .name = tr("Tokens"),
              .explanation = tr("Text read for them; automatic: ten tokens per dimension"),
              .show =
                  [tokens](const Recipe& recipe) {
                      tokens->setValue(static_cast<int>(std::min<std::int64_t>(recipe.statistics_tokens, most)));
                  },
              .read = [tokens](Recipe& recipe) { recipe.statistics_tokens = tokens->value(); },
              .same = [](const Recipe& a, const Recipe& b) { return a.statistics_tokens == b.statistics_tokens; },
              .copy = [](Recipe& to, const Recipe& from) { to.statistics_tokens = from.statistics_tokens; }},
             tokens, fold);
    addNumber(form, fold, QStringLiteral("ridge"), tr("Ridge"), tr("Steadies them, in units of their mean"),
              &Recipe::ridge, sizeLadder(1e-8, 1), tr("none"));
    addNumber(form, fold, QStringLiteral("statistics_weight"), tr("Weight"), tr("They count so many times"),
              &Recipe::statistics_weight, sizeLadder(1e-4, 1e5), {});
    addNumber(form, fold, QStringLiteral("norm_weight"), tr("Norm weight"),
              tr("What the size of the change itself costs (ENCORE)"), &Recipe::norm_weight, sizeLadder(1e-6, 100),
              tr("none"));
}

void addContextFields(RecipeForm& form, Fold* fold) {
    auto* line = new QLineEdit;
    line->setPlaceholderText(tr("none"));
    form.add({.id = QStringLiteral("samples"),
              .name = tr("Texts"),
              .explanation = tr("What the model writes before the prompt: how many × tokens"),
              .show =
                  [line](const Recipe& recipe) {
                      try {
                          if (parseSamples(line->text()) == recipe.contexts.samples)
                              return;
                      } catch (const Error&) {
                          // Rewritten below.
                      }
                      line->setText(samplesText(recipe.contexts.samples));
                  },
              .read = [line](Recipe& recipe) { recipe.contexts.samples = parseSamples(line->text()); },
              .same = [](const Recipe& a, const Recipe& b) { return a.contexts.samples == b.contexts.samples; },
              .copy = [](Recipe& to, const Recipe& from) { to.contexts.samples = from.contexts.samples; }},
             line, fold);
    QSpinBox* seed = countBox(0, std::numeric_limits<int>::max(), 1);
    form.add({.id = QStringLiteral("seed"),
              .name = tr("Seed"),
              .explanation = tr("Of those texts: the same seed, the same texts"),
              .show =
                  [seed](const Recipe& recipe) {
                      seed->setValue(static_cast<int>(
                          std::min<std::uint64_t>(recipe.contexts.seed, std::numeric_limits<int>::max())));
                  },
              .read = [seed](Recipe& recipe) { recipe.contexts.seed = static_cast<std::uint64_t>(seed->value()); },
              .same = [](const Recipe& a, const Recipe& b) { return a.contexts.seed == b.contexts.seed; },
              .copy = [](Recipe& to, const Recipe& from) { to.contexts.seed = from.contexts.seed; }},
             seed, fold);
    // From a file only: shown so that one knows, and to be let go by the reset.
    auto* given = new QLineEdit;
    given->setReadOnly(true);
    form.add({.id = QStringLiteral("contexts"),
              .name = tr("Texts"),
              .explanation = tr("Given by the recipe's file; reset to let the model write its own"),
              .show =
                  [given](const Recipe& recipe) {
                      std::size_t count = 0;
                      for (const auto& group : recipe.contexts.groups)
                          count += group.size();
                      given->setText(tr("%1 given, in %2 groups").arg(count).arg(recipe.contexts.groups.size()));
                  },
              .read = [](Recipe&) {},
              .same = [](const Recipe& a, const Recipe& b) { return a.contexts.groups == b.contexts.groups; },
              .copy = [](Recipe& to, const Recipe& from) { to.contexts.groups = from.contexts.groups; }},
             given, fold);
}

} // namespace emend::ui
