// SPDX-License-Identifier: GPL-3.0-or-later
// Names of weights, from the history alone: a chain of the hashes of the batches that are in them.
#include "base/hash.h"
#include "emend/report.h"

#include <algorithm>

namespace emend {

std::string state_name_with(const std::string& state, const std::string& batch_hash) {
    Xxh3 hash;
    hash.update(state);
    hash.update(batch_hash);
    return hash.hex();
}

std::string state_name(const LedgerState& ledger, LedgerPosition at) {
    std::string state;
    const std::size_t end = std::min(at.value_or(ledger.position), ledger.entries.size());
    for (std::size_t i = 0; i < end; ++i)
        if (ledger.entries[i].active)
            state = state_name_with(state, ledger.entries[i].hash);
    return state;
}

LedgerPosition position_named(const LedgerState& ledger, std::string_view state) {
    std::string here;
    for (std::size_t at = 0;; ++at) {
        if (here == state)
            return at;
        if (at == ledger.entries.size())
            return std::nullopt;
        if (ledger.entries[at].active)
            here = state_name_with(here, ledger.entries[at].hash);
    }
}

} // namespace emend
