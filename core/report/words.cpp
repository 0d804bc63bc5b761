// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/words.h"

#include "base/utf8.h"
#include "charts/chart_text.h"
#include "emend/recipe.h"
#include "emend/tokens.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <ranges>

namespace emend::report {

namespace {

constexpr std::string_view dash = "\xE2\x80\x93"; // –

// In single quotes, as a shell reads it literally.
std::string shell_word(std::string_view text) {
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'')
            out += "'\\''";
        else
            out += c;
    }
    return out + "'";
}

bool is_word_by_itself(char32_t character) {
    constexpr char32_t first_without_blanks = 0x2E80; // CJK and what comes after
    const bool sign = character < 0x80 && !(character >= '0' && character <= '9') &&
                      !((character | 0x20) >= 'a' && (character | 0x20) <= 'z');
    return sign || character >= first_without_blanks || is_white_space(character);
}

std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> words;
    std::size_t begin = 0;
    for (std::size_t at = 0; at < text.size();) {
        const Utf8Step step = utf8_next(text, at);
        if (is_word_by_itself(step.code_point)) {
            if (at > begin)
                words.push_back(text.substr(begin, at - begin));
            words.push_back(text.substr(at, step.bytes));
            begin = at + step.bytes;
        }
        at += step.bytes;
    }
    if (begin < text.size())
        words.push_back(text.substr(begin));
    return words;
}

// Neighbours of one kind become one piece.
std::vector<TextPiece> joined(const std::vector<std::string_view>& words, const std::vector<bool>& differs) {
    std::vector<TextPiece> pieces;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (pieces.empty() || pieces.back().differs != differs[i])
            pieces.push_back({.text = {}, .differs = differs[i]});
        pieces.back().text += words[i];
    }
    return pieces;
}

} // namespace

std::string percent(double share) {
    if (!std::isfinite(share))
        return std::string(dash);
    if (share > 0 && share < 1e-4)
        return "< 0.01 %";
    return charts::fixed(100 * share, share < 0.01 && share > 0 ? 2 : 1) + " %";
}

std::string amount(double value) {
    return std::isnan(value) ? std::string(dash) : charts::number(value);
}

std::string setting(double value) {
    char buffer[64];
    const auto written = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::general, 6);
    return {buffer, written.ptr};
}

std::string duration(double value) {
    if (value < 60)
        return charts::fixed(value, value < 10 ? 2 : 0) + " s";
    const auto whole = static_cast<long long>(std::llround(value));
    return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
}

std::string answers(const Prediction& prediction) {
    constexpr std::size_t most = 3; // the others are in the JSON
    std::string out;
    for (const TokenProbability& token : prediction.top | std::views::take(most))
        out += (out.empty() ? "" : "\n") + charts::visible(token.piece) + ' ' + percent(token.probability);
    return out.empty() ? std::string(dash) : out;
}

std::string recipe_in_words(const EditReport& report) {
    const Recipe& recipe = report.recipe;
    std::vector<int> written;
    for (const LayerReport& layer : report.layers)
        written.push_back(layer.layer);
    std::string out = recipe.algorithm + (written.size() == 1 ? " on layer " : " on layers ") +
                      layers_to_text(written.empty() ? recipe.layers : written);
    if (written.size() > 1)
        out += ", " + recipe.distribution;
    if (recipe.softness)
        out += ", softness " + setting(*recipe.softness);
    if (recipe.alpha)
        out += ", alpha " + setting(*recipe.alpha);
    if (recipe.merge_subjects)
        out += ", edits of one subject merged";
    if (recipe.batch > 0 && static_cast<std::size_t>(recipe.batch) < report.edits.size())
        out += ", in batches of " + std::to_string(recipe.batch);
    out += recipe.use_statistics ? "" : ", without statistics";
    if (recipe.contexts.groups.empty() && !recipe.contexts.samples.empty())
        out += ", contexts of seed " + std::to_string(recipe.contexts.seed);
    return out;
}

bool is_in_weights(const LedgerState& ledger, std::size_t entry) {
    return entry < ledger.position && ledger.entries[entry].active;
}

std::string state_in_words(const LedgerState& ledger, std::size_t entry) {
    const LedgerEntry& batch = ledger.entries[entry];
    if (entry >= ledger.position)
        return batch.active ? "undone" : "undone, switched off";
    if (!batch.active)
        return "switched off";
    return batch.stale ? "applied, but solved on weights that have changed since" : "applied";
}

Holding holding(const LedgerState& ledger) {
    Holding count;
    for (std::size_t i = 0; i < ledger.entries.size(); ++i) {
        if (!is_in_weights(ledger, i) || !ledger.entries[i].report)
            continue;
        const auto& edits = ledger.entries[i].report->edits;
        count.edits += edits.size();
        count.held += static_cast<std::size_t>(
            std::ranges::count_if(edits, [](const EditOutcome& edit) { return edit.after.says_new; }));
    }
    return count;
}

