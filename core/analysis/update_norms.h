// SPDX-License-Identifier: GPL-3.0-or-later
// How far the layers are from the checkpoint after each batch of the ledger, from the updates as they are kept: exact
// also where the weights' precision rounds them. Changes nothing.
#pragma once

#include "editing/ledger.h"
#include "emend/job.h"
#include "emend/report.h"

namespace emend {

// One point a batch of [0, position of the ledger) that is switched on; batch ids are the caller's to fill in, the
// batch's index is its point's position - 1. Costs the square of a layer's ranks, or one dense sum at a time where they
// are many.
NormHistory norm_history(const Ledger& ledger, const Weights& weights, const JobContext& job);

} // namespace emend
