// SPDX-License-Identifier: GPL-3.0-or-later
// The two tables. Every row but FT-L's is the same formula, D = R (Kw^T Kw + mu I)^-1 Kw^T L^-1 (METHOD.md section 1),
// with other switches; adding an algorithm or a way to share the residual is a row here and nothing else.
#include "emend/error.h"
#include "emend/recipe.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <numeric>

namespace emend {

namespace {

constexpr std::array algorithm_table{
    AlgorithmInfo{.id = "ROME",
                  .explanation = "One edit at a time, memorized exactly in one layer",
                  .one_at_a_time = true,
                  .value_at_mlp = true,
                  .bare_prompt_value = true,
                  .grouped_contexts = false,
                  .default_softness = 0},
    AlgorithmInfo{.id = "R-ROME",
                  .explanation = "ROME with the averaged key everywhere: many edits in a row stay stable",
                  .one_at_a_time = true,
                  .value_at_mlp = true,
                  .bare_prompt_value = false,
                  .grouped_contexts = false,
                  .default_softness = 0},
    AlgorithmInfo{.id = "EMMET",
                  .explanation = "Many edits at once, memorized exactly",
                  .one_at_a_time = false,
                  .value_at_mlp = false,
                  .bare_prompt_value = false,
                  .grouped_contexts = true,
                  .default_softness = 0,
                  .stabilised = true},
    AlgorithmInfo{.id = "MEMIT",
                  .explanation = "Many edits at once, softly: gives up a little of each to preserve the rest",
                  .one_at_a_time = false,
                  .value_at_mlp = false,
                  .bare_prompt_value = false,
                  .grouped_contexts = true,
                  .default_softness = 15000},
    AlgorithmInfo{.id = "MEMIT-seq",
                  .explanation = "MEMIT for sequences: the keys of all earlier edits are asked to keep their answers",
                  .one_at_a_time = false,
                  .value_at_mlp = false,
                  .bare_prompt_value = false,
                  .grouped_contexts = true,
                  .default_softness = 15000,
                  .keeps_earlier_edits = true},
    AlgorithmInfo{.id = "ENCORE",
                  .explanation =
                      "MEMIT for long sequences: keeps earlier edits, the norm small, and stops values early",
                  .one_at_a_time = false,
                  .value_at_mlp = false,
                  .bare_prompt_value = false,
                  .grouped_contexts = true,
                  .default_softness = 15000,
                  .keeps_earlier_edits = true,
                  .norm_weight = 5e-4, // its lambda_n of 10 for a lambda of 20000
                  .steps_after_argmax = 2},
    AlgorithmInfo{.id = "AlphaEdit",
                  .explanation =
                      "Writes only where ordinary text has next to nothing (null space), keeps earlier edits",
                  .one_at_a_time = false,
                  .value_at_mlp = false,
                  .bare_prompt_value = false,
                  .grouped_contexts = true,
                  .default_softness = 1,
                  .keeps_earlier_edits = true,
                  .in_null_space = true},
    AlgorithmInfo{.id = "FT-L",
                  .explanation = "Fine-tunes the matrix with a bound on every entry: the baseline of the papers",
                  .one_at_a_time = false,
                  .value_at_mlp = false,
                  .bare_prompt_value = false,
                  .grouped_contexts = false,
                  .default_softness = 0,
                  .fine_tunes = true},
};

double all_of_it(std::span<const double>, std::size_t) {
    return 1;
}
double part_by_weight(std::span<const double> weights, std::size_t index) {
    const auto left = weights.subspan(index);
    return left.front() / std::accumulate(left.begin(), left.end(), 0.0);
}
double root_part(std::span<const double> weights, std::size_t index) {
    return 1.0 / std::sqrt(static_cast<double>(weights.size() - index));
}

constexpr std::array distribution_table{
    DistributionInfo{.id = "single", .explanation = "One layer takes the whole change", .share = all_of_it},
    DistributionInfo{.id = "spread",
                     .explanation = "Each layer takes an equal share of what is left (MEMIT)",
                     .share = part_by_weight},
    DistributionInfo{.id = "root-spread",
                     .explanation = "Earlier layers take more: the share is 1 / root of the layers left (PMET)",
                     .share = root_part},
    DistributionInfo{.id = "first-and-last",
                     .explanation = "The first and the last of the layers, each with a value of its own (BLUE)",
                     .share = all_of_it,
                     .own_values = true},
    DistributionInfo{.id = "weights",
                     .explanation = "Each layer takes the share you give it",
                     .share = part_by_weight,
                     .takes_weights = true},
};

// Names are compared without case, hyphens, underscores and spaces: "r_rome" is "R-ROME".
std::string folded(std::string_view name) {
    std::string out;
    for (const char c : name)
        if (c != '-' && c != '_' && c != ' ')
            out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return out;
}

template<typename Row, std::size_t N>
const Row& find_row(const std::array<Row, N>& table, std::string_view id, const char* kind) {
    for (const Row& row : table)
        if (folded(row.id) == folded(id))
            return row;
    std::string known;
    for (const Row& row : table)
        known += (known.empty() ? "" : ", ") + std::string(row.id);
    throw Error("there is no " + std::string(kind) + " \"" + std::string(id) + "\"", kind, "choose one of " + known);
}

} // namespace

std::span<const AlgorithmInfo> algorithms() {
    return algorithm_table;
}
bool writes_one_layer(const AlgorithmInfo& algorithm) {
    return algorithm.value_at_mlp || algorithm.fine_tunes;
}

const AlgorithmInfo& find_algorithm(std::string_view id) {
    return find_row(algorithm_table, id, "algorithm");
}

std::span<const DistributionInfo> distributions() {
    return distribution_table;
}
const DistributionInfo& find_distribution(std::string_view id) {
    return find_row(distribution_table, id, "distribution");
}

} // namespace emend
