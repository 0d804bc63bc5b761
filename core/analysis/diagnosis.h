// SPDX-License-Identifier: GPL-3.0-or-later
// Why an edit took or did not: verdicts along the chain from tokens over value, keys and layers to the answer, from
// what was measured. Pure functions on plain values; the measuring is done in diagnosis_evidence.h.
#pragma once

#include "editing/layer_report.h"
#include "emend/diagnosis.h"
#include "emend/edit.h"
#include "emend/recipe.h"

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace emend {

// What was measured of one edit of an applied batch.
struct DiagnosisEvidence {
    static constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

    std::uint64_t batch_id = 0;
    std::size_t edit = 0; // of the batch
    EditRequest request;
    Recipe recipe; // as used

    // How the texts fall into tokens.
    struct Tokens {
        std::vector<std::string> object; // pieces, as the model is to say them
        std::string before_subject;      // what the subject's first token has of the prompt, spaces apart
        std::string after_subject;       // what its last token has
    } tokens;

    // The search, or the gradient steps of fine-tuning.
    struct Value {
        std::vector<double> loss;
        bool stopped_early = false;
        bool clamped = false;         // the change ended at its bound
        double change = unknown;      // |delta| / |h|; largest |D_ij| of fine-tuning
        double probability = unknown; // of the object with delta put in; fine-tuning has no such thing
    } value;

    // The edit whose key is nearest to this one's.
    struct Neighbour {
        enum class When { together, earlier, later } when = When::together; // solved with it, before or after it
        std::string name;          // "edit 3 (Elena Silva → Paris)", "Elena Silva → Paris of an earlier batch"
        bool same_subject = false; // spaces around it apart
        double cosine = 0;         // of the whitened keys
    };
    std::vector<Neighbour> neighbours; // the nearest of each `when` there is
    struct Paraphrase {
        std::string text;
        double cosine = 0; // between its whitened key and the prompt's
        bool says_new = false;
    };
    std::vector<Paraphrase> paraphrases; // those that name the subject
    double context_cosine = unknown;     // between the whitened keys of the bare prompt and the mean over the contexts
    double condition = unknown;          // of the system, the worst of the layers

    struct Layer {
        LayerResidual residual;
        double alone = 0; // of what it was asked for, the part the formula would write without any other edit
    };
    std::vector<Layer> layers; // ascending; none of fine-tuning
    bool own_values = false;   // each layer has a residual of its own
    double arrived = unknown;  // of delta, the part that is there when the bare prompt is read once more
    double state = 0;          // |h|: residuals far below it are rounding

    struct Answer {
        bool says_new = false;
        double p_new = 0;
    };
    Answer then; // right after its batch
    Answer now;
    std::string undone_by;            // the later batch after which it no longer holds; empty: none
    bool stale = false;               // solved on weights that are no longer underneath the batch
    LensResult lens;                  // at the prompt's last token, underneath the batch and now
    std::vector<LensLayer> lens_then; // right after its batch
};

Diagnosis diagnose(const DiagnosisEvidence& evidence);

} // namespace emend
