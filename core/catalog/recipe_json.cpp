// SPDX-License-Identifier: GPL-3.0-or-later
// Recipes as JSON: our own keys, and those of the reference implementations' hparams files, each a row in one table.
#include "base/spelling.h"
#include "catalog/json_fields.h"
#include "emend/recipe.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>

namespace emend {

namespace {

using catalog::Json;

using Setter = std::function<void(Recipe&, const Json&, const std::string&)>;

// [["{}"], ["The people. {}", …]] or a flat list, which is one group.
std::vector<std::vector<std::string>> read_groups(const Json& value, const std::string& where) {
    std::vector<std::vector<std::string>> groups;
    for (const Json& entry : catalog::array(value, where)) {
        if (entry.is_string()) {
            if (groups.empty())
                groups.emplace_back();
            groups.front().push_back(entry.get<std::string>());
            continue;
        }
        groups.emplace_back();
        for (const Json& text : catalog::array(entry, where + ", group " + std::to_string(groups.size())))
            groups.back().push_back(catalog::text(text, where + ", group " + std::to_string(groups.size())));
    }
    const auto is_text = [](const Json& entry) { return entry.is_string(); };
    if (std::any_of(value.begin(), value.end(), is_text) && !std::all_of(value.begin(), value.end(), is_text))
        catalog::wrong_type(value, where, "either a list of texts or a list of groups");
    return groups;
}

// [{"length": 10, "count": 5}] or the reference's [[10, 5]].
std::vector<Contexts::Sample> read_samples(const Json& value, const std::string& where) {
    std::vector<Contexts::Sample> samples;
    for (const Json& entry : catalog::array(value, where)) {
        const bool pair = entry.is_array() && entry.size() == 2;
        if (!pair && !(entry.is_object() && entry.contains("length") && entry.contains("count")))
            catalog::wrong_type(entry, where, "{\"length\": tokens, \"count\": how many}");
        samples.push_back({catalog::small_whole(pair ? entry[0] : entry["length"], where, 1),
                           catalog::small_whole(pair ? entry[1] : entry["count"], where, 0)});
    }
    return samples;
}

std::uint64_t read_seed(const Json& value, const std::string& where) {
    if (value.is_number_unsigned())
        return value.get<std::uint64_t>();
    return static_cast<std::uint64_t>(catalog::whole(value, where, 0, INT64_MAX));
}

void read_contexts(Recipe& recipe, const Json& value, const std::string& where) {
    if (!value.is_object()) {
        recipe.contexts.groups = read_groups(value, where);
        return;
    }
    for (const auto& [key, entry] : value.items()) {
        if (key == "seed")
            recipe.contexts.seed = read_seed(entry, where + ".seed");
        else if (key == "samples")
            recipe.contexts.samples = read_samples(entry, where + ".samples");
        else if (key == "groups")
            recipe.contexts.groups = read_groups(entry, where + ".groups");
        else
            throw Error("there is no key \"" + key + "\" in contexts", where, "known are seed, samples and groups");
    }
}

std::optional<double> read_optional(const Json& value, const std::string& where) {
    return value.is_null() ? std::nullopt : std::optional(catalog::number(value, where));
}

template<typename T>
Setter real(T ValueSearch::*member) {
    return [member](Recipe& r, const Json& v, const std::string& w) { r.values.*member = catalog::number(v, w); };
}
void read_steps(Recipe& r, const Json& v, const std::string& w) {
    r.values.steps = catalog::small_whole(v, w, 1);
}

const std::map<std::string, Setter>& value_keys() {
    static const std::map<std::string, Setter> keys{
        {"steps", read_steps},
        {"learning_rate", real(&ValueSearch::learning_rate)},
        {"weight_decay", real(&ValueSearch::weight_decay)},
        {"clamp", real(&ValueSearch::clamp)},
        {"kl_factor", real(&ValueSearch::kl_factor)},
        {"stop_loss", real(&ValueSearch::stop_loss)},
        {"steps_after_argmax",
         [](Recipe& r, const Json& v, const std::string& w) {
             r.values.steps_after_argmax = v.is_null() ? std::nullopt : std::optional(catalog::small_whole(v, w, 0));
         }},
    };
    return keys;
}

void read_values(Recipe& recipe, const Json& value, const std::string& where) {
    if (!value.is_object())
        catalog::wrong_type(value, where, "an object");
    for (const auto& [key, entry] : value.items()) {
        const auto setter = value_keys().find(key);
        if (setter == value_keys().end()) {
            throw Error(
                "there is no key \"" + key + "\" in values", where,
                "known are steps, learning_rate, weight_decay, clamp, kl_factor, stop_loss and steps_after_argmax");
        }
        setter->second(recipe, entry, where + "." + key);
    }
}

const std::map<std::string, Setter>& own_keys() {
    using catalog::number;
    static const std::map<std::string, Setter> keys{
        {"algorithm",
         [](Recipe& r, const Json& v, const std::string& w) { r.algorithm = find_algorithm(catalog::text(v, w)).id; }},
        {"distribution", [](Recipe& r, const Json& v,
                            const std::string& w) { r.distribution = find_distribution(catalog::text(v, w)).id; }},
        {"layers", [](Recipe& r, const Json& v, const std::string& w) { r.layers = catalog::layers(v, w); }},
        {"softness", [](Recipe& r, const Json& v, const std::string& w) { r.softness = read_optional(v, w); }},
        {"alpha", [](Recipe& r, const Json& v, const std::string& w) { r.alpha = read_optional(v, w); }},
        {"statistics_weight",
         [](Recipe& r, const Json& v, const std::string& w) { r.statistics_weight = number(v, w); }},
        {"use_statistics",
         [](Recipe& r, const Json& v, const std::string& w) { r.use_statistics = catalog::boolean(v, w); }},
        {"ridge", [](Recipe& r, const Json& v, const std::string& w) { r.ridge = number(v, w); }},
        {"weights", [](Recipe& r, const Json& v, const std::string& w) { r.weights = catalog::numbers(v, w); }},
        {"norm_weight", [](Recipe& r, const Json& v, const std::string& w) { r.norm_weight = number(v, w); }},
        {"null_space_threshold",
         [](Recipe& r, const Json& v, const std::string& w) { r.null_space_threshold = number(v, w); }},
        {"largest_change", [](Recipe& r, const Json& v, const std::string& w) { r.largest_change = number(v, w); }},
        {"merge_subjects",
         [](Recipe& r, const Json& v, const std::string& w) { r.merge_subjects = catalog::boolean(v, w); }},
        {"statistics_tokens",
         [](Recipe& r, const Json& v, const std::string& w) {
             r.statistics_tokens = catalog::whole(v, w, 0, std::int64_t{1} << 53);
         }},
        {"corpus", [](Recipe& r, const Json& v, const std::string& w) { r.corpus = catalog::text(v, w); }},
        {"statistics_file",
         [](Recipe& r, const Json& v, const std::string& w) { r.statistics_file = catalog::text(v, w); }},
        {"values", read_values},
        {"contexts", read_contexts},
        {"context_seed", [](Recipe& r, const Json& v, const std::string& w) { r.contexts.seed = read_seed(v, w); }},
        {"context_samples",
         [](Recipe& r, const Json& v, const std::string& w) { r.contexts.samples = read_samples(v, w); }},
        {"batch", [](Recipe& r, const Json& v, const std::string& w) { r.batch = catalog::small_whole(v, w, 0); }},
    };
    return keys;
}

// Refuses a value that the reference knows and this program would otherwise silently do differently.
Setter must_be(Json wanted, const char* hint) {
    return [wanted = std::move(wanted), hint](Recipe&, const Json& v, const std::string& w) {
        if (v != wanted)
            throw Error("only " + wanted.dump() + " is known here, not " + json_excerpt(v), w, hint);
    };
}

void read_update_weight(Recipe& recipe, const Json& value, const std::string& where) {
    const double weight = catalog::number(value, where);
    const AlgorithmInfo& row = find_algorithm(recipe.algorithm);
    if (row.in_null_space)
        return; // AlphaEdit's files carry it along unused
    if (row.default_softness > 0)
        recipe.softness = weight; // MEMIT: lambda
    else
        recipe.statistics_weight = weight;
}

const std::map<std::string, Setter>& reference_keys() {
    using catalog::number;
    const Setter ignored = [](Recipe&, const Json&, const std::string&) {};
    static const std::map<std::string, Setter> keys{
        {"alg_name", own_keys().at("algorithm")},
        {"v_num_grad_steps", read_steps},
        {"v_lr", real(&ValueSearch::learning_rate)},
        {"v_weight_decay", real(&ValueSearch::weight_decay)},
        {"clamp_norm_factor", real(&ValueSearch::clamp)},
        {"kl_factor", real(&ValueSearch::kl_factor)},
        {"mom2_update_weight", read_update_weight},
        {"emmet_lambda",
         [](Recipe& r, const Json& v, const std::string& w) {
             // Files of the other algorithms carry it along unused.
             if (find_algorithm(r.algorithm).stabilised)
                 r.alpha = catalog::number(v, w);
         }},
        {"mom2_adjustment", own_keys().at("use_statistics")},
        {"context_template_length_params", own_keys().at("context_samples")},
        {"context_templates", read_contexts},
        {"update_norm_lambda", [](Recipe& r, const Json& v, const std::string& w) { r.norm_weight = number(v, w); }},
        {"L2", [](Recipe& r, const Json& v, const std::string& w) { r.softness = number(v, w); }},
        {"nullspace_threshold", own_keys().at("null_space_threshold")},
        {"num_steps", read_steps},
        {"lr", real(&ValueSearch::learning_rate)},
        {"norm_constraint",
         [](Recipe& r, const Json& v, const std::string& w) {
             r.largest_change = v.is_boolean() && !v.get<bool>() ? 0 : number(v, w); // false: none
         }},
        {"weight_decay", real(&ValueSearch::weight_decay)}, // of fine-tuning
        {"fact_token", must_be("subject_last", "edits are keyed at the subject's last token")},
        {"bias_update", must_be(false, "biases are never edited")},
        {"dynamic", must_be(false, "set it to false")},
        {"layer_selection", must_be("all", "name the layers to edit in \"layers\"")},
        // Names of tensors come from the model; the corpus and its size are ours (they count articles, we count
        // tokens); the loss is always read at the last layer.
        {"mom2_n_samples", ignored},
        {"mom2_dataset", ignored},
        {"mom2_dtype", ignored},
        {"v_loss_layer", ignored},
        {"rewrite_module_tmp", ignored},
        {"layer_module_tmp", ignored},
        {"mlp_module_tmp", ignored},
        {"attn_module_tmp", ignored},
        {"ln_f_module", ignored},
        {"lm_head_module", ignored},
        {"dynamic_multiplier", ignored},
        {"calculate_objective_value", ignored},
        {"model_name", ignored},
        {"stats_dir", ignored},
        {"device", ignored},
        {"model_parallel", ignored},
        {"fp16", ignored},
        {"max_length", ignored},
        {"batch_size", ignored},
        {"alg_train_name", ignored},
        {"objective_optimization", ignored},
    };
    return keys;
}

bool is_reference_file(const Json& json) {
    return json.contains("v_num_grad_steps") || json.contains("v_lr") || json.contains("clamp_norm_factor") ||
           json.contains("mom2_update_weight") || json.contains("norm_constraint");
}

// The algorithm of a hparams file that does not say: by its folder, else by the keys that only one of them has.
std::string likely_algorithm(const Json& json, std::string_view where, const std::string& otherwise) {
    const std::filesystem::path path(where);
    for (const auto& part : path.parent_path())
        for (const AlgorithmInfo& row : algorithms())
            if (part.string() == row.id)
                return std::string(row.id);
    if (json.contains("norm_constraint"))
        return "FT-L";
    if (json.contains("nullspace_threshold") || json.contains("L2"))
        return "AlphaEdit";
    if (json.contains("context_template_length_params"))
        return otherwise == "R-ROME" ? otherwise : "ROME";
    // MEMIT's files and EMMET's have the same keys.
    if (json.contains("mom2_update_weight") && find_algorithm(otherwise).one_at_a_time)
        return "MEMIT";
    return otherwise;
}

// The known key that a key nobody knows was meant to be; empty when it looks like none.
std::string near_miss(const std::string& key) {
    constexpr std::size_t slip = 2;
    for (const auto* keys : {&reference_keys(), &own_keys()})
        for (const auto& [name, setter] : *keys)
            if (name.size() > 3 * slip && slips(key, name) <= slip)
                return name;
    return {};
}

// A key at the beginning of a line, as YAML has them and JSON has not: "alg_name: ROME".
bool is_yaml_line(std::string_view line) {
    const std::size_t name = line.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
    return name != 0 && name != std::string_view::npos && line[name] == ':' &&
           (name + 1 == line.size() || line[name + 1] == ' ' || line[name + 1] == '\r');
}

// By its name, or by the first line that is neither empty nor a comment. For a text that is no JSON.
bool is_yaml(std::string_view text, std::string_view where) {
    if (where.ends_with(".yaml") || where.ends_with(".yml"))
        return true;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        const std::size_t first = line.find_first_not_of(" \t\r");
        if (first != std::string_view::npos && line[first] != '#' && !line.starts_with("---"))
            return is_yaml_line(line);
        text.remove_prefix(std::min(text.size(), line.size() + 1));
    }
    return false;
}

// PyYAML reads 5e-1, which hparams files are full of, as a text unless it is told that it is a number.
constexpr const char* yaml_hint =
    "convert it, with PyYAML: python3 -c \"import json, re, sys, yaml; "
    "yaml.SafeLoader.add_implicit_resolver('tag:yaml.org,2002:float', re.compile('[-+]?[0-9.]+[eE][-+]?[0-9]+$'), "
    "list('-+.0123456789')); json.dump(yaml.safe_load(sys.stdin), sys.stdout)\" < FILE.yaml > FILE.json";

Json parse_recipe(std::string_view text, std::string_view where) {
    if (!Json::accept(text) && is_yaml(text, where))
        throw Error("this is YAML; Emend reads the reference implementations' hparams as JSON", std::string(where),
                    yaml_hint);
    return catalog::parse_object(text, where);
}

} // namespace

