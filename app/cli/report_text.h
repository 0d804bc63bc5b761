// SPDX-License-Identifier: GPL-3.0-or-later
// Results as people read them, on standard output.
#pragma once

#include "emend/engine.h"

#include <string>
#include <utility>
#include <vector>

namespace emend::cli {

void print_heading(const std::string& text);
// Label and value, one pair a line.
void print_pairs(const std::vector<std::pair<std::string, std::string>>& pairs);
void print_top(const std::vector<TokenProbability>& top);
// Edits, layers, what was kept and what is in each other's way. Above most_listed edits their table becomes a summary,
// unless all: how many say the new object, the mean of its probability, the worst. `recipe`: in place of the report's
// own, where it is one of several batches.
inline constexpr std::size_t most_listed = 20;
void print_report(const EditReport& report, bool all = true, const std::string& recipe = {});
// "MEMIT, layers 0-2, softness 100", or "MEMIT, spread, layers 0-2, softness 100"
std::string recipe_text(const Recipe& recipe, bool with_distribution = false);
// Paraphrases that say the new object and neighbours that answer as before, in numbers. Nothing for nothing.
void print_comparison_summary(const std::vector<Comparison>& comparisons);
// "5 of 6 edits hold", below the scores where paraphrases or neighbours have some.
void print_verdict(const EditReport& report, const Scores& scores);
// Prompt, answer before, answer after, the new object's probability before and after.
void print_comparison(const std::vector<Comparison::Row>& rows);

// Every link of the chain, from tokens to answer, with what to change where it is weak.
void print_diagnosis(const EditReport& report, const Diagnosis& diagnosis);

// Of a batch, each the largest over its layers, as the window's History has them: a layer that is broken does not hide
// behind others.
struct LargestUpdate {
    double norm = 0;     // |D|
    double relative = 0; // |D|/|W|
};
LargestUpdate largest_update(const std::vector<LayerReport>& layers);
void print_largest_note(); // below a table of them

// "layer 3", "layers 0-2"
std::string layers_phrase(const std::vector<int>& layers);
// "Paris 0.982", or "-" where nothing is known.
std::string answer_text(const Prediction& prediction);

} // namespace emend::cli
