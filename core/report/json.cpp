// SPDX-License-Identifier: GPL-3.0-or-later
// All numbers of a session; what is not a number is null.
#include "emend/recipe.h"
#include "report/formats.h"
#include "report/words.h"

#include <nlohmann/json.hpp>

namespace emend::report {

namespace {

using Json = nlohmann::ordered_json;

Json optional(const std::optional<double>& value) {
    return value ? Json(*value) : Json();
}

template<class List, class Write>
Json list_of(const List& list, Write write) {
    Json out = Json::array();
    for (const auto& one : list)
        out.push_back(write(one));
    return out;
}

Json of(const Prediction& prediction) {
    return {{"p_new", prediction.p_new},
            {"says_new", prediction.says_new},
            {"p_true", optional(prediction.p_true)},
            {"top", list_of(prediction.top, [](const TokenProbability& token) {
                 return Json{{"id", token.id}, {"piece", token.piece}, {"probability", token.probability}};
             })}};
}

Json of(const EditRequest& request) {
    Json json{{"subject", request.subject}, {"prompt", request.prompt}, {"object", request.object}};
    if (!request.relation.empty())
        json["relation"] = request.relation;
    if (request.true_object)
        json["true_object"] = *request.true_object;
    if (!request.paraphrases.empty())
        json["paraphrases"] = request.paraphrases;
    if (!request.neighbours.empty())
        json["neighbours"] = request.neighbours;
    return json;
}

Json of(const EditOutcome& edit) {
    Json json = of(edit.request);
    json["before"] = of(edit.before);
    json["after"] = of(edit.after);
    json["loss"] = edit.loss;
    json["stopped_early"] = edit.stopped_early;
    json["clamped"] = edit.clamped;
    json["value_kept"] = edit.value_kept;
    return json;
}

Json of(const LayerReport& layer) {
    return {{"layer", layer.layer},
            {"update_norm", layer.update_norm},
            {"weight_norm", layer.weight_norm},
            {"relative_norm", layer.relative_norm},
            {"rank", layer.rank},
            {"dimensions", layer.dimensions},
            {"condition", layer.condition},
            {"preservation", layer.preservation},
            {"memorization", layer.memorization},
            {"residual_share", layer.residual_share}};
}

Json of(const Scores& scores) {
    return {{"efficacy", optional(scores.efficacy)},
            {"paraphrase", optional(scores.paraphrase)},
            {"neighbourhood", optional(scores.neighbourhood)},
            {"score", optional(scores.score)}};
}

Json of(const std::vector<FrontierPoint>& points) {
    return list_of(points, [](const FrontierPoint& point) {
        return Json{{"softness", point.softness},
                    {"preservation", point.preservation},
                    {"memorization", point.memorization},
                    {"update_norm", point.update_norm}};
    });
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

Json of(const EditSeconds& seconds) {
    return {{"contexts", seconds.contexts}, {"statistics", seconds.statistics}, {"values", seconds.values},
            {"keys", seconds.keys},         {"solve", seconds.solve},           {"total", seconds.total}};
}

Json batch(const SessionReportContents& contents, std::size_t index) {
    const LedgerEntry& entry = contents.ledger.entries[index];
    Json json{{"id", entry.id},
              {"title", entry.title},
              {"note", entry.note},
              {"hash", entry.hash},
              {"active", entry.active},
              {"stale", entry.stale},
              {"in_weights", is_in_weights(contents.ledger, index)}};
    if (!entry.report)
        return json;
    const EditReport& report = *entry.report;
    json["recipe"] = Json::parse(recipe_to_json(report.recipe));
    json["edits"] = list_of(report.edits, [&](const EditOutcome& edit) {
        Json one = of(edit);
        one["note"] = note_of(contents, entry.id, edit.request);
        return one;
    });
    json["layers"] = list_of(report.layers, [](const LayerReport& layer) { return of(layer); });
    json["conflicts"] = list_of(report.conflicts, [](const EditConflict& conflict) {
        return Json{{"first", conflict.first},
                    {"second", conflict.second},
                    {"same_subject", conflict.same_subject},
                    {"cosine", conflict.cosine}};
    });
    json["seconds"] = of(report.seconds);
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

} // namespace

std::string edits_file(const EditReport& report) {
    return list_of(report.edits, [](const EditOutcome& edit) { return of(edit.request); })
        .dump(2, ' ', false, Json::error_handler_t::replace);
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
                  {"position", contents.ledger.position}};
    Json& batches = document["batches"] = Json::array();
    for (std::size_t i = 0; i < contents.ledger.entries.size(); ++i)
        batches.push_back(batch(contents, i));
    Json& drafts = document["drafts"] = Json::array();
    for (const SessionEdit& edit : contents.edits) {
        if (edit.batch)
            continue;
        drafts.push_back(of(edit.request));
        drafts.back()["note"] = edit.note;
    }
    document["scores"] = list_of(contents.scores, [](const SessionScores& scores) {
        return Json{{"batch", scores.batch},
                    {"before", scores.before ? of(*scores.before) : Json()},
                    {"after", of(scores.after)}};
    });
    document["texts"] = list_of(contents.texts, [](const SessionText& text) {
        return Json{{"batch", text.batch}, {"edit", text.edit},     {"prompt", text.prompt},
                    {"seed", text.seed},   {"before", text.before}, {"after", text.after}};
    });
    document["norms"] = contents.norms ? of(*contents.norms) : Json();
    document["frontiers"] = list_of(contents.frontiers, [](const Frontier& frontier) { return of(frontier); });
    document["traces"] = list_of(contents.traces, [](const SessionTrace& trace) { return of(trace); });
    document["versions"] = contents.versions;
    return document.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

} // namespace emend::report
