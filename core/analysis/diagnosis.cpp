// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/diagnosis.h"

#include "analysis/diagnosis_verdicts.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <initializer_list>
#include <string_view>

namespace emend {

namespace {

// In the order of the chain; what causes something stands before it.
constexpr std::array chain{&links::object_tokens, &links::subject_tokens, &links::prompt_end,      &links::steps,
                           &links::clamp,         &links::value,          &links::key_edits,       &links::condition,
                           &links::layers,        &links::key_contexts,   &links::key_paraphrases, &links::overruled,
                           &links::stale,         &links::undone_later};

using Verdicts = std::vector<DiagnosisVerdict>;

const DiagnosisVerdict* broken(const Verdicts& verdicts, std::string_view check) {
    const auto found = std::ranges::find(verdicts, check, &DiagnosisVerdict::check);
    return found != verdicts.end() && !found->ok ? &*found : nullptr;
}

const DiagnosisVerdict* first_broken(const Verdicts& verdicts, std::initializer_list<std::string_view> checks) {
    for (const std::string_view check : checks)
        if (const DiagnosisVerdict* verdict = broken(verdicts, check))
            return verdict;
    return nullptr;
}

// Sound links whose number says nothing because one before them broke. Paraphrases stay: their keys are what they are.
void leave_unjudged(Verdicts& verdicts, std::initializer_list<std::string_view> checks, const std::string& because) {
    for (DiagnosisVerdict& verdict : verdicts) {
        if (!verdict.ok || !verdict.judged || std::ranges::find(checks, verdict.check) == checks.end())
            continue;
        verdict.judged = false;
        verdict.finding = "not judged: " + because;
        verdict.setting.clear();
    }
}

void leave_unjudged(Verdicts& verdicts, const DiagnosisEvidence& evidence) {
    if (broken(verdicts, "value"))
        leave_unjudged(verdicts, {"layers", "key-contexts", "overruled"}, "the value was not found");
    if (broken(verdicts, "layers"))
        leave_unjudged(verdicts, {"key-contexts", "overruled"}, "the layers did not write the value");
    if (broken(verdicts, "key-contexts"))
        leave_unjudged(verdicts, {"overruled"}, "what was written is not there when the prompt stands alone");
    if (!evidence.then.says_new)
        leave_unjudged(verdicts, {"undone-later"}, "it did not hold right after its batch");
}

// What is to blame: where the chain broke for certain, the first cause of that; else the first weak link.
const DiagnosisVerdict* to_blame(const Verdicts& verdicts) {
    if (const DiagnosisVerdict* undone = broken(verdicts, "undone-later")) // it held: all before it did its part
        return undone;
    if (broken(verdicts, "value"))
        return first_broken(verdicts, {"object-tokens", "subject-tokens", "prompt-end", "steps", "clamp", "value"});
    if (broken(verdicts, "layers"))
        return first_broken(verdicts, {"key-edits", "condition", "layers"});
    if (const DiagnosisVerdict* verdict = first_broken(verdicts, {"key-contexts", "overruled"}))
        return verdict;
    const auto found = std::ranges::find_if(
        verdicts, [](const DiagnosisVerdict& verdict) { return !verdict.ok && verdict.check != "key-paraphrases"; });
    return found == verdicts.end() ? nullptr : &*found;
}

std::string sentence(std::string text) {
    if (!text.empty())
        text.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(text.front())));
    return text + ".";
}

std::string summary_of(const DiagnosisEvidence& evidence, const Verdicts& verdicts) {
    const std::string object = links::quoted(evidence.request.object);
    const auto weak = std::ranges::count(verdicts, false, &DiagnosisVerdict::ok);
    if (evidence.now.says_new) {
        if (weak == 0)
            return "The edit holds: the model says " + object + ", and every link of the chain is sound.";
        const auto first = std::ranges::find(verdicts, false, &DiagnosisVerdict::ok);
        return "The edit holds, but " + std::string(weak == 1 ? "a link is" : "some links are") +
               " weak: " + first->finding + ".";
    }
    if (const DiagnosisVerdict* verdict = to_blame(verdicts))
        return sentence(verdict->finding);
    return "The model says " + object + " with a probability of " + links::number(evidence.now.p_new) +
           " only, though every link that was looked at is sound: a larger value may do it.";
}

} // namespace

Diagnosis diagnose(const DiagnosisEvidence& evidence) {
    Diagnosis diagnosis;
    diagnosis.batch_id = evidence.batch_id;
    diagnosis.edit = evidence.edit;
    diagnosis.holds = evidence.now.says_new;
    for (const auto link : chain)
        if (links::Verdict verdict = link(evidence))
            diagnosis.verdicts.push_back(std::move(*verdict));
    leave_unjudged(diagnosis.verdicts, evidence);
    diagnosis.summary = summary_of(evidence, diagnosis.verdicts);
    diagnosis.loss = evidence.value.loss;
    diagnosis.layers = links::layers_of(evidence);
    diagnosis.lens = evidence.lens;
    return diagnosis;
}

} // namespace emend
