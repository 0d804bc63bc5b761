// SPDX-License-Identifier: GPL-3.0-or-later
#include "emend/chart.h"
#include "emend/error.h"
#include "emend/recipe.h"
#include "report/formats.h"
#include "base/markup.h"
#include "report/norm_charts.h"
#include "report/tables.h"
#include "report/words.h"

#include <algorithm>
#include <functional>

namespace emend::report {

namespace {

constexpr std::string_view style = R"(
:root { color-scheme: light dark; --ink: #1d1d21; --faint: #5d5d66; --paper: #ffffff; --raised: #f5f5f7;
  --line: #dcdce1; --accent: #0b6bcb; --good: #12702f; --bad: #b3261e; --gone: #fbdcd9; --new: #d3f0da; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e8ec; --faint: #a2a2ad; --paper: #17181b; --raised: #212328;
  --line: #383a42; --accent: #6db3ff; --good: #6fd08c; --bad: #ff8a80; --gone: #5c2623; --new: #1d4a2a; } }
@media print { :root { --ink: #000; --faint: #444; --paper: #fff; --raised: #fff; --line: #bbb; --accent: #000;
  --good: #060; --bad: #900; --gone: #fbdcd9; --new: #d3f0da; } section { break-inside: avoid-page; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 32px 24px 64px; max-width: 1080px; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
h1 { font-size: 26px; line-height: 1.25; margin: 0 0 4px; }
h2 { font-size: 19px; margin: 40px 0 8px; padding-top: 16px; border-top: 1px solid var(--line); }
h3 { font-size: 15px; margin: 24px 0 8px; }
p { margin: 4px 0 8px; }
.faint, figcaption, caption { color: var(--faint); }
.chip { font-size: 12px; font-weight: 500; border: 1px solid var(--line); border-radius: 999px; padding: 1px 8px;
  margin-inline-start: 8px; color: var(--faint); white-space: nowrap; vertical-align: middle; }
.scroll { overflow-x: auto; margin: 8px 0 16px; }
table { border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; }
th, td { text-align: start; vertical-align: top; padding: 4px 16px 4px 0; border-bottom: 1px solid var(--line); }
th { font-weight: 600; color: var(--faint); white-space: nowrap; }
th.number, td.number { text-align: end; white-space: nowrap; }
td.lines { white-space: nowrap; } td.held { color: var(--good); white-space: nowrap; } td.lost { color: var(--bad); white-space: nowrap; }
.facts td:first-child { color: var(--faint); } .facts td { overflow-wrap: anywhere; }
.texts { display: grid; grid-template-columns: 1fr 1fr; gap: 16px; }
.texts > div { background: var(--raised); border-radius: 6px; padding: 8px 12px; }
.texts p, .note { white-space: pre-wrap; overflow-wrap: anywhere; }
.note { border-inline-start: 3px solid var(--accent); padding-inline-start: 12px; }
ins, del { text-decoration: none; border-radius: 3px; } ins { background: var(--new); } del { background: var(--gone); }
ul.warnings { list-style: none; margin: 8px 0; padding: 8px 12px; border: 1px solid var(--bad); border-radius: 6px; }
.beware { border-inline-start: 3px solid var(--bad); padding-inline-start: 12px; }
figure { margin: 16px 0; width: fit-content; max-width: 100%; background: #fff; border: 1px solid var(--line); border-radius: 6px; padding: 8px;
  overflow-x: auto; } figure svg { display: block; max-width: 100%; height: auto; }
summary { cursor: pointer; color: var(--accent); }
pre { background: var(--raised); border-radius: 6px; padding: 8px 12px; overflow-x: auto; font-size: 13px;
  font-family: ui-monospace, "DejaVu Sans Mono", monospace; }
@media (max-width: 640px) { .texts { grid-template-columns: 1fr; } }
)";

// `content` is markup already.
std::string wrapped(std::string_view tag, std::string_view content, std::string_view attributes = {}) {
    std::string out = "<";
    out += tag;
    if (!attributes.empty())
        out.append(1, ' ').append(attributes);
    out.append(1, '>').append(content).append("</").append(tag).append(1, '>');
    return out;
}

std::string element(std::string_view tag, std::string_view text, std::string_view attributes = {}) {
    return wrapped(tag, xml_text(text), attributes) + '\n';
}

// Each in its own direction: a token from the right must not turn its number around.
std::string line_by_line(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        out += wrapped("div", wrapped("bdi", xml_text(text.substr(0, end))));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

std::string row_of(const Table& table, const std::vector<std::string>& row) {
    std::string out = "<tr>";
    for (std::size_t i = 0; i < row.size(); ++i) {
        if (table.columns[i].kind == Table::Kind::lines) {
            out += wrapped("td", line_by_line(row[i]), "class=\"lines\"");
            continue;
        }
        std::string_view attributes = "dir=\"auto\"";
        if (table.columns[i].kind == Table::Kind::number)
            attributes = "class=\"number\"";
        else if (table.columns[i].kind == Table::Kind::verdict)
            attributes = row[i] == "held" ? "class=\"held\"" : "class=\"lost\"";
        out += wrapped("td", xml_text(row[i]), attributes);
    }
    return out + "</tr>\n";
}

std::string table(const Table& table, std::string_view css_class = "numbers") {
    std::string head, body;
    bool named = false;
    for (const Table::Column& column : table.columns) {
        named = named || !column.name.empty();
        head += wrapped("th", xml_text(column.name),
                        column.kind == Table::Kind::number ? "scope=\"col\" class=\"number\"" : "scope=\"col\"");
    }
    for (const std::vector<std::string>& row : table.rows)
        body += row_of(table, row);
    std::string out = "<div class=\"scroll\"><table class=\"";
    out.append(css_class).append("\">\n");
    if (named)
        out.append("<thead><tr>").append(head).append("</tr></thead>\n");
    return out.append("<tbody>\n").append(body).append("</tbody></table></div>\n");
}

std::string folded(std::string_view title, std::string_view content) {
    return "<details>" + element("summary", title) + element("pre", content) + "</details>\n";
}

// An SVG file inside the page; why there is none where it cannot be drawn.
std::string figure(const std::function<std::string()>& draw) {
    std::string svg;
    try {
        svg = draw();
    } catch (const Error& error) {
        return element("p", "No chart: " + error.message(), "class=\"faint\"");
    }
    if (svg.starts_with("<?xml"))
        svg.erase(0, svg.find('\n') + 1);
    return svg.empty() ? std::string() : "<figure>\n" + svg + "</figure>\n";
}

std::string list(const std::vector<std::string>& lines, std::string_view attributes) {
    if (lines.empty())
        return {};
    std::string out = "<ul " + std::string(attributes) + ">\n";
    for (const std::string& line : lines)
        out += element("li", line, "dir=\"auto\"");
    return out + "</ul>\n";
}

std::string note(std::string_view text) {
    return text.empty() ? std::string() : element("p", text, "class=\"note\" dir=\"auto\"");
}

std::string warning_if(bool beware, std::string_view text) {
    return beware ? element("p", text, "class=\"beware\"") : std::string();
}

std::string marked(const std::vector<TextPiece>& pieces, std::string_view mark) {
    std::string out;
    for (const TextPiece& piece : pieces)
        out += piece.differs ? wrapped(mark, xml_text(piece.text)) : xml_text(piece.text);
    return out;
}

std::string text_pair(const SessionReportContents& contents, const SessionText& text) {
    const TextDifference difference = difference_of(text.before, text.after);
    const auto side = [&](std::string_view title, const std::vector<TextPiece>& pieces, std::string_view mark) {
        return "<div>" + element("strong", title) + "<p dir=\"auto\"><span class=\"faint\">" + xml_text(text.prompt) +
               "</span>" + marked(pieces, mark) + "</p></div>\n";
    };
    return "<div class=\"texts\">\n" + side("Before", difference.before, "del") +
           side("After", difference.after, "ins") + "</div>\n" +
           element("p", "The same seed for both: " + std::to_string(text.seed), "class=\"faint\"") +
           warning_if(is_of_other_weights(contents, text), written_on_other_weights);
}

std::string scores_part(const SessionReportContents& contents, const SessionScores& scores) {
    std::string out = element("h3", "Scores") + table(scores_table(scores));
    if (const std::string some = scored_edits(contents, scores); !some.empty())
        out += element("p", some, "class=\"faint\"");
    return out + warning_if(is_of_other_weights(contents, scores.batch, scores.state), scored_on_other_weights);
}

std::string took(const EditSeconds& seconds) {
    std::string out = "Took " + duration(seconds.total);
    const auto phase = [&](const char* name, double spent) {
        if (spent >= 0.005)
            out += std::string(", ") + name + " " + duration(spent);
    };
    phase("contexts", seconds.contexts);
    phase("statistics", seconds.statistics);
    phase("values", seconds.values);
    phase("keys", seconds.keys);
    phase("solve", seconds.solve);
    return out;
}

std::string batch_section(const SessionReportContents& contents, std::size_t index) {
    const LedgerEntry& entry = contents.ledger.entries[index];
    std::string out = "<section>\n<h2><bdi>" + xml_text(entry.title) + "</bdi><span class=\"chip\">" +
                      xml_text(state_in_words(contents.ledger, index)) + "</span></h2>\n" + note(entry.note);
    if (!entry.report)
        return out + "</section>\n";
    const EditReport& report = *entry.report;
    out += element("p", recipe_in_words(report) + ".");
    out += folded("The whole recipe", recipe_to_json(report.recipe));
    out += list(report.warnings, "class=\"warnings\"");
    out += element("h3", "Edits, before and after") + table(edits_table(contents, entry));
    out += folded("The edits as a file", edits_file(report));
    if (const SessionScores* scores = scores_of(contents, entry.id))
        out += scores_part(contents, *scores);
    if (const auto texts = texts_of(contents, entry.id); !texts.empty()) {
        out += element("h3", "What the model writes");
        for (const SessionText& text : texts)
            out += text_pair(contents, text);
    }
    out += element("h3", "Layers");
    out += figure([&] { return draw_norm_bars(report, contents.head.model.layers); });
    out += table(layers_table(report));
    if (const Frontier* frontier = frontier_of(contents, entry.id))
        out += element("h3", "Trade-off") + figure([&] { return render_frontier(*frontier, ChartFormat::svg); });
    if (const auto lines = conflicts(report); !lines.empty())
        out += element("h3", "Edits in each other's way") + list(lines, "class=\"conflicts\"");
    out += element("p", took(report.seconds) + ".", "class=\"faint\"");
    return out + "</section>\n";
}

std::string header(const SessionReportContents& contents) {
    const SessionHead& head = contents.head;
    const Holding count = holding(contents.ledger);
    std::string out = "<header>\n<h1>Edits of <bdi>" + xml_text(head.model.name) + "</bdi></h1>\n";
    std::string line = std::to_string(contents.ledger.position) +
                       (contents.ledger.position == 1 ? " batch" : " batches") + " applied, " +
                       std::to_string(count.held) + " of " + std::to_string(count.edits) + " edits in the weights held when they were applied";
    if (!head.changed.empty())
        line += ", as of " + head.changed;
    return out + element("p", line + ".") + note(head.note) + "</header>\n" + "<section>\n" + element("h2", "Model") +
           table(model_facts(contents), "facts") + "</section>\n";
}

std::string footer(const SessionReportContents& contents) {
    std::string out = "<section>\n" + element("h2", "Doing it again");
    std::string lines;
    for (const std::string& line : commands(contents))
        lines += line + "\n";
    if (lines.empty())
        out += element("p", "No batch is in the weights: the model is as in its checkpoint.");
    else
        out += element("p", "The recipes and files of edits are those folded away with each batch, saved under the "
                            "names used here. One after another, each batch needs the model the one before has left; "
                            "a session does that by itself.") +
               element("pre", lines);
    if (!contents.notes.empty())
        out += element("h2", "What could not be told") + list(contents.notes, "class=\"notes\"");
    return out + list(contents.versions, "class=\"faint\"") + "</section>\n";
}

} // namespace

std::string html(const SessionReportContents& contents) {
    std::string page = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
                       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n";
    page += element("title", "Edits of " + contents.head.model.name) + "<style>" + std::string(style) +
            "</style>\n</head>\n<body>\n" + header(contents);
    for (std::size_t i = 0; i < contents.ledger.entries.size(); ++i)
        page += batch_section(contents, i);
    if (contents.norms && !contents.norms->points.empty()) {
        page += "<section>\n" + element("h2", "All batches together");
        page += figure([&] { return draw_norm_history(*contents.norms); }) + table(norms_table(*contents.norms)) +
                "</section>\n";
    }
    if (!contents.traces.empty()) {
        page += "<section>\n" + element("h2", "Where the model keeps the facts");
        for (const SessionTrace& trace : contents.traces)
            page += figure([&] { return render_trace(trace.result, ChartFormat::svg); }) +
                    element("p", weights_of(contents, trace), "class=\"faint\"");
        page += "</section>\n";
    }
    if (const Table drafts = drafts_table(contents.edits); !drafts.rows.empty())
        page += "<section>\n" + element("h2", "Not applied") + table(drafts) + "</section>\n";
    return page + footer(contents) + "</body>\n</html>\n";
}

} // namespace emend::report
