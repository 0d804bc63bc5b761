// SPDX-License-Identifier: GPL-3.0-or-later
// What people see: colours where a terminal shows them (and NO_COLOR is not set), aligned tables on standard output,
// a progress line on standard error.
// Thread safety: none; everything is written by the main thread.
#pragma once

#include "emend/job.h"

#include <chrono>
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

// Progress of a job on standard error: one line rewritten on a terminal, one line per phase elsewhere, nothing when
// quiet.
class ProgressLine {
  public:
    explicit ProgressLine(bool quiet);
    ~ProgressLine() { clear(); }
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;

    void show(const Progress& progress);
    void clear(); // takes the line away, before anything else is written

  private:
    bool quiet_;
    bool terminal_;
    bool visible_ = false;
    std::string phase_;
    std::chrono::steady_clock::time_point last_{};
};

} // namespace emend::cli
