// SPDX-License-Identifier: GPL-3.0-or-later
// What can still be read of a damaged session, as a sound one: row by row into fresh tables, where everything that is
// not as it was written goes.
#include "base/copy_bytes.h"
#include "base/errno_words.h"
#include "emend/error.h"
#include "emend/session.h"
#include "session/session_file.h"
#include "session/session_lock.h"
#include "session/session_rows.h"

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <fstream>
#include <set>
#include <sqlite3.h>

namespace emend {

namespace fs = std::filesystem;

namespace {

constexpr const char* older_copy = "an older copy may be sound";

// With its log: SQLite puts that into the copy. The damaged one stays as it is. Gives the bytes that the disk did not.
std::uint64_t copy_with_log(const fs::path& from, const fs::path& to, const JobContext& job) {
    std::uint64_t unreadable = 0;
    for (const char* suffix : {"", "-wal", "-journal"}) {
        const fs::path source = from.string() + suffix, target = to.string() + suffix;
        std::error_code failed;
        if (*suffix != '\0' && !fs::exists(source, failed))
            continue;
        const Descriptor whole = open_file(source, O_RDONLY, "the session cannot be read");
        const Descriptor copy = open_file(target, O_WRONLY | O_CREAT | O_EXCL, "the session cannot be copied");
        const std::uint64_t bytes = fs::file_size(source, failed);
        if (failed)
            throw_errno("the session cannot be read", source, failed.value());
        std::uint64_t done = 0;
        unreadable += copy_readable_bytes(whole.get(), copy.get(), bytes, source, target, [&](std::uint64_t more) {
            job.check();
            done += more;
            job.report({.phase = "copying what there is",
                        .fraction = static_cast<double>(done) / static_cast<double>(bytes),
                        .seconds_left = -1,
                        .detail = {}});
        });
    }
    return unreadable;
}

// Bytes by the file's own head. 0: it has none that is whole.
std::uint64_t length_it_says(const fs::path& file) {
    std::array<char, 32> head{};
    if (!std::ifstream(file, std::ios::binary).read(head.data(), head.size()))
        return 0;
    const auto number = [&](std::size_t at, std::size_t bytes) {
        std::uint64_t value = 0;
        for (std::size_t i = at; i < at + bytes; ++i)
            value = value << 8U | static_cast<unsigned char>(head.at(i));
        return value;
    };
    const std::uint64_t page = number(16, 2) == 1 ? 65536 : number(16, 2);
    return page * number(28, 4);
}

// SQLite reads nothing of a file that is shorter than its head says; pages of nothing are faults like others.
void make_as_long_as_it_says(const fs::path& file) {
    std::error_code ignored; // then it is read as it is, or not
    if (const std::uint64_t length = length_it_says(file); fs::file_size(file, ignored) < length)
        fs::resize_file(file, length, ignored);
}

std::vector<std::int64_t> whole_numbers(SQLite::Database& database, const std::string& sql) {
    std::vector<std::int64_t> numbers;
    SQLite::Statement row(database, sql);
    while (row.executeStep())
        numbers.push_back(number_at<std::int64_t>(row, 0));
    return numbers;
}

std::string columns_of(SQLite::Database& database, const std::string& table) {
    std::string columns;
    SQLite::Statement row = prepared(database, "SELECT name FROM pragma_table_info(?, 'main')", table);
    while (row.executeStep())
        columns += (columns.empty() ? "" : ", ") + text_at(row, 0);
    return columns;
}

// Of the damaged file: up to the first page that cannot be read, and from the other end likewise.
std::set<std::int64_t> readable_rows(SQLite::Database& database, const std::string& table, bool& all) {
    std::set<std::int64_t> rows;
    all = true;
    for (const char* order : {"ASC", "DESC"}) {
        try {
            SQLite::Statement row(database,
                                  "SELECT rowid FROM damaged." + table + " NOT INDEXED ORDER BY rowid " + order);
            while (row.executeStep())
                rows.insert(number_at<std::int64_t>(row, 0));
            break;
        } catch (const SQLite::Exception&) {
            all = false;
        }
    }
    return rows;
}

class Rescue {
  public:
    Rescue(SQLite::Database& kept, const std::optional<SessionModel>& model, const JobContext& job)
        : kept_(kept)
        , model_(model)
        , job_(job) {}

    // What can be read, sound or not, as it is.
    void copy_rows(const fs::path& damaged) {
        run(kept_, "ATTACH ? AS damaged", damaged.string());
        note_faults();
        double done = 0;
        for (const char* table : {"session", "model", "edit", "batch", "matrix", "part", "trace", "text", "score"}) {
            job_.report({.phase = "reading what can be read",
                         .fraction = done / 9,
                         .seconds_left = -1,
                         .detail = "table " + std::string(table)});
            copy_table(table);
            ++done;
        }
        kept_.exec("DETACH damaged");
    }

