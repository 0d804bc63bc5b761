// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/diagnosis_evidence.h"

#include "analysis/prediction.h"
#include "base/utf8.h"
#include "editing/conflicts.h"
#include "editing/contexts.h"
#include "editing/keys.h"
#include "text/subject_locator.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <utility>

namespace emend {

namespace {

using Neighbour = DiagnosisEvidence::Neighbour;
using When = Neighbour::When;

constexpr std::int64_t most_compared = 4096; // keys; beyond, whitening them takes too long for a look
constexpr std::size_t keys_at_once = 256;    // read between two reports

std::string name_of(const EditRequest& request) {
    return request.subject + " \u2192 " + request.object;
}

bool same_subject(const EditRequest& a, const EditRequest& b) {
    return trim_white_space(a.subject) == trim_white_space(b.subject);
}

// The nearer of two of a kind is kept, be it opposite.
void add_neighbour(DiagnosisEvidence& evidence, Neighbour neighbour) {
    const auto found = std::ranges::find(evidence.neighbours, neighbour.when, &Neighbour::when);
    if (found == evidence.neighbours.end())
        evidence.neighbours.push_back(std::move(neighbour));
    else if (std::abs(neighbour.cosine) > std::abs(found->cosine))
        *found = std::move(neighbour);
}

at::Tensor unit_columns(const at::Tensor& whitened) {
    return whitened / whitened.norm(2, {0}, true).clamp_min(1e-300);
}

// Cosines of whitened keys: key [d_k, 1] against keys [d_k, n] -> [n].
at::Tensor whitened_cosines(const Metric& metric, const at::Tensor& key, const at::Tensor& keys) {
    return at::matmul(unit_columns(metric.whiten(key)).t(), unit_columns(metric.whiten(keys))).squeeze(0).contiguous();
}

at::Tensor column(const at::Tensor& matrix, std::int64_t index) {
    return matrix.slice(1, index, index + 1);
}

std::vector<PreparedEdit> prepare_bare(const Tokenizer& tokenizer, std::span<const EditRequest> requests,
                                       int positions) {
    return prepare_edits(tokenizer, {requests.begin(), requests.end()}, {"{}"}, positions);
}

at::Tensor bare_keys(const EvidenceTools& tools, std::span<const EditRequest> requests, int layer,
                     const JobContext& job) {
    const std::vector<double> weights{1.0};
    const auto edits = prepare_bare(tools.tokenizer, requests, tools.decoder.config().positions);
    return read_keys(tools.decoder, edits, layer, weights, job).bare_keys;
}

Metric metric_at(const EvidenceTools& tools, const DiagnosisEvidence& evidence, int layer) {
    return metric_of(evidence.recipe, tools.metric, layer, tools.decoder.config().d_mlp);
}

// The edits of one solve: which column each is.
class Columns {
  public:
    Columns(const EvidenceTools& tools, std::span<const EditRequest> requests, const Recipe& recipe,
            const LayerStep& step)
        : first_(step.first_edit) {
        if (recipe.merge_subjects)
            units_ = units_by_subject(prepare_bare(tools.tokenizer, requests.subspan(step.first_edit, step.edits),
                                                   tools.decoder.config().positions));
    }
    [[nodiscard]] std::int64_t of(std::size_t edit) const {
        return static_cast<std::int64_t>(units_.empty() ? edit - first_ : units_[edit - first_]);
    }
    // The first edit of a column.
    [[nodiscard]] std::size_t edit(std::int64_t column) const {
        const auto unit = static_cast<std::size_t>(column);
        return first_ +
               (units_.empty() ? unit : static_cast<std::size_t>(std::ranges::find(units_, unit) - units_.begin()));
    }

