// SPDX-License-Identifier: GPL-3.0-or-later
#include "edit_scores.h"

#include <algorithm>
#include <cmath>

namespace emend::cli {

namespace {

struct Share {
    std::size_t won = 0, all = 0;
    void add(bool wins) {
        won += wins ? 1 : 0;
        ++all;
    }
    [[nodiscard]] std::optional<double> value() const {
        return all > 0 ? std::optional(static_cast<double>(won) / static_cast<double>(all)) : std::nullopt;
    }
};

} // namespace

Scores score_edits(const EditReport& report, const std::vector<Comparison>& comparisons,
                   const std::function<std::size_t(const std::string&)>& tokens) {
    using Kind = Comparison::Row::Kind;
    Share efficacy, paraphrase, neighbourhood;
    for (std::size_t i = 0; i < report.edits.size(); ++i) {
        const EditOutcome& outcome = report.edits[i];
        if (!outcome.request.true_object)
            continue;
        const auto length = [&](const std::string& object) {
            return static_cast<double>(std::max<std::size_t>(1, tokens(object)));
        };
        const double length_new = length(outcome.request.object);
        const double length_true = length(*outcome.request.true_object);
        const auto mean_new = [&](const Prediction& p) { return std::log(p.p_new) / length_new; };
        const auto mean_true = [&](const Prediction& p) { return std::log(p.p_true.value_or(0)) / length_true; };
        efficacy.add(mean_new(outcome.after) > mean_true(outcome.after));
        if (i >= comparisons.size())
            continue;
        for (const Comparison::Row& row : comparisons[i].rows) {
            if (row.kind == Kind::paraphrase)
                paraphrase.add(mean_new(row.after) > mean_true(row.after));
            else if (row.kind == Kind::neighbour)
                neighbourhood.add(mean_true(row.after) > mean_new(row.after));
        }
    }
    Scores scores{.efficacy = efficacy.value(),
                  .paraphrase = paraphrase.value(),
                  .neighbourhood = neighbourhood.value(),
                  .score = {}};
    if (scores.efficacy && scores.paraphrase && scores.neighbourhood) {
        const double least = std::min({*scores.efficacy, *scores.paraphrase, *scores.neighbourhood});
        scores.score = least > 0 ? 3 / (1 / *scores.efficacy + 1 / *scores.paraphrase + 1 / *scores.neighbourhood) : 0;
    }
    return scores;
}

} // namespace emend::cli