std::string note_of(const SessionReportContents& contents, std::uint64_t batch, const EditRequest& request) {
    const auto found = std::ranges::find_if(contents.edits, [&](const SessionEdit& edit) {
        return edit.batch == batch && edit.request.subject == request.subject &&
               edit.request.prompt == request.prompt && edit.request.object == request.object;
    });
    return found == contents.edits.end() ? std::string() : found->note;
}

std::vector<SessionText> texts_of(const SessionReportContents& contents, std::uint64_t batch) {
    std::vector<SessionText> texts;
    std::ranges::copy_if(contents.texts, std::back_inserter(texts),
                         [&](const SessionText& text) { return text.batch == batch; });
    return texts;
}

const SessionScores* scores_of(const SessionReportContents& contents, std::uint64_t batch) {
    const auto found = std::ranges::find(contents.scores, batch, &SessionScores::batch);
    return found == contents.scores.end() ? nullptr : &*found;
}

bool is_of_other_weights(const SessionReportContents& contents, std::uint64_t batch,
                         const std::optional<std::string>& state) {
    const auto& entries = contents.ledger.entries;
    const auto found = std::ranges::find(entries, batch, &LedgerEntry::id);
    if (!state || found == entries.end())
        return false;
    const auto index = static_cast<std::size_t>(found - entries.begin());
    return *state != state_name(contents.ledger, index + 1) && *state != state_name(contents.ledger);
}

bool is_of_other_weights(const SessionReportContents& contents, const SessionText& text) {
    if (is_of_other_weights(contents, text.batch, text.state_after))
        return true;
    const auto& entries = contents.ledger.entries;
    const auto found = std::ranges::find(entries, text.batch, &LedgerEntry::id);
    return text.state_before && found != entries.end() &&
           *text.state_before != state_name(contents.ledger, static_cast<std::size_t>(found - entries.begin()));
}

std::string weights_of(const SessionReportContents& contents, const SessionTrace& trace) {
    if (trace.state ? trace.state->empty() : trace.request.at == LedgerPosition(0))
        return "On the model as in its checkpoint.";
    if (!trace.state)
        return "On weights that nobody has noted.";
    if (*trace.state == state_name(contents.ledger))
        return "On the weights as they are now.";
    const LedgerPosition at = position_named(contents.ledger, *trace.state);
    return at ? "On the weights after batch " + std::to_string(*at) + " of the history."
              : "On weights that are in the history no more.";
}

std::string scored_edits(const SessionReportContents& contents, const SessionScores& scores) {
    const auto entry = std::ranges::find(contents.ledger.entries, scores.batch, &LedgerEntry::id);
    const bool known = entry != contents.ledger.entries.end() && entry->report;
    if (scores.edits == 0 || (known && scores.edits >= entry->report->edits.size()))
        return {};
    return scores.edits == 1 ? "Of the first edit." : "Of the first " + std::to_string(scores.edits) + " edits.";
}

const Frontier* frontier_of(const SessionReportContents& contents, std::uint64_t batch) {
    const auto found = std::ranges::find(contents.frontiers, batch, &Frontier::batch_id);
    return found == contents.frontiers.end() || found->total.empty() ? nullptr : &*found;
}

std::vector<std::string> commands(const SessionReportContents& contents) {
    std::vector<std::string> lines;
    if (!contents.head.path.empty() && !contents.head.untitled) {
        lines.push_back("emend-cli session verify " + shell_word(contents.head.path));
        lines.push_back("emend-cli session replay " + shell_word(contents.head.path));
    }
    const std::string& path = contents.head.model.path;
    const std::string model = shell_word(path.empty() ? contents.head.model.name : path);
    for (std::size_t i = 0; i < contents.ledger.entries.size(); ++i) {
        const auto& report = contents.ledger.entries[i].report;
        if (!report || !is_in_weights(contents.ledger, i))
            continue;
        const std::string number = std::to_string(contents.ledger.entries[i].id);
        std::string line = "emend-cli edit " + model;
        if (report->edits.size() == 1) {
            const EditRequest& request = report->edits.front().request;
            line += " --subject " + shell_word(request.subject) + " --prompt " + shell_word(request.prompt) +
                    " --object " + shell_word(request.object);
        } else {
            line += " --edits edits-" + number + ".json";
        }
        lines.push_back(line + " --recipe recipe-" + number + ".json");
    }
    return lines;
}

TextDifference difference_of(std::string_view before, std::string_view after) {
    constexpr std::size_t most_words = 4000; // the search is quadratic where nothing is alike
    const auto left = words_of(before), right = words_of(after);
    if (left.size() + right.size() > most_words)
        return {{{std::string(before), false}}, {{std::string(after), false}}};
    std::map<std::string_view, std::int32_t> numbers;
    const auto numbered = [&](const std::vector<std::string_view>& words) {
        std::vector<std::int32_t> ids;
        for (const std::string_view word : words)
            ids.push_back(numbers.try_emplace(word, static_cast<std::int32_t>(numbers.size())).first->second);
        return ids;
    };
    const auto left_ids = numbered(left), right_ids = numbered(right);
    const auto differs = token_difference(left_ids, right_ids);
    return {joined(left, differs.first), joined(right, differs.second)};
}

} // namespace emend::report
