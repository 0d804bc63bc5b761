// SPDX-License-Identifier: GPL-3.0-or-later
#include "terminal.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <unistd.h>

namespace emend::cli {

namespace {

bool shows_styles() {
    static const bool shows = [] {
        const char* no_color = std::getenv("NO_COLOR");
        const char* terminal = std::getenv("TERM");
        return isatty(STDOUT_FILENO) && !(no_color && *no_color) && terminal && std::string_view(terminal) != "dumb";
    }();
    return shows;
}

// Characters, not bytes: continuation bytes of UTF-8 do not count.
std::size_t width(std::string_view text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string formatted(const char* format, double value) {
    char buffer[64];
    std::snprintf(buffer, sizeof buffer, format, value);
    return buffer;
}

std::string time_text(double seconds) {
    const long whole = std::lround(seconds);
    if (whole < 60)
        return std::to_string(whole) + " s";
    if (whole < 3600)
        return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
    return std::to_string(whole / 3600) + " h " + std::to_string(whole % 3600 / 60) + " min";
}

} // namespace

std::string styled(std::string_view text, Style style) {
    const char* code = nullptr;
    switch (style) {
    case Style::plain:
        break;
    case Style::bold:
        code = "1";
        break;
    case Style::dim:
        code = "2";
        break;
    case Style::good:
        code = "32";
        break;
    case Style::bad:
        code = "31";
        break;
    case Style::accent:
        code = "36";
        break;
    }
    if (!code || !shows_styles())
        return std::string(text);
    return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
}

void Table::print(int indent) const {
    print(indent, std::cout);
}

void Table::print(int indent, std::ostream& stream) const {
    if (rows_.empty())
        return;
    std::vector<std::size_t> widths;
    for (const Column& column : columns_)
        widths.push_back(width(column.title));
    for (const auto& row : rows_)
        for (std::size_t c = 0; c < row.size() && c < widths.size(); ++c)
            widths[c] = std::max(widths[c], width(row[c].text));
    const auto line = [&](const std::vector<Cell>& cells) {
        std::string out(static_cast<std::size_t>(indent), ' ');
        for (std::size_t c = 0; c < cells.size() && c < widths.size(); ++c) {
            const std::string fill(widths[c] - width(cells[c].text), ' ');
            const bool last = c + 1 == cells.size();
            const std::string text = styled(cells[c].text, cells[c].style);
            out += columns_[c].align == Align::right ? fill + text : text + (last ? "" : fill);
            if (!last)
                out += "  ";
        }
        stream << out << '\n';
    };
    const auto has_title = [](const Column& column) { return !column.title.empty(); };
    if (std::any_of(columns_.begin(), columns_.end(), has_title)) {
        std::vector<Cell> titles;
        for (const Column& column : columns_)
            titles.emplace_back(column.title, Style::dim);
        line(titles);
    }
    for (const auto& row : rows_)
        line(row);
}

std::string probability_text(double p) {
    return p > 0 && p < 0.001 ? "<0.001" : formatted("%.3f", p);
}

std::string number_text(double value) {
    if (std::isinf(value))
        return value > 0 ? "∞" : "-∞";
    return std::isnan(value) ? "-" : formatted("%.4g", value);
}

std::string bytes_text(double bytes) {
    const char* const units[] = {"B", "kB", "MB", "GB", "TB"};
    std::size_t unit = 0;
    while (bytes >= 1000 && unit + 1 < std::size(units)) {
        bytes /= 1000;
        ++unit;
    }
    return formatted(unit == 0 ? "%.0f" : "%.1f", bytes) + " " + units[unit];
}

std::string in_quotes(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '\n')
            out += "\\n";
        else if (c == '\t')
            out += "\\t";
        else if (c == '\r')
            out += "\\r";
        else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
            out += std::string("\\x") + "0123456789abcdef"[(c >> 4) & 15] + "0123456789abcdef"[c & 15];
        else
            out += c;
    }
    return out + "\"";
}

