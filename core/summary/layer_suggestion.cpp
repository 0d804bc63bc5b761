// SPDX-License-Identifier: GPL-3.0-or-later
// The layers that a trace speaks for (emend/trace.h). The rule:
// - What counts is the mean effect at the subject's last token, layer by layer: there an edit reads its key. Attention
//   is nothing an edit changes, so its traces speak for no layer.
// - There is a site when the peak brings back at least a tenth of what the noise takes away (clean - corrupted), is
//   at least 0.01 in probability, and, over several facts, is more than two standard errors above nothing.
// - The site is the layers around the peak without a gap whose effect is at least half the peak. Of more than six, the
//   six in a row with the largest sum that hold the peak: MEMIT's site has five or six layers, and every further one
//   is one more matrix that is changed.
#include "emend/trace.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

namespace emend {
namespace {

constexpr double least_share = 0.1;   // of clean - corrupted
constexpr double least_effect = 0.01; // in probability
constexpr double standard_errors = 2;
constexpr double share_of_peak = 0.5;
constexpr std::ptrdiff_t most_layers = 6;

std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.2f", value);
    return text;
}

std::string facts_text(std::size_t facts) {
    return facts == 1 ? "one fact" : std::to_string(facts) + " facts";
}

// [first, last] around the peak.
std::pair<std::ptrdiff_t, std::ptrdiff_t> site_around(const std::vector<double>& effect, std::ptrdiff_t peak) {
    const auto at = [&](std::ptrdiff_t layer) { return effect[static_cast<std::size_t>(layer)]; };
    const auto end = static_cast<std::ptrdiff_t>(effect.size());
    const double bound = share_of_peak * at(peak);
    std::ptrdiff_t first = peak;
    std::ptrdiff_t last = peak;
    while (first > 0 && at(first - 1) >= bound)
        --first;
    while (last + 1 < end && at(last + 1) >= bound)
        ++last;
    if (last - first < most_layers)
        return {first, last};
    std::ptrdiff_t best = first;
    double most = -1;
    for (auto begin = std::max(first, peak - most_layers + 1); begin <= std::min(peak, last - most_layers + 1);
         ++begin) {
        const double sum = std::accumulate(effect.begin() + begin, effect.begin() + begin + most_layers, 0.0);
        if (sum > most) {
            most = sum;
            best = begin;
        }
    }
    return {best, best + most_layers - 1};
}

} // namespace

LayerSuggestion suggest_layers(const TraceAverage& average) {
    LayerSuggestion suggestion;
    const auto& role = average.roles[static_cast<std::size_t>(TokenRole::last_subject)];
    if (role.facts == 0 || role.mean.empty()) {
        suggestion.reason = "No fact was traced.";
        return suggestion;
    }
    const auto peak = std::ranges::max_element(role.mean) - role.mean.begin();
    suggestion.peak = static_cast<int>(peak);
    suggestion.effect = role.mean[static_cast<std::size_t>(peak)];
    const double taken = average.clean - average.corrupted;
    const double error = role.spread[static_cast<std::size_t>(peak)] / std::sqrt(static_cast<double>(role.facts));
    const std::string at_peak = "at the subject's last token layer " + std::to_string(peak) + " brings back " +
                                number(suggestion.effect) + " of the probability, more than any other";

    if (average.kind == TraceKind::attention)
        suggestion.reason = "Edits change the MLP, not attention: trace hidden states or the MLP to find their layers.";
    else if (taken < least_effect)
        suggestion.reason = "The noise takes nothing away that could be brought back: the probability is " +
                            number(average.clean) + " without it and " + number(average.corrupted) + " with it.";
    else if (suggestion.effect < std::max(least_effect, least_share * taken))
        suggestion.reason = "No layer stands out: " + at_peak + ", where the noise takes " + number(taken) + ".";
    else if (suggestion.effect <= standard_errors * error)
        suggestion.reason = "No layer stands out: " + at_peak + ", but facts differ by " +
                            number(role.spread[static_cast<std::size_t>(peak)]) + ". Trace more than " +
                            facts_text(role.facts) + ".";
    if (!suggestion.reason.empty())
        return suggestion;

    const auto [first, last] = site_around(role.mean, peak);
    for (auto layer = first; layer <= last; ++layer)
        suggestion.layers.push_back(static_cast<int>(layer));
    const double weakest = *std::min_element(role.mean.begin() + first, role.mean.begin() + last + 1);
    const std::string layers = first == last ? "layer " + std::to_string(first) + " alone"
                                             : "layers " + std::to_string(first) + " to " + std::to_string(last);
    suggestion.reason = "Of the " + number(taken) + " in probability that the noise takes away, layer " +
                        std::to_string(peak) + " brings back " + number(suggestion.effect) +
                        " at the subject's last token (" + facts_text(role.facts) + "). " +
                        (first == last ? "No neighbour brings back half of that, so: " + layers + "."
                                       : "Its neighbours in " + layers + " bring back " + number(weakest) +
                                             " or more, at least half of that.");
    return suggestion;
}

} // namespace emend
