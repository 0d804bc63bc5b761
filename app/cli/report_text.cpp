// SPDX-License-Identifier: GPL-3.0-or-later
#include "report_text.h"

#include "report_json.h"
#include "terminal.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iostream>

namespace emend::cli {

namespace {

using Align = Table::Align;

std::string trimmed(const std::string& piece) {
    const std::size_t first = piece.find_first_not_of(' ');
    return first == std::string::npos ? in_quotes(piece) : one_line(piece.substr(first));
}

std::string two_digits(double value) {
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, "%.2f", value);
    return buffer;
}

std::string seconds_text(double seconds) {
    return number_text(std::round(seconds * 1000) / 1000) + " s";
}

std::string title(const EditRequest& request) {
    return one_line(request.subject, 40) + " → " + one_line(request.object, 30);
}

std::string count_of(std::size_t count, std::size_t all) {
    return std::to_string(count) + " of " + std::to_string(all);
}

void print_edits(const std::vector<const EditOutcome*>& outcomes) {
    Table edits({{"edit"},
                 {"answer before"},
                 {"answer after"},
                 {"p(new) before", Align::right},
                 {"after", Align::right},
                 {"loss"}});
    for (const EditOutcome* outcome : outcomes) {
        const bool took = outcome->after.says_new;
        std::string loss = "-";
        if (!outcome->loss.empty()) {
            loss = number_text(outcome->loss.front()) + " → " + number_text(outcome->loss.back()) + " in " +
                   std::to_string(outcome->loss.size()) + " steps" + (outcome->clamped ? ", clamped" : "") +
                   (outcome->value_kept ? ", kept" : "");
        }
        edits.row({title(outcome->request),
                   answer_text(outcome->before),
                   {answer_text(outcome->after) + (took ? "" : ", does not hold"), took ? Style::good : Style::bad},
                   probability_text(outcome->before.p_new),
                   {probability_text(outcome->after.p_new), took ? Style::good : Style::bad},
                   {loss, Style::dim}});
    }
    edits.print();
}

void print_edit_summary(const std::vector<EditOutcome>& outcomes) {
    constexpr std::size_t worst = 5;
    double before = 0, after = 0;
    std::size_t said_before = 0, said_after = 0;
    std::vector<const EditOutcome*> order;
    for (const EditOutcome& outcome : outcomes) {
        before += outcome.before.p_new;
        after += outcome.after.p_new;
        said_before += outcome.before.says_new ? 1 : 0;
        said_after += outcome.after.says_new ? 1 : 0;
        order.push_back(&outcome);
    }
    const auto all = static_cast<double>(outcomes.size());
    const auto shown = static_cast<std::ptrdiff_t>(std::min(worst, order.size()));
    std::partial_sort(order.begin(), order.begin() + shown, order.end(),
                      [](const auto* a, const auto* b) { return a->after.p_new < b->after.p_new; });
    order.resize(static_cast<std::size_t>(shown));
    print_pairs({{"now say the new object",
                  count_of(said_after, outcomes.size()) + " edits (before: " + std::to_string(said_before) + ")"},
                 {"p(new), mean", probability_text(before / all) + " → " + probability_text(after / all)}});
    std::cout << "\n  the " << order.size() << " that took least (--verbose lists all)\n";
    print_edits(order);
}

void print_layers(const EditReport& report) {
    Table layers({{"layer", Align::right},
                  {"|D|", Align::right},
                  {"|D|/|W|", Align::right},
                  {"rank", Align::right},
                  {"of", Align::right},
                  {"condition", Align::right},
                  {"preservation", Align::right},
                  {"memorization", Align::right}});
    for (const LayerReport& layer : report.layers) {
        layers.row({std::to_string(layer.layer), number_text(layer.update_norm), number_text(layer.relative_norm),
                    std::to_string(layer.rank), std::to_string(layer.dimensions), number_text(layer.condition),
                    number_text(layer.preservation), number_text(layer.memorization)});
    }
    layers.print();
    std::cout << "  "
              << styled(
                     "preservation: harm to the rest, mean |D k|² over ordinary text; memorization: what was missed, "
                     "|R - D K|²; less is better",
                     Style::dim)
              << '\n';
}

void print_kept_values(const std::vector<EditOutcome>& outcomes) {
    const auto kept = static_cast<std::size_t>(
        std::ranges::count_if(outcomes, [](const EditOutcome& outcome) { return outcome.value_kept; }));
    if (kept > 0)
        std::cout << "  values kept for " << count_of(kept, outcomes.size())
                  << " edits: " << (kept == outcomes.size() ? "solved without searching" : "the others were searched")
                  << '\n';
}

// Edits are counted from 1, as in warnings.
void print_conflicts(const EditReport& report) {
    constexpr std::size_t shown = 5;
    for (std::size_t i = 0; i < std::min(shown, report.conflicts.size()); ++i) {
        const EditConflict& conflict = report.conflicts[i];
        std::string why = conflict.same_subject ? "same subject" : "keys nearly the same";
        if (!std::isnan(conflict.cosine))
            why += ", " + two_digits(conflict.cosine);
        const std::string text = "edits " + std::to_string(conflict.first + 1) + " and " +
                                 std::to_string(conflict.second + 1) + " are in each other's way (" + why +
                                 "): " + (conflict.same_subject ? "--merge-subjects or --batch 1" : "--batch 1");
        std::cout << "  " << styled(text, Style::bad) << '\n';
    }
    if (report.conflicts.size() > shown)
        std::cout << "  and " << report.conflicts.size() - shown << " more pairs (--json lists them)\n";
}

} // namespace

void print_heading(const std::string& text) {
    std::cout << styled(text, Style::bold) << '\n';
}

