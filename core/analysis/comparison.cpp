// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/comparison.h"

#include "text/subject_locator.h"

namespace emend {

Comparison compare_states(const Decoder& decoder, const Tokenizer& tokenizer, Ledger& ledger,
                          const ComparisonRequest& request, const JobContext& job) {
    const EditRequest& edit = request.edit;
    Comparison comparison;
    std::vector<PredictionQuery> queries;
    const auto add = [&](Comparison::Row::Kind kind, const std::string& prompt) {
        const bool is_template = prompt.find("{}") != std::string::npos;
        queries.push_back({is_template ? fill_template(prompt, edit.subject) : prompt, edit.object, edit.true_object});
        comparison.rows.emplace_back().kind = kind;
    };
    add(Comparison::Row::Kind::edit, edit.prompt);
    for (const auto& prompt : edit.paraphrases)
        add(Comparison::Row::Kind::paraphrase, prompt);
    for (const auto& prompt : edit.neighbours)
        add(Comparison::Row::Kind::neighbour, prompt);

    const auto ask = [&](const LedgerPosition& position, Prediction Comparison::Row::*side) {
        const AtPosition state(ledger, position);
        auto answers = predict(decoder, tokenizer, queries, request.top, job);
        for (std::size_t i = 0; i < answers.size(); ++i)
            comparison.rows[i].*side = std::move(answers[i]);
    };
    ask(request.before, &Comparison::Row::before);
    ask(request.after, &Comparison::Row::after);
    return comparison;
}

} // namespace emend
