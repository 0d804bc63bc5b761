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
void print_report(const EditReport& report);
// Prompt, answer before, answer after, the new object's probability before and after.
void print_comparison(const std::vector<Comparison::Row>& rows, const EditRequest& edit);

// "Paris 0.982", or "-" where nothing is known.
std::string answer_text(const Prediction& prediction);

} // namespace emend::cli
