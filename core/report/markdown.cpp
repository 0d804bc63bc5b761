// SPDX-License-Identifier: GPL-3.0-or-later
// The page as text: tables stand in for the charts.
#include "emend/recipe.h"
#include "report/formats.h"
#include "base/markup.h"
#include "report/tables.h"
#include "report/words.h"

#include <algorithm>

namespace emend::report {

namespace {

std::string heading(int level, std::string_view text) {
    std::string out = "\n";
    out.append(static_cast<std::size_t>(level), '#').append(1, ' ').append(markdown_text(text)).append("\n\n");
    return out;
}

std::string in_one_line(std::string_view lines) {
    std::string out;
    while (!lines.empty()) {
        const std::size_t end = std::min(lines.find('\n'), lines.size());
        out += (out.empty() ? "" : ", ") + markdown_text(lines.substr(0, end));
        lines.remove_prefix(std::min(end + 1, lines.size()));
    }
    return out;
}

std::string table(const Table& table) {
    std::string head = "|", rule = "|";
    for (const Table::Column& column : table.columns) {
        head.append(1, ' ').append(markdown_text(column.name)).append(" |");
        rule += column.kind == Table::Kind::number ? " ---: |" : " --- |";
    }
    std::string out = head.append(1, '\n').append(rule).append(1, '\n');
    for (const std::vector<std::string>& row : table.rows) {
        out += "|";
        for (std::size_t i = 0; i < row.size(); ++i) {
            out += ' ';
            if (table.columns[i].kind == Table::Kind::lines)
                out += in_one_line(row[i]);
            else
                out += markdown_text(row[i]);
            out += " |";
        }
        out += "\n";
    }
    return out + "\n";
}

// A fence longer than any run of backticks inside.
std::string code(std::string_view text, std::string_view language) {
    std::size_t longest = 0, run = 0;
    for (const char c : text) {
        run = c == '`' ? run + 1 : 0;
        longest = std::max(longest, run);
    }
    const std::string fence(std::max<std::size_t>(3, longest + 1), '`');
    return fence + std::string(language) + "\n" + std::string(text) + (text.ends_with('\n') ? "" : "\n") + fence +
           "\n\n";
}

std::string list(const std::vector<std::string>& lines) {
    std::string out;
    for (const std::string& line : lines)
        out += "- " + markdown_text(line) + "\n";
    return out.empty() ? out : out + "\n";
}

std::string note(std::string_view text) {
    return text.empty() ? std::string() : "> " + markdown_text(text) + "\n\n";
}

std::string remark_if(bool there, std::string_view text) {
    return there ? "*" + markdown_text(text) + "*\n\n" : std::string();
}

std::string marked(const std::vector<TextPiece>& pieces, const std::string& mark) {
    std::string out;
    for (const TextPiece& piece : pieces)
        out += piece.differs ? "<" + mark + ">" + markdown_text(piece.text) + "</" + mark + ">"
                             : markdown_text(piece.text);
    return out;
}

std::string text_pair(const SessionReportContents& contents, const SessionText& text) {
    const TextDifference difference = difference_of(text.before, text.after);
    return "**" + markdown_text(text.prompt) + "** (seed " + std::to_string(text.seed) +
           ")\n\n- before: " + marked(difference.before, "del") + "\n- after: " + marked(difference.after, "ins") +
           "\n\n" + remark_if(is_of_other_weights(contents, text), written_on_other_weights);
}

std::string scores_part(const SessionReportContents& contents, const SessionScores& scores) {
    const std::string some = scored_edits(contents, scores);
    return heading(3, "Scores") + table(scores_table(scores)) + remark_if(!some.empty(), some) +
           remark_if(is_of_other_weights(contents, scores.batch, scores.state), scored_on_other_weights);
}

std::string batch_section(const SessionReportContents& contents, std::size_t index) {
    const LedgerEntry& entry = contents.ledger.entries[index];
    std::string out = heading(2, entry.title) + state_in_words(contents.ledger, index) + ". ";
    if (!entry.report)
        return out + "\n\n" + note(entry.note);
    const EditReport& report = *entry.report;
    out += markdown_text(recipe_in_words(report)) + ". Took " + duration(report.seconds.total) + ".\n\n";
    out += note(entry.note);
    for (const std::string& warning : report.warnings)
        out += "**Warning:** " + markdown_text(warning) + "\n\n";
    out += heading(3, "Edits, before and after") + table(edits_table(contents, entry));
    if (const SessionScores* scores = scores_of(contents, entry.id))
        out += scores_part(contents, *scores);
    if (const auto texts = texts_of(contents, entry.id); !texts.empty()) {
        out += heading(3, "What the model writes");
        for (const SessionText& text : texts)
            out += text_pair(contents, text);
    }
    out += heading(3, "Layers") + table(layers_table(report));
    if (const Frontier* frontier = frontier_of(contents, entry.id))
        out += heading(3, "Trade-off") + table(frontier_table(*frontier));
    if (const auto lines = conflicts(report); !lines.empty())
        out += heading(3, "Edits in each other's way") + list(lines);
    out += heading(3, "Recipe") + code(recipe_to_json(report.recipe), "json");
    if (report.edits.size() > 1)
        out += heading(3, "Edits as a file") + code(edits_file(report), "json");
    return out;
}

} // namespace

std::string markdown(const SessionReportContents& contents) {
    const Holding count = holding(contents.ledger);
    std::string page =
        "# Edits of " + markdown_text(contents.head.model.name) + "\n\n" + std::to_string(contents.ledger.position) +
        (contents.ledger.position == 1 ? " batch" : " batches") + " applied, " + std::to_string(count.held) + " of " +
        std::to_string(count.edits) + " edits in the weights held when they were applied.\n\n" + note(contents.head.note);
    page += heading(2, "Model") + table(model_facts(contents));
    for (std::size_t i = 0; i < contents.ledger.entries.size(); ++i)
        page += batch_section(contents, i);
    if (contents.norms && !contents.norms->points.empty())
        page += heading(2, "All batches together: |W - W0| / |W0|") + table(norms_table(*contents.norms));
    if (const Table drafts = drafts_table(contents.edits); !drafts.rows.empty())
        page += heading(2, "Not applied") + table(drafts);
    page += heading(2, "Doing it again");
    std::string lines;
    for (const std::string& line : commands(contents))
        lines += line + "\n";
    page += lines.empty() ? "No batch is in the weights: the model is as in its checkpoint.\n\n" : code(lines, "sh");
    if (!contents.notes.empty())
        page += heading(2, "What could not be told") + list(contents.notes);
    return page + list(contents.versions);
}

} // namespace emend::report
