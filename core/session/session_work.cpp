// SPDX-License-Identifier: GPL-3.0-or-later
#include "emend/session_work.h"

#include "session/session_history.h"

#include <algorithm>
#include <cmath>
#include <span>

namespace emend {

namespace {

constexpr double read_share = 0.6; // of restoring; the rest is the engine's

// Side by side, [rows, all ranks], and on top of each other, [all ranks, columns].
struct Factors {
    std::size_t rows = 0, rank = 0, columns = 0;
    std::vector<double> left, right;
};

Factors factors_of(const std::vector<StoredUpdate>& updates, int layer) {
    Factors all;
    for (const StoredUpdate& update : updates)
        if (update.layer == layer) {
            all.rows = static_cast<std::size_t>(update.rows);
            all.columns = static_cast<std::size_t>(update.columns);
            all.rank += static_cast<std::size_t>(update.rank);
        }
    all.left.resize(all.rows * all.rank);
    all.right.reserve(all.rank * all.columns);
    std::size_t offset = 0;
    for (const StoredUpdate& update : updates) {
        if (update.layer != layer)
            continue;
        const auto rank = static_cast<std::size_t>(update.rank);
        for (std::size_t row = 0; row < all.rows; ++row)
            std::copy_n(update.left.begin() + static_cast<std::ptrdiff_t>(row * rank), rank,
                        all.left.begin() + static_cast<std::ptrdiff_t>(row * all.rank + offset));
        all.right.insert(all.right.end(), update.right.begin(), update.right.end());
        offset += rank;
    }
    return all;
}

void add_scaled(std::span<double> to, double factor, const double* from) {
    for (std::size_t i = 0; i < to.size(); ++i)
        to[i] += factor * from[i];
}

// |LR|^2 = sum over (L^T L) * (R R^T), entry by entry.
double square_by_products(const Factors& factors, const JobContext& job) {
    std::vector<double> of_left(factors.rank * factors.rank);
    for (std::size_t row = 0; row < factors.rows; ++row) {
        job.check();
        const double* entries = factors.left.data() + row * factors.rank;
        for (std::size_t i = 0; i < factors.rank; ++i)
            add_scaled(std::span(of_left).subspan(i * factors.rank, factors.rank), entries[i], entries);
    }
    double sum = 0;
    for (std::size_t i = 0; i < factors.rank; ++i) {
        job.check();
        const double* first = factors.right.data() + i * factors.columns;
        for (std::size_t j = 0; j < factors.rank; ++j) {
            const double* second = factors.right.data() + j * factors.columns;
            double product = 0;
            for (std::size_t column = 0; column < factors.columns; ++column)
                product += first[column] * second[column];
            sum += product * of_left[i * factors.rank + j];
        }
    }
    return sum;
}

double square_by_rows(const Factors& factors, const JobContext& job) {
    std::vector<double> row(factors.columns);
    double sum = 0;
    for (std::size_t i = 0; i < factors.rows; ++i) {
        job.check();
        std::ranges::fill(row, 0.0);
        for (std::size_t k = 0; k < factors.rank; ++k)
            add_scaled(row, factors.left[i * factors.rank + k], factors.right.data() + k * factors.columns);
        for (const double entry : row)
            sum += entry * entry;
    }
    return sum;
}

} // namespace

std::vector<std::string> other_precision(const SessionModel& kept, const ModelInfo& now) {
    SessionModel model = session_model(now);
    model.dtype = kept.dtype;
    model.device = kept.device;
    return differences(model, now);
}

const ModelInfo& open_model(const Engine& engine) {
    if (!engine.is_open())
        throw Error("no model is open", {}, "open the session's model first");
    return engine.model_info();
}

std::vector<BatchRecord> read_batches(Session& session, const JobContext& job, double share) {
    std::vector<BatchRecord> batches;
    const std::vector<std::uint64_t> ids = session.batch_ids();
    for (const std::uint64_t id : ids) {
        job.check();
        job.report({.phase = "reading the session",
                    .fraction = share * static_cast<double>(batches.size()) / static_cast<double>(ids.size()),
                    .seconds_left = -1,
                    .detail = {}});
        batches.push_back(session.batch(id));
    }
    return batches;
}

double update_norm(const std::vector<StoredUpdate>& updates, int layer, const JobContext& job) {
    const Factors factors = factors_of(updates, layer);
    const bool few = factors.rank * (factors.rows + factors.columns) < factors.rows * factors.columns;
    const double square = few ? square_by_products(factors, job) : square_by_rows(factors, job);
    return std::sqrt(square < 0 ? 0 : square); // rounding; NaN stays NaN
}

std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines)
        text += (text.empty() ? "" : "; ") + line;
    return text;
}

RestoredSession restore_session(Engine& engine, Session& session, const JobContext& job) {
    const ModelInfo& model = open_model(engine);
    const SessionHead head = session.head();
    if (const auto lines = model_differences(head.model, model); !lines.empty())
        throw Error("the session belongs to another model: " + joined(lines), session.path(),
                    "open " + (head.model.path.empty() ? "the model it was made with" : head.model.path));
    const std::vector<BatchRecord> batches = read_batches(session, job, read_share);
    RestoredSession restored;
    job.report({.phase = "restoring the edits", .fraction = read_share, .seconds_left = -1, .detail = {}});
    restored.ledger = engine.restore(batches, head.position, job);
    const std::string hash = engine.edited_hash({}); // not to be stopped: the history is there by now
    restored.same_bits = hash == head.edited_hash;
    for (const std::string& line : other_precision(head.model, model))
        restored.warnings.push_back("computed otherwise than when the session was made: " + line);
    if (!restored.same_bits && head.edited_hash.empty()) // of what was rescued
        restored.warnings.emplace_back(
            "the session does not say what its edited weights were: nothing to compare with");
    else if (!restored.same_bits)
        restored.warnings.push_back("the edited weights are not bit for bit those of the session: their hash is " +
                                    (hash.empty() ? "none" : hash) + ", not " + head.edited_hash);
    return restored;
}

void save_history(const Engine& engine, Session& session, const JobContext& job) {
    const std::string hash = engine.edited_hash(job);
    session.sync(
        engine.ledger(),
        [&](std::uint64_t id) {
            job.check();
            return engine.record(id);
        },
        hash, session_model(engine.model_info()));
}

} // namespace emend
