// SPDX-License-Identifier: GPL-3.0-or-later
// Tokens and value; what the findings are written with.
#include "analysis/diagnosis_verdicts.h"

#include "base/utf8.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace emend::links {

namespace {

constexpr std::size_t many_tokens = 6; // of an object: from there on the value has to carry a whole phrase
constexpr double bytes_a_token = 1.5;  // with fewer a name is spelled, letter by letter
constexpr double each_token = 0.5;     // probability an object's token should have with the value put in
constexpr double still_falling = 0.05; // of the loss, over the last fifth of the search
constexpr std::size_t parts_of_curve = 5;

bool fine_tuned(const Evidence& evidence) {
    return find_algorithm(evidence.recipe.algorithm).fine_tunes;
}

double wanted_probability(const Evidence& evidence) {
    return std::pow(each_token, std::max<std::size_t>(1, evidence.tokens.object.size()));
}

// Fine-tuning looks for no value: there the answer right after it tells.
bool value_found(const Evidence& evidence) {
    return fine_tuned(evidence) ? evidence.then.says_new : evidence.value.probability >= wanted_probability(evidence);
}

// White space where people do not write any: around the text (one space in front is the model's own), or two in a row.
bool oddly_spaced(std::string_view text) {
    if (text.starts_with(' '))
        text.remove_prefix(1);
    if (trim_white_space(text).size() != text.size())
        return true;
    return text.find("  ") != std::string_view::npos || text.find_first_of("\t\r\n") != std::string_view::npos;
}

// How far the loss fell over the end of the search, as a share; NaN for a single evaluation.
double fall_at_the_end(const std::vector<double>& loss) {
    if (loss.size() < 2)
        return Evidence::unknown;
    const std::size_t span = std::max<std::size_t>(1, loss.size() / parts_of_curve);
    const double before = loss[loss.size() - 1 - span];
    return before > 0 ? (before - loss.back()) / before : 0;
}

std::string joined(const std::vector<std::string>& pieces) {
    std::string text;
    for (const std::string& piece : pieces)
        text += (text.empty() ? "" : " | ") + piece;
    return text;
}

} // namespace

std::string number(double value) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.3g", value);
    return text.data();
}

std::string percent(double share) {
    std::array<char, 32> text{};
    const double hundred = 100 * share;
    std::snprintf(text.data(), text.size(), std::abs(hundred) < 1 && hundred != 0 ? "%.1g %%" : "%.0f %%", hundred);
    return text.data();
}

std::string quoted(const std::string& text) {
    return "\"" + utf8_lossy(text) + "\"";
}

Verdict object_tokens(const Evidence& evidence) {
    const std::size_t tokens = evidence.tokens.object.size();
    DiagnosisVerdict verdict{.check = "object-tokens",
                             .ok = true,
                             .value = static_cast<double>(tokens),
                             .bound = static_cast<double>(many_tokens - 1),
                             .finding = "the object is " + std::to_string(tokens) +
                                        (tokens == 1 ? " token: " : " tokens: ") + joined(evidence.tokens.object),
                             .advice = {},
                             .setting = "object"};
    if (oddly_spaced(evidence.request.object)) {
        verdict.ok = false;
        verdict.finding =
            "the object " + quoted(evidence.request.object) +
            " has spaces where text has none, and the model is taught to say them: " + joined(evidence.tokens.object);
        verdict.advice = "take the spaces out of the object";
    } else if (const double spelled = std::floor(static_cast<double>(evidence.request.object.size()) / bytes_a_token);
               tokens > 2 && static_cast<double>(tokens) > spelled) {
        verdict.ok = false;
        verdict.bound = std::min(verdict.bound, spelled);
        verdict.finding =
            "the model has no token for the object and has to spell it: " + joined(evidence.tokens.object);
        verdict.advice = "use another name for it, or one the model has a token for";
    } else if (tokens >= many_tokens) {
        verdict.ok = false;
        verdict.finding =
            "the object falls into " + std::to_string(tokens) +
            " tokens, which one value has to bring about one after the other: " + joined(evidence.tokens.object);
        verdict.advice = "use a shorter name";
    }
    return verdict;
}

Verdict subject_tokens(const Evidence& evidence) {
    const std::string& before = evidence.tokens.before_subject;
    const std::string& after = evidence.tokens.after_subject;
    DiagnosisVerdict verdict{.check = "subject-tokens",
                             .ok = before.empty() && after.empty(),
                             .value = Evidence::unknown,
                             .bound = Evidence::unknown,
                             .finding = "the subject's tokens are its own",
                             .advice = {},
                             .setting = "prompt"};
    if (!verdict.ok) {
        verdict.finding = "the subject's " + std::string(after.empty() ? "first" : "last") +
                          " token is merged with its neighbour " + quoted(after.empty() ? before : after) +
                          ", so its key is that of another text";
        verdict.advice = "put a space between {} and the rest of the prompt";
    }
    return verdict;
}

