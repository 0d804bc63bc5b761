// SPDX-License-Identifier: GPL-3.0-or-later
// The trials in words and as CSV.
#include "models/text_format.h"
#include "models/trials_model.h"

#include <utility>

namespace emend::ui {

namespace {

QString faultOf(const TrialRow& row) {
    QString text = fromStd(row.problem);
    if (!row.where.empty())
        text += QStringLiteral(" (%1)").arg(fromStd(row.where));
    return row.hint.empty() ? text : QStringLiteral("%1: %2").arg(text, fromStd(row.hint));
}

constexpr int measured_columns = 12; // of the CSV, between the settings and the problem

} // namespace

QString TrialsModel::name(const Recipe& recipe) const {
    QStringList told{recipeText(recipe, Algorithm), tr("layers %1").arg(recipeText(recipe, Layers)),
                     recipeText(recipe, Distribution)};
    if (!find_algorithm(recipe.algorithm).fine_tunes)
        told << tr("softness %1").arg(recipeText(recipe, Softness));
    return told.join(QStringLiteral(", "));
}

QString TrialsModel::describe(int row) const {
    if (isUnedited(row))
        return tr("The weights as they are, without an edit: efficacy %1, paraphrases %2, neighbours %3, score %4")
            .arg(percent(m_unedited->efficacy), percent(m_unedited->paraphrase), percent(m_unedited->neighbourhood),
                 percent(m_unedited->score));
    QString text = name(shown(row));
    switch (state(row)) {
    case State::Waiting:
        return tr("%1: waits").arg(text);
    case State::Running:
        return tr("%1: running").arg(text);
    case State::Failed:
        return tr("%1: failed, %2").arg(text, faultOf(*result(row)));
    case State::Done:
    case State::Unedited:
        break;
    }
    const TrialRow& came = *result(row);
    if (row == best())
        text = tr("%1: the best so far").arg(text);
    QStringList layers;
    for (const LayerReport& layer : came.layers)
        layers << tr("layer %1 %2").arg(layer.layer).arg(formatProbability(layer.relative_norm));
    return text + u'\n' +
           tr("%1 edits held; p(new) %2, efficacy %3, paraphrases %4, neighbours %5, score %6")
               .arg(display(came, Held), formatProbability(came.p_new), display(came, Efficacy),
                    display(came, Paraphrases), display(came, Neighbours), display(came, Score)) +
           u'\n' +
           tr("|D|/|W|: %1; preservation %2, memorization error %3; %4")
               .arg(layers.join(QStringLiteral(", ")), display(came, Preservation), display(came, Memorization),
                    display(came, Seconds));
}

QString TrialsModel::skippedText() const {
    QStringList told;
    for (const SkippedRecipe& skipped : m_skipped)
        told << QStringLiteral("%1 - %2").arg(name(skipped.recipe), fromStd(skipped.reason));
    return told.join(QStringLiteral("; "));
}

QString TrialsModel::summary() const {
    QStringList told;
    if (m_best >= 0)
        told << tr("★ Best so far: %1").arg(name(shown(best())));
    else if (count(State::Done) > 0)
        told << tr("No recipe made an edit hold.");
    QStringList reasons;
    for (int row = 0; row < rowCount(); ++row)
        if (state(row) == State::Failed)
            reasons << QStringLiteral("%1 - %2").arg(recipeText(shown(row), Algorithm), faultOf(*result(row)));
    reasons.removeDuplicates();
    if (!reasons.isEmpty())
        told << tr("✗ Failed: %1").arg(reasons.join(QStringLiteral("; ")));
    if (!m_skipped.empty())
        told << tr("Left out: %1").arg(skippedText());
    return told.join(u'\n');
}

QStringList TrialsModel::csvSettings(const Recipe& recipe) const {
    return {recipeText(recipe, Algorithm), csvCell(recipeText(recipe, Layers)), recipeText(recipe, Distribution),
            csvCell(softnessOf(recipe))};
}

QString TrialsModel::toCsv() const {
    QString csv = QStringLiteral("algorithm,layers,distribution,softness,held,edits,p_new,efficacy,paraphrases,"
                                 "neighbours,score,relative_norm,preservation,memorization,seconds,"
                                 "relative_norm_by_layer,problem\n");
    const auto shares = [](const Scores& scores) {
        QStringList cells;
        for (const int column : {Efficacy, Paraphrases, Neighbours, Score}) {
            const auto known = share(scores, column);
            cells << (known ? csvCell(*known) : QString());
        }
        return cells;
    };
    const auto without = [&](const QStringList& settings, const QString& problem) {
        csv += settings.join(u',') + QString(measured_columns + 1, u',') + csvCell(problem) + u'\n';
    };
    if (m_unedited)
        csv += QStringLiteral("no edit,,,,,%1,,%2,,,,,,\n").arg(m_edits).arg(shares(*m_unedited).join(u','));
    for (int row = first(); row < rowCount(); ++row) {
        const TrialRow* came = result(row);
        if (state(row) != State::Done) {
            without(csvSettings(shown(row)), came ? faultOf(*came) : QString());
            continue;
        }
        QStringList layers;
        for (const LayerReport& layer : came->layers)
            layers << QStringLiteral("%1:%2").arg(layer.layer).arg(csvCell(layer.relative_norm));
        const QStringList cells =
            csvSettings(shown(row)) +
            QStringList{QString::number(came->held), QString::number(m_edits), csvCell(came->p_new)} +
            shares(came->scores) +
            QStringList{csvCell(came->relative_norm), csvCell(came->preservation), csvCell(came->memorization),
                        csvCell(came->seconds),       layers.join(u' '),           QString()};
        csv += cells.join(u',') + u'\n';
    }
    for (const SkippedRecipe& skipped : m_skipped)
        without(csvSettings(skipped.recipe), tr("left out: %1").arg(fromStd(skipped.reason)));
    return csv;
}

} // namespace emend::ui
