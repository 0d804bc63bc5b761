// SPDX-License-Identifier: GPL-3.0-or-later
// The half of the fake engine that edits: ledger, statistics and knob.
#include "fake_engine.h"
#include "fake_solve.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace emend::test {

namespace {

// Where half of an edit is gone.
constexpr double half_softness = 20000;

std::string trimmed(const std::string& text) {
    const std::size_t first = text.find_first_not_of(' ');
    return first == std::string::npos ? std::string() : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

double softnessOf(const Recipe& recipe) {
    return recipe.softness.value_or(find_algorithm(recipe.algorithm).default_softness);
}

std::vector<int> layersOf(const Recipe& recipe) {
    return recipe.layers.empty() ? std::vector<int>{1} : recipe.layers;
}

LayerReport layerReport(int layer, int rank, double softness) {
    const FrontierPoint point = fakePoint(layer, softness);
    LayerReport report;
    report.layer = layer;
    report.update_norm = point.update_norm;
    report.weight_norm = fakeWeightNorm(layer);
    report.relative_norm = report.update_norm / report.weight_norm;
    report.rank = rank;
    report.dimensions = 768;
    report.condition = 340.0 + 12 * layer;
    report.preservation = point.preservation;
    report.memorization = point.memorization;
    report.residual_share = point.update_norm / fakePoint(layer, 0).update_norm;
    return report;
}

} // namespace

double FakeEngine::Solve::strength() const {
    return (half_softness + applied) / (half_softness + softness);
}

LedgerEntry& FakeEngine::entry(std::uint64_t batch_id) {
    for (LedgerEntry& entry : m_ledger.entries)
        if (entry.id == batch_id)
            return entry;
    throw Error("there is no batch " + std::to_string(batch_id), "history", "look at the history");
}

void FakeEngine::staleAfter(std::uint64_t batch_id) {
    bool later = false;
    for (LedgerEntry& entry : m_ledger.entries) {
        if (later)
            entry.stale = true;
        later = later || entry.id == batch_id;
    }
}

EditReport FakeEngine::apply(const std::vector<EditRequest>& requests, const Recipe& recipe, const ApplyOptions&,
                             const JobContext& job) {
    ++m_script->applies;
    work(m_script->apply_ms / 2, job, "values");
    work(m_script->apply_ms / 2, job, "layer " + std::to_string(layersOf(recipe).back()));
    if (m_script->throw_unknown)
        throw 42;
    if (const auto [what, hint] = m_script->applyFailure(); !what.empty())
        throw Error(what, "edit 1", hint);
    EditReport report;
    const Facts factsBefore = factsAt({});
    report.batch_id = ++m_lastBatch;
    report.recipe = recipe;
    report.recipe.softness = softnessOf(recipe);
    for (const EditRequest& request : requests) {
        EditOutcome outcome;
        outcome.request = request;
        outcome.loss = {6.1, 3.2, 0.9, 0.2, 0.04};
        outcome.value_kept = !m_values.insert(request.subject + '\n' + request.prompt + '\n' + request.object).second;
        report.edits.push_back(std::move(outcome));
    }
    for (const int layer : layersOf(recipe))
        report.layers.push_back(layerReport(layer, static_cast<int>(requests.size()), softnessOf(recipe)));
    report.conflicts = find_conflicts(requests, recipe, job);
    report.seconds.total = 0.8;
    for (std::size_t i = m_ledger.position; i < m_ledger.entries.size(); ++i)
        m_solves.erase(m_ledger.entries[i].id);
    m_ledger.entries.resize(m_ledger.position);
    m_solves[report.batch_id] = {softnessOf(recipe), softnessOf(recipe)};
    LedgerEntry entry;
    entry.id = report.batch_id;
    entry.title = requests.front().subject + " → " + requests.front().object;
    if (requests.size() > 1)
        entry.title += " and " + std::to_string(requests.size() - 1) + " more";
    entry.report = std::make_shared<const EditReport>(report);
    m_ledger.entries.push_back(std::move(entry));
    m_script->position = ++m_ledger.position;
    const Facts facts = factsAt({});
    for (EditOutcome& outcome : report.edits) {
        std::string prompt = outcome.request.prompt;
        if (const std::size_t gap = prompt.find("{}"); gap != std::string::npos)
            prompt.replace(gap, 2, outcome.request.subject);
        outcome.before = predict(prompt, outcome.request, factsBefore);
        outcome.after = predict(prompt, outcome.request, facts);
    }
    m_ledger.entries.back().report = std::make_shared<const EditReport>(report);
    m_ledger.entries.back().hash = hashOf(m_ledger.entries.back());
    return report;
}

LedgerState FakeEngine::undo() {
    onThread();
    if (!m_ledger.can_undo())
        throw Error("there is nothing to undo");
    m_script->position = --m_ledger.position;
    return m_ledger;
}

LedgerState FakeEngine::redo() {
    onThread();
    if (!m_ledger.can_redo())
        throw Error("there is nothing to redo");
    m_script->position = ++m_ledger.position;
    return m_ledger;
}

LedgerState FakeEngine::go_to(std::size_t position) {
    onThread();
    if (position > m_ledger.entries.size())
        throw Error("there is no such point in the history", "position " + std::to_string(position));
    m_script->position = m_ledger.position = position;
    return m_ledger;
}

LedgerState FakeEngine::switch_batch(std::uint64_t batch_id, bool active, bool resolve_later, const JobContext& job) {
    LedgerEntry& switched = entry(batch_id);
    if (resolve_later)
        work(m_script->apply_ms, job, "solving what came after");
    else
        work(0, job, "switching");
    if (m_script->fail_switch)
        throw Error("the batch could not be switched", switched.title, "try again");
    if (switched.active != active) {
        switched.active = active;
        staleAfter(batch_id);
    }
    if (resolve_later) {
        bool later = false;
        for (std::size_t i = 0; i < m_ledger.position; ++i) {
            LedgerEntry& entry = m_ledger.entries[i];
            if (later && entry.active)
                entry.stale = false;
            later = later || entry.id == batch_id;
        }
    }
    return m_ledger;
}

StatisticsStatus FakeEngine::statistics_status(const Recipe& recipe, const JobContext& job) {
    using Statistics = FakeScript::Statistics;
    ++m_script->statuses;
    work(0, job, "looking for statistics");
    StatisticsStatus status;
    const Statistics is = m_script->statistics;
    status.needed = recipe.use_statistics && is != Statistics::NotNeeded;
    status.tokens_wanted = recipe.statistics_tokens > 0 ? recipe.statistics_tokens : std::int64_t{10} * m_info.d_mlp;
    for (const int layer : layersOf(recipe)) {
        const bool present = is == Statistics::Complete || m_collected.contains(layer);
        status.layers.push_back(
            {layer, present, present ? status.tokens_wanted : 0, present ? 3.1e4 : 0, present ? 212.0 + layer : 0});
    }
    status.source = recipe.statistics_file.empty() ? m_info.path + "/corpus.txt" : recipe.statistics_file;
    if (!status.complete())
        status.seconds_estimate = 12;
    if (is == Statistics::Problem && recipe.corpus.empty()) {
        status.source.clear();
        status.problem = "there is no text to collect statistics over";
        status.hint = "choose a text file, or put corpus.txt into the model's folder";
        status.seconds_estimate = -1;
    }
    return status;
}

StatisticsReport FakeEngine::collect_statistics(const StatisticsRequest& request, const JobContext& job) {
    work(m_script->collect_ms, job, "statistics");
    if (m_script->fail_collect)
        throw Error("the text is too short", request.corpus, "choose a longer one");
    StatisticsReport report;
    for (const int layer : request.layers) {
        m_collected.insert(layer);
        LayerStatisticsReport one;
        one.layer = layer;
        one.tokens = request.tokens > 0 ? request.tokens : std::int64_t{10} * m_info.d_mlp;
        one.trace = 96;
        one.condition = 3.1e4;
        one.effective_rank = 212.0 + layer;
        report.layers.push_back(one);
    }
    report.file = request.out.empty() ? "/cache/statistics.safetensors" : request.out;
    report.tokens_per_second = 5120;
    return report;
}

std::vector<EditConflict> FakeEngine::find_conflicts(const std::vector<EditRequest>& requests, const Recipe& recipe,
                                                     const JobContext& job) {
    ++m_script->conflict_searches;
    work(0, job, "comparing subjects");
    std::vector<EditConflict> found;
    if (recipe.merge_subjects)
        return found;
    std::map<std::string, std::size_t> first;
    for (std::size_t i = 0; i < requests.size(); ++i) {
        const auto [place, fresh] = first.emplace(trimmed(requests[i].subject), i);
        if (!fresh)
            found.push_back({place->second, i, true, 1});
    }
    return found;
}

SoftnessResult FakeEngine::set_softness(const SoftnessRequest& request, const JobContext& job) {
    ++m_script->softenings;
    LedgerEntry& of = entry(request.batch_id);
    work(m_script->soften_ms, job, request.settle ? "solving again" : "softness");
    if (m_script->fail_soften)
        throw Error("the softness could not be set", of.title, "apply the batch again");
    auto report = std::make_shared<EditReport>(*of.report);
    report->recipe.softness = request.softness;
    for (LayerReport& layer : report->layers)
        layer = layerReport(layer.layer, layer.rank, request.softness);
    of.report = report;
    of.hash = hashOf(of);
    m_solves.at(request.batch_id).softness = request.softness;
    staleAfter(request.batch_id);
    SoftnessResult result;
    result.softness = request.softness;
    result.layers = report->layers;
    const Facts facts = factsAt({});
    for (const EditRequest& watched : request.watch) {
        std::string prompt = watched.prompt;
        if (const std::size_t gap = prompt.find("{}"); gap != std::string::npos)
            prompt.replace(gap, 2, watched.subject);
        result.answers.push_back(predict(prompt, watched, facts));
    }
    return result;
}

} // namespace emend::test
