// SPDX-License-Identifier: GPL-3.0-or-later
// Session over SQLite: the history as it is now, and whether the file is sound.
#include "emend/error.h"
#include "session/batch_matrices.h"
#include "session/session_file.h"
#include "session/session_rows.h"
#include "session/session_store.h"
#include "session/stored_values.h"

#include <algorithm>
#include <sqlite3.h>

namespace emend {

namespace {

struct BatchRow {
    std::size_t place = 0;
    std::string title, note, hash;
    bool active = true;
};

std::map<std::uint64_t, BatchRow> batch_rows(SQLite::Database& database) {
    std::map<std::uint64_t, BatchRow> rows;
    SQLite::Statement row(database, "SELECT id, place, title, note, hash, active FROM batch");
    while (row.executeStep())
        rows[number_at<std::uint64_t>(row, 0)] = {.place = number_at<std::size_t>(row, 1),
                                                  .title = text_at(row, 2),
                                                  .note = text_at(row, 3),
                                                  .hash = text_at(row, 4),
                                                  .active = number_at<int>(row, 5) != 0};
    return rows;
}

bool has_report(SQLite::Database& database, const LedgerEntry& entry) {
    SQLite::Statement row = prepared(database, "SELECT report FROM batch WHERE id = ?", entry.id);
    if (!row.executeStep() || row.getColumn(0).isNull())
        return false;
    return entry.report && report_to_text(*entry.report) == text_at(row, 0);
}

// Of the edits that a batch had applied. A row that is damaged stays so: a new seal would hide it.
void forget_batch(SQLite::Database& database, std::uint64_t id) {
    std::vector<std::int64_t> sound;
    SQLite::Statement row = prepared(database, "SELECT place FROM edit WHERE batch = ? AND " + is_sealed("edit"), id);
    while (row.executeStep())
        sound.push_back(number_at<std::int64_t>(row, 0));
    run(database, "UPDATE edit SET batch = NULL WHERE batch = ?", id);
    for (const std::int64_t place : sound)
        run(database, seal_statement("edit", "place = ?"), place);
}

bool is_sound(SQLite::Database& database, std::uint64_t id) {
    SQLite::Statement row = prepared(database, "SELECT 1 FROM batch WHERE id = ? AND " + is_sealed("batch"), id);
    return row.executeStep();
}

// What has to be done to the file.
struct Changes {
    std::vector<std::uint64_t> gone;
    std::vector<std::size_t> written;   // places of batches that are new, or other than they were
    std::vector<std::size_t> annotated; // only their rows: place, title, note, switch
    [[nodiscard]] bool none() const { return gone.empty() && written.empty() && annotated.empty(); }
};

// Rows that wait to be deleted while the statement that found them is still open.
std::vector<std::string> first_column(SQLite::Database& database, const std::string& sql) {
    std::vector<std::string> values;
    SQLite::Statement row(database, sql);
    while (row.executeStep())
        values.push_back(text_at(row, 0));
    return values;
}

// SQLite does not mind when it is only a free page that is missing. It is asked for the length: opening and closing the
// file here would take its locks away. Pages may be in the log only, and an older file is read from memory.
bool ends_early(SQLite::Database& database, const std::filesystem::path& file) {
    const char* name = sqlite3_db_filename(database.getHandle(), "main");
    if (!name || *name == '\0' || has_log(file))
        return false;
    const auto length = static_cast<std::uint64_t>(database.execAndGet("PRAGMA page_count").getInt64()) *
                        static_cast<std::uint64_t>(database.execAndGet("PRAGMA page_size").getInt64());
    std::error_code failed; // a file that cannot be asked is no shorter
    return std::filesystem::file_size(file, failed) < length;
}

template<typename Read>
void find_faults(std::vector<std::string>& faults, const std::string& what, Read&& read) {
    try {
        read();
    } catch (const Error& error) {
        faults.push_back(what + ": " + error.message());
    } catch (const SQLite::Exception& fault) {
        if (fault.getErrorCode() == SQLITE_INTERRUPT)
            throw Cancelled();
        faults.push_back(what + ": " + fault.what());
    }
}

} // namespace

void SessionStore::sync(const LedgerState& ledger, const std::function<BatchRecord(std::uint64_t)>& fetch,
                        const std::string& edited_hash, const SessionModel& model) {
    Changes changes;
    bool moved = false;
    SessionModel kept;
    reading([&] {
        std::map<std::uint64_t, BatchRow> there = batch_rows(*database_);
        for (std::size_t place = 0; place < ledger.entries.size(); ++place) {
            const LedgerEntry& entry = ledger.entries[place];
            const auto found = there.find(entry.id);
            const auto known = known_reports_.find(entry.id);
            const bool same =
                found != there.end() && found->second.hash == entry.hash &&
                ((known != known_reports_.end() && known->second == entry.report) || has_report(*database_, entry));
            if (!same) {
                changes.written.push_back(place);
            } else if (const BatchRow& row = found->second; row.place != place || row.title != entry.title ||
                                                            row.note != entry.note || row.active != entry.active) {
                changes.annotated.push_back(place);
            }
            if (found != there.end())
                there.erase(found);
        }
        for (const auto& [id, row] : there)
            changes.gone.push_back(id);
        SQLite::Statement state(*database_, "SELECT position, edited_hash FROM session");
        moved = !state.executeStep() || number_at<std::size_t>(state, 0) != ledger.position ||
                text_at(state, 1) != edited_hash;
        kept = read_head(*database_).model;
    });
    if (!changes.none() || moved)
        writing([&] {
            for (const std::uint64_t id : changes.gone) {
                run(*database_, "DELETE FROM batch WHERE id = ?", id);
                run(*database_, "DELETE FROM text WHERE batch = ?", id);
                run(*database_, "DELETE FROM score WHERE batch = ?", id);
                forget_batch(*database_, id);
            }
            // A damaged row is written as a whole: a new seal would hide the damage.
            const auto unsound = std::ranges::partition(
                changes.annotated, [&](std::size_t place) { return is_sound(*database_, ledger.entries[place].id); });
            changes.written.insert(changes.written.end(), unsound.begin(), unsound.end());
            changes.annotated.erase(unsound.begin(), unsound.end());
            for (const std::size_t place : changes.written) {
                const LedgerEntry& entry = ledger.entries[place];
                BatchRecord record = fetch(entry.id);
                if (record.id != entry.id)
                    throw Error("another batch was handed over than the one that was asked for",
                                "batch " + std::to_string(entry.id));
                record.title = entry.title;
                record.note = entry.note;
                record.active = entry.active;
                write_batch(*database_, record, place);
                run(*database_, "DELETE FROM score WHERE batch = ?", entry.id); // of other updates
            }
            for (const std::size_t place : changes.annotated) {
                const LedgerEntry& entry = ledger.entries[place];
                run(*database_, "UPDATE batch SET place = ?, title = ?, note = ?, active = ? WHERE id = ?", place,
                    entry.title, entry.note, entry.active, entry.id);
                run(*database_, seal_statement("batch", "id = ?"), entry.id);
            }
            run(*database_, "UPDATE session SET position = ?, edited_hash = ?", ledger.position, edited_hash);
            write_model(*database_, model);
            if (model.dtype != kept.dtype || model.device != kept.device)
                forget_states(*database_);
        });
    known_reports_.clear();
    for (const LedgerEntry& entry : ledger.entries)
        known_reports_[entry.id] = entry.report;
}

std::vector<std::string> SessionStore::check(const JobContext& job) {
    std::vector<std::string> faults;
    const Interruptible stop(*database_, job);
    find_faults(faults, "the file", [&] {
        if (ends_early(*database_, file_))
            faults.push_back("the file: its end is missing");
        for (const std::string& finding : first_column(*database_, "PRAGMA integrity_check"))
            if (finding != "ok")
                faults.push_back("the file: " + finding);
        for (const std::string& table : first_column(*database_, "PRAGMA foreign_key_check"))
            faults.push_back("the table \"" + table + "\" has a row that belongs to nothing");
    });
    job.check();
    for (const SealedTable& table : sealed_tables())
        find_faults(faults, "the table \"" + std::string(table.name) + "\"", [&] {
            const auto broken = first_column(*database_, "SELECT rowid FROM " + std::string(table.name) +
                                                             " WHERE NOT " + is_sealed(table.name));
            for (const std::string& row : broken)
                faults.push_back("row " + row + " of the table \"" + std::string(table.name) +
                                 "\" is not as it was written");
        });
    find_faults(faults, "the updates", [&] {
        for (std::string& fault : damaged_parts(*database_, job))
            faults.push_back(std::move(fault));
    });
    if (faults.empty()) // else they would only say it again
        for (std::string& fault : faults_of_batches(job))
            faults.push_back(std::move(fault));
    return faults;
}

std::vector<std::string> SessionStore::faults_of_batches(const JobContext& job) {
    std::vector<std::string> faults;
    std::vector<std::uint64_t> ids;
    find_faults(faults, "the history", [&] { ids = batch_ids(); });
    for (const std::uint64_t id : ids) {
        job.check();
        find_faults(faults, "batch " + std::to_string(id), [&] {
            if (!read_batch(*database_, id).report)
                faults.push_back("batch " + std::to_string(id) + " has no report");
        });
    }
    find_faults(faults, "the session", [&] {
        (void)head();
        (void)edits();
        (void)traces();
        (void)texts();
        (void)scores();
        if (head().position > ids.size())
            faults.push_back("the history is shorter than its position");
    });
    return faults;
}

} // namespace emend
