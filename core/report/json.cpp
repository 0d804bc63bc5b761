// SPDX-License-Identifier: GPL-3.0-or-later
// All numbers of a session; what is not a number is null.
#include "report/formats.h"
#include "report/values_json.h"
#include "report/words.h"

namespace emend::report {

namespace {

// With everything that tests it: as a file of edits has it.
Json whole(const EditRequest& request) {
    Json json = to_json(request);
    add_probes(json, request);
    return json;
}

Json of(const std::vector<FrontierPoint>& points) {
    return list_of(points, [](const FrontierPoint& point) { return to_json(point); });
}

Json of(const Frontier& frontier) {
    return {{"batch", frontier.batch_id},
            {"softness", frontier.softness},
            {"total", of(frontier.total)},
            {"layers", list_of(frontier.layers, [](const LayerFrontier& layer) {
                 return Json{{"layer", layer.layer}, {"points", of(layer.points)}};
             })}};
}

Json of(const SessionModel& model) {
    return {{"name", model.name},
            {"path", model.path},
            {"family", model.family},
            {"dtype", model.dtype},
            {"device", model.device},
            {"fingerprint", model.fingerprint},
            {"layers", model.layers},
            {"d_model", model.d_model},
            {"d_mlp", model.d_mlp},
            {"vocab", model.vocab},
            {"parameters", model.parameters}};
}

Json batch(const SessionReportContents& contents, std::size_t index) {
    const LedgerEntry& entry = contents.ledger.entries[index];
    Json json{{"id", entry.id},
              {"title", entry.title},
              {"note", entry.note},
              {"hash", entry.hash},
              {"active", entry.active},
              {"stale", entry.stale},
              {"in_weights", is_in_weights(contents.ledger, index)},
              {"state", state_name(contents.ledger, index + 1)}};
    if (!entry.report)
        return json;
    const EditReport& report = *entry.report;
    json["recipe"] = to_json(report.recipe);
    json["edits"] = list_of(report.edits, [&](const EditOutcome& edit) {
        Json one = to_json(edit);
        add_probes(one, edit.request);
        one["note"] = note_of(contents, entry.id, edit.request);
        return one;
    });
    json["layers"] = to_json(report.layers);
    json["conflicts"] = to_json(report.conflicts);
    json["seconds"] = to_json(report.seconds);
    json["warnings"] = report.warnings;
    return json;
}

Json of(const NormHistory& norms) {
    return {{"layers", norms.layers}, {"points", list_of(norms.points, [](const NormHistory::Point& point) {
                                           return Json{{"position", point.position},
                                                       {"batch", point.batch_id},
                                                       {"update_norm", point.update_norm},
                                                       {"relative_norm", point.relative_norm}};
                                       })}};
}

Json of(const SessionTrace& trace) {
    const TraceResult& result = trace.result;
    return {{"kind", to_text(result.kind)},
            {"window", result.window},
            {"samples", result.samples},
            {"noise", result.noise},
            {"seed", trace.request.seed},
            {"subject", result.subject},
            {"prompt", result.prompt},
            {"tokens", result.tokens},
            {"subject_first", result.subject_first},
            {"subject_last", result.subject_last},
            {"layers", result.layers},
            {"state", or_null(trace.state)},
            {"objects", list_of(result.objects,
                                [](const TraceObject& object) {
                                    return Json{{"text", object.text},
                                                {"clean", object.clean},
                                                {"corrupted", object.corrupted},
                                                {"corrupted_spread", object.corrupted_spread},
                                                {"effect", object.effect}};
                                })},
            {"seconds", result.seconds}};
}

Json of(const SessionReportContents& contents, const SessionScores& scores) {
    return {{"batch", scores.batch},
            {"edits", scores.edits > 0 ? Json(scores.edits) : Json()},
            {"before", scores.before ? to_json(*scores.before) : Json()},
            {"after", to_json(scores.after)},
            {"state", or_null(scores.state)},
            {"other_weights", is_of_other_weights(contents, scores.batch, scores.state)}};
}

Json of(const SessionReportContents& contents, const SessionText& text) {
    return {{"batch", text.batch},
            {"edit", text.edit},
            {"prompt", text.prompt},
            {"seed", text.seed},
            {"before", text.before},
            {"after", text.after},
            {"state_before", or_null(text.state_before)},
            {"state_after", or_null(text.state_after)},
            {"other_weights", is_of_other_weights(contents, text)}};
}

} // namespace

std::string edits_file(const EditReport& report) {
    return text_of(list_of(report.edits, [](const EditOutcome& edit) { return whole(edit.request); }));
}

std::string json(const SessionReportContents& contents) {
    const SessionHead& head = contents.head;
    Json document{{"session",
                   {{"path", head.path},
                    {"program", head.program},
                    {"created", head.created},
                    {"changed", head.changed},
                    {"note", head.note},
                    {"edited_hash", head.edited_hash}}},
                  {"model", of(head.model)},
                  {"position", contents.ledger.position},
                  {"state", state_name(contents.ledger)}};
    Json& batches = document["batches"] = Json::array();
    for (std::size_t i = 0; i < contents.ledger.entries.size(); ++i)
        batches.push_back(batch(contents, i));
    Json& drafts = document["drafts"] = Json::array();
    for (const SessionEdit& edit : contents.edits) {
        if (edit.batch)
            continue;
        drafts.push_back(whole(edit.request));
        drafts.back()["note"] = edit.note;
    }
    document["scores"] = list_of(contents.scores, [&](const SessionScores& scores) { return of(contents, scores); });
    document["texts"] = list_of(contents.texts, [&](const SessionText& text) { return of(contents, text); });
    document["norms"] = contents.norms ? of(*contents.norms) : Json();
    document["frontiers"] = list_of(contents.frontiers, [](const Frontier& frontier) { return of(frontier); });
    document["traces"] = list_of(contents.traces, [](const SessionTrace& trace) { return of(trace); });
    document["notes"] = contents.notes;
    document["versions"] = contents.versions;
    return text_of(document) + '\n';
}

} // namespace emend::report
