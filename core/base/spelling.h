// SPDX-License-Identifier: GPL-3.0-or-later
// What somebody may have meant by a word that is not known.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace emend {

// Letters to put in, take out, change or swap with their neighbour to make one of the other (Damerau and Levenshtein,
// without overlaps).
std::size_t slips(std::string_view a, std::string_view b);

// The known word that `word` begins or is a slip or two away from, upper or lower case; empty when none is near.
std::string closest(std::string_view word, const std::vector<std::string>& known);

// "; did you mean "edit"?", or nothing.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& known);

} // namespace emend
