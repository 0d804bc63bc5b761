// SPDX-License-Identifier: GPL-3.0-or-later
// Batches out of nothing, and a history that counts who asks it for what.
#pragma once

#include "emend/session.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace emend::test {

inline SessionModel small_model() {
    return {.path = "/models/small",
            .name = "small",
            .family = "gpt2",
            .fingerprint = "0123456789abcdef",
            .dtype = "float32",
            .device = "cpu",
            .layers = 8,
            .d_model = 16,
            .d_mlp = 64,
            .vocab = 1000,
            .parameters = 123456789012};
}

// Noise of float64, as factors are.
inline std::vector<double> noise(std::size_t count, unsigned seed) {
    std::mt19937_64 random(seed);
    std::normal_distribution<double> normal;
    std::vector<double> numbers(count);
    for (double& number : numbers)
        number = normal(random);
    return numbers;
}

inline EditRequest request_of(const std::string& subject, const std::string& object) {
    return {.subject = subject,
            .relation = "city",
            .prompt = "The {} is located in the city of",
            .object = object,
            .true_object = "Paris",
            .paraphrases = {"{} can be found in"},
            .neighbours = {"The Louvre is in", "Notre-Dame is in"}};
}

inline EditReport report_of(std::size_t edits, unsigned seed = 1) {
    const std::vector<double> random = noise(8, seed);
    EditReport report;
    for (std::size_t i = 0; i < edits; ++i) {
        EditOutcome& outcome = report.edits.emplace_back();
        outcome.request = request_of("Tower " + std::to_string(i), "Rome");
        outcome.before.prompt = "The Tower is located in the city of";
        outcome.before.top = {{464, " Paris", 0.5}, {12, " Lyon", random[0] * 0.01}};
        outcome.before.p_new = 1e-9 * std::abs(random[1]);
        outcome.before.p_true = 0.5;
        outcome.after = outcome.before;
        outcome.after.p_new = 0.1 + 0.2; // not 0.3
        outcome.after.says_new = true;
        outcome.loss = {9.5, random[2], 0.04};
        outcome.stopped_early = true;
    }
    report.layers = {{.layer = 3,
                      .update_norm = 1.0 / 3,
                      .weight_norm = 77.7,
                      .relative_norm = random[3],
                      .rank = static_cast<int>(edits),
                      .dimensions = 64,
                      .condition = std::numeric_limits<double>::infinity(),
                      .preservation = std::numeric_limits<double>::quiet_NaN(),
                      .memorization = -0.0,
                      .residual_share = -0.25}};
    report.seconds = {.contexts = 0.1, .statistics = 0, .values = 2, .keys = 0.3, .solve = 0.01, .total = 2.5};
    report.recipe.layers = {3};
    report.recipe.softness = 1.0 / 7;
    report.recipe.contexts.groups = {{"{}"}, {"The people. {}", "Because. {}"}};
    report.recipe.contexts.seed = std::numeric_limits<std::uint64_t>::max();
    report.recipe.contexts.samples = {{10, 5}};
    report.conflicts = {{.first = 0, .second = 1, .same_subject = true, .cosine = 0.99}};
    report.warnings = {"the system is ill-conditioned (1e13)"};
    return report;
}

struct Shape {
    std::int64_t d_model = 16;
    std::int64_t d_mlp = 64;
};

inline BatchRecord batch_of(std::uint64_t id, std::size_t edits = 1, Shape shape = {}) {
    const auto seed = static_cast<unsigned>(id);
    const auto rank = static_cast<std::int64_t>(edits);
    EditReport report = report_of(edits, seed);
    report.batch_id = id;
    BatchRecord batch;
    batch.id = id;
    batch.title = "Tower → Rome " + std::to_string(id);
    batch.base = "base of " + std::to_string(id);
    batch.hash = "hash of " + std::to_string(id);
    batch.report = std::make_shared<const EditReport>(std::move(report));
    batch.updates = {{.layer = 3,
                      .rows = shape.d_model,
                      .rank = rank,
                      .columns = shape.d_mlp,
                      .left = noise(static_cast<std::size_t>(shape.d_model * rank), seed),
                      .right = noise(static_cast<std::size_t>(rank * shape.d_mlp), seed + 1)}};
    batch.values = {{.layer = 3,
                     .rows = shape.d_model,
                     .edits = rank,
                     .targets = noise(static_cast<std::size_t>(shape.d_model * rank), seed + 2)}};
    return batch;
}

