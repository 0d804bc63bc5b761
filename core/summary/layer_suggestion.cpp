// SPDX-License-Identifier: GPL-3.0-or-later
// The layers that a trace speaks for (emend/trace.h). The rule:
// - What counts is the mean effect at the subject's last token, layer by layer: there an edit reads its key. Attention
//   is nothing an edit changes, so its traces speak for no layer.
// - There is a site when the peak brings back at least a tenth of what the noise takes away (clean - corrupted), is
//   at least 0.01 in probability, and, over several facts, is more than two standard errors above nothing.
// - The site is the layers around the peak without a gap whose effect is at least half the peak. Of more than six, the
//   six in a row with the largest sum that hold the peak: MEMIT's site has five or six layers, and every further one
//   is one more matrix that is changed.
// - Nothing can be read where the model does not say the object at all, nor where the subject ends the prompt: its last
//   token is then the one that answers, and what is put back there brings the answer back by itself.
#include "emend/trace.h"

#include <algorithm>
#include <cctype>
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

constexpr double unsure = 0.5; // below it the model itself has doubts

std::string formatted(const char* format, double value) {
    char text[32];
    std::snprintf(text, sizeof text, format, value);
    return text;
}

std::string probability(double value) {
    return value >= least_effect ? formatted("%.2f", value) : formatted("%.1g", value);
}

std::string percent(double share) {
    return formatted("%.0f %%", 100 * share);
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

std::string capital(std::string text) {
    text.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(text.front())));
    return text;
}

// "the probability falls from 0.90 to 0.10"
std::string fall_text(const TraceAverage& average) {
    return "the probability falls from " + probability(average.clean) + " to " + probability(average.corrupted);
}

std::string share_at_peak(const LayerSuggestion& suggestion, double taken) {
    return "layer " + std::to_string(suggestion.peak) + " brings back " + percent(suggestion.effect / taken) +
           " of what the noise takes away, at the subject's last token";
}

// Facts whose subject is followed by something.
std::size_t facts_that_go_on(const TraceAverage& average) {
    return average.roles[static_cast<std::size_t>(TokenRole::last)].facts;
}

// Why the trace shows no site; empty when it does.
std::string why_not(const TraceAverage& average, const LayerSuggestion& suggestion, double spread) {
    const double taken = average.clean - average.corrupted;
    const auto facts = average.roles[static_cast<std::size_t>(TokenRole::last_subject)].facts;
    if (average.kind == TraceKind::attention)
        return "Edits change the MLP, not attention: trace hidden states or the MLP to find their layers.";
    if (average.clean < least_effect && average.corrupted < least_effect)
        return "Nothing can be read here: the model does not say the object (probability " +
               probability(average.clean) + " without noise). Trace what it does say.";
    if (taken < least_effect)
        return "The noise takes nothing away that could be brought back: the probability is " +
               probability(average.clean) + " without it and " + probability(average.corrupted) + " with it.";
    if (facts_that_go_on(average) == 0)
        return "Nothing can be read here: the subject ends the prompt, so its last token is the one that answers, and "
               "what is put back there brings the answer back by itself. Use a prompt that goes on after the subject.";
    if (suggestion.effect < std::max(least_effect, least_share * taken))
        return "No layer stands out: even " + share_at_peak(suggestion, taken) + " (" + fall_text(average) + ").";
    const double error = spread / std::sqrt(static_cast<double>(facts));
    if (suggestion.effect <= standard_errors * error)
        return "No layer stands out: " + share_at_peak(suggestion, taken) + ", but facts differ by " +
               percent(spread / taken) + ". Trace more than " + facts_text(facts) + ".";
    return {};
}

// What should be known besides.
std::string caution(const TraceAverage& average) {
    std::string text;
    const std::size_t go_on = facts_that_go_on(average);
    if (go_on > 0 && go_on < average.facts)
        text += " In " + std::to_string(average.facts - go_on) + " of " + facts_text(average.facts) +
                " the subject ends the prompt, where any late layer brings the answer back.";
    if (average.clean >= least_effect && average.clean < unsure)
        text += " The model itself is not sure: it gives the object only " + probability(average.clean) +
                (average.facts == 1 ? "." : " on average.");
    return text;
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
    const double spread = role.spread[static_cast<std::size_t>(peak)];
    suggestion.reason = why_not(average, suggestion, spread);
    if (suggestion.reason.empty()) {
        const auto [first, last] = site_around(role.mean, peak);
        for (auto layer = first; layer <= last; ++layer)
            suggestion.layers.push_back(static_cast<int>(layer));
        const double weakest = *std::min_element(role.mean.begin() + first, role.mean.begin() + last + 1);
        suggestion.reason =
            capital(share_at_peak(suggestion, taken)) + " (" + facts_text(role.facts) + "; " + fall_text(average) +
            "). " +
            (first == last ? "No neighbour brings back half of that, so: layer " + std::to_string(first) + " alone."
                           : "Its neighbours in layers " + std::to_string(first) + " to " + std::to_string(last) +
                                 " bring back " + percent(weakest / taken) + " or more, at least half of that.");
    }
    suggestion.reason += caution(average);
    return suggestion;
}

} // namespace emend
