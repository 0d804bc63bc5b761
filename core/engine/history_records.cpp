// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/history_records.h"

#include "emend/error.h"
#include "engine/batch_solver.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace emend {

namespace {

std::vector<double> numbers_of(const at::Tensor& tensor) {
    const at::Tensor flat = tensor.to(at::kCPU, at::kDouble).contiguous();
    return {flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel()};
}

at::Tensor matrix_of(const std::vector<double>& numbers, std::int64_t rows, std::int64_t columns) {
    at::Tensor matrix = at::empty({rows, columns}, at::kDouble);
    if (!numbers.empty())
        std::memcpy(matrix.data_ptr(), numbers.data(), numbers.size() * sizeof(double));
    return matrix;
}

bool has_size(const std::vector<double>& numbers, std::int64_t rows, std::int64_t columns) {
    const auto size = static_cast<std::int64_t>(numbers.size());
    return rows > 0 && columns > 0 && size % rows == 0 && size / rows == columns;
}

void check_layer(int layer, const ModelInfo& model, const std::string& where) {
    if (layer < 0 || layer >= model.layers)
        throw Error("the batch writes layer " + std::to_string(layer) + ", which the model does not have", where,
                    "it belongs to another model");
}

SearchedValues searched_of(const BatchRecord& record, const ModelInfo& model, const std::string& where) {
    SearchedValues searched;
    searched.remembered = false;
    for (const StoredValues& values : record.values) {
        check_layer(values.layer, model, where);
        if (values.rows != model.d_model || std::cmp_not_equal(values.edits, record.report->edits.size()) ||
            !has_size(values.targets, values.rows, values.edits))
            throw Error("the searched values have sizes that do not fit the batch", where,
                        "the record is damaged, or belongs to another model");
        searched.targets[values.layer] = matrix_of(values.targets, values.rows, values.edits);
    }
    return searched;
}

} // namespace

StoredUpdate stored_update(const LayerUpdate& update) {
    return {.layer = update.layer,
            .rows = update.left.size(0),
            .rank = update.left.size(1),
            .columns = update.right.size(1),
            .left = numbers_of(update.left),
            .right = numbers_of(update.right)};
}

LayerUpdate layer_update(const StoredUpdate& stored, const ModelInfo& model, const std::string& where) {
    check_layer(stored.layer, model, where);
    if (stored.rows != model.d_model || stored.columns != model.d_mlp)
        throw Error("the update is for a matrix of " + std::to_string(stored.rows) + " by " +
                        std::to_string(stored.columns) + ", the model's are " + std::to_string(model.d_model) + " by " +
                        std::to_string(model.d_mlp),
                    where + ", layer " + std::to_string(stored.layer), "it belongs to another model");
    if (!has_size(stored.left, stored.rows, stored.rank) || !has_size(stored.right, stored.rank, stored.columns))
        throw Error("the update's factors have other sizes than they say", where, "the record is damaged");
    return {.layer = stored.layer,
            .left = matrix_of(stored.left, stored.rows, stored.rank),
            .right = matrix_of(stored.right, stored.rank, stored.columns)};
}

BatchRecord record_of(const OpenModel& open, std::size_t index) {
    const LedgerEntry& entry = open.entries[index];
    const LedgerBatch& batch = open.ledger.batch(index);
    BatchRecord record{.id = entry.id,
                       .title = entry.title,
                       .note = entry.note,
                       .report = entry.report,
                       .active = batch.active,
                       .base = batch.base,
                       .hash = batch.hash,
                       .updates = {},
                       .values = {}};
    for (const LayerUpdate& update : batch.updates)
        record.updates.push_back(stored_update(update));
    if (const auto found = open.searched.find(entry.id); found != open.searched.end())
        for (const auto& [layer, targets] : found->second.targets)
            record.values.push_back(
                {.layer = layer, .rows = targets.size(0), .edits = targets.size(1), .targets = numbers_of(targets)});
    return record;
}

ReadBatch read_record(const BatchRecord& record, std::size_t index, const ModelInfo& model) {
    const std::string where =
        "batch " + std::to_string(index + 1) + (record.title.empty() ? "" : " (" + record.title + ")");
    if (!record.report)
        throw Error("the batch has no report", where, "the record is damaged");
    try {
        (void)find_algorithm(record.report->recipe.algorithm);
        (void)find_distribution(record.report->recipe.distribution);
    } catch (const Error& error) {
        throw Error(error.message(), where, "a later version of the program may know it");
    }
    ReadBatch read;
    for (const StoredUpdate& update : record.updates)
        read.batch.updates.push_back(layer_update(update, model, where));
    read.batch.active = record.active;
    read.batch.base = record.base;
    read.batch.hash = Ledger::hash_of(read.batch.updates);
    if (read.batch.hash != record.hash)
        throw Error("the batch's updates are not those that were applied: their hash is " + read.batch.hash + ", not " +
                        record.hash,
                    where, "the record is damaged; an older copy may be sound");
    read.searched = searched_of(record, model, where);
    read.entry = {.id = record.id, .title = record.title, .note = record.note, .hash = {}, .report = record.report};
    if (record.report->batch_id != record.id) {
        auto report = std::make_shared<EditReport>(*record.report);
        report->batch_id = record.id;
        read.entry.report = std::move(report);
    }
    if (read.entry.title.empty())
        read.entry.title = title_of(requests_of(*record.report));
    return read;
}

} // namespace emend
