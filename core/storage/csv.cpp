// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/csv.h"

#include "emend/error.h"

#include <algorithm>

namespace emend {
namespace {

// What stands most often in the first line, outside of quotes.
char find_separator(std::string_view text) {
    char best = ',';
    std::ptrdiff_t most = 0;
    const std::string_view line = text.substr(0, text.find('\n'));
    for (const char candidate : {',', ';', '\t'}) {
        bool quoted = false;
        const auto count = std::ranges::count_if(line, [&](char c) {
            quoted ^= c == '"';
            return !quoted && c == candidate;
        });
        if (count > most) {
            most = count;
            best = candidate;
        }
    }
    return best;
}

} // namespace

std::vector<std::vector<std::string>> parse_csv(std::string_view text, const std::string& where,
                                                std::vector<std::size_t>* lines) {
    if (text.starts_with("\xEF\xBB\xBF"))
        text.remove_prefix(3);
    const char separator = find_separator(text);
    std::vector<std::vector<std::string>> rows;
    std::vector<std::string> row;
    std::string field;
    std::size_t line = 1;
    std::size_t row_line = 1;   // where the row began
    std::size_t quote_line = 0; // where the open quote began; 0 when none is open
    bool was_quoted = false;
    const auto end_row = [&] {
        if (!row.empty() || !field.empty() || was_quoted) {
            row.push_back(std::move(field));
            rows.push_back(std::move(row));
            if (lines)
                lines->push_back(row_line);
        }
        row_line = line;
        row.clear();
        field.clear();
        was_quoted = false;
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        line += c == '\n';
        if (quote_line != 0) {
            if (c != '"')
                field += c;
            else if (i + 1 < text.size() && text[i + 1] == '"')
                field += text[++i];
            else
                quote_line = 0;
        } else if (c == '"' && field.empty() && !was_quoted) {
            quote_line = line;
            was_quoted = true;
        } else if (c == separator) {
            row.push_back(std::move(field));
            field.clear();
            was_quoted = false;
        } else if (c == '\n') {
            end_row();
        } else if (c != '\r' || (i + 1 < text.size() && text[i + 1] != '\n')) {
            field += c;
        }
    }
    if (quote_line != 0)
        throw Error("a quote is opened and never closed", where + ", line " + std::to_string(quote_line),
                    "close it, or write \"\" for a quote inside a field");
    end_row();
    return rows;
}

} // namespace emend
