// SPDX-License-Identifier: GPL-3.0-or-later
#include "trial_report.h"

#include "base/csv_text.h"
#include "emend/trial_order.h"
#include "report_json.h"
#include "report_text.h"

#include <algorithm>
#include <cmath>
#include <ostream>

namespace emend::cli {

namespace {

std::string percent(const std::optional<double>& share) {
    return share ? number_text(std::round(1000 * *share) / 10) : "-";
}

std::string softness_text(const Recipe& recipe) {
    return recipe.softness ? number_text(*recipe.softness) : "-";
}

std::string held_text(const TrialRow& row, std::size_t edits) {
    return std::to_string(row.held) + " of " + std::to_string(edits);
}

Json row_json(const TrialRow& row) {
    Json json{{"recipe", to_json(row.recipe)}};
    if (!row.problem.empty()) {
        json["problem"] = row.problem;
        json["hint"] = row.hint;
        return json;
    }
    json.update(to_json(row.scores));
    json["held"] = row.held;
    json["p_new"] = row.p_new;
    json["relative_norm"] = row.relative_norm;
    json["preservation"] = row.preservation;
    json["memorization"] = row.memorization;
    json["layers"] = to_json(row.layers);
    json["seconds"] = row.seconds;
    json["values_kept"] = row.values_kept;
    return json;
}

bool same_scores(const Scores& a, const Scores& b) {
    return a.efficacy == b.efficacy && a.paraphrase == b.paraphrase && a.neighbourhood == b.neighbourhood;
}

// By what the best is the best, where the scores do not say.
std::string tie_text(const std::vector<TrialRow>& rows, const std::vector<std::size_t>& order) {
    if (order.size() < 2)
        return {};
    const TrialRow& best = rows[order[0]];
    const TrialRow& next = rows[order[1]];
    if (!next.problem.empty() || !same_scores(best.scores, next.scores) || best.held != next.held)
        return {};
    const bool preserved = std::ranges::all_of(
        rows, [](const TrialRow& row) { return !row.problem.empty() || std::isfinite(row.preservation); });
    return preserved ? "equal scores: the smaller preservation, which disturbs less, comes first"
                     : "equal scores: the smaller |D|/|W| comes first";
}

std::vector<Table::Cell> unedited_cells(const Scores& scores) {
    return {"(no edit)",
            "",
            "",
            "",
            percent(scores.score),
            percent(scores.efficacy),
            percent(scores.paraphrase),
            percent(scores.neighbourhood),
            "",
            "",
            "",
            "",
            "",
            ""};
}

} // namespace

std::string name_of(const Recipe& recipe) {
    return recipe.algorithm + ", " + recipe.distribution + ", " + layers_phrase(recipe.layers) +
           (recipe.softness ? ", softness " + number_text(*recipe.softness) : "");
}

std::string line_of(const TrialRow& row, std::size_t edits) {
    const std::string name = name_of(row.recipe);
    if (!row.problem.empty())
        return name + ": " + row.problem + (row.hint.empty() ? "" : "; " + row.hint);
    return name + ": " + held_text(row, edits) + " hold, " +
           (row.scores.score ? "score " + percent(row.scores.score) + " %, " : "") + number_text(row.seconds) + " s";
}

Json to_json(const TriedGrid& tried) {
    Json document{{"edits", tried.edits},
                  {"unedited", to_json(tried.unedited)},
                  {"rows", Json::array()},
                  {"best", best_first(tried.rows).front()},
                  {"skipped", Json::array()}};
    for (const TrialRow& row : tried.rows)
        document["rows"].push_back(row_json(row));
    for (const SkippedRecipe& one : tried.skipped)
        document["skipped"].push_back({{"recipe", to_json(one.recipe)}, {"reason", one.reason}});
    return document;
}

std::string rows_csv(const std::vector<TrialRow>& rows) {
    std::string text = "algorithm,distribution,layers,softness,efficacy,paraphrase,neighbourhood,score,held,p_new,"
                       "relative_norm,preservation,memorization,seconds,problem\n";
    for (const TrialRow& row : rows) {
        text += csv_field(row.recipe.algorithm) + ',' + csv_field(row.recipe.distribution) + ',' +
                csv_field(layers_to_text(row.recipe.layers)) + ',' + digits(row.recipe.softness) + ',';
        if (row.problem.empty())
            text += digits(row.scores.efficacy) + ',' + digits(row.scores.paraphrase) + ',' +
                    digits(row.scores.neighbourhood) + ',' + digits(row.scores.score) + ',' + std::to_string(row.held) +
                    ',' + digits(row.p_new) + ',' + digits(row.relative_norm) + ',' + digits(row.preservation) + ',' +
                    digits(row.memorization) + ',' + digits(row.seconds) + ",\n";
        else
            text += ",,,,,,,,,," + csv_field(row.problem) + '\n';
    }
    return text;
}

void print_tried(const TriedGrid& tried, std::ostream& out) {
    using Align = Table::Align;
    Table table({{"algorithm"},
                 {"distribution"},
                 {"layers"},
                 {"softness", Align::right},
                 {"score %", Align::right},
                 {"efficacy %", Align::right},
                 {"paraphrases %", Align::right},
                 {"neighbours %", Align::right},
                 {"hold", Align::right},
                 {"p(new)", Align::right},
                 {"|D|/|W|", Align::right},
                 {"preservation", Align::right},
                 {"memorization", Align::right},
                 {"s", Align::right}});
    table.row(unedited_cells(tried.unedited));
    const std::vector<std::size_t> order = best_first(tried.rows);
    for (const std::size_t i : order) {
        const TrialRow& row = tried.rows[i];
        if (!row.problem.empty())
            continue;
        table.row({row.recipe.algorithm,
                   row.recipe.distribution,
                   layers_to_text(row.recipe.layers),
                   softness_text(row.recipe),
                   {percent(row.scores.score), i == order.front() ? Style::good : Style::plain},
                   percent(row.scores.efficacy),
                   percent(row.scores.paraphrase),
                   percent(row.scores.neighbourhood),
                   held_text(row, tried.edits),
                   probability_text(row.p_new),
                   number_text(row.relative_norm),
                   number_text(row.preservation),
                   number_text(row.memorization),
                   number_text(std::round(row.seconds * 100) / 100)});
    }
    table.print(2, out);
    if (const std::string tie = tie_text(tried.rows, order); !tie.empty())
        out << "  " << styled(tie, Style::dim) << '\n';
    for (const TrialRow& row : tried.rows)
        if (!row.problem.empty())
            out << "  " << styled("not tried: " + line_of(row, tried.edits), Style::bad) << '\n';
    for (const SkippedRecipe& one : tried.skipped)
        out << "  passed over: " << name_of(one.recipe) << ": " << one.reason << '\n';
}

} // namespace emend::cli
