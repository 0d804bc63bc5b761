// SPDX-License-Identifier: GPL-3.0-or-later
// Values that were searched before, so that another algorithm, softness or distribution solves again without searching
// again, and a run that was killed goes on where it was. Keyed by everything a value depends on: the weights (model and
// state of the ledger), the layer, the search's settings, the texts. In memory, and on disk where a cache can be had.
// Belongs to one thread.
#pragma once

#include "editing/prepared_edit.h"
#include "editing/values.h"
#include "storage/blob_cache.h"

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace emend {

// What all values of one search share.
struct ValueScope {
    std::string weights; // fingerprint of the model, precision, state of the ledger
    int layer = 0;
    bool at_mlp = false;
    ValueSearch search;
};

// One key a unit's edit: `unit` are the edits that share a delta, `place` the edit among them.
std::string value_key(const ValueScope& scope, std::span<const PreparedEdit* const> unit, std::size_t place);

class ValueStore {
  public:
    ValueStore() = default; // in memory alone
    // With the cache in this file; when it cannot be used a warning is logged and memory has to do.
    explicit ValueStore(const std::string& file);

    [[nodiscard]] std::optional<ValueResult> find(const std::string& key);
    void keep(std::span<const std::pair<std::string, ValueResult>> values);
    void forget(); // what is in memory

  private:
    std::map<std::string, std::string> in_memory_;
    std::size_t bytes_in_memory_ = 0;
    std::unique_ptr<BlobCache> on_disk_;
};

} // namespace emend
