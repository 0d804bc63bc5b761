// SPDX-License-Identifier: GPL-3.0-or-later
// What a person asks for: a subject, a relation written as a prompt, a new object. Plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace emend {

struct EditRequest {
    std::string subject;                    // "Eiffel Tower"
    std::string relation;                   // id in the relation library; empty for a free prompt
    std::string prompt;                     // "The {} is located in the city of", exactly one {}
    std::string object;                     // the new object, "Rome"; a leading space is added where missing
    std::optional<std::string> true_object; // what the model should have said before; for scores and probabilities
    std::vector<std::string> paraphrases;   // prompts that mean the same; {} stands for the subject where present
    std::vector<std::string> neighbours;    // prompts about other subjects whose answers must not change
};

enum class EditField { none, subject, prompt, object };

// A fault of one request, shown in its cell.
struct EditProblem {
    EditField field = EditField::none;
    std::string what; // "the subject is empty"
    std::string hint; // "type the name the prompt is about"
};

struct TokenProbability {
    std::int32_t id = 0;
    std::string piece; // the token as text, e.g. " Paris"
    double probability = 0;
};

// What the model says after one prompt.
struct Prediction {
    std::string prompt;                // with the subject filled in
    std::vector<TokenProbability> top; // most likely next tokens, best first
    double p_new = 0;                  // probability of the whole new object: product over its tokens
    bool says_new = false;             // every token of the new object is the likeliest in its place
    std::optional<double> p_true;      // the same of the true object, where one is known
};

// How a request looks to the model, before anything runs.
struct EditCheck {
    std::optional<EditProblem> problem; // when set, the rest may be empty
    std::vector<std::string> pieces;    // tokens of the filled-in prompt, as text
    int subject_first_token = -1;
    int subject_last_token = -1; // where the edit looks up its key
    std::vector<std::string> object_pieces;
    Prediction present; // the present answer is present.top[0]
};

} // namespace emend
