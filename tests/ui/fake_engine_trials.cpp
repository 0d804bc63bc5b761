// SPDX-License-Identifier: GPL-3.0-or-later
// The part of the fake engine that explains an edit and tries recipes: whether the edit holds decides its verdicts, and
// a recipe's softness decides whether it would hold.
#include "fake_engine.h"

#include "emend/error.h"

#include <algorithm>
#include <cmath>

namespace emend::test {

namespace {

std::string filled(const EditRequest& request) {
    std::string prompt = request.prompt;
    if (const std::size_t gap = prompt.find("{}"); gap != std::string::npos)
        prompt.replace(gap, 2, request.subject);
    return prompt;
}

// Above it a recipe of the trials does not hold.
constexpr double softest_that_holds = 50000;

LensLayer lensLayer(const std::string& answer, double p_new) {
    LensLayer layer;
    layer.top = {{1, " " + answer, 0.7}, {2, " the", 0.1}};
    layer.p_new = p_new;
    return layer;
}

std::vector<DiagnosisVerdict> verdictsOf(const EditRequest& request, bool holds) {
    std::vector<DiagnosisVerdict> verdicts{
        {"object-tokens", true, true, 1, 1, "“" + request.object + "” is one token.", {}, "object"},
        {"value", true, true, 0.98, 0.5, "With the value put in directly the object has 98 %.", {}, {}},
        {"layers", true, true, 0.99, 0.9, "99 % of the residual was written.", {}, {}},
        {"later-layers", true, true, 0.95, 0.5, "No later layer turns the answer away.", {}, {}}};
    if (!holds) {
        verdicts[2] = {"layers",
                       false,
                       true,
                       0.31,
                       0.9,
                       "Only 31 % of the residual was written.",
                       "Lower the softness so that the layers write more of it.",
                       "softness"};
        verdicts[0].ok = false;
        verdicts[0].finding = "“" + request.object + "” is three tokens.";
        verdicts[0].advice = "Try a shorter object.";
    }
    return verdicts;
}

} // namespace

Diagnosis FakeEngine::diagnose(std::uint64_t batch_id, std::size_t edit, const JobContext& job) {
    ++m_script->diagnoses;
    const LedgerEntry& of = entry(batch_id);
    work(m_script->diagnose_ms, job, "solving once more");
    if (m_script->fail_diagnose)
        throw Error("the edit could not be looked into", of.title, "apply the batch again");
    const EditOutcome& outcome = of.report->edits.at(edit);
    const Prediction now = predict(filled(outcome.request), outcome.request, factsAt({}));
    Diagnosis diagnosis;
    diagnosis.batch_id = batch_id;
    diagnosis.edit = edit;
    diagnosis.holds = now.says_new;
    diagnosis.verdicts = verdictsOf(outcome.request, now.says_new);
    if (of.stale)
        diagnosis.verdicts.push_back(
            {"stale", false, true, 0, 0, "An earlier batch was switched.", "Solve it again.", "history"});
    diagnosis.summary =
        now.says_new ? "The edit holds: nothing stands in its way." : "The layers wrote only 31 % of what was asked.";
    diagnosis.loss = outcome.loss;
    double left = 8;
    for (const LayerReport& layer : of.report->layers) {
        const double share = (now.says_new ? 0.99 : 0.31) / static_cast<double>(of.report->layers.size());
        diagnosis.layers.push_back({layer.layer, left, left - 8 * share, share});
        left -= 8 * share;
    }
    diagnosis.lens.tokens = {"The", " tower"};
    diagnosis.lens.token = 1;
    const std::string old = outcome.request.true_object.value_or("the");
    for (int layer = 0; layer < m_info.layers; ++layer) {
        const double depth = (layer + 1.0) / m_info.layers;
        diagnosis.lens.before.push_back(lensLayer(depth < 0.5 ? "the" : old, 0.002));
        diagnosis.lens.after.push_back(
            lensLayer(depth < 0.5 ? "the" : answerNow(now), now.says_new ? now.p_new * depth : 0.1 * depth));
    }
    return diagnosis;
}

std::string FakeEngine::answerNow(const Prediction& prediction) {
    const std::string& piece = prediction.top.front().piece;
    return piece.substr(piece.find_first_not_of(' '));
}

Scores FakeEngine::score(const std::vector<EditRequest>& requests, LedgerPosition at, const JobContext& job) {
    ++m_script->scorings;
    work(m_script->score_ms, job, "scoring");
    if (m_script->fail_score)
        throw Error("the edits could not be scored", {}, "free some memory");
    m_script->rows_scored = static_cast<int>(requests.size());
    const Facts facts = factsAt(at);
    double held = 0, asked = 0;
    bool paraphrases = false, neighbours = false;
    for (const EditRequest& request : requests) {
        if (!request.true_object)
            continue;
        ++asked;
        held += predict(filled(request), request, facts).says_new ? 1 : 0;
        paraphrases = paraphrases || !request.paraphrases.empty();
        neighbours = neighbours || !request.neighbours.empty();
    }
    Scores scores;
    if (asked == 0)
        return scores;
    scores.efficacy = held / asked;
    if (paraphrases)
        scores.paraphrase = 0.95 * held / asked;
    if (neighbours)
        scores.neighbourhood = 1 - 0.02 * held / asked;
    return scores;
}

TrialRow FakeEngine::trialOf(const Recipe& recipe, std::size_t edits) const {
    TrialRow row;
    row.recipe = recipe;
    const double softness = recipe.softness.value_or(find_algorithm(recipe.algorithm).default_softness);
    row.recipe.softness = softness;
    row.seconds = 0.5;
    row.values_kept = m_script->rows_tried > 0 ? edits : 0;
    if (find_algorithm(recipe.algorithm).fine_tunes) {
        row.problem = "the loss did not fall";
        row.where = recipe.algorithm;
        row.hint = "more steps, or a larger learning rate";
        return row;
    }
    const double strength = softest_that_holds / (softest_that_holds + softness);
    row.held = strength > 0.5 ? edits : 0;
    row.scores.efficacy = strength > 0.5 ? 1 : 0;
    row.scores.paraphrase = strength;
    row.scores.neighbourhood = 1 - 0.3 * strength * strength;
    row.scores.score = row.held == 0 ? 0 : 3 / (1 + 1 / strength + 1 / *row.scores.neighbourhood);
    row.p_new = strength;
    row.memorization = 4 * (1 - strength);
    const std::vector<int> layers = recipe.layers.empty() ? std::vector<int>{1} : recipe.layers;
    for (const int layer : layers) {
        LayerReport report;
        report.layer = layer;
        report.weight_norm = 40;
        report.update_norm = strength * (2 + 0.2 * layer) / static_cast<double>(layers.size());
        report.relative_norm = report.update_norm / report.weight_norm;
        report.preservation = 0.01 * report.update_norm;
        row.relative_norm = std::max(row.relative_norm, report.relative_norm);
        row.preservation += report.preservation;
        row.layers.push_back(report);
    }
    return row;
}

std::vector<TrialRow> FakeEngine::try_recipes(const std::vector<EditRequest>& requests,
                                              const std::vector<Recipe>& recipes, const JobContext& job,
                                              const std::function<void(const TrialRow&)>& on_row) {
    ++m_script->trials;
    std::vector<TrialRow> rows;
    for (const Recipe& recipe : recipes) {
        work(m_script->try_ms, job, "recipe " + std::to_string(rows.size() + 1));
        if (m_script->fail_trials)
            throw Error("the edits cannot be tried", requests.empty() ? "" : requests.front().subject,
                        "look at the marked rows");
        rows.push_back(trialOf(recipe, requests.size()));
        ++m_script->rows_tried;
        on_row(rows.back());
    }
    return rows;
}

} // namespace emend::test
