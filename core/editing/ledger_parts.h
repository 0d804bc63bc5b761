// SPDX-License-Identifier: GPL-3.0-or-later
// What the ledger, its draft and remembered values share: sums, copies, hashes. Private to them.
#pragma once

#include "base/hash.h"
#include "editing/accumulate.h"
#include "editing/ledger.h"
#include "emend/report.h"

#include <algorithm>
#include <string>
#include <vector>

namespace emend::ledger_parts {

// sum += D, in place. `sum` belongs to the caller alone, never to the mapped checkpoint.
inline void add_update(at::Tensor& sum, const LayerUpdate& update) {
    add_product(sum.data_ptr<double>(), update.left.data_ptr<double>(), update.right.data_ptr<double>(), sum.size(0),
                update.left.size(1), sum.size(1), at::get_num_threads());
}

inline void add_to(Xxh3& hash, const LayerUpdate& update) {
    hash.update(&update.layer, sizeof update.layer);
    hash.update(update.left.data_ptr(), update.left.nbytes());
    hash.update(update.right.data_ptr(), update.right.nbytes());
}

// The ledger's own copy: later changes of the caller's tensors must not change history.
inline LayerUpdate kept(const LayerUpdate& update) {
    const auto copy = [](const at::Tensor& factor) { return factor.to(at::kCPU, at::kDouble).contiguous().clone(); };
    return {.layer = update.layer, .left = copy(update.left), .right = copy(update.right)};
}

inline bool touches(const LedgerBatch& batch, int layer) {
    return std::ranges::any_of(batch.updates, [layer](const LayerUpdate& update) { return update.layer == layer; });
}

} // namespace emend::ledger_parts
