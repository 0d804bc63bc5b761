// SPDX-License-Identifier: GPL-3.0-or-later
#include "panels/recipe_applies.h"

#include <QSet>

namespace emend::ui {

bool usesField(const Recipe& recipe, const QString& id) {
    const AlgorithmInfo& row = find_algorithm(recipe.algorithm);
    const bool formula = !row.fine_tunes;
    static const QSet<QString> always{QStringLiteral("algorithm"),    QStringLiteral("layers"),
                                      QStringLiteral("steps"),        QStringLiteral("learning_rate"),
                                      QStringLiteral("weight_decay"), QStringLiteral("stop_loss")};
    if (always.contains(id))
        return true;
    if (id == u"distribution" || id == u"weights") {
        return recipe.layers.size() > 1 && !writes_one_layer(row) &&
               (id == u"distribution" || find_distribution(recipe.distribution).takes_weights);
    }
    if (id == u"alpha")
        return row.stabilised;
    if (id == u"null_space_threshold")
        return row.in_null_space;
    if (id == u"largest_change")
        return row.fine_tunes;
    if (id == u"batch")
        return !row.one_at_a_time;
    if (id == u"merge_subjects")
        return formula && !row.one_at_a_time && recipe.batch != 1;
    // The null space is the statistics': without them there is none.
    if (id == u"use_statistics")
        return formula && !row.in_null_space;
    const bool statistics = formula && (recipe.use_statistics || row.in_null_space);
    if (id == u"statistics_file")
        return statistics;
    if (id == u"corpus" || id == u"statistics_tokens")
        return statistics && recipe.statistics_file.empty();
    if (id == u"ridge" || id == u"statistics_weight")
        return statistics && !row.in_null_space;
    if (id == u"norm_weight")
        return formula && !row.in_null_space;
    if (id == u"samples" || id == u"seed")
        return formula && recipe.contexts.groups.empty();
    if (id == u"contexts")
        return formula && !recipe.contexts.groups.empty();
    return formula; // softness, clamp, kl_factor, steps_after_argmax
}

bool sameMeaning(const QString& id, const AlgorithmInfo& a, const AlgorithmInfo& b) {
    if (id == u"softness")
        return a.default_softness == b.default_softness;
    if (id == u"clamp") // in lengths of a state; another state
        return a.value_at_mlp == b.value_at_mlp;
    // Fine-tuning steps over the matrix itself.
    return a.fine_tunes == b.fine_tunes || id == u"layers" || id == u"batch";
}

} // namespace emend::ui
