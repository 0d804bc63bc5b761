// SPDX-License-Identifier: GPL-3.0-or-later
#include "session_text.h"

#include "report_json.h"
#include "report_text.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>

namespace emend::cli {

namespace {

using Align = Table::Align;

std::string file_name(const std::string& path) {
    return std::filesystem::path(path).filename().string();
}

std::string counted(std::size_t count, const std::string& one) {
    return std::to_string(count) + " " + one + (count == 1 ? "" : one.ends_with("ch") ? "es" : "s");
}

std::string state_of(const LedgerState& ledger, std::size_t index) {
    const LedgerEntry& entry = ledger.entries[index];
    if (index >= ledger.position)
        return entry.active ? "undone" : "undone, off";
    return entry.active ? (entry.stale ? "applied, to be solved again" : "applied") : "off";
}

// "2 of 3 batches applied, 1 of them switched off"
std::string applied_text(const LedgerState& ledger) {
    const auto off = std::ranges::count_if(ledger.entries.begin(),
                                           ledger.entries.begin() + static_cast<std::ptrdiff_t>(ledger.position),
                                           [](const LedgerEntry& entry) { return !entry.active; });
    return std::to_string(ledger.position) + " of " + counted(ledger.entries.size(), "batch") + " applied" +
           (off > 0 ? ", " + std::to_string(off) + " of them switched off" : "");
}

void print_batches(const LedgerState& ledger) {
    Table table({{"batch", Align::right},
                 {"title"},
                 {"recipe"},
                 {"hold", Align::right},
                 {"|D|", Align::right},
                 {"|D|/|W|", Align::right},
                 {"state"}});
    for (std::size_t i = 0; i < ledger.entries.size(); ++i) {
        const LedgerEntry& entry = ledger.entries[i];
        std::vector<Table::Cell> row{std::to_string(entry.id), one_line(entry.title, 50)};
        if (entry.report) {
            const LargestUpdate largest = largest_update(entry.report->layers);
            row.insert(row.end(),
                       {recipe_text(entry.report->recipe),
                        std::to_string(holding(*entry.report)) + "/" + std::to_string(entry.report->edits.size()),
                        number_text(largest.norm), number_text(largest.relative)});
        } else {
            row.insert(row.end(), 4, "-");
        }
        const bool counts = i < ledger.position && entry.active;
        row.push_back({state_of(ledger, i), counts ? Style::good : Style::dim});
        table.row(std::move(row));
    }
    table.print();
    if (!ledger.entries.empty())
        print_largest_note();
}

void print_answers(const LedgerState& ledger, bool all) {
    Table table({{"batch", Align::right},
                 {"edit"},
                 {"answer before"},
                 {"answer after"},
                 {"p(new) before", Align::right},
                 {"after", Align::right}});
    std::size_t edits = 0, shown = 0;
    for (const LedgerEntry& entry : ledger.entries) {
        if (!entry.report)
            continue;
        for (const EditOutcome& edit : entry.report->edits) {
            if (++edits > most_listed && !all)
                continue;
            ++shown;
            const Style style = edit.after.says_new ? Style::good : Style::bad;
            table.row({std::to_string(entry.id),
                       one_line(edit.request.subject, 40) + " → " + one_line(edit.request.object, 30),
                       answer_text(edit.before),
                       {answer_text(edit.after), style},
                       probability_text(edit.before.p_new),
                       {probability_text(edit.after.p_new), style}});
        }
    }
    table.print();
    if (shown < edits)
        std::cout << "  " << shown << " of " << edits << " edits (--verbose lists all)\n";
}

void print_notes(const SessionReportContents& contents) {
    for (const LedgerEntry& entry : contents.ledger.entries)
        if (!entry.note.empty())
            std::cout << "  note of batch " << entry.id << ": " << one_line(entry.note, 400) << '\n';
    for (const SessionEdit& edit : contents.edits)
        if (!edit.note.empty())
            std::cout << "  note of " << one_line(edit.request.subject, 40) << " → "
                      << one_line(edit.request.object, 30) << ": " << one_line(edit.note, 400) << '\n';
}

void print_traces(const std::vector<SessionTrace>& traces) {
    Table table({{"trace"}, {"kind"}, {"object"}, {"clean", Align::right}, {"corrupted", Align::right}});
    for (const SessionTrace& trace : traces)
        for (const TraceObject& object : trace.result.objects)
            table.row({one_line(trace.result.prompt, 60), std::string(to_text(trace.result.kind)),
                       one_line(object.text, 30), probability_text(object.clean), probability_text(object.corrupted)});
    table.print();
}

} // namespace

Json to_json(const ListedSession& listed) {
    if (!listed.head)
        return {{"path", listed.path}, {"problem", listed.problem}};
    const SessionHead& head = *listed.head;
    return {{"path", listed.path},       {"model", head.model.name}, {"fingerprint", head.model.fingerprint},
            {"note", head.note},         {"created", head.created},  {"changed", head.changed},
            {"untitled", head.untitled}, {"edits", head.edits},      {"batches", head.batches},
            {"position", head.position}, {"traces", head.traces},    {"bytes", head.bytes},
            {"schema", head.schema},     {"program", head.program}};
}

void print_sessions(const std::string& folder, const std::vector<ListedSession>& sessions) {
    print_heading(counted(sessions.size(), "session") + " in " + folder);
    Table table({{"session"}, {"model"}, {"batches", Align::right}, {"size", Align::right}, {"changed"}, {"note"}});
    for (const ListedSession& listed : sessions)
        if (listed.head)
            table.row({file_name(listed.path), listed.head->model.name,
                       std::to_string(listed.head->position) + "/" + std::to_string(listed.head->batches),
                       bytes_text(static_cast<double>(listed.head->bytes)), listed.head->changed,
                       one_line(listed.head->note, 60)});
    table.print();
    for (const ListedSession& listed : sessions)
        if (!listed.head)
            std::cout << "  " << styled(file_name(listed.path) + ": " + listed.problem, Style::bad) << '\n';
}

void print_session(const SessionReportContents& contents, bool all_edits) {
    const SessionHead& head = contents.head;
    print_heading(file_name(head.path));
    const auto drafts = static_cast<std::size_t>(
        std::ranges::count_if(contents.edits, [](const SessionEdit& edit) { return !edit.batch; }));
    std::vector<std::pair<std::string, std::string>> pairs{
        {"model", head.model.name + ", " + head.model.family + ", " + head.model.dtype + " on " + head.model.device},
        {"folder", head.model.path},
        {"fingerprint", head.model.fingerprint},
        {"history", applied_text(contents.ledger) + ", " + counted(drafts, "draft")},
        {"changed", head.changed + (head.program.empty() ? "" : " by " + head.program)},
        {"file", bytes_text(static_cast<double>(head.bytes)) + ", schema " + std::to_string(head.schema)}};
    if (!head.note.empty())
        pairs.emplace_back("note", one_line(head.note, 400));
    print_pairs(pairs);
    if (!contents.ledger.entries.empty()) {
        std::cout << '\n';
        print_batches(contents.ledger);
        std::cout << '\n';
        print_answers(contents.ledger, all_edits);
    }
    print_notes(contents);
    if (!contents.traces.empty()) {
        std::cout << '\n';
        print_traces(contents.traces);
    }
}

Json history_json(const LedgerState& ledger, const std::string& edited_hash) {
    Json batches = Json::array();
    for (std::size_t i = 0; i < ledger.entries.size(); ++i) {
        const LedgerEntry& entry = ledger.entries[i];
        batches.push_back({{"id", entry.id},
                           {"title", entry.title},
                           {"note", entry.note},
                           {"active", entry.active},
                           {"stale", entry.stale},
                           {"applied", i < ledger.position && entry.active}});
    }
    return {{"position", ledger.position}, {"edited_hash", edited_hash}, {"batches", std::move(batches)}};
}

void print_history(const LedgerState& ledger) {
    print_batches(ledger);
    std::cout << "  " << applied_text(ledger) << '\n';
}

Json to_json(const SessionCheck& check) {
    return {{"check", check.check},     {"batch", check.batch == 0 ? Json() : Json(check.batch)},
            {"ok", check.ok},           {"compared", check.compared},
            {"finding", check.finding}, {"difference", check.difference}};
}

void print_checks(const std::vector<SessionCheck>& checks) {
    for (const SessionCheck& check : checks) {
        const std::string sign = !check.compared ? "–" : check.ok ? styled("✓", Style::good) : styled("✗", Style::bad);
        std::cout << "  " << sign << ' ' << check.check
                  << (check.batch == 0 ? "" : " of batch " + std::to_string(check.batch)) << ": " << check.finding
                  << '\n';
    }
    const auto wrong = static_cast<std::size_t>(std::ranges::count(checks, false, &SessionCheck::ok));
    const auto skipped = static_cast<std::size_t>(std::ranges::count(checks, false, &SessionCheck::compared));
    const std::string made = counted(checks.size() - skipped, "check");
    std::cout << styled("  " + (wrong == 0 ? "all " + made + " passed"
                                           : std::to_string(wrong) + " of " + made + " found a difference"),
                        wrong == 0 ? Style::good : Style::bad)
              << (skipped == 0 ? "" : "; " + std::to_string(skipped) + " had nothing to be compared with") << '\n';
}

Json to_json(const SessionRescue& rescue, const std::string& file, const std::string& out) {
    return {{"session", file},         {"out", out},
            {"edits", rescue.edits},   {"batches", rescue.batches},
            {"traces", rescue.traces}, {"texts", rescue.texts},
            {"scores", rescue.scores}, {"lost", rescue.lost}};
}

void print_rescue(const SessionRescue& rescue, const std::string& out) {
    for (const std::string& lost : rescue.lost)
        std::cout << styled("  lost: " + lost, Style::bad) << '\n';
    std::cout << "  written: " << out << ": " << counted(rescue.batches, "batch") << ", "
              << counted(rescue.edits, "edit") << ", " << counted(rescue.traces, "trace") << ", "
              << counted(rescue.texts, "text") << ", " << counted(rescue.scores, "score")
              << (rescue.lost.empty() ? "; nothing was damaged\n" : "\n");
}

Json to_json(const ReplayedBatch& batch) {
    Json edits = Json::array();
    for (const ReplayedBatch::Edit& edit : batch.edits)
        edits.push_back({{"subject", edit.subject},
                         {"object", edit.object},
                         {"p_new", {{"kept", edit.p_new_kept}, {"now", edit.p_new_now}}},
                         {"holds", {{"kept", edit.held_kept}, {"now", edit.held_now}}}});
    Json json{{"batch", batch.batch},
              {"title", batch.title},
              {"same_updates", batch.same_updates},
              {"largest_norm_difference", batch.largest_norm_difference},
              {"edits", std::move(edits)}};
    if (!batch.problem.empty())
        json["problem"] = {{"what", batch.problem}, {"hint", batch.hint}};
    return json;
}

void print_replay(const std::vector<ReplayedBatch>& batches) {
    Table table({{"batch", Align::right},
                 {"title"},
                 {"updates"},
                 {"norms differ by", Align::right},
                 {"held", Align::right},
                 {"hold now", Align::right}});
    for (const ReplayedBatch& batch : batches) {
        if (!batch.problem.empty())
            continue;
        const auto held = std::ranges::count_if(batch.edits, &ReplayedBatch::Edit::held_kept);
        const auto now = std::ranges::count_if(batch.edits, &ReplayedBatch::Edit::held_now);
        table.row(
            {std::to_string(batch.batch),
             one_line(batch.title, 50),
             batch.same_updates ? "the same to the last bit" : "others",
             number_text(batch.largest_norm_difference),
             std::to_string(held) + "/" + std::to_string(batch.edits.size()),
             {std::to_string(now) + "/" + std::to_string(batch.edits.size()), now >= held ? Style::good : Style::bad}});
    }
    table.print();
    for (const ReplayedBatch& batch : batches)
        if (!batch.problem.empty())
            std::cout << styled("  batch " + std::to_string(batch.batch) + " (" + one_line(batch.title, 50) +
                                    "): " + batch.problem,
                                Style::bad)
                      << (batch.hint.empty() ? "" : "; " + batch.hint) << '\n';
}

} // namespace emend::cli
