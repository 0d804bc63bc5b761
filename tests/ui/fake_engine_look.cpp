// SPDX-License-Identifier: GPL-3.0-or-later
// Looking into a model that is none: the fact sits at the subject's last token in the middle layers, and is read at the
// last token further up. Told token by token, that one first.
#include "fake_engine.h"

#include "emend/error.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace emend::test {

namespace {

constexpr double corrupted = 0.06;

double bump(double distance, double width) {
    return std::exp(-distance * distance / (2 * width * width));
}

// Share of what the noise took that comes back; 0 to 1.
double restored(const TraceResult& trace, int token, int layer) {
    const double depth = (layer + 0.5) / trace.layers;
    const double site = bump(token - trace.subject_last, 0.5) * bump(depth - 0.45, 0.17);
    const bool last = token == static_cast<int>(trace.tokens.size()) - 1;
    const double read = last ? 1 / (1 + std::exp(-24 * (depth - 0.75))) : 0;
    switch (trace.kind) {
    case TraceKind::hidden:
        return std::min(1.0, 0.8 * site + read);
    case TraceKind::mlp:
        return 0.6 * site + 0.1 * read;
    case TraceKind::attention:
        return 0.1 * site + 0.7 * read * bump(depth - 0.85, 0.1);
    }
    return 0;
}

std::vector<int> bestFirst(const TraceResult& trace) {
    std::vector<int> order;
    for (int token = 0; token < static_cast<int>(trace.tokens.size()); ++token)
        order.push_back(token);
    std::rotate(order.begin(), order.begin() + trace.subject_last, order.end());
    return order;
}

} // namespace

TraceResult FakeEngine::trace(const TraceRequest& request, const JobContext& job,
                              const std::function<void(const TraceResult&)>& on_cells) {
    ++m_script->traces;
    work(0, job, "tracing");
    if (m_script->fail_trace)
        throw Error("the trace failed", "token 3", "take fewer samples");
    const EditCheck tokens = fakeTokens(request.prompt, request.subject);
    TraceResult trace;
    trace.kind = request.kind;
    trace.window = request.kind == TraceKind::hidden ? 1 : request.window;
    trace.samples = request.samples;
    trace.noise = request.noise.value_or(0.13);
    trace.subject = request.subject;
    trace.prompt = request.prompt;
    trace.prompt.replace(trace.prompt.find("{}"), 2, request.subject);
    trace.tokens = tokens.pieces;
    trace.subject_first = tokens.subject_first_token;
    trace.subject_last = tokens.subject_last_token;
    trace.layers = m_info.layers;
    const Prediction now = predict(trace.prompt, {}, factsAt(request.at));
    std::vector<std::string> objects = request.objects;
    if (objects.empty())
        objects.push_back(now.top.front().piece);
    const std::size_t layers = static_cast<std::size_t>(trace.layers);
    for (const std::string& text : objects) {
        const bool said = now.top.front().piece.find(text) != std::string::npos;
        trace.objects.push_back(
            {text, said ? now.top.front().probability : 0.002, said ? corrupted : 0.004, 0.01,
             std::vector<double>(tokens.pieces.size() * layers, std::numeric_limits<double>::quiet_NaN())});
    }
    for (const int token : bestFirst(trace)) {
        work(m_script->trace_ms / static_cast<int>(trace.tokens.size()), job, "tracing");
        for (TraceObject& object : trace.objects)
            for (int layer = 0; layer < trace.layers; ++layer)
                object.effect[static_cast<std::size_t>(token) * layers + static_cast<std::size_t>(layer)] =
                    object.corrupted + (object.clean - object.corrupted) * restored(trace, token, layer);
        on_cells(trace);
    }
    trace.seconds = m_script->trace_ms / 1000.0;
    return trace;
}

LensResult FakeEngine::lens(const LensRequest& request, const JobContext& job) {
    ++m_script->lenses;
    work(0, job, "reading the layers");
    if (m_script->fail_lens)
        throw Error("the lens failed", {}, "choose another token");
    LensResult result;
    result.tokens = fakePieces(request.prompt);
    const int last = static_cast<int>(result.tokens.size()) - 1;
    result.token = request.token < 0 ? last : request.token;
    EditRequest edit;
    edit.object = request.object;
    edit.true_object = request.true_object;
    const auto layersAt = [&](LedgerPosition at) {
        const Prediction now = predict(request.prompt, edit, factsAt(at));
        std::vector<LensLayer> layers;
        for (int l = 0; l < m_info.layers; ++l) {
            const double known = result.token == last ? 1 / (1 + std::exp(-2.0 * (l - 0.6 * m_info.layers))) : 0.01;
            LensLayer layer;
            layer.top = now.top;
            for (TokenProbability& token : layer.top)
                token.probability *= known;
            layer.top.push_back({11, " the", 0.3 * (1 - known) + 0.001});
            std::sort(layer.top.begin(), layer.top.end(),
                      [](const auto& a, const auto& b) { return a.probability > b.probability; });
            layer.top.resize(std::min(layer.top.size(), static_cast<std::size_t>(request.top)));
            layer.p_new = known * now.p_new;
            if (now.p_true)
                layer.p_true = known * *now.p_true;
            layers.push_back(std::move(layer));
        }
        return layers;
    };
    result.before = layersAt(request.before);
    result.after = layersAt(request.after);
    return result;
}

} // namespace emend::test