    void keep_what_is_sound() {
        keep_model();
        keep_head();
        drop_unsound("edit", "a row of the edits table");
        keep_batches();
        keep_edits();
        drop_unsound("trace", "a causal trace");
        drop_unsound("text", "a text that the model wrote");
        drop_unsound("score", "the scores of a batch");
        for (const char* table : {"text", "score"})
            run(kept_, std::string("DELETE FROM ") + table + " WHERE batch NOT IN (SELECT id FROM batch)");
    }

    SessionRescue result() {
        const auto count = [&](const char* table) {
            return static_cast<std::size_t>(kept_.execAndGet(std::string("SELECT count(*) FROM ") + table).getInt64());
        };
        return {.edits = count("edit"),
                .batches = count("batch"),
                .traces = count("trace"),
                .texts = count("text"),
                .scores = count("score"),
                .lost = std::move(lost_)};
    }
    [[nodiscard]] bool found_nothing() const { return found_ == 0; }

  private:
    // A page that counts fewer rows than it has hides them from everybody who reads: only SQLite's own check sees it.
    void note_faults() {
        std::string fault;
        try {
            fault = kept_.execAndGet("PRAGMA damaged.integrity_check(1)").getString();
        } catch (const SQLite::Exception& refused) {
            fault = refused.what();
        }
        if (fault != "ok")
            lost_.push_back("perhaps rows that are not listed here, the file is damaged: " + fault);
    }

    void copy_table(const std::string& table) {
        bool all = true;
        const std::set<std::int64_t> rows = readable_rows(kept_, table, all);
        const std::string columns = columns_of(kept_, table);
        for (const std::int64_t row : rows) {
            job_.check();
            try {
                SQLite::Statement copy =
                    prepared(kept_,
                             "INSERT OR IGNORE INTO main." + table + " (" + columns + ") SELECT " + columns +
                                 " FROM damaged." + table + " NOT INDEXED WHERE rowid = ?",
                             row);
                const bool copied = copy.exec() == 1;
                all = all && copied;
                found_ += copied ? 1 : 0;
            } catch (const SQLite::Exception& fault) {
                const int code = fault.getErrorCode() & 0xFF;
                if (code == SQLITE_FULL || code == SQLITE_IOERR || code == SQLITE_NOMEM)
                    throw; // the disk's or the memory's fault, not the file's
                all = false;
            }
        }
        if (!all)
            lost_.push_back("the table \"" + table + "\" cannot be read as a whole");
    }

    void keep_model() {
        run(kept_, "DELETE FROM model WHERE NOT " + is_sealed("model"));
        if (kept_.execAndGet("SELECT count(*) FROM model").getInt() != 0)
            return;
        if (!model_)
            throw Error("the session does not say any more which model it is about", {}, "say where its model is");
        lost_.emplace_back("the name of the model; it is the one that was given");
        write_model(kept_, *model_);
    }

    void keep_head() {
        run(kept_, "DELETE FROM session WHERE NOT " + is_sealed("session"));
        head_kept_ = kept_.execAndGet("SELECT count(*) FROM session").getInt() != 0;
        if (head_kept_)
            return;
        lost_.emplace_back("the session's note and its place in the history: all batches count as applied");
        write_head(kept_, false);
    }

    void keep_batches() {
        const auto position = kept_.execAndGet("SELECT position FROM session").getInt64();
        std::int64_t applied = 0;
        for (const std::int64_t id : whole_numbers(kept_, "SELECT id FROM batch ORDER BY place")) {
            job_.check();
            if (!keep_batch(id))
                continue;
            applied += prepared(kept_, "SELECT 1 FROM batch WHERE id = ? AND place < ?", id, position).executeStep();
        }
        // Of batches whose own row is gone something may be left.
        for (const std::int64_t id : whole_numbers(kept_, "SELECT batch FROM matrix WHERE " + is_sealed("matrix") +
                                                              " UNION SELECT batch FROM edit WHERE batch IS NOT NULL"
                                                              " EXCEPT SELECT id FROM batch"))
            if (!named_.contains(id))
                lost_.push_back("batch " + std::to_string(static_cast<std::uint64_t>(id)));
        kept_.exec("DELETE FROM matrix WHERE batch NOT IN (SELECT id FROM batch)");
        kept_.exec("DELETE FROM part WHERE matrix NOT IN (SELECT id FROM matrix)");
        std::int64_t place = 0;
        for (const std::int64_t id : whole_numbers(kept_, "SELECT id FROM batch ORDER BY place")) {
            run(kept_, "UPDATE batch SET place = ? WHERE id = ?", place++, id);
            run(kept_, seal_statement("batch", "id = ?"), id);
        }
        if (head_kept_ && applied == position)
            return;
        // The hash of these weights nobody knows: an empty one is compared with nothing.
        run(kept_, "UPDATE session SET position = ?, edited_hash = ''", head_kept_ ? applied : place);
        run(kept_, seal_statement("session", "id = 1"));
    }

