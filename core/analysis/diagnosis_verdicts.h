// SPDX-License-Identifier: GPL-3.0-or-later
// The links of the chain, one function each. Nothing where a link does not exist: fine-tuning has neither value nor
// key. The setting "history" stands for the batches an edit was solved on.
#pragma once

#include "analysis/diagnosis.h"

#include <optional>

namespace emend::links {

using Evidence = DiagnosisEvidence;
using Verdict = std::optional<DiagnosisVerdict>;

// --- tokens
Verdict object_tokens(const Evidence& evidence);
Verdict subject_tokens(const Evidence& evidence);
Verdict prompt_end(const Evidence& evidence);
// --- value
Verdict steps(const Evidence& evidence);
Verdict clamp(const Evidence& evidence);
Verdict value(const Evidence& evidence);
// --- keys and layers
Verdict key_edits(const Evidence& evidence);
Verdict condition(const Evidence& evidence);
Verdict layers(const Evidence& evidence);
Verdict key_contexts(const Evidence& evidence);
Verdict key_paraphrases(const Evidence& evidence);
// --- answer
Verdict overruled(const Evidence& evidence);
Verdict stale(const Evidence& evidence);
Verdict undone_later(const Evidence& evidence);

// LayerReport::residual_share of this edit alone.
std::vector<DiagnosisLayer> layers_of(const Evidence& evidence);

// --- for their findings
std::string number(double value);  // three digits
std::string percent(double share); // "12 %", "0.3 %"
std::string quoted(const std::string& text);

} // namespace emend::links
