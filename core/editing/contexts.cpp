// SPDX-License-Identifier: GPL-3.0-or-later
#include "editing/contexts.h"

#include "emend/error.h"
#include "model/generate.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace emend {
namespace {

constexpr std::array<std::string_view, 5> starters = {"The", "Therefore", "Because", "I", "You"};

void check_template(const std::string& text) {
    const std::size_t first = text.find("{}");
    if (first == std::string::npos || text.find("{}", first + 2) != std::string::npos)
        throw Error("a context must hold {} once, for the prompt", "contexts: \"" + text + "\"",
                    "write it like \"The people in the city. {}\"");
}

// `count` templates of about `length` tokens, starter after starter.
std::vector<std::string> write_templates(const Decoder& decoder, const Tokenizer& tokenizer,
                                         const Contexts::Sample& sample, std::uint64_t seed, const JobContext& job) {
    std::vector<std::vector<std::int32_t>> prompts;
    std::size_t longest = 0;
    for (int i = 0; i < sample.count; ++i) {
        prompts.push_back(tokenizer.encode(starters[static_cast<std::size_t>(i) % starters.size()]).ids);
        prompts.back().resize(prompts.back().size() - tokenizer.template_suffix().size());
        longest = std::max(longest, prompts.back().size());
    }
    const int more = std::max(1, sample.length - static_cast<int>(longest));
    const auto written = sample_batch(decoder, prompts, more, seed, job);
    std::vector<std::string> templates;
    for (std::size_t i = 0; i < written.size(); ++i) {
        const std::string starter(starters[i % starters.size()]);
        templates.push_back(clean_prefix(starter + tokenizer.decode(written[i], true)) + ". {}");
    }
    return templates;
}

} // namespace

std::string clean_prefix(std::string_view text) {
    std::string cleaned;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (text.substr(i, 3) == "\xEF\xBF\xBD") { // U+FFFD, half a character
            i += 2;
            continue;
        }
        const bool blank = static_cast<unsigned char>(c) <= ' ' || c == '{' || c == '}' || c == '\x7F';
        if (!blank)
            cleaned += c;
        else if (!cleaned.empty() && cleaned.back() != ' ')
            cleaned += ' ';
    }
    const std::size_t last = cleaned.find_last_not_of(" .");
    cleaned.resize(last == std::string::npos ? 0 : last + 1);
    return cleaned;
}

Contexts resolve_contexts(const Decoder& decoder, const Tokenizer& tokenizer, const Contexts& contexts, bool grouped,
                          const JobContext& job) {
    Contexts resolved = contexts;
    if (!contexts.groups.empty()) {
        for (const auto& group : contexts.groups) {
            if (group.empty())
                throw Error("a group of contexts is empty", "contexts", "leave the group out, or put \"{}\" into it");
            std::for_each(group.begin(), group.end(), check_template);
        }
        return resolved;
    }
    resolved.groups = {{"{}"}};
    std::uint64_t seed = contexts.seed;
    for (const Contexts::Sample& sample : contexts.samples) {
        job.check();
        if (sample.count <= 0)
            continue;
        std::vector<std::string> templates = write_templates(decoder, tokenizer, sample, seed, job);
        seed += 1000; // samples of the recipe must not repeat each other
        if (grouped)
            resolved.groups.push_back(std::move(templates));
        else
            std::move(templates.begin(), templates.end(), std::back_inserter(resolved.groups.front()));
    }
    return resolved;
}

std::vector<std::string> flatten_contexts(const Contexts& contexts) {
    std::vector<std::string> flat;
    for (const auto& group : contexts.groups)
        flat.insert(flat.end(), group.begin(), group.end());
    return flat;
}

std::vector<double> context_weights(const Contexts& contexts, bool grouped) {
    std::size_t total = 0;
    for (const auto& group : contexts.groups)
        total += group.size();
    std::vector<double> weights;
    weights.reserve(total);
    for (const auto& group : contexts.groups) {
        const double weight = grouped ? 1.0 / static_cast<double>(contexts.groups.size() * group.size())
                                      : 1.0 / static_cast<double>(total);
        weights.insert(weights.end(), group.size(), weight);
    }
    return weights;
}

} // namespace emend
