// SPDX-License-Identifier: GPL-3.0-or-later
// Defaults and checks of recipes, and layers as text.
#include "emend/recipe.h"

#include "emend/error.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>

namespace emend {

namespace {

constexpr int most_layers = 4096; // "0-99999999" is a slip, not a model

std::vector<int> layer_range(int first, int last) {
    std::vector<int> layers(static_cast<std::size_t>(std::max(0, last - first + 1)));
    std::iota(layers.begin(), layers.end(), first);
    return layers;
}

// What the literature (METHOD.md section 3) and our own trials (the demo model) found for a kind of model.
struct Tuning {
    int single_layer;
    int first_layer, last_layer; // of several
    int steps;
    double weight_decay;
    double clamp;     // of values at a block's output
    double mlp_clamp; // of values at an MLP's output (ROME)
    double kl_factor;
    double softness;                    // of MEMIT
    double null_space_threshold = 0.02; // of AlphaEdit
    double largest_change = 5e-4;       // of FT-L
};

Tuning tuning_for(const ModelInfo& model) {
    const bool gpt2 = model.family == "gpt2";
    const auto is = [&](const char* family, int layers, int d_model) {
        return model.family == family && model.layers == layers && model.d_model == d_model;
    };
    if (is("gpt2", 48, 1600))
        return {17, 13, 17, 20, 0.5, 0.75, 4, 0.0625, 20000};
    if (is("gptj", 28, 4096))
        return {5, 3, 8, 25, 0.5, 0.75, 4, 0.0625, 15000};
    if (is("llama", 32, 4096)) {
        const bool llama3 = model.vocab > 100000; // the same shape; its facts sit lower
        return {llama3 ? 1 : 5, 4, 8, 25, 1e-3, 4, 4, 0.0625, 15000};
    }
    if (gpt2 && model.layers <= 12) {
        // Small models keep their facts in the lowest layers. Measured on the demo model: an edit in layer 0 is small
        // and leaves the neighbours alone; one layer up the same edit takes several times the change and takes them
        // along.
        return {.single_layer = 0,
                .first_layer = 0,
                .last_layer = std::min(2, model.layers - 1),
                .steps = 25,
                .weight_decay = 0.5,
                .clamp = 1.0,
                .mlp_clamp = 4,
                .kl_factor = 0.1,
                .softness = 100,
                .largest_change = 5e-3};
    }
    // By depth, between the sizes that were measured.
    const int single = static_cast<int>(std::lround(model.layers * (gpt2 ? 0.35 : 0.17)));
    const int last = std::min(gpt2 ? single : single + 3, model.layers - 1);
    return {single, std::max(0, last - 4), last, 25, gpt2 ? 0.5 : 1e-3, gpt2 ? 0.75 : 4.0, 4,
            0.0625, gpt2 ? 2e4 : 1.5e4};
}

[[noreturn]] void refuse(const std::string& what, const std::string& field, const std::string& hint) {
    throw Error(what, "recipe: " + field, hint);
}

void check_number(double value, double least, const char* field) {
    if (!std::isfinite(value) || value < least) {
        refuse(std::string(field) + " must be a number of at least " + (least > 0 ? "1" : "0"), field,
               "take the default by leaving it out");
    }
}

void check_values(const ValueSearch& values) {
    if (values.steps < 1 || values.steps > 100000)
        refuse("the number of steps must be between 1 and 100000", "values.steps", "20 to 25 are usual");
    if (!std::isfinite(values.learning_rate) || values.learning_rate <= 0)
        refuse("the learning rate must be above 0", "values.learning_rate", "0.5 is usual");
    check_number(values.weight_decay, 0, "values.weight_decay");
    if (!std::isfinite(values.clamp) || values.clamp <= 0)
        refuse("the clamp must be above 0", "values.clamp", "0.75 to 15 are usual");
    check_number(values.kl_factor, 0, "values.kl_factor");
    if (!std::isfinite(values.stop_loss))
        refuse("the loss to stop at must be a number", "values.stop_loss", "0.05 is usual");
    if (values.steps_after_argmax && (*values.steps_after_argmax < 0 || *values.steps_after_argmax > 100000)) {
        refuse("the steps after the object has become the likeliest must be 0 or more", "values.steps_after_argmax",
               "2 is usual; leave it out to search on until the loss is low");
    }
}

void check_weights(const Recipe& recipe, const DistributionInfo& distribution) {
    if (!distribution.takes_weights)
        return;
    if (recipe.weights.size() != recipe.layers.size()) {
        refuse("there are " + std::to_string(recipe.weights.size()) + " weights for " +
                   std::to_string(recipe.layers.size()) + " layers",
               "weights", "give one number above 0 for each layer, for example 1,2,1");
    }
    for (const double weight : recipe.weights)
        if (!std::isfinite(weight) || weight <= 0)
            refuse("a layer's weight must be a number above 0", "weights", "leave out a layer that shall not change");
}

void check_contexts(const Contexts& contexts) {
    for (const auto& sample : contexts.samples) {
        if (sample.length < 1 || sample.length > 1000 || sample.count < 0 || sample.count > 1000) {
            refuse("a sample of contexts needs a length of 1 to 1000 tokens and a count of 0 to 1000",
                   "contexts.samples", "five of length 10 are usual");
        }
    }
    for (std::size_t g = 0; g < contexts.groups.size(); ++g) {
        const std::string field = "contexts, group " + std::to_string(g + 1);
        if (contexts.groups[g].empty())
            refuse("a group of contexts is empty", field, "give it at least \"{}\", the plain prompt, or leave it out");
        for (const std::string& text : contexts.groups[g]) {
            const std::size_t at = text.find("{}");
            if (at == std::string::npos || text.find("{}", at + 2) != std::string::npos) {
                refuse("the context \"" + text + "\" must hold {} once, where the prompt goes", field,
                       "\"{}\" is the plain prompt, \"The people. {}\" a prefix");
            }
        }
    }
}

} // namespace

std::vector<int> written_layers(const Recipe& recipe) {
    if (recipe.layers.size() > 2 && find_distribution(recipe.distribution).own_values)
        return {recipe.layers.front(), recipe.layers.back()};
    return recipe.layers;
}

Recipe default_recipe(const ModelInfo& model, std::string_view algorithm) {
    const AlgorithmInfo& row = find_algorithm(algorithm);
    const Tuning tuning = tuning_for(model);
    Recipe recipe;
    recipe.algorithm = row.id;
    recipe.values.steps = tuning.steps;
    recipe.values.weight_decay = tuning.weight_decay;
    recipe.values.kl_factor = tuning.kl_factor;
    recipe.values.clamp = row.value_at_mlp ? tuning.mlp_clamp : tuning.clamp;
    if (row.one_at_a_time) {
        recipe.layers = {tuning.single_layer};
        recipe.contexts.samples = {{5, 10}, {10, 10}};
    } else {
        recipe.layers = layer_range(tuning.first_layer, tuning.last_layer);
        recipe.contexts.samples = {{10, 5}};
    }
    recipe.distribution = recipe.layers.size() > 1 ? "spread" : "single";
    if (row.in_null_space)
        recipe.softness = row.default_softness;
    else if (row.default_softness > 0)
        recipe.softness = tuning.softness;
    else if (row.stabilised)
        recipe.alpha = 0.1; // keys of many edits may be nearly collinear
    recipe.norm_weight = row.norm_weight;
    if (row.steps_after_argmax >= 0)
        recipe.values.steps_after_argmax = row.steps_after_argmax;
    if (row.in_null_space)
        recipe.null_space_threshold = tuning.null_space_threshold;
    if (row.fine_tunes) {
        recipe.layers = {tuning.single_layer};
        recipe.distribution = "single";
        recipe.values = {.steps = 25,
                         .learning_rate = 5e-4,
                         .weight_decay = 0,
                         .kl_factor = 0,
                         .stop_loss = 0.01,
                         .steps_after_argmax = {}};
        recipe.largest_change = tuning.largest_change;
        recipe.contexts = {.seed = 0, .samples = {}, .groups = {{"{}"}}};
    }
    return recipe;
}

void check_recipe(const Recipe& recipe, const ModelInfo& model) {
    const AlgorithmInfo& row = find_algorithm(recipe.algorithm);
    const DistributionInfo& distribution = find_distribution(recipe.distribution);
    if (recipe.layers.empty())
        refuse("no layer is chosen", "layers", "name one, for example 5, or a range, 3-8");
    for (std::size_t i = 0; i < recipe.layers.size(); ++i) {
        if (recipe.layers[i] < 0 || recipe.layers[i] >= model.layers) {
            refuse("the model has no layer " + std::to_string(recipe.layers[i]), "layers",
                   "its layers are 0 to " + std::to_string(model.layers - 1));
        }
        if (i > 0 && recipe.layers[i] <= recipe.layers[i - 1])
            refuse("layers must ascend, each once", "layers", "write them as " + layers_to_text(recipe.layers));
    }
    const std::size_t written = written_layers(recipe).size();
    if (distribution.own_values && written < 2) {
        refuse("\"" + recipe.distribution + "\" writes two layers, but one is chosen", "layers",
               "choose a range such as 3-8, of which the first and the last are written, or \"single\"");
    }
    if (written > 1 && (row.value_at_mlp || row.fine_tunes)) {
        refuse(recipe.algorithm + " writes one layer, but " + std::to_string(written) + " are chosen", "layers",
               "choose one layer, or EMMET or MEMIT for several");
    }
    if (recipe.layers.size() > 1 && distribution.id == "single") {
        refuse("with \"single\" one layer takes the whole change, but " + std::to_string(recipe.layers.size()) +
                   " are chosen",
               "distribution", "choose one layer, or \"spread\"");
    }
    check_weights(recipe, distribution);
    if (row.in_null_space && !recipe.use_statistics) {
        refuse(recipe.algorithm + " needs statistics: the null space is theirs", "use_statistics",
               "turn them on, or choose MEMIT");
    }
    if (!std::isfinite(recipe.null_space_threshold) || recipe.null_space_threshold <= 0)
        refuse("the threshold of the null space must be above 0", "null_space_threshold", "0.02 is usual");
    check_number(recipe.norm_weight, 0, "norm_weight");
    check_number(recipe.largest_change, 0, "largest_change");
    if (recipe.softness)
        check_number(*recipe.softness, 0, "softness");
    if (recipe.alpha)
        check_number(*recipe.alpha, 0, "alpha");
    if (!std::isfinite(recipe.statistics_weight) || recipe.statistics_weight <= 0)
        refuse("the weight of the statistics must be above 0", "statistics_weight", "1 leaves them as they are");
    check_number(recipe.ridge, 0, "ridge");
    if (recipe.statistics_tokens < 0)
        refuse("the number of tokens for the statistics is negative", "statistics_tokens", "0 lets the program choose");
    if (recipe.batch < 0)
        refuse("the batch size is negative", "batch", "0 solves all edits together");
    if (recipe.batch > 1 && row.one_at_a_time) {
        refuse(recipe.algorithm + " solves one edit at a time, not " + std::to_string(recipe.batch), "batch",
               "choose EMMET or MEMIT for batches, or leave the batch size out");
    }
    check_values(recipe.values);
    check_contexts(recipe.contexts);
}

std::vector<int> parse_layers(std::string_view text) {
    const auto fail = [&](const std::string& what) {
        throw Error(what, "layers \"" + std::string(text) + "\"", "write 5, 3-8 or 0,1,2");
    };
    const auto number = [&](std::string_view part) {
        const auto first = part.find_first_not_of(' ');
        const auto last = part.find_last_not_of(' ');
        if (first == std::string_view::npos)
            fail("a layer is missing");
        part = part.substr(first, last - first + 1);
        int value = 0;
        const auto [end, code] = std::from_chars(part.data(), part.data() + part.size(), value);
        if (code != std::errc() || end != part.data() + part.size() || value < 0 || value >= most_layers)
            fail("\"" + std::string(part) + "\" is not a layer");
        return value;
    };
    std::vector<int> layers;
    std::size_t begin = 0;
    while (begin <= text.size()) {
        const std::size_t end = std::min(text.find(',', begin), text.size());
        const std::string_view part = text.substr(begin, end - begin);
        const std::size_t dash = part.find('-', part.find_first_not_of(" -"));
        if (dash != std::string_view::npos) {
            const int first = number(part.substr(0, dash));
            const int last = number(part.substr(dash + 1));
            if (last < first)
                fail("the range " + std::string(part) + " runs backwards");
            const auto range = layer_range(first, last);
            layers.insert(layers.end(), range.begin(), range.end());
        } else {
            layers.push_back(number(part));
        }
        begin = end + 1;
    }
    std::sort(layers.begin(), layers.end());
    layers.erase(std::unique(layers.begin(), layers.end()), layers.end());
    return layers;
}

std::string layers_to_text(const std::vector<int>& layers) {
    std::vector<int> sorted = layers;
    std::sort(sorted.begin(), sorted.end());
    sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
    std::string text;
    for (std::size_t i = 0; i < sorted.size();) {
        std::size_t last = i;
        while (last + 1 < sorted.size() && sorted[last + 1] == sorted[last] + 1)
            ++last;
        text += (text.empty() ? "" : ",") + std::to_string(sorted[i]);
        if (last > i)
            text += (last == i + 1 ? "," : "-") + std::to_string(sorted[last]);
        i = last + 1;
    }
    return text;
}

} // namespace emend
