// SPDX-License-Identifier: GPL-3.0-or-later
#include "evaluation/scores.h"

#include "text/subject_locator.h"

#include <algorithm>
#include <cmath>

namespace emend {

namespace {

using Kind = Comparison::Row::Kind;

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

// What is asked, and of which request. Without a true object there is nothing to compare with: the edit's own prompt
// alone is asked.
struct Questions {
    std::vector<PredictionQuery> queries;
    std::vector<Kind> kinds;
    std::vector<std::size_t> requests;
};

Questions questions_about(const std::vector<EditRequest>& requests) {
    Questions questions;
    for (std::size_t i = 0; i < requests.size(); ++i)
        for (EditQuery& asked : queries_of(requests[i])) {
            if (asked.kind != Kind::edit && !requests[i].true_object)
                continue;
            questions.queries.push_back(std::move(asked.query));
            questions.kinds.push_back(asked.kind);
            questions.requests.push_back(i);
        }
    return questions;
}

} // namespace

double per_token(double product, std::size_t tokens) {
    return std::pow(product, 1 / static_cast<double>(std::max<std::size_t>(1, tokens)));
}

Scores scores_of(std::span<const ScoredAnswer> answers) {
    Share efficacy, paraphrase, neighbourhood;
    for (const ScoredAnswer& answer : answers) {
        switch (answer.kind) {
        case Kind::edit:
            efficacy.add(answer.p_new > answer.p_true);
            break;
        case Kind::paraphrase:
            paraphrase.add(answer.p_new > answer.p_true);
            break;
        case Kind::neighbour:
            neighbourhood.add(answer.p_true > answer.p_new);
            break;
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

Evaluation evaluate_edits(const Decoder& decoder, const Tokenizer& tokenizer, const std::vector<EditRequest>& requests,
                          const JobContext& job) {
    const Questions questions = questions_about(requests);
    const std::vector<Prediction> answers = predict(decoder, tokenizer, questions.queries, 0, job);
    Evaluation evaluation;
    std::vector<ScoredAnswer> scored;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const Prediction& answer = answers[i];
        const EditRequest& request = requests[questions.requests[i]];
        if (questions.kinds[i] == Kind::edit) {
            evaluation.held += answer.says_new ? 1 : 0;
            evaluation.p_new += answer.p_new / static_cast<double>(requests.size());
        }
        if (!request.true_object)
            continue;
        scored.push_back(
            {.kind = questions.kinds[i],
             .p_new = per_token(answer.p_new, encode_target(tokenizer, request.object).size()),
             .p_true = per_token(answer.p_true.value_or(0), encode_target(tokenizer, *request.true_object).size())});
    }
    evaluation.scores = scores_of(scored);
    return evaluation;
}

void check_evaluation(const Decoder& decoder, const Tokenizer& tokenizer, const std::vector<EditRequest>& requests) {
    check_queries(decoder, tokenizer, questions_about(requests).queries);
}

} // namespace emend
