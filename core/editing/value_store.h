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

// Of all edits of one search, in order; units: as in ValueOptions::unit_of_edit.
std::vector<std::string> value_keys(const ValueScope& scope, std::span<const PreparedEdit> edits,
                                    const std::vector<std::size_t>& units);

class ValueStore {
  public:
    ValueStore() = default; // in memory alone
    // With the cache in this file; when it cannot be used a warning is logged and memory has to do.
    explicit ValueStore(const std::string& file);

    // whole: with everything the search found out; else what was remembered will do.
    [[nodiscard]] std::optional<ValueResult> find(const std::string& key, bool whole = false);
    void keep(std::span<const std::pair<std::string, ValueResult>> values);
    // A value found elsewhere (target and losses): in memory, for as long as the store lives, and before others.
    void remember(const std::string& key, ValueResult value) { remembered_.insert_or_assign(key, std::move(value)); }
    void forget(); // what was kept in memory

  private:
    std::map<std::string, std::string> in_memory_;
    std::size_t bytes_in_memory_ = 0;
    std::map<std::string, ValueResult> remembered_; // never on disk: another machine's values are not this one's
    std::unique_ptr<BlobCache> on_disk_;
};

} // namespace emend