    bool keep_batch(std::int64_t id) {
        std::string fault;
        try {
            const BatchRecord batch = read_batch(kept_, static_cast<std::uint64_t>(id));
            fault = missing_in(batch);
        } catch (const Error& error) {
            fault = error.message();
        }
        if (fault.empty())
            return true;
        named_.insert(id);
        lost_.push_back("batch " + std::to_string(static_cast<std::uint64_t>(id)) + ": " + fault);
        run(kept_, "DELETE FROM batch WHERE id = ?", id);
        return false;
    }

    // Rows that are gone leave no broken seal behind.
    static std::string missing_in(const BatchRecord& batch) {
        if (!batch.report)
            return "its report is missing";
        for (const LayerReport& layer : batch.report->layers)
            if (layer.update_norm != 0 &&
                std::ranges::find(batch.updates, layer.layer, &StoredUpdate::layer) == batch.updates.end())
                return "the update of layer " + std::to_string(layer.layer) + " is missing";
        return {};
    }

    void keep_edits() {
        std::int64_t place = 0; // counted anew, as they are written
        for (const std::int64_t row : whole_numbers(kept_, "SELECT place FROM edit ORDER BY place")) {
            run(kept_,
                "UPDATE edit SET place = ?, batch = CASE WHEN batch IN (SELECT id FROM batch) THEN batch END"
                " WHERE place = ?",
                place, row);
            run(kept_, seal_statement("edit", "place = ?"), place++);
        }
    }

    void drop_unsound(const std::string& table, const std::string& one) {
        const int dropped = run(kept_, "DELETE FROM " + table + " WHERE NOT " + is_sealed(table));
        lost_.insert(lost_.end(), static_cast<std::size_t>(dropped), one);
    }

    SQLite::Database& kept_;
    const std::optional<SessionModel>& model_;
    const JobContext& job_;
    std::vector<std::string> lost_;
    std::set<std::int64_t> named_; // batches that lost_ has
    std::size_t found_ = 0;
    bool head_kept_ = false;
};

// Throws Error: no database, another program's, of a later version.
int version_of(const fs::path& copy, const fs::path& file) {
    return with_errors("nothing of the session can be read", file, [&] {
        const auto database = connect(copy, SQLite::OPEN_READWRITE);
        const int ours = database->execAndGet("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN"
                                              " ('session', 'model', 'batch', 'matrix', 'part')");
        if (ours != 5)
            throw Error("this is not a session of Emend, or nothing of it can be read", file.string(), older_copy);
        const int version = database->execAndGet("PRAGMA user_version").getInt();
        if (version > current_schema().version)
            throw Error("the session is of a later version of Emend", file.string(), "update Emend to rescue it");
        database->exec("PRAGMA journal_mode = DELETE");
        return version < 1 ? current_schema().version : version;
    });
}

void must_be_free(const fs::path& out, const fs::path& file) {
    std::error_code ignored;
    if (fs::equivalent(out, file, ignored))
        throw Error("a session is not rescued onto itself", out.string(), "choose another name");
    if (fs::exists(fs::symlink_status(out, ignored)))
        throw Error("there is a file of this name already", out.string(), "choose another name");
}

} // namespace

SessionRescue rescue_session(const std::string& path, const std::string& out, const std::optional<SessionModel>& model,
                             const JobContext& job) {
    const fs::path file = existing_file(path);
    const fs::path target = fs::absolute(out);
    must_be_free(target, file);
    // While it is copied with its log nobody may change either. Where there can be no lock, nobody can write.
    std::optional<SessionLock::Attempt> reading = SessionLock::attempt(file);
    if (reading->held_by_other)
        throw Error("the session is open in a window or program", path, "close it there first");
    const SessionLock::Attempt attempt = SessionLock::attempt(target);
    if (!attempt.lock)
        throw Error("the rescued session cannot be made: " +
                        (attempt.held_by_other ? "somebody makes one of this name" : attempt.problem),
                    out, "choose another name or folder");
    const Scratch scratch(target); // beside the new file, so that there is room for both or for none
    const std::uint64_t unreadable = copy_with_log(file, scratch.file("damaged"), job);
    reading.reset();
    make_as_long_as_it_says(scratch.file("damaged"));
    const int version = version_of(scratch.file("damaged"), file);
    return with_errors("the session cannot be rescued", target, [&] {
        const auto kept = connect(scratch.file("kept"), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
        kept->exec("PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY");
        create_tables(*kept, {.version = version, .steps = current_schema().steps});
        Rescue rescue(*kept, model, job);
        rescue.copy_rows(scratch.file("damaged"));
        if (rescue.found_nothing())
            throw Error("nothing of the session can be read", path, older_copy);
        migrate(*kept, current_schema());
        rescue.keep_what_is_sound();
        job.check();
        SessionRescue result = rescue.result();
        if (unreadable > 0)
            result.lost.push_back(std::to_string(unreadable) + " bytes that the disk does not give any more");
        put_copy(*kept, target, false, job, [](SQLite::Database& copy) {
            run(copy, "UPDATE session SET untitled = 0");
            run(copy, seal_statement("session", "id = 1"));
        });
        return result;
    });
}

} // namespace emend
