// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/tables.h"

#include "emend/report_totals.h"
#include "report/words.h"

#include <algorithm>
#include <cmath>

namespace emend::report {

namespace {

using enum Table::Kind;

std::string filled(const EditRequest& request) {
    std::string prompt = request.prompt;
    if (const std::size_t at = prompt.find("{}"); at != std::string::npos)
        prompt.replace(at, 2, request.subject);
    return prompt;
}

std::string share(const std::optional<double>& value) {
    return percent(value.value_or(std::nan("")));
}

std::vector<std::string> layer_row(const std::string& name, const LayerReport& layer) {
    return {name,
            amount(layer.update_norm),
            amount(layer.weight_norm),
            percent(layer.relative_norm),
            std::to_string(layer.rank),
            amount(layer.condition),
            amount(layer.preservation),
            amount(layer.memorization),
            percent(layer.residual_share)};
}

} // namespace

Table model_facts(const SessionReportContents& contents) {
    const SessionModel& model = contents.head.model;
    Table table{.columns = {{"", text}, {"", text}}, .rows = {}};
    const auto add = [&](const char* name, const std::string& value) {
        if (!value.empty())
            table.rows.push_back({name, value});
    };
    add("Model", model.name);
    add("Folder", model.path);
    add("Family", model.family);
    add("Precision", model.dtype + (model.device.empty() ? "" : " on " + model.device));
    if (model.layers > 0)
        add("Shape", std::to_string(model.layers) + " layers, width " + std::to_string(model.d_model) + ", MLP " +
                         std::to_string(model.d_mlp) + ", vocabulary " + std::to_string(model.vocab) + ", " +
                         std::to_string(model.parameters) + " parameters");
    add("Fingerprint", model.fingerprint);
    add("Edited weights", contents.head.edited_hash);
    return table;
}

Table edits_table(const SessionReportContents& contents, const LedgerEntry& batch) {
    const auto& edits = batch.report->edits;
    const bool any_true =
        std::ranges::any_of(edits, [](const EditOutcome& edit) { return edit.before.p_true || edit.after.p_true; });
    const bool any_note = std::ranges::any_of(
        edits, [&](const EditOutcome& edit) { return !note_of(contents, batch.id, edit.request).empty(); });
    Table table{.columns = {{"Prompt", text}, {"New object", text}, {"", verdict}}, .rows = {}};
    table.columns.insert(table.columns.end(), {{"p(new) before", number}, {"after", number}});
    if (any_true)
        table.columns.insert(table.columns.end(), {{"p(true) before", number}, {"after", number}});
    table.columns.insert(table.columns.end(), {{"Answers before", lines}, {"Answers after", lines}});
    if (any_note)
        table.columns.push_back({"Note", text});
    for (const EditOutcome& edit : edits) {
        std::vector<std::string> row{filled(edit.request), edit.request.object,
                                     edit.after.says_new ? "held" : "not held", percent(edit.before.p_new),
                                     percent(edit.after.p_new)};
        if (any_true)
            row.insert(row.end(), {share(edit.before.p_true), share(edit.after.p_true)});
        row.insert(row.end(), {answers(edit.before), answers(edit.after)});
        if (any_note)
            row.push_back(note_of(contents, batch.id, edit.request));
        table.rows.push_back(std::move(row));
    }
    return table;
}

Table layers_table(const EditReport& report) {
    Table table{.columns = {{"Layer", number},
                            {"|D|", number},
                            {"|W0|", number},
                            {"|D| / |W0|", number},
                            {"Rank", number},
                            {"Condition", number},
                            {"Preservation", number},
                            {"Memorization", number},
                            {"Residual taken", number}},
                .rows = {}};
    for (const LayerReport& layer : report.layers)
        table.rows.push_back(layer_row(std::to_string(layer.layer), layer));
    if (report.layers.size() > 1)
        table.rows.push_back(layer_row("all", total_of(report.layers)));
    return table;
}

Table scores_table(const SessionScores& scores) {
    Table table{.columns = {{"", text},
                            {"Efficacy", number},
                            {"Paraphrase", number},
                            {"Neighbourhood", number},
                            {"Score", number}},
                .rows = {}};
    const auto add = [&](const char* name, const Scores& of) {
        table.rows.push_back(
            {name, share(of.efficacy), share(of.paraphrase), share(of.neighbourhood), share(of.score)});
    };
    if (scores.before)
        add("before", *scores.before);
    add("after", scores.after);
    return table;
}

Table norms_table(const NormHistory& norms) {
    Table table{.columns = {{"After batch", number}}, .rows = {}};
    for (const int layer : norms.layers)
        table.columns.push_back({"layer " + std::to_string(layer), number});
    for (const NormHistory::Point& point : norms.points) {
        std::vector<std::string> row{std::to_string(point.position)};
        for (const double norm : point.relative_norm)
            row.push_back(percent(norm));
        table.rows.push_back(std::move(row));
    }
    return table;
}

Table frontier_table(const Frontier& frontier) {
    Table table{.columns = {{"Softness", number}, {"Preservation", number}, {"Memorization", number}, {"|D|", number}},
                .rows = {}};
    for (const FrontierPoint& point : frontier.total)
        table.rows.push_back({setting(point.softness) + (point.softness == frontier.softness ? " (applied)" : ""),
                              amount(point.preservation), amount(point.memorization), amount(point.update_norm)});
    return table;
}

Table drafts_table(const std::vector<SessionEdit>& edits) {
    Table table{.columns = {{"Prompt", text}, {"New object", text}, {"Note", text}}, .rows = {}};
    for (const SessionEdit& edit : edits)
        if (!edit.batch)
            table.rows.push_back({filled(edit.request), edit.request.object, edit.note});
    return table;
}

std::vector<std::string> conflicts(const EditReport& report) {
    std::vector<std::string> lines;
    for (const EditConflict& conflict : report.conflicts) {
        if (conflict.first >= report.edits.size() || conflict.second >= report.edits.size())
            continue;
        const EditRequest& first = report.edits[conflict.first].request;
        const EditRequest& second = report.edits[conflict.second].request;
        lines.push_back(first.subject + " \xE2\x86\x92 " + first.object + " and " + second.subject + " \xE2\x86\x92 " +
                        second.object + " ask nearly the same key" +
                        (std::isnan(conflict.cosine) ? "" : " (cosine " + amount(conflict.cosine) + ")"));
    }
    return lines;
}

} // namespace emend::report
