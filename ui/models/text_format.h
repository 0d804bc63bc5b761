// SPDX-License-Identifier: GPL-3.0-or-later
// How numbers and tokens are written for people, the same everywhere in the window.
#pragma once

#include <QString>

#include <cstdint>
#include <string>

namespace emend::ui {

QString fromStd(const std::string& text); // UTF-8; broken bytes become U+FFFD

// "98.2 %", "0.31 %", "< 0.01 %".
QString formatProbability(double probability);
// Four significant digits, without an exponent where one can read it.
QString formatNumber(double value);
// A number that somebody chose: "100", "0.25", "1.5e-7"; no digits that say nothing.
QString formatSetting(double value);
QString formatBytes(std::uint64_t bytes);
// "3 s", "2 min 5 s"; for time left.
QString formatSeconds(double seconds);
// "0.8 s", "12 s", "2 min 5 s"; for what something took.
QString formatDuration(double seconds);
QString formatCount(std::int64_t count); // "7.2 M"

// A token on its own: leading and trailing blanks made visible, line ends as signs.
QString visiblePiece(const std::string& piece);
// A token as an answer: without the blanks around it; visible when that leaves nothing.
QString answerText(const std::string& piece);

// A text as one cell of a CSV file, quoted where it must be.
QString csvCell(const QString& text);
QString csvCell(double value); // full precision; empty for what is no number

} // namespace emend::ui