std::string one_line(std::string_view text, std::size_t most) {
    std::string out;
    std::size_t characters = 0;
    for (const char c : text) {
        const bool begins = (static_cast<unsigned char>(c) & 0xC0) != 0x80;
        if (begins && ++characters > most)
            return out + "…";
        out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
    }
    return out;
}

ProgressLine::ProgressLine(bool quiet, std::size_t edits)
    : quiet_(quiet)
    , terminal_(isatty(STDERR_FILENO))
    , edits_(static_cast<double>(edits)) {}

// Edits a second, everything included that is done with them from the first value on; empty while it is not known.
std::string ProgressLine::rate(const Progress& progress, Clock::time_point now) {
    const bool theirs = progress.phase == "values" || progress.phase.starts_with("layer") ||
                        progress.phase == "fine-tuning" || progress.phase == "comparing";
    if (edits_ == 0 || progress.fraction < 0 || !theirs)
        return {};
    if (begun_at_ < 0 || progress.fraction < begun_at_ || (phase_ != progress.phase && progress.phase == "comparing")) {
        begun_at_ = progress.fraction;
        begun_ = now;
    }
    const double seconds = std::chrono::duration<double>(now - begun_).count();
    const double share = (progress.fraction - begun_at_) / (1 - begun_at_);
    constexpr double too_early = 1; // seconds
    if (seconds < too_early || !(share > 0))
        return {};
    const double each_second = edits_ * share / seconds;
    if (each_second < 1)
        return ", " + formatted("%.1f", 1 / each_second) + " s an edit";
    return ", " + formatted(each_second < 10 ? "%.1f" : "%.0f", each_second) + " edits/s";
}

void ProgressLine::show(const Progress& progress) {
    if (quiet_)
        return;
    const auto now = Clock::now();
    const std::string edits_a_second = rate(progress, now);
    const bool fresh = seen_.insert(progress.phase).second;
    constexpr auto on_terminal = std::chrono::milliseconds(80);
    constexpr auto elsewhere = std::chrono::seconds(10);
    const bool due = terminal_ ? !visible_ || progress.phase != phase_ || now - last_ >= on_terminal
                               : fresh || now - last_ >= elsewhere;
    phase_ = progress.phase;
    if (!due)
        return;
    last_ = now;
    if (!terminal_ && fresh) {
        std::cerr << progress.phase << '\n';
        return;
    }
    std::string line;
    if (progress.fraction >= 0) {
        constexpr int cells = 24;
        const int filled = std::clamp(static_cast<int>(progress.fraction * cells), 0, cells);
        for (int i = 0; terminal_ && i < cells; ++i)
            line += i < filled ? "█" : "░";
        line += formatted(terminal_ ? " %3.0f %%  " : "%.0f %%, ", 100 * std::clamp(progress.fraction, 0.0, 1.0));
    }
    line += progress.phase;
    if (!progress.detail.empty())
        line += ", " + progress.detail;
    line += edits_a_second;
    if (progress.seconds_left > 0)
        line += ", " + time_text(progress.seconds_left) + " left";
    if (!terminal_) {
        std::cerr << one_line(line) << '\n';
        return;
    }
    std::cerr << "\r\x1b[K" << one_line(line, 110) << std::flush;
    visible_ = true;
}

void StepProgress::report(std::size_t done) const {
    job_.check();
    const double fraction = steps_ > 0 ? static_cast<double>(done) / static_cast<double>(steps_) : 1;
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    job_.report({.phase = phase_,
                 .fraction = fraction,
                 .seconds_left = fraction > 0 ? seconds * (1 - fraction) / fraction : -1,
                 .detail = std::to_string(done) + " of " + std::to_string(steps_)});
}

void ProgressLine::clear() {
    if (visible_)
        std::cerr << "\r\x1b[K" << std::flush;
    visible_ = false;
}

} // namespace emend::cli