std::string recipe_to_json(const Recipe& recipe, int indent) {
    using OrderedJson = nlohmann::ordered_json;
    const auto optional = [](const std::optional<double>& value) {
        return value ? OrderedJson(*value) : OrderedJson();
    };
    OrderedJson json{
        {"algorithm", recipe.algorithm},
        {"distribution", recipe.distribution},
        {"layers", recipe.layers},
        {"weights", recipe.weights},
        {"softness", optional(recipe.softness)},
        {"alpha", optional(recipe.alpha)},
        {"statistics_weight", recipe.statistics_weight},
        {"use_statistics", recipe.use_statistics},
        {"ridge", recipe.ridge},
        {"norm_weight", recipe.norm_weight},
        {"null_space_threshold", recipe.null_space_threshold},
        {"largest_change", recipe.largest_change},
        {"merge_subjects", recipe.merge_subjects},
        {"statistics_tokens", recipe.statistics_tokens},
        {"corpus", recipe.corpus},
        {"statistics_file", recipe.statistics_file},
        {"values",
         {{"steps", recipe.values.steps},
          {"learning_rate", recipe.values.learning_rate},
          {"weight_decay", recipe.values.weight_decay},
          {"clamp", recipe.values.clamp},
          {"kl_factor", recipe.values.kl_factor},
          {"stop_loss", recipe.values.stop_loss},
          {"steps_after_argmax",
           recipe.values.steps_after_argmax ? OrderedJson(*recipe.values.steps_after_argmax) : OrderedJson()}}},
        {"contexts", recipe.contexts.groups},
        {"context_seed", recipe.contexts.seed},
        {"context_samples", OrderedJson::array()},
        {"batch", recipe.batch}};
    for (const auto& sample : recipe.contexts.samples)
        json["context_samples"].push_back({{"length", sample.length}, {"count", sample.count}});
    return json.dump(indent, ' ', false, OrderedJson::error_handler_t::replace);
}

