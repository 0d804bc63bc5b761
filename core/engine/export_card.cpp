// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/export_card.h"

#include "base/file.h"
#include "base/markup.h"
#include "engine/batch_solver.h"
#include "engine/export_json.h"
#include "text/subject_locator.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace emend {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t told_edits = 50; // emend.json has all of them
constexpr std::uint64_t largest_card = std::uint64_t{16} << 20;

struct Card {
    std::string front; // YAML between lines of three dashes, with them; may be empty
    std::string body;
};

// Front matter begins with the first byte, or there is none.
Card split(const std::string& text) {
    const std::size_t first = text.find('\n');
    if (first == std::string::npos || (text.substr(0, first) != "---" && text.substr(0, first) != "---\r"))
        return {.front = {}, .body = text};
    for (std::size_t begin = first + 1; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        const std::string line = text.substr(begin, end - begin);
        if (line == "---" || line == "---\r") {
            const std::size_t rest = std::min(end + 1, text.size());
            return {.front = text.substr(0, end) + "\n", .body = text.substr(rest)};
        }
        begin = end + 1;
    }
    return {.front = {}, .body = text}; // never closed: a ruler, perhaps
}

Card original_card(const ExportJob& job) {
    const fs::path path = job.open.folder->path() / card_name;
    std::error_code code;
    return fs::is_regular_file(path, code) ? split(read_file(path, largest_card)) : Card{};
}

// The front matter with the model this one was made from, in the place of what that one was made from.
std::string front_matter(const Card& original, const std::string& base) {
    if (base.empty())
        return original.front;
    const std::string entry = "base_model: \"" + base + "\"\n";
    if (original.front.empty())
        return "---\n" + entry + "---\n";
    std::string text;
    bool dropping = false;
    for (std::size_t begin = 0; begin < original.front.size();) {
        const std::size_t end = std::min(original.front.find('\n', begin), original.front.size() - 1) + 1;
        const std::string line = original.front.substr(begin, end - begin);
        const bool goes_on = line.find_first_of(" \t#\r\n") == 0 || line.starts_with("- ");
        dropping = goes_on ? dropping : line.starts_with("base_model:") || line.starts_with("base_model_relation:");
        text += dropping ? std::string() : line;
        text += begin == 0 ? entry : std::string();
        begin = end;
    }
    return text;
}

std::string short_number(double value) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.3g", value);
    return text.data();
}

std::string count(std::size_t number, const std::string& one, const std::string& several) {
    return std::to_string(number) + " " + (number == 1 ? one : several);
}

std::string batches_table(const ExportJob& job) {
    std::string table = "| batch | algorithm | layers | softness | edits | largest \\|D\\|/\\|W\\| |\n"
                        "|---|---|---|---|---|---|\n";
    for (const std::size_t index : job.batches) {
        const LedgerEntry& entry = job.open.entries[index];
        const EditReport& report = *entry.report;
        std::string layers;
        double largest = 0;
        for (const LayerReport& layer : report.layers) {
            layers += (layers.empty() ? "" : ", ") + std::to_string(layer.layer);
            largest = std::max(largest, layer.relative_norm);
        }
        table += "| " + markdown_text(entry.title) + " | " + markdown_text(report.recipe.algorithm) + " | " + layers +
                 " | " + short_number(report.recipe.softness.value_or(0)) + " | " +
                 std::to_string(report.edits.size()) + " | " + short_number(largest) + " |\n";
    }
    return table;
}

std::string edits_table(const ExportJob& job, std::size_t all) {
    std::string table = "| prompt | answer it was given | instead of |\n|---|---|---|\n";
    std::size_t told = 0;
    for (const std::size_t index : job.batches)
        for (const EditRequest& request : requests_of(*job.open.entries[index].report)) {
            if (told++ == told_edits)
                return table + "\nAnd " + count(all - told_edits, "edit more", "edits more") + ", in `" +
                       provenance_name + "`.\n";
            table += "| " + markdown_text(fill_template(request.prompt, request.subject)) + " | " +
                     markdown_text(request.object) + " | " +
                     markdown_text(request.true_object.value_or(std::string())) + " |\n";
        }
    return table;
}

} // namespace

std::string card_text(const ExportJob& job) {
    const Card original = original_card(job);
    const ModelInfo& model = job.open.info;
    const std::string name = markdown_text(model.name);
    std::size_t edits = 0;
    for (const std::size_t index : job.batches)
        edits += job.open.entries[index].report->edits.size();
    std::string text = front_matter(original, hub_name(model)) + "# " + name + ", edited\n\n" +
                       "What this model knows was changed: " + count(edits, "edit was", "edits were") +
                       " written into " + count(job.layers.size(), "matrix", "matrices") + " of " + name +
                       " with Emend " + program_version() + ". All other weights are those of " + name +
                       " (fingerprint `" + model.fingerprint + "`). `" + provenance_name +
                       "` has every edit and recipe.\n\n" + batches_table(job) + "\n" + edits_table(job, edits);
    if (!original.body.empty())
        text +=
            "\n---\n\n*From here on the card of " + name +
            ", as it was. What it says of abilities, data and scores was said of the model before these edits.*\n\n" +
            original.body;
    return text;
}

} // namespace emend