class History {
  public:
    void add(BatchRecord batch) {
        records.push_back(std::move(batch));
        position = records.size();
    }
    void add(std::uint64_t id) { add(batch_of(id)); }
    [[nodiscard]] LedgerState ledger() const {
        LedgerState state;
        for (const BatchRecord& batch : records)
            state.entries.push_back({.id = batch.id,
                                     .title = batch.title,
                                     .note = batch.note,
                                     .hash = batch.hash,
                                     .report = batch.report,
                                     .active = batch.active,
                                     .stale = false});
        state.position = position;
        return state;
    }
    void write_to(Session& session) {
        fetched.clear();
        session.sync(
            ledger(),
            [this](std::uint64_t id) {
                fetched.push_back(id);
                for (const BatchRecord& batch : records)
                    if (batch.id == id)
                        return batch;
                throw Error("there is no such batch");
            },
            "state " + std::to_string(position), small_model());
    }

    std::vector<BatchRecord> records;
    std::size_t position = 0;
    std::vector<std::uint64_t> fetched; // by the last write_to
};

inline bool same_bits(double a, double b) {
    return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b) || (std::isnan(a) && std::isnan(b));
}
inline bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](double x, double y) { return same_bits(x, y); });
}

inline bool same(const EditRequest& a, const EditRequest& b) {
    return a.subject == b.subject && a.relation == b.relation && a.prompt == b.prompt && a.object == b.object &&
           a.true_object == b.true_object && a.paraphrases == b.paraphrases && a.neighbours == b.neighbours;
}
inline bool same(const std::optional<double>& a, const std::optional<double>& b) {
    return a.has_value() == b.has_value() && (!a || same_bits(*a, *b));
}
inline bool same(const Prediction& a, const Prediction& b) {
    return a.prompt == b.prompt && same_bits(a.p_new, b.p_new) && a.says_new == b.says_new &&
           same(a.p_true, b.p_true) &&
           std::equal(a.top.begin(), a.top.end(), b.top.begin(), b.top.end(), [](const auto& x, const auto& y) {
               return x.id == y.id && x.piece == y.piece && same_bits(x.probability, y.probability);
           });
}
inline bool same(const EditOutcome& a, const EditOutcome& b) {
    return same(a.request, b.request) && same(a.before, b.before) && same(a.after, b.after) &&
           same_bits(a.loss, b.loss) && a.stopped_early == b.stopped_early && a.clamped == b.clamped &&
           a.value_kept == b.value_kept;
}
inline bool same(const LayerReport& a, const LayerReport& b) {
    return a.layer == b.layer && same_bits(a.update_norm, b.update_norm) && same_bits(a.weight_norm, b.weight_norm) &&
           same_bits(a.relative_norm, b.relative_norm) && a.rank == b.rank && a.dimensions == b.dimensions &&
           same_bits(a.condition, b.condition) && same_bits(a.preservation, b.preservation) &&
           same_bits(a.memorization, b.memorization) && same_bits(a.residual_share, b.residual_share);
}
inline bool same(const EditConflict& a, const EditConflict& b) {
    return a.first == b.first && a.second == b.second && a.same_subject == b.same_subject &&
           same_bits(a.cosine, b.cosine);
}
inline bool same(const StoredUpdate& a, const StoredUpdate& b) {
    return a.layer == b.layer && a.rows == b.rows && a.rank == b.rank && a.columns == b.columns &&
           same_bits(a.left, b.left) && same_bits(a.right, b.right);
}
inline bool same(const StoredValues& a, const StoredValues& b) {
    return a.layer == b.layer && a.rows == b.rows && a.edits == b.edits && same_bits(a.targets, b.targets);
}
template<typename T>
bool same(const std::vector<T>& a, const std::vector<T>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const T& x, const T& y) { return same(x, y); });
}
inline bool same(const EditReport& a, const EditReport& b) {
    return a.batch_id == b.batch_id && same(a.edits, b.edits) && same(a.layers, b.layers) && a.recipe == b.recipe &&
           same(a.conflicts, b.conflicts) && a.warnings == b.warnings &&
           same_bits({a.seconds.contexts, a.seconds.statistics, a.seconds.values, a.seconds.keys, a.seconds.solve,
                      a.seconds.total},
                     {b.seconds.contexts, b.seconds.statistics, b.seconds.values, b.seconds.keys, b.seconds.solve,
                      b.seconds.total});
}
inline bool same(const BatchRecord& a, const BatchRecord& b) {
    return a.id == b.id && a.title == b.title && a.note == b.note && a.active == b.active && a.base == b.base &&
           a.hash == b.hash && same(*a.report, *b.report) && same(a.updates, b.updates) && same(a.values, b.values);
}

// Of what is thrown, or empty.
template<typename Work>
std::string error_of(Work&& work) {
    try {
        work();
    } catch (const Error& error) {
        return std::string(error.what()) + " | " + error.hint();
    }
    return {};
}

} // namespace emend::test
