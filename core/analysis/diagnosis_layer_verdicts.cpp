// SPDX-License-Identifier: GPL-3.0-or-later
// Keys, layers, and what the model makes of what was written.
#include "analysis/diagnosis_verdicts.h"
#include "editing/closed_form.h"
#include "editing/conflicts.h"

#include <algorithm>
#include <cmath>

namespace emend::links {

namespace {

using Neighbour = Evidence::Neighbour;
using When = Neighbour::When;

constexpr double enough_written = 0.5; // of the residual
constexpr double near_enough = 0.5;    // cosine from which on a paraphrase gets much of what was written
constexpr double likely = 0.2;         // of the object in a middle layer; or less when nothing is likelier
constexpr double pushed_down = 0.5;    // of that, what is left of it at the end
constexpr double rounding = 1e-4;      // of |h|: a residual that small is none

// How much a key lies on the line of the edit's: opposite keys are as much in the way as equal ones.
double nearness(const Neighbour& neighbour) {
    return std::abs(neighbour.cosine);
}

// Whether this neighbour can have taken something from the edit: one before it only when the algorithm keeps it.
bool takes_away(const Evidence& evidence, const Neighbour& neighbour) {
    return nearness(neighbour) >= near_parallel &&
           (neighbour.when != When::earlier || find_algorithm(evidence.recipe.algorithm).keeps_earlier_edits);
}

const Neighbour* in_the_way(const Evidence& evidence) {
    const Neighbour* worst = nullptr;
    for (const Neighbour& neighbour : evidence.neighbours)
        if (takes_away(evidence, neighbour) && (!worst || nearness(neighbour) > nearness(*worst)))
            worst = &neighbour;
    return worst;
}

// The algorithms that keep earlier edits, by name.
std::string keepers() {
    std::string names;
    for (const AlgorithmInfo& algorithm : algorithms())
        if (algorithm.keeps_earlier_edits)
            names += (names.empty() ? "" : ", ") + std::string(algorithm.id);
    return names;
}

struct Written {
    double whole = 0; // sums over the layers, of norms
    double asked = 0;
    double missed = 0;
    double alone = 0;                       // of asked, what the formula would write without any other edit
    double share = 0;                       // of the residual
    const Evidence::Layer* least = nullptr; // that wrote least of what it was asked for
};

double written_part(const LayerResidual& residual) {
    return residual.asked > 0 ? 1 - residual.missed / residual.asked : 1;
}

Written written_of(const Evidence& evidence) {
    Written sum;
    for (const Evidence::Layer& layer : evidence.layers) {
        sum.whole += layer.residual.whole;
        sum.asked += layer.residual.asked;
        sum.missed += layer.residual.missed;
        sum.alone += layer.residual.asked * layer.alone;
        if (!sum.least || written_part(layer.residual) < written_part(sum.least->residual))
            sum.least = &layer;
    }
    for (const DiagnosisLayer& layer : layers_of(evidence))
        sum.share += layer.share;
    return sum;
}

bool one_layer(const Evidence& evidence) {
    return writes_one_layer(find_algorithm(evidence.recipe.algorithm));
}

// The softness with which the key alone would get most of what was asked for: of its part s / (s + softness).
std::string lower_softness(double softness, double alone) {
    constexpr double most = 0.9;
    if (!(softness > 0) || !(alone > 0) || !(alone < most))
        return "lower the softness";
    const double reach = softness * alone / (1 - alone);
    return "lower the softness: " + number(reach * (1 - most) / most) + " instead of " + number(softness) +
           " would bring the key's share to " + percent(most);
}

// Why little was written, and what to change.
void blame_layers(const Evidence& evidence, const Written& written, DiagnosisVerdict& verdict) {
    const Recipe& recipe = evidence.recipe;
    const std::string layer = "layer " + std::to_string(written.least->residual.layer);
    const bool missed = written.missed > (1 - enough_written) * written.asked;
    if (!missed) {
        verdict.finding += "; the layers wrote what they were asked for, but it did not arrive at layer " +
                           std::to_string(evidence.layers.back().residual.layer);
        const bool several = recipe.layers.size() > 1;
        verdict.advice =
            several ? "write fewer layers, or let the last take more: another distribution" : "write another layer";
        verdict.setting = several ? "distribution" : "layers";
    } else if (written.alone < enough_written * written.asked) {
        verdict.finding +=
            "; " + layer + " wrote " + percent(written_part(written.least->residual)) + " of what it was asked for";
        const std::string softer = lower_softness(recipe.softness.value_or(0), written.least->alone);
        if (find_algorithm(recipe.algorithm).in_null_space) {
            verdict.finding += ": little of the key lies where this algorithm may write";
            verdict.advice = "raise the threshold of the null space, or " + softer;
            verdict.setting = "null_space_threshold";
        } else {
            verdict.finding += ": the softness of " + number(recipe.softness.value_or(0)) + " holds it back";
            verdict.advice = softer + (one_layer(evidence) ? "" : "; or let more layers share the change");
            verdict.setting = "softness";
        }
    } else {
        verdict.finding += ", though alone the edit would get " + percent(written.alone / written.asked) +
                           " of what was asked for: the keys of other edits are in the way";
        verdict.advice = "solve fewer edits together";
        verdict.setting = "batch";
    }
}

} // namespace

std::vector<DiagnosisLayer> layers_of(const Evidence& evidence) {
    std::vector<LayerResidual> residuals;
    for (const Evidence::Layer& layer : evidence.layers)
        residuals.push_back(layer.residual);
    const auto shares = residual_shares(residuals, evidence.own_values);
    std::vector<DiagnosisLayer> layers;
    for (std::size_t i = 0; i < residuals.size(); ++i) {
        const bool read_again = !evidence.own_values && i + 1 < residuals.size();
        layers.push_back({.layer = residuals[i].layer,
                          .residual = residuals[i].whole,
                          .left = read_again ? residuals[i + 1].whole : residuals[i].missed,
                          .share = shares.at(residuals[i].layer)});
    }
    return layers;
}

Verdict key_edits(const Evidence& evidence) {
    if (evidence.layers.empty())
        return {};
    DiagnosisVerdict verdict{.check = "key-edits",
                             .ok = true,
                             .value = Evidence::unknown,
                             .bound = near_parallel,
                             .finding = "there is no other edit whose key could be in the way",
                             .advice = {},
                             .setting = "batch"};
    if (const Neighbour* other = in_the_way(evidence)) {
        verdict.ok = false;
        verdict.value = other->cosine;
        verdict.finding = other->name + " asks for nearly the " + (other->cosine < 0 ? "opposite" : "same") +
                          " key (cosine " + number(other->cosine) + ")" +
                          (other->when == When::later     ? " and was written after this one, over it"
                           : other->when == When::earlier ? " and is kept by this algorithm"
                                                          : ", and the two share one answer");
        if (other->when == When::together) {
            verdict.advice = other->same_subject ? "merge the edits of one subject, or solve them one after another"
                                                 : "solve them one after another, or write their subjects differently";
            verdict.setting = other->same_subject ? "merge_subjects" : "batch";
        } else if (other->when == When::later) {
            verdict.advice = "take one of the two out, or put both in one batch with merged subjects";
            verdict.setting = other->same_subject ? "merge_subjects" : "algorithm";
        } else {
            verdict.advice = "take the earlier edit out, or use an algorithm that does not keep it";
            verdict.setting = "algorithm";
        }
        return verdict;
    }
    const auto nearest = std::ranges::max_element(evidence.neighbours, {}, nearness);
    if (nearest != evidence.neighbours.end()) {
        verdict.value = nearest->cosine;
        verdict.finding = "the nearest key is that of " + nearest->name + " (cosine " + number(nearest->cosine) + ")" +
                          (nearness(*nearest) >= near_parallel ? ", which was written before this one" : "");
    }
    return verdict;
}

Verdict condition(const Evidence& evidence) {
    if (evidence.layers.empty())
        return {};
    DiagnosisVerdict verdict{.check = "condition",
                             .ok = !(evidence.condition >= ill_conditioned),
                             .value = evidence.condition,
                             .bound = ill_conditioned,
                             .finding = "the condition of the system is " + number(evidence.condition),
                             .advice = {},
                             .setting = "softness"};
    if (!verdict.ok) {
        verdict.finding += ": some keys are nearly the same, and the answer is rounding";
        verdict.advice = "a softness above 0 steadies it";
    }
    return verdict;
}

Verdict layers(const Evidence& evidence) {
    if (evidence.layers.empty())
        return {};
    const Written written = written_of(evidence);
    DiagnosisVerdict verdict{.check = "layers",
                             .ok = true,
                             .value = written.share,
                             .bound = enough_written,
                             .finding = {},
                             .advice = {},
                             .setting = "softness"};
    if (written.whole <= rounding * evidence.state * static_cast<double>(evidence.layers.size())) {
        verdict.value = Evidence::unknown;
        verdict.finding = "the value asks for nothing that was not there";
        return verdict;
    }
    const bool several = evidence.layers.size() > 1;
    verdict.finding =
        (several ? "the layers wrote " : "the layer wrote ") + percent(written.share) + " of what the value asks for";
    verdict.ok = written.share >= enough_written;
    if (!verdict.ok)
        blame_layers(evidence, written, verdict);
    return verdict;
}

Verdict key_contexts(const Evidence& evidence) {
    if (evidence.layers.empty() || std::isnan(evidence.arrived))
        return {};
    const double written = written_of(evidence).share;
    DiagnosisVerdict verdict{.check = "key-contexts",
                             .ok = evidence.arrived >= enough_written || written < enough_written,
                             .value = evidence.arrived,
                             .bound = enough_written,
                             .finding = percent(evidence.arrived) + " of the value's change is there when the prompt " +
                                        "stands alone (cosine of its key with the mean over the contexts: " +
                                        number(evidence.context_cosine) + ")",
                             .advice = {},
                             .setting = "contexts"};
    if (!verdict.ok) {
        verdict.finding = "what was written belongs to another key: of the value's change only " +
                          percent(evidence.arrived) +
                          " is there when the prompt stands alone, whose key has a cosine of " +
                          number(evidence.context_cosine) + " with the mean over the contexts";
        verdict.advice = "use fewer or shorter contexts, or a layer whose keys hang less on what stands in front";
    }
    return verdict;
}

Verdict key_paraphrases(const Evidence& evidence) {
    if (evidence.paraphrases.empty() || evidence.layers.empty())
        return {};
    const auto farthest = std::ranges::min_element(evidence.paraphrases, {}, &Evidence::Paraphrase::cosine);
    const auto missing = std::ranges::count(evidence.paraphrases, false, &Evidence::Paraphrase::says_new);
    DiagnosisVerdict verdict{.check = "key-paraphrases",
                             .ok = farthest->cosine >= near_enough,
                             .value = farthest->cosine,
                             .bound = near_enough,
                             .finding = "the paraphrase whose key is farthest is " + quoted(farthest->text) +
                                        " (cosine " + number(farthest->cosine) + ")",
                             .advice = {},
                             .setting = "contexts"};
    if (!verdict.ok) {
        verdict.finding += ": the edit will hardly reach it" +
                           (missing > 0 ? ", and " + std::to_string(missing) + " of " +
                                              std::to_string(evidence.paraphrases.size()) + " do not say the object"
                                        : std::string());
        verdict.advice = "add contexts, so that the key hangs less on one wording, or choose another layer";
    }
    return verdict;
}

Verdict overruled(const Evidence& evidence) {
    const std::vector<LensLayer>& lens = evidence.lens_then;
    const std::size_t from =
        static_cast<std::size_t>(evidence.recipe.layers.empty() ? 0 : evidence.recipe.layers.front());
    if (lens.size() < from + 2) // nothing comes after it
        return {};
    std::size_t peak = from;
    for (std::size_t layer = from; layer + 1 < lens.size(); ++layer)
        if (lens[layer].p_new > lens[peak].p_new)
            peak = layer;
    const double best = lens[peak].p_new;
    DiagnosisVerdict verdict{.check = "overruled",
                             .ok = true,
                             .value = lens.back().p_new,
                             .bound = pushed_down * best,
                             .finding = "the object's first token is likeliest at layer " + std::to_string(peak) +
                                        " (" + number(best) + ") and ends at " + number(lens.back().p_new),
                             .advice = {},
                             .setting = "layers"};
    const bool was_likely = best >= likely || (!lens[peak].top.empty() && best >= lens[peak].top.front().probability);
    if (evidence.then.says_new || !was_likely || lens.back().p_new >= verdict.bound)
        return verdict;
    std::size_t pusher = peak + 1;
    for (std::size_t layer = peak + 1; layer < lens.size(); ++layer)
        if (lens[layer - 1].p_new - lens[layer].p_new > lens[pusher - 1].p_new - lens[pusher].p_new)
            pusher = layer;
    verdict.ok = false;
    verdict.finding = "after layer " + std::to_string(peak) + " the object was likely (" + number(best) +
                      "), but layer " + std::to_string(pusher) + " pushes it down" +
                      (lens[pusher].top.empty() ? "" : " in favour of " + quoted(lens[pusher].top.front().piece)) +
                      ", and " + number(lens.back().p_new) + " is left at the end";
    verdict.advice = one_layer(evidence) ? "write a later layer, up to " + std::to_string(pusher) +
                                               ", or use an algorithm that writes several: EMMET or MEMIT"
                                         : "write layers up to " + std::to_string(pusher) + " as well";
    return verdict;
}

Verdict stale(const Evidence& evidence) {
    if (!evidence.stale)
        return {};
    return DiagnosisVerdict{.check = "stale",
                            .ok = false,
                            .value = Evidence::unknown,
                            .bound = Evidence::unknown,
                            .finding = "an earlier batch was switched or changed after this one was solved, which "
                                       "therefore stands on weights it does not know",
                            .advice = "solve it again on what is underneath it now",
                            .setting = "history"};
}

Verdict undone_later(const Evidence& evidence) {
    const bool undone = evidence.then.says_new && !evidence.now.says_new;
    DiagnosisVerdict verdict{.check = "undone-later",
                             .ok = !undone,
                             .value = evidence.now.p_new,
                             .bound = undone ? evidence.then.p_new : Evidence::unknown,
                             .finding = "no later batch took it back",
                             .advice = {},
                             .setting = "algorithm"};
    if (undone) {
        verdict.finding = "it held right after its batch (" + number(evidence.then.p_new) + ") and was undone by " +
                          (evidence.undone_by.empty() ? "a later batch" : quoted(evidence.undone_by)) + ": now " +
                          number(evidence.now.p_new);
        verdict.advice = "switch that batch off, or make it with an algorithm that keeps earlier edits: " + keepers();
    }
    return verdict;
}

} // namespace emend::links