void print_pairs(const std::vector<std::pair<std::string, std::string>>& pairs) {
    Table table({{""}, {""}});
    for (const auto& [label, value] : pairs)
        table.row({{label, Style::dim}, value});
    table.print();
}

void print_top(const std::vector<TokenProbability>& top) {
    Table table({{"token"}, {"probability", Align::right}, {"id", Align::right}});
    for (const TokenProbability& token : top)
        table.row(
            {in_quotes(token.piece), probability_text(token.probability), {std::to_string(token.id), Style::dim}});
    table.print();
}

std::string layers_phrase(const std::vector<int>& layers) {
    return (layers.size() == 1 ? "layer " : "layers ") + layers_to_text(layers);
}

std::string answer_text(const Prediction& prediction) {
    if (prediction.top.empty())
        return "-";
    return trimmed(prediction.top.front().piece) + " " + probability_text(prediction.top.front().probability);
}

std::string recipe_text(const Recipe& recipe, bool with_distribution) {
    return recipe.algorithm + ", " + (with_distribution ? recipe.distribution + ", " : "") +
           layers_phrase(recipe.layers) +
           (recipe.softness.value_or(0) > 0 ? ", softness " + number_text(*recipe.softness) : "");
}

void print_report(const EditReport& report, bool all, const std::string& recipe) {
    if (all || report.edits.size() <= most_listed) {
        std::vector<const EditOutcome*> outcomes;
        for (const EditOutcome& outcome : report.edits)
            outcomes.push_back(&outcome);
        print_edits(outcomes);
    } else {
        print_edit_summary(report.edits);
    }
    std::cout << '\n';
    if (!report.layers.empty())
        print_layers(report);
    print_kept_values(report.edits);
    print_conflicts(report);
    std::cout << "  "
              << styled((recipe.empty() ? recipe_text(report.recipe, true) : recipe) + "; " +
                            seconds_text(report.seconds.total) + " (contexts " + seconds_text(report.seconds.contexts) +
                            ", statistics " + seconds_text(report.seconds.statistics) + ", values " +
                            seconds_text(report.seconds.values) + ", keys " + seconds_text(report.seconds.keys) +
                            ", solve " + seconds_text(report.seconds.solve) + ")",
                        Style::dim)
              << '\n';
}

LargestUpdate largest_update(const std::vector<LayerReport>& layers) {
    LargestUpdate largest;
    for (const LayerReport& layer : layers) {
        largest.norm = std::max(largest.norm, layer.update_norm);
        largest.relative = std::max(largest.relative, layer.relative_norm);
    }
    return largest;
}

void print_largest_note() {
    std::cout << "  " << styled("|D|, |D|/|W|: the largest over the layers", Style::dim) << '\n';
}

void print_verdict(const EditReport& report, const Scores& scores) {
    const std::size_t held = holding(report);
    const auto percent = [](const std::optional<double>& share) {
        return share ? number_text(std::round(1000 * *share) / 10) + " %" : std::string("-");
    };
    if (scores.paraphrase || scores.neighbourhood) {
        std::cout << "  efficacy " << percent(scores.efficacy) << ", paraphrases " << percent(scores.paraphrase)
                  << ", neighbourhood " << percent(scores.neighbourhood) << ", score " << percent(scores.score) << '\n';
    }
    std::cout << styled("  " + count_of(held, report.edits.size()) + (report.edits.size() == 1 ? " edit" : " edits") +
                            (held == 1 ? " holds" : " hold"),
                        held == report.edits.size() ? Style::good : Style::bad)
              << '\n';
}

void print_diagnosis(const EditReport& report, const Diagnosis& diagnosis) {
    print_heading("Why: " + title(report.edits[diagnosis.edit].request));
    std::cout << "  " << diagnosis.summary << '\n';
    for (const DiagnosisVerdict& verdict : diagnosis.verdicts) {
        std::cout << "  "
                  << (!verdict.judged ? styled("–", Style::dim)
                      : verdict.ok    ? styled("✓", Style::good)
                                      : styled("✗", Style::bad))
                  << ' ' << verdict.finding << '\n';
        if (!verdict.advice.empty())
            std::cout << "    → " << verdict.advice << '\n';
    }
}

void print_comparison_summary(const std::vector<Comparison>& comparisons) {
    using Kind = Comparison::Row::Kind;
    std::size_t paraphrases = 0, said = 0, neighbours = 0, kept = 0;
    for (const Comparison& comparison : comparisons)
        for (const Comparison::Row& row : comparison.rows) {
            if (row.kind == Kind::paraphrase) {
                ++paraphrases;
                said += turned(row) ? 1 : 0;
            } else if (row.kind == Kind::neighbour) {
                ++neighbours;
                kept += unchanged(row) ? 1 : 0;
            }
        }
    std::vector<std::pair<std::string, std::string>> pairs;
    if (paraphrases > 0)
        pairs.emplace_back("paraphrases that say the new object", count_of(said, paraphrases));
    if (neighbours > 0)
        pairs.emplace_back("neighbours that answer as before", count_of(kept, neighbours));
    print_pairs(pairs);
}

void print_comparison(const std::vector<Comparison::Row>& rows) {
    using Kind = Comparison::Row::Kind;
    Table table({{"prompt"}, {"before"}, {"after"}, {"p(new) before", Align::right}, {"after", Align::right}});
    for (const Comparison::Row& row : rows) {
        const bool good = row.kind == Kind::neighbour ? unchanged(row) : turned(row);
        table.row({one_line(row.before.prompt, 60),
                   answer_text(row.before),
                   {answer_text(row.after), good ? Style::good : Style::bad},
                   probability_text(row.before.p_new),
                   probability_text(row.after.p_new)});
    }
    table.print();
}

} // namespace emend::cli
