// SPDX-License-Identifier: GPL-3.0-or-later
// How an edit is made. ROME, R-ROME, EMMET and MEMIT are one formula (DESIGN.md rule 7, METHOD.md section 1); a recipe
// names the row of the table, the layers, how the residual is shared among them and how values and keys are found.
// Plain values.
#pragma once

#include "emend/model_info.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace emend {

// One row of the algorithm table.
struct AlgorithmInfo {
    std::string_view id;          // "ROME": what recipes and the command line say
    std::string_view explanation; // one line for people
    bool one_at_a_time;           // edits are solved one after the other, each on the weights the earlier ones left
    bool value_at_mlp;      // the value is searched at the MLP's output (ROME) instead of the block's (MEMIT, EMMET)
    bool bare_prompt_value; // W0 k and the divisor use the bare prompt's key; only the direction uses the mean (ROME as
                            // published)
    bool grouped_contexts;  // key = mean of group means instead of the plain mean over contexts
    double default_softness; // mu; 0 = memorize exactly
};
std::span<const AlgorithmInfo> algorithms();
const AlgorithmInfo&
find_algorithm(std::string_view id); // any case, "r-rome" or "rrome"; throws Error naming the known ones

// One row of the distribution table: the share of the residual that a layer takes when `layers_left` layers, itself
// included, are still to be written.
struct DistributionInfo {
    std::string_view id; // "single", "spread", "root-spread"
    std::string_view explanation;
    double (*share)(int layers_left);
};
std::span<const DistributionInfo> distributions();
const DistributionInfo& find_distribution(std::string_view id);

// Adam on one vector; METHOD.md section 3.
struct ValueSearch {
    int steps = 25; // losses evaluated; the last one is never followed by an update
    double learning_rate = 0.5;
    double weight_decay = 0.5; // times |delta| / |h|^2
    double clamp = 4;          // |delta| is kept at or below clamp * |h|
    double kl_factor = 0.0625; // weight of "what the subject is" staying as it was
    double stop_loss = 0.05;   // good enough

    bool operator==(const ValueSearch&) const = default;
};

// Texts put before the prompt so that the key does not depend on one wording; METHOD.md section 2.
struct Contexts {
    struct Sample {
        int length = 10; // tokens
        int count = 5;
        bool operator==(const Sample&) const = default;
    };
    std::uint64_t seed = 0;
    std::vector<Sample> samples; // what the model writes, when `groups` is empty
    std::vector<std::vector<std::string>>
        groups; // given: groups of templates with one {}; key = mean of the group means

    bool operator==(const Contexts&) const = default;
};

struct Recipe {
    std::string algorithm = "ROME";
    std::string distribution = "single";
    std::vector<int> layers;            // ascending
    std::optional<double> softness;     // mu; unset: the algorithm's
    std::optional<double> alpha;        // EMMET, stabilised: alpha * I inside, only for more than one edit; unset: none
    double statistics_weight = 1;       // C is scaled by this (reference: mom2_update_weight); MEMIT: lambda
    bool use_statistics = true;         // off: C = I (ROME without second-moment adjustment)
    double ridge = 1e-4;                // added to C, times its mean diagonal; 0 for none. Stated in the report
    std::int64_t statistics_tokens = 0; // cap; 0: ten per dimension of the key
    std::string corpus;                 // text for the statistics; empty: corpus.txt in the model's folder
    std::string statistics_file;        // safetensors; empty: the cache
    ValueSearch values;
    Contexts contexts;
    int batch = 0; // edits solved together; 0: as many as there are (one for one-at-a-time algorithms)

    bool operator==(const Recipe&) const = default;
};

// Sensible values for this model and algorithm: layers by depth, steps and clamps as METHOD.md section 3 has them.
Recipe default_recipe(const ModelInfo& model, std::string_view algorithm = "ROME");

// Throws Error naming the field: unknown names, layers out of range or not ascending, negative counts, groups without
// {}.
void check_recipe(const Recipe& recipe, const ModelInfo& model);

// JSON, as kept in sessions. Reads our own recipes and the reference implementations' hparams files (CLI.md); keys that
// are missing keep the values of `base`. Throws Error naming the key.
std::string recipe_to_json(const Recipe& recipe, int indent = 2);
Recipe recipe_from_json(std::string_view json, const Recipe& base, std::string_view where);

// "3-8", "0,1,2", "5" -> ascending layers. Throws Error.
std::vector<int> parse_layers(std::string_view text);
std::string layers_to_text(const std::vector<int>& layers);

} // namespace emend
