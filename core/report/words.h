// SPDX-License-Identifier: GPL-3.0-or-later
// How a report says things, in every format: numbers, recipes, states, and what belongs to a batch. Plain functions.
#pragma once

#include "emend/session_report.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace emend::report {

std::string percent(double share);                 // "98.2 %", "0.31 %", "< 0.01 %"; "–" for NaN
std::string amount(double value);                  // a few significant digits; "–" for NaN
std::string setting(double value);                 // that somebody chose: "100", "0.25"
std::string duration(double value);                // "0.84 s", "2 min 5 s"
std::string answers(const Prediction& prediction); // "Rome 98.2 %", "Paris 0.5 %", one a line

// "MEMIT on layers 3,4,5, spread, softness 100, key contexts of seed 0"
std::string recipe_in_words(const EditReport& report);
std::string state_in_words(const LedgerState& ledger, std::size_t entry);
[[nodiscard]] bool is_in_weights(const LedgerState& ledger, std::size_t entry);
// How many of the edits in the weights say their new object.
struct Holding {
    std::size_t held = 0, edits = 0;
};
Holding holding(const LedgerState& ledger);

// The note somebody wrote about an edit of a batch; empty: none.
std::string note_of(const SessionReportContents& contents, std::uint64_t batch, const EditRequest& request);
std::vector<SessionText> texts_of(const SessionReportContents& contents, std::uint64_t batch);
const SessionScores* scores_of(const SessionReportContents& contents, std::uint64_t batch); // null: not scored
// What was written or scored after a batch, when the weights were neither as they are right after it nor as they are
// now. Not of what nobody has noted the state for.
[[nodiscard]] bool is_of_other_weights(const SessionReportContents& contents, std::uint64_t batch,
                                       const std::optional<std::string>& state);
[[nodiscard]] bool is_of_other_weights(const SessionReportContents& contents, const SessionText& text);
inline constexpr std::string_view written_on_other_weights = "Written when other batches were in the weights.";
inline constexpr std::string_view scored_on_other_weights = "Scored when other batches were in the weights.";
// "On the model as in its checkpoint."
std::string weights_of(const SessionReportContents& contents, const SessionTrace& trace);
// "Of the first 20 edits."; empty: of all.
std::string scored_edits(const SessionReportContents& contents, const SessionScores& scores);
const Frontier* frontier_of(const SessionReportContents& contents, std::uint64_t batch); // null: not known

// Lines for a shell.
std::vector<std::string> commands(const SessionReportContents& contents);

// A text in pieces of what both sides have and what only this one has.
struct TextPiece {
    std::string text;
    bool differs = false;
};
struct TextDifference {
    std::vector<TextPiece> before, after;
};
// By words; signs and characters of scripts without blanks count as words.
TextDifference difference_of(std::string_view before, std::string_view after);

} // namespace emend::report
