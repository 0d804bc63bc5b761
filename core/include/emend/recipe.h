// SPDX-License-Identifier: GPL-3.0-or-later
// How an edit is made. ROME, R-ROME, EMMET, MEMIT and their kin are one formula (DESIGN.md rule 7, METHOD.md section
// 1); a recipe names the row of the table, the layers, how the residual is shared among them and how values and keys
// are found. Plain values.
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
    // Keys of the edits made before are asked to keep what they have (MEMIT for sequences, ENCORE, AlphaEdit).
    bool keeps_earlier_edits = false;
    bool in_null_space = false;  // updates stay where C has next to nothing, and cost |D|^2 there (AlphaEdit)
    bool stabilised = false;     // Recipe::alpha is added inside when there is more than one edit (EMMET)
    double norm_weight = 0;      // usual value of Recipe::norm_weight (ENCORE)
    int steps_after_argmax = -1; // usual value of ValueSearch::steps_after_argmax; -1: none
    bool fine_tunes = false;     // gradient steps on the matrix itself instead of key, value and formula (FT-L)
};
std::span<const AlgorithmInfo> algorithms();
const AlgorithmInfo&
find_algorithm(std::string_view id); // any case, "r-rome" or "rrome"; throws Error naming the known ones

// Such an algorithm has one matrix to write: several layers cannot share its residual (ROME, R-ROME, FT-L).
bool writes_one_layer(const AlgorithmInfo& algorithm);

// One row of the distribution table: the share of what is left of the residual that the layer at `index` takes, where
// weights has one entry a layer that is written (all 1 unless the recipe gives them).
struct DistributionInfo {
    std::string_view id; // "single", "spread", "root-spread", "first-and-last", "weights"
    std::string_view explanation;
    double (*share)(std::span<const double> weights, std::size_t index);
    bool own_values = false;    // of the chosen layers the first and the last are written, each with a value of its own
    bool takes_weights = false; // Recipe::weights says how much each layer takes
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
    // ENCORE: ends this many steps after the first at which every token of the object is the likeliest, in all
    // contexts.
    std::optional<int> steps_after_argmax;

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
    std::vector<int> layers;        // ascending
    std::vector<double> weights;    // distribution "weights": one above 0 a layer, in any unit
    std::optional<double> softness; // mu; unset: the algorithm's
    std::optional<double> alpha;    // EMMET, stabilised: alpha * I inside, only for more than one edit; unset: none
    double statistics_weight = 1;   // C is scaled by this (reference: mom2_update_weight); MEMIT: lambda
    bool use_statistics = true;     // off: C = I (ROME without second-moment adjustment)
    double ridge = 1e-4;    // added to C, times its mean diagonal; 0 for none. A warning says when it had to be more
    double norm_weight = 0; // added to the diagonal of the weighted C: what |D|^2 itself costs (ENCORE:
                            // lambda_n / lambda)
    double null_space_threshold = 0.02; // AlphaEdit: the null space is where eigenvalues of C are below this
    double largest_change = 0;          // FT-L: bound on every entry of a batch's D; 0: none
    bool merge_subjects = false;        // edits of one subject in a batch share one key and one value (MEMIT-Merge)
    std::int64_t statistics_tokens = 0; // cap; 0: ten per dimension of the key
    std::string corpus;                 // text for the statistics; empty: corpus.txt in the model's folder
    std::string statistics_file;        // safetensors; empty: the cache
    ValueSearch values;
    Contexts contexts;
    int batch = 0; // edits solved together; 0: as many as there are (one for one-at-a-time algorithms)

    bool operator==(const Recipe&) const = default;
};

// The layers that will be written: all that are chosen, or the first and the last of them.
std::vector<int> written_layers(const Recipe& recipe);

// Sensible values for this model and algorithm: layers by depth, steps and clamps as METHOD.md section 3 has them.
Recipe default_recipe(const ModelInfo& model, std::string_view algorithm = "ROME");

// Throws Error naming the field: unknown names, layers out of range or not ascending, negative counts, groups without
// {}.
void check_recipe(const Recipe& recipe, const ModelInfo& model);

// JSON, as kept in sessions. Reads our own recipes and the reference implementations' hparams files (CLI.md); keys that
// are missing keep the values of `base`. The algorithm is `algorithm` if given, else what the file says; a hparams file
// that does not say is known by its folder (hparams/MEMIT/…) or its keys. Throws Error naming the key; keys that nobody
// knows are passed over in hparams files unless they look like a slip.
std::string recipe_to_json(const Recipe& recipe, int indent = 2);
Recipe recipe_from_json(std::string_view json, const Recipe& base, std::string_view where,
                        std::string_view algorithm = {});

// "3-8", "0,1,2", "5" -> ascending layers. Throws Error.
std::vector<int> parse_layers(std::string_view text);
std::string layers_to_text(const std::vector<int>& layers);

} // namespace emend
