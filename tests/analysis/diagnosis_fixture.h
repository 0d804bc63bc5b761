// SPDX-License-Identifier: GPL-3.0-or-later
// The evidence of an edit with nothing wrong, to be spoiled.
#pragma once

#include "analysis/diagnosis.h"

#include <algorithm>

namespace emend::test {

using When = DiagnosisEvidence::Neighbour::When;

inline LensLayer lens_layer(double p_new, double best) {
    return {.top = {{.id = 1, .piece = " Paris", .probability = best}}, .p_new = p_new, .p_true = {}};
}

// An edit over layers 2 and 3 of six, with nothing wrong.
inline DiagnosisEvidence sound() {
    DiagnosisEvidence evidence;
    evidence.batch_id = 7;
    evidence.edit = 1;
    evidence.request.subject = "Eiffel Tower";
    evidence.request.prompt = "The {} is in";
    evidence.request.object = "Rome";
    evidence.recipe.algorithm = "MEMIT";
    evidence.recipe.distribution = "spread";
    evidence.recipe.layers = {2, 3};
    evidence.recipe.softness = 100;
    evidence.tokens.object = {" Rome"};
    evidence.value = {
        .loss = {4, 2, 1, 0.04}, .stopped_early = true, .clamped = false, .change = 0.6, .probability = 0.97};
    evidence.neighbours = {
        {.when = When::together, .name = "edit 1 (Louvre → Oslo)", .same_subject = false, .cosine = 0.4}};
    evidence.paraphrases = {{.text = "You find the Eiffel Tower in", .cosine = 0.8, .says_new = true}};
    evidence.condition = 12;
    evidence.layers = {{.residual = {.layer = 2, .whole = 10, .asked = 5, .missed = 0.5}, .alone = 0.95},
                       {.residual = {.layer = 3, .whole = 6, .asked = 6, .missed = 0.6}, .alone = 0.95}};
    evidence.state = 12;
    evidence.then = evidence.now = {.says_new = true, .p_new = 0.93};
    for (const double p : {0.0, 0.01, 0.2, 0.5, 0.8, 0.93})
        evidence.lens.after.push_back(lens_layer(p, std::max(p, 0.3)));
    evidence.lens_then = evidence.lens.after;
    return evidence;
}

inline void fails(DiagnosisEvidence& evidence) {
    evidence.then = evidence.now = {.says_new = false, .p_new = 0.01};
    for (LensLayer& layer : evidence.lens_then)
        layer.p_new = 0.01;
}

inline const DiagnosisVerdict& verdict_of(const Diagnosis& diagnosis, const char* check) {
    return *std::ranges::find(diagnosis.verdicts, check, &DiagnosisVerdict::check);
}

} // namespace emend::test