Verdict prompt_end(const Evidence& evidence) {
    const bool subject_ends_it = evidence.request.prompt.ends_with("{}");
    const std::string& text = subject_ends_it ? evidence.request.subject : evidence.request.prompt;
    const std::string_view kept = trim_white_space(text);
    DiagnosisVerdict verdict{.check = "prompt-end",
                             .ok = kept.data() + kept.size() == text.data() + text.size(),
                             .value = Evidence::unknown,
                             .bound = Evidence::unknown,
                             .finding = "the prompt ends without a space, as the object's own wants it",
                             .advice = {},
                             .setting = subject_ends_it ? "subject" : "prompt"};
    if (!verdict.ok) {
        verdict.finding = "the prompt ends in a space, and the object brings its own: the edit is made for two spaces "
                          "in a row, which nobody writes";
        verdict.advice = "take the space away at the end";
    }
    return verdict;
}

Verdict steps(const Evidence& evidence) {
    const std::vector<double>& loss = evidence.value.loss;
    const double fall = fall_at_the_end(loss);
    DiagnosisVerdict verdict{.check = "steps",
                             .ok = true,
                             .value = fall,
                             .bound = still_falling,
                             .finding = {},
                             .advice = {},
                             .setting = "values.steps"};
    const std::string count = std::to_string(loss.size()) + (loss.size() == 1 ? " step" : " steps");
    const bool ran_out =
        !evidence.value.stopped_early && loss.size() >= static_cast<std::size_t>(evidence.recipe.values.steps);
    if (ran_out && !evidence.value.clamped && !value_found(evidence) && (loss.size() < 2 || fall > still_falling)) {
        verdict.ok = false;
        verdict.finding = loss.size() < 2
                              ? "the search had a single step, which only measures the loss (" +
                                    number(loss.empty() ? Evidence::unknown : loss.back()) + ") and changes nothing"
                              : "the search ran out of steps while its loss was still falling: " + number(loss.back()) +
                                    " after " + count + ", " + percent(fall) + " less than a fifth of the way before";
        verdict.advice = "give the search more steps; 20 to 25 are usual";
    } else if (evidence.value.stopped_early) {
        verdict.finding = "the search ended by itself after " + count;
    } else {
        verdict.finding = "the search used all of its " + count +
                          (ran_out && fall <= still_falling ? ", and its loss had settled" : "");
    }
    return verdict;
}

Verdict clamp(const Evidence& evidence) {
    const Recipe& recipe = evidence.recipe;
    const bool tuned = fine_tuned(evidence);
    DiagnosisVerdict verdict{.check = "clamp",
                             .ok = !evidence.value.clamped || value_found(evidence),
                             .value = evidence.value.change,
                             .bound = tuned ? recipe.largest_change : recipe.values.clamp,
                             .finding = {},
                             .advice = {},
                             .setting = tuned ? "largest_change" : "values.clamp"};
    const std::string what = tuned ? "the largest entry of the change" : "the value's change";
    if (tuned && !(recipe.largest_change > 0)) {
        verdict.bound = Evidence::unknown;
        verdict.finding = what + " is free, and came to " + number(evidence.value.change);
        return verdict;
    }
    const std::string bound = number(verdict.bound) + (tuned ? "" : " of what was there");
    verdict.finding = what + (evidence.value.clamped
                                  ? " reached its bound of " + bound
                                  : " stayed below its bound: " + number(evidence.value.change) + " against " + bound);
    if (verdict.ok && evidence.value.clamped)
        verdict.finding += ", which was enough";
    if (!verdict.ok) {
        verdict.finding += " before the object was likely";
        verdict.advice = tuned ? "allow a larger change, or none at all with 0" : "raise the clamp";
    }
    return verdict;
}

Verdict value(const Evidence& evidence) {
    if (fine_tuned(evidence))
        return {};
    const bool found = value_found(evidence);
    DiagnosisVerdict verdict{.check = "value",
                             .ok = found,
                             .value = evidence.value.probability,
                             .bound = wanted_probability(evidence),
                             .finding = "with the value put in directly the model says " +
                                        quoted(evidence.request.object) + " with a probability of " +
                                        number(evidence.value.probability),
                             .advice = {},
                             .setting = "values.steps"};
    if (found)
        return verdict;
    verdict.finding += ", less than " + number(verdict.bound) + ": the value is weak";
    if (const Verdict cause = steps(evidence); !cause->ok) {
        verdict.advice = cause->advice;
    } else if (const Verdict bound = clamp(evidence); !bound->ok) {
        verdict.advice = bound->advice;
        verdict.setting = bound->setting;
    } else {
        verdict.advice = "choose another layer: from this one the answer is hard to move; or a larger learning rate "
                         "and less weight decay";
        verdict.setting = "layers";
    }
    return verdict;
}

} // namespace emend::links
