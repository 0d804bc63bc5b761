// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/json_values.h"
#include "session/stored_values.h"

namespace emend {

using namespace stored;

namespace {

Json optional_number(const std::optional<double>& value) {
    return value ? put(*value) : Json();
}

std::optional<double> optional_number(const Json& value) {
    return value.is_null() ? std::nullopt : std::optional(number(value));
}

TraceKind kind(const Json& value) {
    return trace_kind_from(text(value));
}

Json put_kind(TraceKind value) {
    return std::string(to_text(value));
}

} // namespace

std::string trace_request_to_text(const TraceRequest& request) {
    return written({{"subject", put(request.subject)},
                    {"prompt", put(request.prompt)},
                    {"objects", put(request.objects)},
                    {"kind", put_kind(request.kind)},
                    {"window", request.window},
                    {"samples", request.samples},
                    {"noise", optional_number(request.noise)},
                    {"noise_file", put(request.noise_file)},
                    {"seed", request.seed},
                    {"at", request.at ? Json(*request.at) : Json()}});
}

TraceRequest trace_request_from_text(std::string_view request_text) {
    const Json json = parsed(request_text);
    TraceRequest request;
    request.subject = text(member(json, "subject"));
    request.prompt = text(member(json, "prompt"));
    request.objects = texts(member(json, "objects"));
    request.kind = kind(member(json, "kind"));
    request.window = whole<int>(member(json, "window"));
    request.samples = whole<int>(member(json, "samples"));
    request.noise = optional_number(member(json, "noise"));
    request.noise_file = text(member(json, "noise_file"));
    request.seed = whole<std::uint64_t>(member(json, "seed"));
    if (const Json& at = member(json, "at"); !at.is_null())
        request.at = whole<std::size_t>(at);
    return request;
}

std::string trace_to_text(const TraceResult& result) {
    Json objects = Json::array();
    for (const TraceObject& object : result.objects)
        objects.push_back({{"text", put(object.text)},
                           {"clean", put(object.clean)},
                           {"corrupted", put(object.corrupted)},
                           {"corrupted_spread", put(object.corrupted_spread)},
                           {"effect", put(object.effect)}});
    return written({{"kind", put_kind(result.kind)},
                    {"window", result.window},
                    {"samples", result.samples},
                    {"noise", put(result.noise)},
                    {"subject", put(result.subject)},
                    {"prompt", put(result.prompt)},
                    {"tokens", put(result.tokens)},
                    {"subject_first", result.subject_first},
                    {"subject_last", result.subject_last},
                    {"layers", result.layers},
                    {"objects", std::move(objects)},
                    {"seconds", put(result.seconds)}});
}

TraceResult trace_from_text(std::string_view trace_text) {
    const Json json = parsed(trace_text);
    TraceResult result;
    result.kind = kind(member(json, "kind"));
    result.window = whole<int>(member(json, "window"));
    result.samples = whole<int>(member(json, "samples"));
    result.noise = number(member(json, "noise"));
    result.subject = text(member(json, "subject"));
    result.prompt = text(member(json, "prompt"));
    result.tokens = texts(member(json, "tokens"));
    result.subject_first = whole<int>(member(json, "subject_first"));
    result.subject_last = whole<int>(member(json, "subject_last"));
    result.layers = whole<int>(member(json, "layers"));
    for (const Json& object : list(member(json, "objects")))
        result.objects.push_back({.text = text(member(object, "text")),
                                  .clean = number(member(object, "clean")),
                                  .corrupted = number(member(object, "corrupted")),
                                  .corrupted_spread = number(member(object, "corrupted_spread")),
                                  .effect = numbers(member(object, "effect"))});
    result.seconds = number(member(json, "seconds"));
    return result;
}

std::string scores_to_text(const Scores& scores) {
    return written({{"efficacy", optional_number(scores.efficacy)},
                    {"paraphrase", optional_number(scores.paraphrase)},
                    {"neighbourhood", optional_number(scores.neighbourhood)},
                    {"score", optional_number(scores.score)}});
}

Scores scores_from_text(std::string_view scores_text) {
    const Json json = parsed(scores_text);
    return {.efficacy = optional_number(member(json, "efficacy")),
            .paraphrase = optional_number(member(json, "paraphrase")),
            .neighbourhood = optional_number(member(json, "neighbourhood")),
            .score = optional_number(member(json, "score"))};
}

} // namespace emend
