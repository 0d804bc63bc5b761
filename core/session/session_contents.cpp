// SPDX-License-Identifier: GPL-3.0-or-later
// Session over SQLite: what is in it, read and written.
#include "emend/error.h"
#include "session/damaged.h"
#include "session/session_rows.h"
#include "session/session_store.h"
#include "session/stored_values.h"

#include <utility>

namespace emend {

namespace fs = std::filesystem;

namespace {

// Rows of a table that is read as a whole; the seal comes last.
template<typename Read>
auto read_all(SQLite::Database& database, const std::string& table, const std::string& columns,
              const std::string& order, Read&& read) {
    std::vector<decltype(read(std::declval<SQLite::Statement&>()))> rows;
    SQLite::Statement row(database,
                          "SELECT " + columns + ", " + is_sealed(table) + " FROM " + table + " ORDER BY " + order);
    while (row.executeStep()) {
        if (number_at<int>(row, row.getColumnCount() - 1) == 0)
            damaged("a row of the table \"" + table + "\" is not as it was written");
        rows.push_back(read(row));
    }
    return rows;
}

struct EditRow {
    std::string request;
    std::string note;
    std::optional<std::uint64_t> batch;
    bool operator==(const EditRow&) const = default;
};

std::vector<EditRow> edit_rows(SQLite::Database& database) {
    return read_all(database, "edit", "request, note, batch", "place", [](SQLite::Statement& row) {
        return EditRow{.request = text_at(row, 0),
                       .note = text_at(row, 1),
                       .batch =
                           row.getColumn(2).isNull() ? std::nullopt : std::optional(number_at<std::uint64_t>(row, 2))};
    });
}

} // namespace

SessionHead SessionStore::head() {
    return reading([&] {
        SessionHead head = read_head(*database_);
        head.path = path_;
        for (const char* suffix : {"", "-wal"}) {
            std::error_code missing;
            if (const auto bytes = fs::file_size(file_.string() + suffix, missing); !missing)
                head.bytes += bytes;
        }
        return head;
    });
}

std::vector<SessionEdit> SessionStore::edits() {
    return reading([&] {
        std::vector<SessionEdit> edits;
        for (EditRow& row : edit_rows(*database_))
            edits.push_back(
                {.request = request_from_text(row.request), .note = std::move(row.note), .batch = row.batch});
        return edits;
    });
}

void SessionStore::set_edits(const std::vector<SessionEdit>& edits) {
    std::vector<EditRow> rows;
    rows.reserve(edits.size());
    for (const SessionEdit& edit : edits)
        rows.push_back({.request = request_to_text(edit.request), .note = edit.note, .batch = edit.batch});
    const std::vector<EditRow> there = reading([&] { return edit_rows(*database_); });
    if (rows == there)
        return;
    writing([&] {
        run(*database_, "DELETE FROM edit WHERE place >= ?", rows.size());
        for (std::size_t place = 0; place < rows.size(); ++place) {
            const EditRow& row = rows[place];
            if (place < there.size() && row == there[place])
                continue;
            run(*database_, "INSERT OR REPLACE INTO edit (place, request, note, chosen, batch) VALUES (?, ?, ?, 1, ?)",
                place, row.request, row.note, row.batch);
            run(*database_, seal_statement("edit", "place = ?"), place);
        }
    });
}

std::vector<std::uint64_t> SessionStore::batch_ids() {
    return reading([&] {
        std::vector<std::uint64_t> ids;
        SQLite::Statement row(*database_, "SELECT id FROM batch ORDER BY place");
        while (row.executeStep())
            ids.push_back(number_at<std::uint64_t>(row, 0));
        return ids;
    });
}

BatchRecord SessionStore::batch(std::uint64_t id) {
    try {
        BatchRecord record = reading([&] { return read_batch(*database_, id); });
        known_reports_[id] = record.report;
        return record;
    } catch (const DamagedSession& damage) {
        throw DamagedSession(damage.message(), file_.string() + ", batch " + std::to_string(id), damage.hint());
    } catch (const Error& error) {
        throw Error(error.message(), file_.string() + ", batch " + std::to_string(id), error.hint());
    }
}

std::vector<SessionTrace> SessionStore::traces() {
    return reading([&] {
        return read_all(*database_, "trace", "request, at, state, result", "id", [](SQLite::Statement& row) {
            SessionTrace trace{.request = trace_request_from_text(text_at(row, 0)),
                               .result = trace_from_text(text_at(row, 3)),
                               .state = optional_text_at(row, 2)};
            if (!row.isColumnNull(1))
                trace.request.at = number_at<std::size_t>(row, 1);
            return trace;
        });
    });
}

void SessionStore::add_trace(const SessionTrace& trace) {
    TraceRequest asked = trace.request;
    const LedgerPosition at = std::exchange(asked.at, std::nullopt);
    const std::string request = trace_request_to_text(asked);
    const std::string result = trace_to_text(trace.result);
    constexpr const char* same = "request = ? AND state IS ?";
    writing([&] {
        if (run(*database_, std::string("UPDATE trace SET at = ?, result = ? WHERE ") + same, at, result, request,
                trace.state) == 0)
            run(*database_, "INSERT INTO trace (request, at, state, result) VALUES (?, ?, ?, ?)", request, at,
                trace.state, result);
        run(*database_, seal_statement("trace", same), request, trace.state);
    });
}

std::vector<SessionText> SessionStore::texts() {
    return reading([&] {
        return read_all(*database_, "text", "batch, edit, prompt, before, after, seed, state_before, state_after", "id",
                        [](SQLite::Statement& row) {
                            return SessionText{.batch = number_at<std::uint64_t>(row, 0),
                                               .edit = number_at<std::size_t>(row, 1),
                                               .prompt = text_at(row, 2),
                                               .before = text_at(row, 3),
                                               .after = text_at(row, 4),
                                               .seed = number_at<std::uint64_t>(row, 5),
                                               .state_before = optional_text_at(row, 6),
                                               .state_after = optional_text_at(row, 7)};
                        });
    });
}

void SessionStore::set_text(const SessionText& text) {
    writing([&] {
        run(*database_,
            "INSERT INTO text (batch, edit, prompt, before, after, seed, state_before, state_after)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (batch, edit, prompt)"
            " DO UPDATE SET before = excluded.before, after = excluded.after, seed = excluded.seed,"
            " state_before = excluded.state_before, state_after = excluded.state_after",
            text.batch, text.edit, text.prompt, text.before, text.after, text.seed, text.state_before,
            text.state_after);
        run(*database_, seal_statement("text", "batch = ? AND edit = ? AND prompt = ?"), text.batch, text.edit,
            text.prompt);
    });
}

std::vector<SessionScores> SessionStore::scores() {
    return reading([&] {
        return read_all(*database_, "score", "batch, before, after, edits, state",
                        "coalesce((SELECT place FROM batch WHERE batch.id = score.batch), 1 << 62), score.batch",
                        [](SQLite::Statement& row) {
                            return SessionScores{.batch = number_at<std::uint64_t>(row, 0),
                                                 .before = row.getColumn(1).isNull()
                                                               ? std::nullopt
                                                               : std::optional(scores_from_text(text_at(row, 1))),
                                                 .after = scores_from_text(text_at(row, 2)),
                                                 .edits = number_at<std::size_t>(row, 3),
                                                 .state = optional_text_at(row, 4)};
                        });
    });
}

void SessionStore::set_scores(const SessionScores& scores) {
    writing([&] {
        run(*database_, "INSERT OR REPLACE INTO score (batch, before, after, edits, state) VALUES (?, ?, ?, ?, ?)",
            scores.batch, scores.before ? std::optional(scores_to_text(*scores.before)) : std::nullopt,
            scores_to_text(scores.after), scores.edits, scores.state);
        run(*database_, seal_statement("score", "batch = ?"), scores.batch);
    });
}

std::string SessionStore::ui_state() {
    return reading([&] {
        check_seals(*database_, "session");
        return database_->execAndGet("SELECT ui_state FROM session").getString();
    });
}

} // namespace emend
