// SPDX-License-Identifier: GPL-3.0-or-later
// Taking edits along: batches as records, and the history put back from them.
#include "base/hash.h"
#include "emend/error.h"
#include "engine/batch_solver.h"
#include "engine/history_records.h"
#include "engine/torch_engine.h"
#include "engine/torch_errors.h"

#include <algorithm>
#include <set>
#include <utility>

namespace emend {

LedgerState TorchEngine::annotate(std::uint64_t batch_id, const std::string& title, const std::string& note) {
    return guarded("naming the batch", [&] {
        OpenModel& open = model();
        LedgerEntry& entry = open.entries[index_of(open, batch_id)];
        std::string new_title = title.empty() ? title_of(requests_of(*entry.report)) : title;
        std::string new_note = note;
        entry.title.swap(new_title);
        entry.note.swap(new_note);
        return ledger();
    });
}

BatchRecord TorchEngine::record(std::uint64_t batch_id) const {
    return guarded("recording the batch", [&] {
        const NoGrad no_grad;
        const OpenModel& open = model();
        return record_of(open, index_of(open, batch_id));
    });
}

LedgerState TorchEngine::restore(const std::vector<BatchRecord>& batches, std::size_t position, const JobContext& job) {
    return guarded("restoring the history", [&] {
        const NoGrad no_grad;
        OpenModel& open = model();
        std::vector<LedgerBatch> restored;
        std::vector<LedgerEntry> entries;
        std::map<std::uint64_t, SearchedValues> searched;
        std::set<std::uint64_t> ids;
        std::uint64_t last_batch_id = open.last_batch_id;
        for (std::size_t index = 0; index < batches.size(); ++index) {
            job.check();
            ReadBatch read = read_record(batches[index], index, open.info);
            if (read.entry.id == 0 || !ids.insert(read.entry.id).second)
                throw Error("two batches have the same number, or one has none", "batch " + std::to_string(index + 1),
                            "the record is damaged");
            last_batch_id = std::max(last_batch_id, read.entry.id);
            if (!read.searched.targets.empty())
                searched.emplace(read.entry.id, std::move(read.searched));
            restored.push_back(std::move(read.batch));
            entries.push_back(std::move(read.entry));
        }
        open.ledger.restore(std::move(restored), position, job);
        open.entries.swap(entries);
        open.searched.swap(searched);
        open.last_batch_id = last_batch_id;
        open.kept.keep_only({});
        return ledger();
    });
}

std::string TorchEngine::edited_hash(const JobContext& job) const {
    return guarded("hashing the edited weights", [&] {
        const NoGrad no_grad;
        const OpenModel& open = model();
        const Weights& weights = open.decoder.weights();
        const std::vector<int> layers = open.ledger.written_layers(open.ledger.position());
        Xxh3 hash;
        for (const int layer : layers) {
            job.check();
            const at::Tensor matrix = weights.block(layer).down.weight.to(at::kCPU).contiguous();
            hash.update(weights.down_name(layer));
            hash.update(matrix.data_ptr(), matrix.nbytes());
        }
        return layers.empty() ? std::string() : hash.hex();
    });
}

} // namespace emend
