// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/comparison.h"

#include "text/subject_locator.h"

namespace emend {

std::vector<EditQuery> queries_of(const EditRequest& edit) {
    using Kind = Comparison::Row::Kind;
    std::vector<EditQuery> queries;
    const auto add = [&](Kind kind, const std::string& prompt) {
        const bool is_template = prompt.find("{}") != std::string::npos;
        queries.push_back(
            {kind, {is_template ? fill_template(prompt, edit.subject) : prompt, edit.object, edit.true_object}});
    };
    add(Kind::edit, edit.prompt);
    for (const auto& prompt : edit.paraphrases)
        add(Kind::paraphrase, prompt);
    for (const auto& prompt : edit.neighbours)
        add(Kind::neighbour, prompt);
    return queries;
}

Comparison compare_states(const Decoder& decoder, const Tokenizer& tokenizer, Ledger& ledger,
                          const ComparisonRequest& request, const JobContext& job) {
    Comparison comparison;
    std::vector<PredictionQuery> queries;
    for (EditQuery& asked : queries_of(request.edit)) {
        queries.push_back(std::move(asked.query));
        comparison.rows.emplace_back().kind = asked.kind;
    }
    const auto ask = [&](const LedgerPosition& position, Prediction Comparison::Row::*side) {
        const AtPosition state(ledger, position);
        auto answers = predict(decoder, tokenizer, queries, request.top, job);
        for (std::size_t i = 0; i < answers.size(); ++i)
            comparison.rows[i].*side = std::move(answers[i]);
    };
    if (request.before != request.after)
        ask(request.before, &Comparison::Row::before);
    ask(request.after, &Comparison::Row::after);
    if (request.before == request.after) // one state, asked once
        for (Comparison::Row& row : comparison.rows)
            row.before = row.after;
    return comparison;
}

} // namespace emend
