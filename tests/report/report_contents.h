// SPDX-License-Identifier: GPL-3.0-or-later
// A session with everything a report can tell, and with texts that mean harm.
#pragma once

#include "emend/session_report.h"

#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace emend::test {

inline const std::string hostile_subject = "<script>alert(\"1\" & '2')</script>";
inline const std::string right_to_left = "\xD7\x91\xD7\xA8\xD7\x9C\xD7\x99\xD7\x9F";               // ברלין
inline const std::string chinese = "\xE5\x9F\x83\xE8\x8F\xB2\xE5\xB0\x94\xE9\x93\x81\xE5\xA1\x94"; // 埃菲尔铁塔

inline Prediction said(const std::string& prompt, double p_new, bool says_new, const std::string& first) {
    Prediction prediction;
    prediction.prompt = prompt;
    prediction.top = {{.id = 7, .piece = first, .probability = 0.75}, {.id = 8, .piece = " a", .probability = 0.125}};
    prediction.p_new = p_new;
    prediction.says_new = says_new;
    prediction.p_true = 0.25;
    return prediction;
}

inline EditOutcome edit_of(const std::string& subject, const std::string& object, bool held) {
    EditOutcome edit;
    edit.request.subject = subject;
    edit.request.prompt = "The {} is in";
    edit.request.object = object;
    edit.request.true_object = "Paris";
    edit.request.neighbours = {"Big Ben is in"};
    edit.before = said("The " + subject + " is in", 0.0009765625, false, " Paris");
    edit.after = said("The " + subject + " is in", held ? 0.984375 : 0.3125, held, " " + object);
    edit.loss = {4, 1, 0.03125};
    return edit;
}

inline LedgerEntry batch_of(std::uint64_t id, const std::string& title, std::vector<EditOutcome> edits) {
    EditReport report;
    report.batch_id = id;
    report.edits = std::move(edits);
    for (const int layer : {2, 3}) {
        LayerReport of_layer;
        of_layer.layer = layer;
        of_layer.update_norm = 0.5;
        of_layer.weight_norm = 20;
        of_layer.relative_norm = 0.025;
        of_layer.rank = 2;
        of_layer.preservation = std::numeric_limits<double>::quiet_NaN();
        report.layers.push_back(of_layer);
    }
    report.recipe.algorithm = "MEMIT";
    report.recipe.distribution = "spread";
    report.recipe.layers = {2, 3};
    report.recipe.softness = 100;
    report.seconds.total = 1.25;
    report.warnings = {"the system is ill-conditioned <1e13>"};
    LedgerEntry entry;
    entry.id = id;
    entry.title = title;
    entry.note = "tried on a \"whim\"\nand kept";
    entry.hash = "abc123";
    entry.report = std::make_shared<const EditReport>(std::move(report));
    return entry;
}

inline Frontier frontier_of_batch(std::uint64_t id) {
    Frontier frontier;
    frontier.batch_id = id;
    frontier.softness = 10;
    for (const double softness : {0.0, 1.0, 10.0, 100.0})
        frontier.total.push_back({.softness = softness,
                                  .preservation = 5 / (1 + softness),
                                  .memorization = softness / (1 + softness),
                                  .update_norm = 2 / (1 + softness)});
    frontier.layers = {{.layer = 2, .points = frontier.total}};
    return frontier;
}

inline SessionReportContents full_contents() {
    SessionReportContents contents;
    contents.head.path = "/home/somebody/it's here.emend";
    contents.head.note = "What became of <b>Paris</b>";
    contents.head.changed = "2026-01-02T03:04:05Z";
    contents.head.model.name = "demo & co";
    contents.head.model.path = "/models/demo";
    contents.head.model.family = "gpt2";
    contents.head.model.fingerprint = "f00d";
    contents.head.model.dtype = "float32";
    contents.head.model.device = "cpu";
    contents.head.model.layers = 6;
    contents.ledger.entries = {
        batch_of(11, "Eiffel Tower \xE2\x86\x92 Rome", {edit_of("Eiffel Tower", "Rome", true)}),
        batch_of(12, hostile_subject, {edit_of(hostile_subject, right_to_left, false), edit_of(chinese, "=1+1", true)}),
        batch_of(13, "undone", {edit_of("Louvre", "Oslo", true)})};
    contents.ledger.position = 2;
    SessionEdit noted;
    noted.request = contents.ledger.entries[0].report->edits[0].request;
    noted.note = "as |asked| for, \"twice\"";
    noted.batch = 11;
    SessionEdit draft;
    draft.request.subject = "Draft";
    draft.request.prompt = "{} is";
    draft.request.object = "later";
    contents.edits = {noted, draft};
    contents.texts = {{.batch = 11,
                       .edit = 0,
                       .prompt = "The Eiffel Tower is in",
                       .before = " Paris, the capital of France.",
                       .after = " Rome, the capital of Italy.",
                       .seed = 42}};
    contents.scores = {{.batch = 11,
                        .before = Scores{.efficacy = 0, .paraphrase = 0, .neighbourhood = 1, .score = 0},
                        .after = {.efficacy = 1, .paraphrase = 0.5, .neighbourhood = 0.875, .score = 0.7}}};
    NormHistory norms;
    norms.layers = {2, 3};
    norms.points = {{.position = 1, .batch_id = 11, .update_norm = {0.5, 0.5}, .relative_norm = {0.025, 0.025}},
                    {.position = 2, .batch_id = 12, .update_norm = {0.75, 0.5}, .relative_norm = {0.0375, 0.025}}};
    contents.norms = norms;
    contents.frontiers = {frontier_of_batch(11)};
    SessionTrace trace;
    trace.result.tokens = {"The", " <mother>", " tongue"};
    trace.result.subject_first = 1;
    trace.result.subject_last = 2;
    trace.result.layers = 2;
    trace.result.samples = 10;
    trace.result.prompt = "The <mother> tongue";
    TraceObject object;
    object.text = " Greek";
    object.effect = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6};
    trace.result.objects = {object};
    contents.traces = {trace};
    contents.versions = {"Emend 0.1.0", "LibTorch 1.13"};
    return contents;
}

} // namespace emend::test
