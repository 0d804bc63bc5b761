// SPDX-License-Identifier: GPL-3.0-or-later
// Why an edit took or did not: gathers the evidence, with one more solve in a draft that is dropped.
#include "analysis/diagnosis_evidence.h"
#include "analysis/logit_lens.h"
#include "analysis/prediction.h"
#include "base/job_part.h"
#include "emend/error.h"
#include "engine/batch_solver.h"
#include "engine/torch_engine.h"
#include "engine/torch_errors.h"

#include <algorithm>
#include <chrono>

namespace emend {

namespace {

using When = DiagnosisEvidence::Neighbour::When;

constexpr double solve_begin = 0.1; // of the progress; with kept values the solve is most of it
constexpr double solve_end = 0.7;
constexpr double others_end = 0.8;      // keys of other batches
constexpr double keys_end = 0.85;       // and of the paraphrases
constexpr double paraphrases_end = 0.4; // of the answers
constexpr int shown_answers = 5;

void tell(const JobContext& job, double fraction) {
    job.check();
    job.report({.phase = "diagnosis", .fraction = fraction, .seconds_left = -1, .detail = {}});
}

// Where the batch stands. Throws Error when it is not in the weights or has no such edit.
std::size_t place_of(const OpenModel& open, std::uint64_t batch_id, std::size_t edit) {
    const std::size_t index = applied_index(open, batch_id);
    const LedgerEntry& entry = open.entries[index];
    if (!open.ledger.batch(index).active)
        throw Error("the batch is switched off", entry.title, "switch it on first");
    if (edit >= entry.report->edits.size())
        throw Error("the batch has no edit " + std::to_string(edit + 1), entry.title,
                    "it has " + std::to_string(entry.report->edits.size()));
    return index;
}

// Batches in the weights, the nearest to this one first.
std::vector<OtherBatch> other_batches(const OpenModel& open, std::size_t index) {
    std::vector<OtherBatch> others;
    for (std::size_t distance = 1; distance < open.ledger.position(); ++distance) {
        const auto add = [&](std::size_t other, When when) {
            if (other < open.ledger.position() && open.ledger.batch(other).active)
                others.push_back({.report = open.entries[other].report, .when = when});
        };
        add(index + distance, When::later);
        if (distance <= index)
            add(index - distance, When::earlier);
    }
    return others;
}

// What the model says after the batch and now, through which batch that changed, and layer by layer.
void read_answers(OpenModel& open, std::size_t index, DiagnosisEvidence& evidence, const JobContext& job) {
    const std::vector<PredictionQuery> query{query_of(evidence.request)};
    const auto answer_at = [&](std::size_t position) -> DiagnosisEvidence::Answer {
        const AtPosition state(open.ledger, position);
        const Prediction answer = predict(open.decoder, open.tokenizer, query, 1, job).front();
        return {.says_new = answer.says_new, .p_new = answer.p_new};
    };
    const std::size_t position = open.ledger.position();
    evidence.then = answer_at(index + 1);
    evidence.now = index + 1 == position ? evidence.then : answer_at(position);
    tell(job, 0.3);
    if (evidence.then.says_new && !evidence.now.says_new) {
        std::size_t holds = index + 1;
        std::size_t gone = position;
        while (gone - holds > 1) {
            const std::size_t between = holds + (gone - holds) / 2;
            (answer_at(between).says_new ? holds : gone) = between;
        }
        evidence.undone_by = open.entries[gone - 1].title;
    }
    tell(job, 0.6);
    LensRequest request{.prompt = query.front().prompt,
                        .token = -1,
                        .object = evidence.request.object,
                        .true_object = evidence.request.true_object,
                        .before = index,
                        .after = position,
                        .top = shown_answers};
    evidence.lens = lens_states(open.decoder, open.tokenizer, open.ledger, request, job);
    evidence.lens_then = evidence.lens.after;
    if (index + 1 < position) {
        request.after = index + 1;
        evidence.lens_then = lens_states(open.decoder, open.tokenizer, open.ledger, request, job).after;
    }
}

} // namespace

Diagnosis TorchEngine::diagnose(std::uint64_t batch_id, std::size_t edit, const JobContext& job) {
    return guarded("diagnosing the edit", [&] {
        const NoGrad no_grad;
        OpenModel& open = model();
        const std::size_t index = place_of(open, batch_id, edit);
        const auto report = open.entries[index].report;
        const auto start = std::chrono::steady_clock::now();

        DiagnosisEvidence evidence;
        evidence.batch_id = batch_id;
        evidence.edit = edit;
        evidence.request = report->edits[edit].request;
        evidence.recipe = report->recipe;
        evidence.stale = open.ledger.is_stale(index);
        read_tokens(open.tokenizer, evidence);

        SolveJob what = again(open, index, part_of(job, 0, solve_begin, start));
        what.options.whole_values = true;
        provide_earlier_keys(open, what.recipe, index, job);
        const EvidenceTools tools{.decoder = open.decoder, .tokenizer = open.tokenizer, .metric = [&](int layer) {
                                      return what.metrics.at(layer);
                                  }};
        {
            Ledger::Draft dropped(open.ledger, index);
            const EditBatchResult result = run_batch(open, dropped, what, part_of(job, solve_begin, solve_end, start));
            read_solve(tools, what.requests, result, evidence, job);
        }
        tell(job, solve_end);
        {
            // The keys the edit was solved with: later batches may have written layers underneath.
            const AtPosition as_solved(open.ledger, index);
            read_other_batches(tools, other_batches(open, index), evidence, part_of(job, solve_end, others_end, start));
            tell(part_of(job, others_end, keys_end, start), 0);
            read_paraphrase_keys(tools, evidence, part_of(job, others_end, keys_end, start));
        }
        const JobContext answers = part_of(job, keys_end, 1, start);
        tell(answers, 0);
        read_paraphrase_answers(tools, evidence, part_of(answers, 0, paraphrases_end, start));
        read_answers(open, index, evidence, part_of(answers, paraphrases_end, 1, start));
        tell(job, 1);
        job.check();
        return emend::diagnose(evidence);
    });
}

} // namespace emend
