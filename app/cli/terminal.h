// SPDX-License-Identifier: GPL-3.0-or-later
// What people see: colours where a terminal shows them (and NO_COLOR is not set), aligned tables on standard output,
// a progress line on standard error.
// Thread safety: none; everything is written by the main thread.
#pragma once

#include "emend/job.h"

#include <chrono>
#include <cstddef>
#include <iosfwd>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace emend::cli {

enum class Style { plain, bold, dim, good, bad, accent };

// The text in a style, if standard output shows styles.
std::string styled(std::string_view text, Style style);

// Rows of cells under a header; columns are as wide as their widest cell. Widths are counted in characters.
class Table {
  public:
    enum class Align { left, right };
    struct Column {
        std::string title;
        Align align = Align::left;
    };
    struct Cell {
        std::string text;
        Style style = Style::plain;
        Cell(std::string t, Style s = Style::plain) // NOLINT(google-explicit-constructor): rows read as lists of texts
            : text(std::move(t))
            , style(s) {}
        Cell(const char* t) // NOLINT(google-explicit-constructor)
            : text(t) {}
    };

    explicit Table(std::vector<Column> columns)
        : columns_(std::move(columns)) {}
    void row(std::vector<Cell> cells) { rows_.push_back(std::move(cells)); }
    void print(int indent = 2) const; // to standard output; nothing when there are no rows
    void print(int indent, std::ostream& stream) const;

  private:
    std::vector<Column> columns_;
    std::vector<std::vector<Cell>> rows_;
};

// "0.982", "<0.001"
std::string probability_text(double p);
// Four significant digits; "-" where there is no number.
std::string number_text(double value);
// "12.4 MB"
std::string bytes_text(double bytes);
// Control characters and line breaks made visible, in quotes: "\" Paris\"".
std::string in_quotes(std::string_view text);
// Without line breaks and tabs, cut to a number of characters.
std::string one_line(std::string_view text, std::size_t most = 200);

// Progress of a job on standard error: one line rewritten on a terminal; elsewhere a line when a phase begins for the
// first time and one every ten seconds; nothing when quiet.
class ProgressLine {
  public:
    // edits: how many the job is about, for their rate; 0: none.
    explicit ProgressLine(bool quiet, std::size_t edits = 0);
    ~ProgressLine() { clear(); }
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;

    void show(const Progress& progress);
    void clear(); // takes the line away, before anything else is written

  private:
    using Clock = std::chrono::steady_clock;
    [[nodiscard]] std::string rate(const Progress& progress, Clock::time_point now);

    bool quiet_;
    bool terminal_;
    double edits_;
    bool visible_ = false;
    std::string phase_;
    std::set<std::string> seen_; // phases
    Clock::time_point last_{};
    // Where the edits began: reading, contexts and statistics come before and are not theirs.
    double begun_at_ = -1;
    Clock::time_point begun_;
};

// Progress of a job that the command line itself does step by step.
class StepProgress {
  public:
    StepProgress(std::string phase, std::size_t steps, const JobContext& job)
        : phase_(std::move(phase))
        , steps_(steps)
        , job_(job) {}
    void report(std::size_t done) const; // throws Cancelled when a stop was asked for

  private:
    std::string phase_;
    std::size_t steps_;
    const JobContext& job_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

} // namespace emend::cli