  private:
    std::size_t first_;
    std::vector<std::size_t> units_;
};

bool covers(const LayerStep& step, std::size_t edit) {
    return step.first_edit <= edit && edit < step.first_edit + step.edits;
}

void read_layer(const Metric& metric, const LayerStep& step, std::int64_t place, DiagnosisEvidence& evidence) {
    const at::Tensor mean_key = column(step.keys, place);
    const at::Tensor key = step.bare_keys.defined() ? column(step.bare_keys, place) : mean_key;
    const at::Tensor residual = column(step.residual, place);
    const at::Tensor written = at::matmul(step.solution.left, at::matmul(step.solution.right, key));
    const double asked = residual.norm().item<double>();
    const double reach = (metric.whiten(mean_key) * metric.whiten(key)).sum().item<double>();
    const double softness = evidence.recipe.softness.value_or(0);
    evidence.layers.push_back({.residual = {.layer = step.layer,
                                            .whole = asked / step.share,
                                            .asked = asked,
                                            .missed = (residual - written).norm().item<double>()},
                               .alone = softness == 0 ? 1 : reach / (reach + softness)});
    evidence.condition = std::isnan(evidence.condition) ? step.solution.condition
                                                        : std::max(evidence.condition, step.solution.condition);
}

void read_value(const EditBatchResult& result, DiagnosisEvidence& evidence) {
    const ValueResult& value = result.values[evidence.edit];
    evidence.value.loss = value.loss;
    evidence.value.stopped_early = value.stopped_early;
    if (!value.init.defined()) { // fine-tuning
        double largest = 0;
        for (const LayerStep& step : result.steps)
            if (covers(step, evidence.edit))
                largest = std::max(largest, step.solution.right.abs().max().item<double>());
        evidence.value.change = largest;
        const double bound = evidence.recipe.largest_change;
        evidence.value.clamped = bound > 0 && largest >= bound * (1 - 1e-6);
        return;
    }
    evidence.state = value.init.norm().item<double>();
    evidence.value.change = evidence.state > 0 ? value.delta.norm().item<double>() / evidence.state : 0;
    evidence.value.clamped = value.clamped;
    evidence.value.probability = value.probability;
}

// The nearest keys of the batch's own edits at its first layer; of a large batch, those listed near the edit.
void read_own_batch(const EvidenceTools& tools, std::span<const EditRequest> requests, const EditBatchResult& result,
                    DiagnosisEvidence& evidence) {
    constexpr std::int64_t either_side = most_compared / 2;
    const int layer = evidence.layers.front().residual.layer;
    const auto place = static_cast<std::int64_t>(evidence.edit);
    at::Tensor key;
    std::vector<at::Tensor> keys;
    std::vector<std::pair<std::size_t, When>> others; // the edit of each column
    for (const LayerStep& step : result.steps) {
        const bool together = covers(step, evidence.edit);
        if (step.layer != layer ||
            (!together && std::abs(static_cast<std::int64_t>(step.first_edit) - place) > either_side))
            continue;
        const Columns columns(tools, requests, evidence.recipe, step);
        const std::int64_t own = together ? columns.of(evidence.edit) : -1;
        if (together)
            key = column(step.keys, own);
        const std::int64_t begin = std::max<std::int64_t>(0, own - either_side);
        const std::int64_t end = std::min(step.keys.size(1), begin + most_compared);
        for (std::int64_t i = begin; i < end; ++i) {
            if (i == own)
                continue;
            const std::size_t other = columns.edit(i);
            keys.push_back(column(step.keys, i));
            others.emplace_back(other, together ? When::together : other < evidence.edit ? When::earlier : When::later);
        }
    }
    if (keys.empty())
        return;
    const at::Tensor cosines = whitened_cosines(metric_at(tools, evidence, layer), key, at::cat(keys, 1));
    for (std::size_t i = 0; i < others.size(); ++i) {
        const auto [other, when] = others[i];
        add_neighbour(evidence, {.when = when,
                                 .name = "edit " + std::to_string(other + 1) + " (" + name_of(requests[other]) + ")",
                                 .same_subject = same_subject(requests[other], evidence.request),
                                 .cosine = cosines[static_cast<std::int64_t>(i)].item<double>()});
    }
}

// Reads the bare prompt where the value was to be.
void read_arrival(const EvidenceTools& tools, const EditBatchResult& result, DiagnosisEvidence& evidence,
                  const JobContext& job) {
    const int layer = evidence.recipe.layers.back();
    const ValueResult& value = result.values[evidence.edit];
    const double wanted = value.delta.norm().item<double>();
    if (!(wanted > 0))
        return;
    const auto contexts = flatten_contexts(evidence.recipe.contexts);
    const auto edits = prepare_edits(tools.tokenizer, {evidence.request}, contexts, tools.decoder.config().positions);
    const AlgorithmInfo& algorithm = find_algorithm(evidence.recipe.algorithm);
    const LayerKeys keys = read_keys(tools.decoder, edits, layer,
                                     context_weights(evidence.recipe.contexts, algorithm.grouped_contexts), job);
    const at::Tensor state =
        algorithm.value_at_mlp ? keys.bare_outputs : read_block_output(tools.decoder, edits, layer, job);
    evidence.arrived = 1 - (value.target - state.squeeze(1)).norm().item<double>() / wanted;
    evidence.context_cosine =
        whitened_cosines(metric_at(tools, evidence, layer), keys.bare_keys, keys.mean_keys).item<double>();
}

} // namespace

void read_tokens(const Tokenizer& tokenizer, DiagnosisEvidence& evidence) {
    const EditRequest& request = evidence.request;
    for (const std::int32_t id : encode_target(tokenizer, request.object))
        evidence.tokens.object.push_back(tokenizer.piece(id));
    const LocatedPrompt located =
        locate_subject(tokenizer, templatize(request.prompt, request.subject), request.subject);
    const auto text = [&](std::size_t begin, std::size_t end) {
        return begin < end ? std::string(trim_white_space(std::string_view(located.text).substr(begin, end - begin)))
                           : std::string();
    };
    const auto first = located.full.offsets[static_cast<std::size_t>(located.first_subject_token)];
    const auto last = located.full.offsets[static_cast<std::size_t>(located.last_subject_token)];
    evidence.tokens.before_subject = text(first.first, located.subject_begin_byte);
    evidence.tokens.after_subject = text(located.subject_end_byte, last.second);
}

void read_solve(const EvidenceTools& tools, std::span<const EditRequest> requests, const EditBatchResult& result,
                DiagnosisEvidence& evidence, const JobContext& job) {
    const NoGrad no_grad;
    evidence.recipe = result.recipe;
    evidence.own_values = find_distribution(result.recipe.distribution).own_values;
    read_value(result, evidence);
    for (const LayerStep& step : result.steps)
        if (step.residual.defined() && covers(step, evidence.edit))
            read_layer(metric_at(tools, evidence, step.layer), step,
                       Columns(tools, requests, evidence.recipe, step).of(evidence.edit), evidence);
    if (evidence.layers.empty())
        return;
    read_own_batch(tools, requests, result, evidence);
    read_arrival(tools, result, evidence, job);
}

void read_other_batches(const EvidenceTools& tools, std::span<const OtherBatch> others, DiagnosisEvidence& evidence,
                        const JobContext& job) {
    const NoGrad no_grad;
    if (evidence.layers.empty())
        return;
    std::map<std::pair<int, When>, std::vector<EditRequest>> found; // by layer that both write
    std::int64_t left = most_compared;
    for (const OtherBatch& other : others) {
        const std::vector<int>& theirs = other.report->recipe.layers;
        const auto common = std::ranges::find_if(
            evidence.recipe.layers, [&](int layer) { return std::ranges::find(theirs, layer) != theirs.end(); });
        if (common == evidence.recipe.layers.end())
            continue;
        for (const EditOutcome& outcome : other.report->edits)
            if (left-- > 0)
                found[{*common, other.when}].push_back(outcome.request);
    }
    const double all = static_cast<double>(most_compared - std::max<std::int64_t>(left, 0));
    std::size_t done = 0;
    for (const auto& [place, requests] : found) {
        const auto [layer, when] = place;
        const Metric metric = metric_at(tools, evidence, layer);
        const at::Tensor key = bare_keys(tools, {&evidence.request, 1}, layer, job);
        std::vector<at::Tensor> parts;
        const std::span<const EditRequest> theirs(requests);
        for (std::size_t begin = 0; begin < theirs.size(); begin += keys_at_once) {
            job.report({.phase = "diagnosis",
                        .fraction = static_cast<double>(done + begin) / all,
                        .seconds_left = -1,
                        .detail = {}});
            const auto some = theirs.subspan(begin, std::min(keys_at_once, theirs.size() - begin));
            parts.push_back(whitened_cosines(metric, key, bare_keys(tools, some, layer, job)));
        }
        done += requests.size();
        const at::Tensor cosines = at::cat(parts);
        const std::int64_t nearest = cosines.abs().argmax().item<std::int64_t>();
        const EditRequest& request = requests[static_cast<std::size_t>(nearest)];
        add_neighbour(evidence, {.when = when,
                                 .name = name_of(request) +
                                         (when == When::earlier ? " of an earlier batch" : " of a later batch"),
                                 .same_subject = same_subject(request, evidence.request),
                                 .cosine = cosines[nearest].item<double>()});
    }
}

void read_paraphrase_keys(const EvidenceTools& tools, DiagnosisEvidence& evidence, const JobContext& job) {
    const NoGrad no_grad;
    if (evidence.layers.empty())
        return;
    std::vector<EditRequest> requests;
    for (const std::string& paraphrase : evidence.request.paraphrases) {
        EditRequest request = evidence.request;
        request.prompt = paraphrase;
        if (find_problem(tools.tokenizer, request, tools.decoder.config().positions))
            continue; // it does not name the subject
        request.prompt = templatize(paraphrase, request.subject);
        requests.push_back(std::move(request));
    }
    if (requests.empty())
        return;
    const int layer = evidence.layers.front().residual.layer;
    const at::Tensor key = bare_keys(tools, {&evidence.request, 1}, layer, job);
    const at::Tensor cosines =
        whitened_cosines(metric_at(tools, evidence, layer), key, bare_keys(tools, requests, layer, job));
    for (std::size_t i = 0; i < requests.size(); ++i)
        evidence.paraphrases.push_back(
            {.text = query_of(requests[i]).prompt, .cosine = cosines[static_cast<std::int64_t>(i)].item<double>()});
}

void read_paraphrase_answers(const EvidenceTools& tools, DiagnosisEvidence& evidence, const JobContext& job) {
    const NoGrad no_grad;
    if (evidence.paraphrases.empty())
        return;
    std::vector<PredictionQuery> queries;
    for (const DiagnosisEvidence::Paraphrase& paraphrase : evidence.paraphrases)
        queries.push_back({.prompt = paraphrase.text, .object = evidence.request.object, .true_object = {}});
    const auto answers = predict(tools.decoder, tools.tokenizer, queries, 0, job);
    for (std::size_t i = 0; i < answers.size(); ++i)
        evidence.paraphrases[i].says_new = answers[i].says_new;
}

} // namespace emend
