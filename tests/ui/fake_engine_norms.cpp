// SPDX-License-Identifier: GPL-3.0-or-later
// The fake engine's frontiers, and how far its layers have moved.
#include "emend/error.h"
#include "fake_engine.h"
#include "fake_solve.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace emend::test {

namespace {

// Every layer takes its part of the change.
Frontier frontierOver(const std::vector<int>& layers, double share) {
    Frontier frontier;
    constexpr int count = 41; // 0, then 1 … 1e8
    for (int i = 0; i < count; ++i)
        frontier.total.push_back({i == 0 ? 0 : std::pow(10.0, 8.0 * (i - 1) / (count - 2)), 0, 0, 0});
    for (const int layer : layers) {
        LayerFrontier& one = frontier.layers.emplace_back();
        one.layer = layer;
        for (FrontierPoint& total : frontier.total) {
            const FrontierPoint& point = one.points.emplace_back(fakePoint(layer, total.softness, share));
            total.preservation += point.preservation;
            total.memorization += point.memorization;
            total.update_norm = std::hypot(total.update_norm, point.update_norm);
        }
    }
    return frontier;
}

} // namespace

Frontier FakeEngine::frontier(std::uint64_t batch_id, const JobContext& job) {
    ++m_script->frontiers;
    const LedgerEntry& of = entry(batch_id);
    work(m_script->frontier_ms, job, "decomposing");
    if (m_script->fail_frontier)
        throw Error("the system could not be decomposed", of.title, "apply the batch again");
    std::vector<int> layers;
    for (const LayerReport& layer : of.report->layers)
        layers.push_back(layer.layer);
    Frontier frontier = frontierOver(layers, 1);
    frontier.batch_id = batch_id;
    frontier.softness = m_solves.at(batch_id).softness;
    return frontier;
}

Frontier FakeEngine::frontier_of(const FrontierRequest& request, const JobContext& job) {
    ++m_script->overlays;
    work(m_script->frontier_ms, job, "solving");
    if (m_script->fail_overlay)
        throw Error("the other recipe could not be solved", request.recipe.distribution, "choose another one");
    check_recipe(request.recipe, m_info);
    const std::vector<int> layers = written_layers(request.recipe);
    Frontier frontier = frontierOver(layers, 1.0 / static_cast<double>(layers.size()));
    frontier.batch_id = request.batch_id.value_or(0);
    frontier.softness = request.recipe.softness.value_or(0);
    return frontier;
}

// Batches are at right angles to each other: squares add up.
NormHistory FakeEngine::norm_history(const JobContext& job) {
    ++m_script->norm_histories;
    work(0, job, "norms");
    if (m_script->fail_norms)
        throw Error("the layers could not be measured", "layer 1", "try again");
    NormHistory history;
    std::set<int> written;
    for (std::size_t i = 0; i < m_ledger.position; ++i)
        if (m_ledger.entries[i].active)
            for (const LayerReport& layer : m_ledger.entries[i].report->layers)
                written.insert(layer.layer);
    history.layers.assign(written.begin(), written.end());
    std::map<int, double> norms;
    for (std::size_t i = 0; i < m_ledger.position; ++i) {
        if (!m_ledger.entries[i].active)
            continue;
        for (const LayerReport& layer : m_ledger.entries[i].report->layers)
            norms[layer.layer] = std::hypot(norms[layer.layer], layer.update_norm);
        NormHistory::Point& point = history.points.emplace_back();
        point.position = i + 1;
        point.batch_id = m_ledger.entries[i].id;
        for (const int layer : history.layers) {
            point.update_norm.push_back(norms[layer]);
            point.relative_norm.push_back(norms[layer] / fakeWeightNorm(layer));
        }
    }
    return history;
}

} // namespace emend::test
