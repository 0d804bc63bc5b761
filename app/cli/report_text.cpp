// SPDX-License-Identifier: GPL-3.0-or-later
#include "report_text.h"

#include "report_json.h"
#include "terminal.h"

#include <cmath>
#include <iostream>

namespace emend::cli {

namespace {

using Align = Table::Align;

std::string trimmed(const std::string& piece) {
    const std::size_t first = piece.find_first_not_of(' ');
    return first == std::string::npos ? in_quotes(piece) : one_line(piece.substr(first));
}

std::string seconds_text(double seconds) {
    return number_text(std::round(seconds * 1000) / 1000) + " s";
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

std::string answer_text(const Prediction& prediction) {
    if (prediction.top.empty())
        return "-";
    return trimmed(prediction.top.front().piece) + " " + probability_text(prediction.top.front().probability);
}

void print_report(const EditReport& report) {
    Table edits({{"edit"},
                 {"answer before"},
                 {"answer after"},
                 {"p(new) before", Align::right},
                 {"after", Align::right},
                 {"loss"}});
    for (const EditOutcome& outcome : report.edits) {
        const bool took =
            !outcome.after.top.empty() && begins_object(outcome.after.top.front().piece, outcome.request.object);
        std::string loss = "-";
        if (!outcome.loss.empty()) {
            loss = number_text(outcome.loss.front()) + " → " + number_text(outcome.loss.back()) + " in " +
                   std::to_string(outcome.loss.size()) + " steps" + (outcome.clamped ? ", clamped" : "");
        }
        edits.row({one_line(outcome.request.subject, 40) + " → " + one_line(outcome.request.object, 30),
                   answer_text(outcome.before),
                   {answer_text(outcome.after), took ? Style::good : Style::bad},
                   probability_text(outcome.before.p_new),
                   {probability_text(outcome.after.p_new), took ? Style::good : Style::bad},
                   {loss, Style::dim}});
    }
    edits.print();
    std::cout << '\n';

    Table layers({{"layer", Align::right},
                  {"|D|", Align::right},
                  {"|D|/|W|", Align::right},
                  {"rank", Align::right},
                  {"preservation", Align::right},
                  {"memorization", Align::right}});
    for (const LayerReport& layer : report.layers) {
        layers.row({std::to_string(layer.layer), number_text(layer.update_norm), number_text(layer.relative_norm),
                    std::to_string(layer.rank), number_text(layer.preservation), number_text(layer.memorization)});
    }
    layers.print();
    std::cout << "  "
              << styled(report.recipe.algorithm + ", " + report.recipe.distribution + ", layers " +
                            layers_to_text(report.recipe.layers) + "; " + seconds_text(report.seconds.total) +
                            " (contexts " + seconds_text(report.seconds.contexts) + ", statistics " +
                            seconds_text(report.seconds.statistics) + ", values " +
                            seconds_text(report.seconds.values) + ", keys " + seconds_text(report.seconds.keys) +
                            ", solve " + seconds_text(report.seconds.solve) + ")",
                        Style::dim)
              << '\n';
}

void print_comparison(const std::vector<Comparison::Row>& rows, const EditRequest& edit) {
    using Kind = Comparison::Row::Kind;
    Table table({{"prompt"}, {"before"}, {"after"}, {"p(new) before", Align::right}, {"after", Align::right}});
    for (const Comparison::Row& row : rows) {
        const bool good = row.kind == Kind::neighbour ? unchanged(row) : turned(row, edit);
        table.row({one_line(row.before.prompt, 60),
                   answer_text(row.before),
                   {answer_text(row.after), good ? Style::good : Style::bad},
                   probability_text(row.before.p_new),
                   probability_text(row.after.p_new)});
    }
    table.print();
}

} // namespace emend::cli