Recipe recipe_from_json(std::string_view text, const Recipe& base, std::string_view where, std::string_view algorithm) {
    const Json json = parse_recipe(text, where);
    const bool reference = is_reference_file(json);
    const auto place = [&](const std::string& key) { return std::string(where) + ": " + key; };
    Recipe recipe = base;
    if (reference)
        recipe.ridge = 0; // the reference adds none
    // First of all: the meaning of other keys depends on it.
    bool says = false;
    for (const char* key : {"algorithm", "alg_name"})
        if (json.contains(key)) {
            recipe.algorithm = find_algorithm(catalog::text(json[key], place(key))).id;
            says = true;
        }
    if (reference && !says)
        recipe.algorithm = likely_algorithm(json, where, recipe.algorithm);
    if (!algorithm.empty())
        recipe.algorithm = find_algorithm(algorithm).id;

    for (const auto& [key, value] : json.items()) {
        if (key == "algorithm" || key == "alg_name")
            continue;
        const auto own = own_keys().find(key);
        const auto foreign = reference_keys().find(key);
        if (own != own_keys().end()) {
            own->second(recipe, value, place(key));
        } else if (foreign != reference_keys().end()) {
            foreign->second(recipe, value, place(key));
        } else if (!reference) {
            std::string known;
            for (const auto& [name, setter] : own_keys())
                known += (known.empty() ? "" : ", ") + name;
            throw Error("a recipe has no key \"" + key + "\"", place(key), "known are " + known);
        } else if (const std::string meant = near_miss(key); !meant.empty()) {
            throw Error("\"" + key + "\" is not a key of hparams files", place(key),
                        "did you mean \"" + meant + "\"? Take the key out if not");
        }
    }
    // They add lambda_n I to lambda C, here it is added to C.
    if (reference && json.contains("update_norm_lambda") && recipe.softness.value_or(0) > 0 &&
        !find_algorithm(recipe.algorithm).in_null_space)
        recipe.norm_weight /= *recipe.softness;
    if (reference && !json.contains("distribution") && json.contains("layers"))
        recipe.distribution = recipe.layers.size() > 1 ? "spread" : "single";
    return recipe;
}

} // namespace emend
