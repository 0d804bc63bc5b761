// SPDX-License-Identifier: GPL-3.0-or-later
// What a diagnosis is made from: tokens, the steps of a solve, keys of other edits and of the paraphrases. Each
// function fills its part of the evidence; request, recipe and place must be in it. Reads the weights as they are and
// changes nothing.
#pragma once

#include "analysis/diagnosis.h"
#include "editing/editor.h"

#include <memory>
#include <span>
#include <vector>

namespace emend {

struct EvidenceTools {
    const Decoder& decoder;
    const Tokenizer& tokenizer;
    MetricSource metric; // of the recipe's layers, as for the solve
};

// How the texts fall into tokens. Throws Error for a faulty request.
void read_tokens(const Tokenizer& tokenizer, DiagnosisEvidence& evidence);

// The value, what every layer was asked for and wrote, what of it arrives at the bare prompt, and the nearest keys of
// the edits of the same batch. requests: those of the batch; result: of solving them, in a draft that is still there.
void read_solve(const EvidenceTools& tools, std::span<const EditRequest> requests, const EditBatchResult& result,
                DiagnosisEvidence& evidence, const JobContext& job);

// Another batch that is in the weights.
struct OtherBatch {
    std::shared_ptr<const EditReport> report;
    DiagnosisEvidence::Neighbour::When when = DiagnosisEvidence::Neighbour::When::earlier;
};
// The nearest keys, at a layer that both batches write, among some thousands of the others' edits. Bare prompts.
// The keys are those of the weights as they are: the caller puts them where the edit's batch was solved.
void read_other_batches(const EvidenceTools& tools, std::span<const OtherBatch> others, DiagnosisEvidence& evidence,
                        const JobContext& job);

// Keys of the paraphrases that name the subject, at the first layer that is written; likewise.
void read_paraphrase_keys(const EvidenceTools& tools, DiagnosisEvidence& evidence, const JobContext& job);
// What the model says to the paraphrases whose keys were read.
void read_paraphrase_answers(const EvidenceTools& tools, DiagnosisEvidence& evidence, const JobContext& job);

} // namespace emend
