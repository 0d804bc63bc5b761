// SPDX-License-Identifier: GPL-3.0-or-later
// Traces for tests: one call each, and the straightforward way beside them.
#pragma once

#include "analysis/causal_trace.h"
#include "analysis/trace_noise.h"
#include "model_fixture.h"
#include "straightforward_trace.h"
#include "text/subject_locator.h"

#include <algorithm>
#include <cmath>

namespace emend::test {

inline TraceRequest trace_request(const char* subject, const char* prompt, std::vector<std::string> objects = {},
                                  TraceKind kind = TraceKind::hidden) {
    TraceRequest request;
    request.subject = subject;
    request.prompt = prompt;
    request.objects = std::move(objects);
    request.kind = kind;
    request.samples = 3; // enough to tell a mean from a sum
    return request;
}

inline TraceResult trace(const OpenModel& model, const TraceRequest& request, const TraceOptions& options = {}) {
    return trace_fact(model.decoder, model.tokenizer, request, {}, {}, options);
}

// Largest difference of any cell.
inline double difference(const std::vector<double>& a, const std::vector<double>& b) {
    double largest = a.size() == b.size() ? 0 : INFINITY;
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
        largest = std::isnan(a[i] - b[i]) ? INFINITY : std::max(largest, std::abs(a[i] - b[i]));
    return largest;
}

// One whole run of the model for every cell, with noise of our own, for the request's first object.
inline TraceObject straightforward(const OpenModel& model, const TraceRequest& request) {
    const LocatedPrompt prompt = locate_subject(model.tokenizer, request.prompt, request.subject);
    const int tokens = prompt.last_subject_token - prompt.first_subject_token + 1;
    const double sigma = request.noise ? *request.noise : default_noise(model.decoder.weights());
    const StraightforwardTrace plain{
        .decoder = model.decoder,
        .prompt = prompt.full.ids,
        .subject_first = prompt.first_subject_token,
        .noise = draw_noise(request.seed, sigma, request.samples, tokens, model.decoder.config().d_model),
        .object = encode_target(model.tokenizer, request.objects.at(0))};
    TraceObject result;
    const at::Tensor ends = plain.rows(TraceKind::hidden, 0, 0, 0);
    result.clean = ends[0].item<double>();
    result.corrupted = ends.slice(0, 1).mean().item<double>();
    const int layers = model.decoder.config().layers;
    for (int token = 0; std::cmp_less(token, prompt.full.ids.size()); ++token)
        for (int layer = 0; layer < layers; ++layer)
            result.effect.push_back(plain.cell(request.kind, token, layer, layers, request.window));
    return result;
}

} // namespace emend::test
