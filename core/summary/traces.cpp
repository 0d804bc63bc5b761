// SPDX-License-Identifier: GPL-3.0-or-later
// Names, roles of tokens, and averages over facts (emend/trace.h).
#include "emend/error.h"
#include "emend/trace.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

namespace emend {
namespace {

constexpr std::array<std::pair<TraceKind, std::string_view>, 3> kinds = {{
    {TraceKind::hidden, "hidden"},
    {TraceKind::mlp, "mlp"},
    {TraceKind::attention, "attention"},
}};

std::string text_of(const TraceResult& trace) {
    std::string text = std::string(to_text(trace.kind)) + ", " + std::to_string(trace.layers) + " layers";
    if (trace.kind != TraceKind::hidden)
        text += ", window " + std::to_string(trace.window);
    return text;
}

std::size_t size(int number) {
    return static_cast<std::size_t>(number);
}

void check(const TraceResult& trace, const TraceResult& first) {
    const std::string where = "\"" + trace.prompt + "\"";
    if (trace.kind != first.kind || trace.window != first.window || trace.layers != first.layers)
        throw Error("traces that are not alike have no average: " + text_of(trace) + ", where the first has " +
                        text_of(first),
                    where, "average traces of one model, kind and window");
    const bool whole = !trace.objects.empty() && !trace.tokens.empty() && trace.layers > 0 &&
                       trace.objects[0].effect.size() == trace.tokens.size() * size(trace.layers);
    if (!whole || std::ranges::any_of(trace.objects[0].effect, [](double effect) { return std::isnan(effect); }))
        throw Error("a trace that is not finished has no place in an average", where, "run it to its end");
}

// Indirect effect of one fact's tokens of a role, mean over them, [layers]; empty when it has none.
std::vector<double> effect_of_role(const TraceResult& trace, TokenRole role) {
    std::vector<double> effect(size(trace.layers));
    int tokens = 0;
    // Before the subject the noise is not seen, and nothing can be brought back: those tokens would only dilute.
    for (int token = trace.subject_first; std::cmp_less(token, trace.tokens.size()); ++token) {
        if (role_of(trace, token) != role)
            continue;
        ++tokens;
        for (int layer = 0; layer < trace.layers; ++layer)
            effect[size(layer)] += trace.effect(0, token, layer) - trace.objects[0].corrupted;
    }
    if (tokens == 0)
        return {};
    for (double& number : effect)
        number /= tokens;
    return effect;
}

// Mean and standard deviation over the facts.
TraceAverage::Role average(const std::vector<std::vector<double>>& facts, int layers) {
    TraceAverage::Role role;
    role.facts = facts.size();
    const auto count = static_cast<double>(facts.size());
    for (std::size_t layer = 0; layer < size(layers); ++layer) {
        double sum = 0;
        for (const auto& fact : facts)
            sum += fact[layer];
        const double mean = facts.empty() ? std::numeric_limits<double>::quiet_NaN() : sum / count;
        double squares = 0;
        for (const auto& fact : facts)
            squares += (fact[layer] - mean) * (fact[layer] - mean);
        role.mean.push_back(mean);
        role.spread.push_back(facts.size() > 1 ? std::sqrt(squares / (count - 1)) : 0.0);
    }
    return role;
}

} // namespace

std::string_view to_text(TraceKind kind) {
    return kinds[static_cast<std::size_t>(kind)].second;
}

TraceKind trace_kind_from(std::string_view text) {
    for (const auto& [kind, name] : kinds)
        if (name == text)
            return kind;
    throw Error("there is no kind of trace named \"" + std::string(text) + "\"", "kind",
                "use hidden, mlp or attention");
}

std::string_view to_text(TokenRole role) {
    constexpr std::array<std::string_view, token_roles> names = {"first subject token", "middle subject tokens",
                                                                 "last subject token",  "first token after",
                                                                 "further tokens",      "last token"};
    return names[static_cast<std::size_t>(role)];
}

TokenRole role_of(const TraceResult& trace, int token) {
    if (token == trace.subject_last)
        return TokenRole::last_subject;
    if (token == trace.subject_first)
        return TokenRole::first_subject;
    if (token > trace.subject_first && token < trace.subject_last)
        return TokenRole::middle_subject;
    if (std::cmp_equal(token + 1, trace.tokens.size()))
        return TokenRole::last;
    return token == trace.subject_last + 1 ? TokenRole::first_after : TokenRole::further;
}

TraceAverage average_traces(const std::vector<TraceResult>& traces) {
    if (traces.empty())
        throw Error("there is no trace to average", {}, "trace one fact or more");
    TraceAverage result;
    result.kind = traces[0].kind;
    result.window = traces[0].window;
    result.layers = traces[0].layers;
    result.facts = traces.size();
    for (const TraceResult& trace : traces) {
        check(trace, traces[0]);
        result.clean += trace.objects[0].clean / static_cast<double>(traces.size());
        result.corrupted += trace.objects[0].corrupted / static_cast<double>(traces.size());
    }
    for (int role = 0; role < token_roles; ++role) {
        std::vector<std::vector<double>> facts;
        for (const TraceResult& trace : traces)
            if (auto effect = effect_of_role(trace, static_cast<TokenRole>(role)); !effect.empty())
                facts.push_back(std::move(effect));
        result.roles.push_back(average(facts, result.layers));
    }
    return result;
}

} // namespace emend
