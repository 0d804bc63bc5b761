// SPDX-License-Identifier: GPL-3.0-or-later
// Why an edit took or did not, along the chain from tokens to answer. Plain values.
#pragma once

#include "emend/trace.h"

#include <cstdint>
#include <string>
#include <vector>

namespace emend {

struct DiagnosisVerdict {
    std::string check; // short and stable: "object-tokens", "value", "clamp", "layers", "key-edits", …
    bool ok = true;
    bool judged = true;  // off: a link before it broke, so that its number says nothing; ok means nothing then
    double value = 0;    // what was measured; NaN: nothing to measure
    double bound = 0;    // what it was held against; NaN: none
    std::string finding; // in words with the number
    std::string advice;  // what to change; empty when ok
    // The field it means: a recipe field's JSON key, "subject", "prompt", "object", or "history", the batches
    // underneath; may be empty.
    std::string setting;
};

struct DiagnosisLayer {
    int layer = 0;
    double residual = 0; // |z - h| of this edit before the layer was written
    double left = 0;     // after it
    double share = 0;    // of the first layer's residual, what this layer took away
};

struct Diagnosis {
    std::uint64_t batch_id = 0;
    std::size_t edit = 0;                   // of the batch
    bool holds = false;                     // the model says the new object now
    std::string summary;                    // one sentence: the first thing that went wrong, or that all is well
    std::vector<DiagnosisVerdict> verdicts; // in the order of the chain
    std::vector<double> loss;               // of the value search
    std::vector<DiagnosisLayer> layers;
    LensResult lens; // at the prompt's last token
};

} // namespace emend
