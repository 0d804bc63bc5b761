// SPDX-License-Identifier: GPL-3.0-or-later
// The part of the fake engine that is taken along: records, restoring, exports. Factors are made of what was asked for
// and how softly, so the same history has the same hashes.
#include "fake_engine.h"
#include "fake_solve.h"
#include "own_data.h" // every test with this engine has it

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <sstream>
#include <utility>

namespace emend::test {

namespace {

std::string hexOf(const std::string& text) {
    std::ostringstream hex;
    hex << std::hex << std::setw(16) << std::setfill('0') << std::hash<std::string>{}(text);
    return hex.str();
}

StoredUpdate updateOf(const EditReport& report, const LayerReport& layer, const ModelInfo& model) {
    StoredUpdate update;
    update.layer = layer.layer;
    update.rows = model.d_model;
    update.rank = 1;
    update.columns = model.d_mlp;
    const EditRequest& first = report.edits.front().request;
    const auto seed = static_cast<double>(std::hash<std::string>{}(first.subject + first.object) % 997);
    const auto fill = [&](std::vector<double>& out, std::int64_t count, double length) {
        double square = 0;
        for (std::int64_t i = 0; i < count; ++i) {
            out.push_back(std::sin(seed + layer.layer + 0.7 * static_cast<double>(i)));
            square += out.back() * out.back();
        }
        for (double& entry : out)
            entry *= length / std::sqrt(square);
    };
    fill(update.left, update.rows, layer.update_norm);
    fill(update.right, update.columns, 1);
    return update;
}

std::vector<ExportFile> filesOf(const ExportRequest& request) {
    switch (request.format) {
    case ExportFormat::folder:
        return {{"config.json", 412, {}, "copied"},
                {"model.safetensors", 8'100'000, {}, "rewritten"},
                {"tokenizer.json", 96'000, {}, "reflinked"},
                {"emend.json", 2'300, {}, "new"}};
    case ExportFormat::lora:
        return {{"adapter_config.json", 512, {}, "new"}, {"adapter_model.safetensors", 15'700, {}, "new"}};
    case ExportFormat::delta:
        break;
    }
    return {{std::filesystem::path(request.out).filename().string(), 7'900, {}, "new"}};
}

} // namespace

void FakeScript::noteExport(const ExportRequest& request) {
    const std::lock_guard lock(m_mutex);
    m_exported = request;
}

ExportRequest FakeScript::exported() const {
    const std::lock_guard lock(m_mutex);
    return m_exported;
}

std::string FakeEngine::hashOf(const LedgerEntry& entry) {
    std::ostringstream text;
    for (const EditOutcome& edit : entry.report->edits)
        text << edit.request.subject << '\n' << edit.request.prompt << '\n' << edit.request.object << '\n';
    text << entry.report->recipe.softness.value_or(0);
    for (const LayerReport& layer : entry.report->layers)
        text << ' ' << layer.layer;
    return hexOf(text.str());
}

std::string FakeEngine::hashBelow(std::size_t position) const {
    std::string text;
    for (std::size_t i = 0; i < position; ++i)
        if (m_ledger.entries[i].active)
            text += m_ledger.entries[i].hash + ' ';
    return text.empty() ? text : hexOf(text);
}

LedgerState FakeEngine::annotate(std::uint64_t batch_id, const std::string& title, const std::string& note) {
    onThread();
    LedgerEntry& of = entry(batch_id);
    of.title = title;
    of.note = note;
    return m_ledger;
}

BatchRecord FakeEngine::record(std::uint64_t batch_id) const {
    onThread();
    for (std::size_t i = 0; i < m_ledger.entries.size(); ++i) {
        const LedgerEntry& of = m_ledger.entries[i];
        if (of.id != batch_id)
            continue;
        BatchRecord record;
        record.id = of.id;
        record.title = of.title;
        record.note = of.note;
        record.report = of.report;
        record.active = of.active;
        record.base = of.stale ? "another" : hashBelow(i);
        record.hash = of.hash;
        for (const LayerReport& layer : of.report->layers)
            record.updates.push_back(updateOf(*of.report, layer, m_info));
        if (!of.report->layers.empty()) {
            StoredValues values;
            values.layer = of.report->layers.back().layer;
            values.rows = m_info.d_model;
            values.edits = static_cast<std::int64_t>(of.report->edits.size());
            values.targets.assign(static_cast<std::size_t>(values.rows * values.edits), 0.25);
            record.values.push_back(std::move(values));
        }
        return record;
    }
    throw Error("there is no batch " + std::to_string(batch_id), "history", "look at the history");
}

LedgerState FakeEngine::restore(const std::vector<BatchRecord>& batches, std::size_t position, const JobContext& job) {
    ++m_script->restores;
    work(m_script->restore_ms, job, "restoring the edits");
    if (m_script->fail_restores > 0 && m_script->fail_restores-- > 0)
        throw Error("the updates of batch 1 do not fit the model", "batch 1", "open the session with its own model");
    if (position > batches.size())
        throw Error("there is no such point in the history", "position " + std::to_string(position));
    const LedgerState before = std::exchange(m_ledger, {});
    for (const BatchRecord& record : batches) {
        LedgerEntry entry{record.id, record.title, record.note, record.hash, record.report, record.active, false};
        if (hashOf(entry) != record.hash) {
            m_ledger = before;
            throw Error("the updates are not those of their hash", "batch " + std::to_string(record.id));
        }
        entry.stale = record.base != hashBelow(m_ledger.entries.size());
        m_ledger.entries.push_back(std::move(entry));
    }
    m_solves.clear();
    for (const LedgerEntry& entry : m_ledger.entries) {
        const double softness = entry.report->recipe.softness.value_or(0);
        m_solves[entry.id] = {softness, softness};
        m_lastBatch = std::max(m_lastBatch, entry.id);
    }
    m_script->position = m_ledger.position = position;
    return m_ledger;
}

std::string FakeEngine::edited_hash(const JobContext&) const {
    onThread();
    return hashBelow(m_ledger.position);
}

ExportPlan FakeEngine::plan_export(const ExportRequest& request, const JobContext& job) {
    ++m_script->plans;
    work(m_script->plan_ms, job, "planning");
    if (m_script->fail_plan)
        throw Error("the checkpoint is gone", m_info.path, "open the model again");
    ExportPlan plan;
    plan.files = filesOf(request);
    for (const ExportFile& file : plan.files)
        plan.bytes += file.bytes;
    plan.bytes_free = m_script->bytes_free;
    plan.seconds_estimate = 3;
    std::map<int, int> ranks;
    for (std::size_t i = 0; i < request.at.value_or(m_ledger.position); ++i)
        if (m_ledger.entries[i].active)
            for (const LayerReport& layer : m_ledger.entries[i].report->layers)
                ranks[layer.layer] += layer.rank;
    for (const auto& [layer, rank] : ranks)
        plan.layers.push_back({layer, rank});
    if (plan.layers.empty())
        plan.warnings.emplace_back("nothing is edited: the folder would be a copy");
    if (request.out.empty()) {
        plan.problem = "no place was chosen";
        plan.hint = "choose a folder";
    } else if (plan.bytes > plan.bytes_free) {
        plan.problem = "there is not enough room on the disk";
        plan.hint = "choose another one";
    } else if (!request.force && std::filesystem::exists(request.out)) {
        plan.problem = "something is there already";
        plan.hint = "choose another name, or replace it";
    }
    return plan;
}

ExportReport FakeEngine::export_edits(const ExportRequest& request, const JobContext& job) {
    ++m_script->exports;
    m_script->noteExport(request);
    const ExportPlan plan = plan_export(request, job);
    if (!plan.problem.empty())
        throw Error(plan.problem, request.out, plan.hint);
    work(m_script->export_ms, job, "writing " + plan.files.front().name);
    if (m_script->fail_export)
        throw Error("the disk is full", request.out, "choose another place");
    ExportReport report;
    report.format = request.format;
    report.out = request.out;
    report.files = plan.files;
    report.bytes = plan.bytes;
    report.verified = request.verify;
    report.warnings = plan.warnings;
    report.seconds = 2.4;
    for (const ExportPlan::Layer& layer : plan.layers) {
        const bool cut = request.format == ExportFormat::lora && request.rank > 0 && request.rank < layer.rank;
        report.layers.push_back({layer.layer, layer.rank, cut ? request.rank : layer.rank, cut ? 0.18 : 0});
        if (cut) {
            report.held_before = 1;
            report.held_after = 0.5;
        }
    }
    if (request.format == ExportFormat::delta)
        std::ofstream(request.out) << "delta of " << m_info.fingerprint;
    else
        std::filesystem::create_directories(request.out);
    return report;
}

LedgerState FakeEngine::import_delta(const std::string& file, bool force, const JobContext& job) {
    work(m_script->restore_ms, job, "reading the delta");
    if (m_script->fail_import && !force)
        throw ForeignModel("the delta was made for another model", file, "open that model");
    if (!std::filesystem::exists(file))
        throw Error("there is no such file", file);
    EditRequest request{"Colosseum", "city", "The {} is located in the city of", "London", "Rome", {}, {}};
    apply({request}, {}, {}, job);
    return annotate(m_lastBatch, "From " + std::filesystem::path(file).filename().string(), {});
}

} // namespace emend::test
