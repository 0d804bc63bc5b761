// SPDX-License-Identifier: GPL-3.0-or-later
// What a layer's solves come to together: size of the sum of their updates, and how much of the residual they took
// away. Pure functions.
#pragma once

#include "editing/editor.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace emend {

// Updates of one layer, factors side by side: D = sum of left_i right_i.
struct UpdateSum {
    double norm = 0;         // |D|, Frobenius, without forming D
    double preservation = 0; // tr(D C D^T); NaN without a metric
};
UpdateSum sum_of_updates(const std::vector<at::Tensor>& left, const std::vector<at::Tensor>& right,
                         const Metric* metric);

// Residual at one layer's turn, by norms over all edits that were written there, whether they were solved together or
// one after another: the root of the sum of the squares.
struct LayerResidual {
    int layer = 0;
    double whole = 0;  // |z - h| as it was read before the layer was written
    double asked = 0;  // the layer's part of it, after distribution
    double missed = 0; // |R - D K|: what the formula leaves of that part
};
// One a layer, ascending; none of fine-tuning, which has no residual.
std::vector<LayerResidual> layer_residuals(const std::vector<LayerStep>& steps);

// LayerReport::residual_share by layer. A layer took away what is no longer there at the next one's turn; after the
// last nothing is read, and what is left is what the formula says: the last layer is asked for all of it. Where each
// layer has values of its own, each answers for its own residual, in parts of the sum over the layers. All 0 when there
// is no residual.
std::map<int, double> residual_shares(const std::vector<LayerResidual>& residuals, bool own_values);

// Layers without a residual get 0.
void set_residual_shares(std::vector<LayerReport>& reports, const std::map<int, double>& shares);

// LayerReport::relative_norm above which a batch outweighs the weights it was added to: what the layer computes is then
// more the update's doing than the training's, and whether that does harm is to be looked at. Not from 1 on, where
// batches of everyday size lie that do none. Measured on the demo model, neighbours (same city, other subject) that
// still answer as before: MEMIT and EMMET up to 1.4 all, at 2 to 7 times 92 to 94 %, at 8 to 10 times 70 to 76 %, at 21
// times 43 %; EMMET without statistics at 1.5 times 69 %, at 6 times 18 %, at 11 times 3 to 15 %. From 8 times on it is
// called broken.
inline constexpr double outweighs = 1.5;
inline constexpr double breaks = 8;

// Of the layer that was changed most, when that is too much: what to tell, and what to do.
std::optional<std::string> weight_warning(const std::vector<LayerReport>& reports);

} // namespace emend
