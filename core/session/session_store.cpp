// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/session_store.h"

#include "emend/error.h"
#include "session/session_rows.h"

#include <cerrno>
#include <fcntl.h>
#include <sqlite3.h>
#include <SQLiteCpp/Backup.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace emend {

namespace fs = std::filesystem;

namespace {

constexpr const char* in_another_window = "the session is open in another window";

// There and nobody else's; it is filled in at once.
// Gives its inode: what lies there under the name later may be somebody else's.
ino_t make_empty_file(const fs::path& file) {
    const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor < 0) {
        const int code = errno;
        throw Error(code == EEXIST ? std::string("there is a file of this name already")
                                   : "the session cannot be made: " + std::generic_category().message(code),
                    file.string(), "choose another name or folder");
    }
    struct stat made {};
    (void)::fstat(descriptor, &made);
    ::close(descriptor);
    return made.st_ino;
}

void remove_own(const fs::path& file, ino_t made) {
    struct stat there {};
    if (::stat(file.c_str(), &there) == 0 && there.st_ino == made)
        ::unlink(file.c_str());
}

void fill_new(SQLite::Database& database, const SessionModel& model, bool untitled) {
    SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
    create_tables(database);
    write_head(database, untitled);
    write_model(database, model);
    transaction.commit();
}

} // namespace

std::unique_ptr<Session> Session::create(const std::string& path, const SessionModel& model, bool untitled) {
    return SessionStore::create_file(path, model, untitled);
}

std::unique_ptr<Session> Session::open(const std::string& path, Access access) {
    return SessionStore::open_file(path, access);
}

std::unique_ptr<SessionStore> SessionStore::create_file(const std::string& path, const SessionModel& model,
                                                        bool untitled) {
    std::unique_ptr<SessionStore> store(new SessionStore);
    store->path_ = path;
    store->file_ = fs::absolute(path);
    const ino_t made = make_empty_file(store->file_);
    try {
        store->file_ = fs::canonical(store->file_);
        store->take_lock();
        if (!store->lock_)
            throw Error("the session cannot be made: " + store->read_only_because_, path, "choose another folder");
        with_errors("the session cannot be made", store->file_, [&] {
            store->database_ = connect(store->file_, SQLite::OPEN_READWRITE);
            fill_new(*store->database_, model, untitled);
        });
    } catch (...) {
        store->database_.reset();
        remove_own(store->file_, made);
        throw;
    }
    return store;
}

std::unique_ptr<SessionStore> SessionStore::open_file(const std::string& path, Access access,
                                                      const SessionSchema& schema) {
    std::unique_ptr<SessionStore> store(new SessionStore);
    store->path_ = path;
    store->file_ = existing_file(path);
    store->open_database(access, schema);
    return store;
}

void SessionStore::take_lock() {
    SessionLock::Attempt attempt = SessionLock::attempt(file_);
    lock_ = std::move(attempt.lock);
    if (attempt.held_by_other)
        read_only_because_ = in_another_window;
    else if (!lock_)
        read_only_because_ = "the folder cannot be written (" + attempt.problem + ")";
}

void SessionStore::open_database(Access access, const SessionSchema& schema) {
    const bool log_before = has_log(file_);
    if (access == Access::read_only)
        read_only_because_ = "it was opened for reading only";
    else if (::access(file_.c_str(), W_OK) != 0)
        read_only_because_ = "the file may not be written (" + std::generic_category().message(errno) + ")";
    else
        take_lock();
    if (lock_) {
        try {
            database_ = connect(file_, SQLite::OPEN_READWRITE);
            (void)database_->execAndGet("SELECT count(*) FROM sqlite_master"); // it is here that files are opened
        } catch (const SQLite::Exception& fault) {
            database_.reset();
            if (fault.getErrorCode() != SQLITE_CANTOPEN && fault.getErrorCode() != SQLITE_READONLY)
                rethrow(fault, "the session cannot be opened", file_);
        }
        if (!database_ || sqlite3_db_readonly(database_->getHandle(), "main") != 0) {
            database_.reset();
            lock_.reset();
            read_only_because_ = "the file may not be written";
        }
    }
    if (!database_)
        database_ = connect_to_read(file_);
    int version = 0;
    try {
        version = check_is_session(*database_, file_, schema);
    } catch (...) { // nothing of it is touched, not even a log that somebody's crash has left
        if (log_before)
            sqlite3_db_config(database_->getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
        database_.reset();
        throw;
    }
    tidy_at_the_end_ = !lock_ && (SessionLock::is_held(file_) || !log_before);
    if (version < schema.version)
        bring_up_to_date(schema);
}

void SessionStore::bring_up_to_date(const SessionSchema& schema) {
    const auto migrated = [&](SQLite::Database& copy) { migrate(copy, schema); };
    if (!lock_) { // in memory, and the file stays as it is
        with_errors("the session cannot be brought up to date", file_, [&] {
            auto copy = connect(":memory:", SQLite::OPEN_READWRITE);
            SQLite::Backup(*copy, "main", *database_, "main").executeStep();
            SQLite::Transaction transaction(*copy, SQLite::TransactionBehavior::IMMEDIATE);
            migrated(*copy);
            transaction.commit();
            database_ = std::move(copy);
        });
        return;
    }
    with_errors("the session cannot be brought up to date", file_,
                [&] { database_->exec("PRAGMA journal_mode = DELETE"); });
    if (has_log(file_))
        throw Error("the session is of an older version and cannot be brought up to date: it is being read",
                    file_.string(), "close the other window");
    put_copy(*database_, file_, true, JobContext(), migrated);
    with_errors("the session cannot be opened", file_, [&] { database_ = connect(file_, SQLite::OPEN_READWRITE); });
    check_is_session(*database_, file_, schema);
}

// What was deleted leaves room that nothing may ever fill. The way of SQLite to shrink a file is a transaction: where
// it fails, a full disk for one, the file is as it was.
void SessionStore::shrink_if_worth_it() {
    constexpr std::int64_t worth_it = 1 << 20; // bytes
    constexpr std::int64_t quick = 256 << 20;  // to be written again, while somebody waits
    const std::int64_t free = database_->execAndGet("PRAGMA freelist_count").getInt64();
    const std::int64_t pages = database_->execAndGet("PRAGMA page_count").getInt64();
    const std::int64_t page = database_->execAndGet("PRAGMA page_size").getInt64();
    if (wrote_ && 2 * free > pages && free * page > worth_it && (pages - free) * page < quick)
        (void)database_->tryExec("VACUUM");
}

SessionStore::~SessionStore() {
    try {
        if (lock_ && database_ && was_moved()) {
            leave_moved();
            return;
        }
        if (lock_ && database_) {
            database_->exec("PRAGMA busy_timeout = 0");
            // A reader may be in the way, and then tidies.
            if (database_->tryExec("PRAGMA journal_mode = DELETE") == SQLITE_OK)
                shrink_if_worth_it();
        }
        database_.reset();
        if (tidy_at_the_end_ && fs::exists(file_.string() + "-wal"))
            if (const SessionLock::Attempt attempt = SessionLock::attempt(file_); attempt.lock)
                tidy(file_);
    } catch (...) { // the log stays, and whoever opens the file next reads it
        database_.reset();
    }
}

void SessionStore::writing(const std::function<void()>& work) {
    if (read_only())
        throw Error("the session cannot be written: " + read_only_because_, file_.string(),
                    "save it under another name to go on");
    if (was_moved())
        throw Error("the session's file was renamed or removed while it was open", file_.string(),
                    "save the session under another name to go on");
    with_errors("the session cannot be written", file_, [&] {
        database_->exec("PRAGMA journal_mode = WAL"); // for readers' sake; where there can be none, it does without
        SQLite::Transaction transaction(*database_, SQLite::TransactionBehavior::IMMEDIATE);
        check_seals(*database_, "session"); // else the new seal would hide it
        work();
        run(*database_, "UPDATE session SET changed = ?, program = ?", utc_now(), program_name());
        run(*database_, seal_statement("session", "id = 1"));
        transaction.commit();
        wrote_ = true;
        // Whoever renames the file takes everything with it. What a reader holds back comes with the next one.
        (void)database_->tryExec("PRAGMA wal_checkpoint(PASSIVE)");
    });
}

// By its name something else is found by now, or nothing: what is written would be lost, or in somebody's way.
bool SessionStore::was_moved() const {
    int moved = 0;
    return sqlite3_file_control(database_->getHandle(), "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK &&
           moved != 0;
}

// Everything is in the file, whatever its name is now: the log is of no use to anybody any more.
void SessionStore::leave_moved() {
    sqlite3_db_config(database_->getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    database_.reset();
    remove_logs_of(file_);
}

void SessionStore::set_note(const std::string& note) {
    writing([&] { run(*database_, "UPDATE session SET note = ?", note); });
}

void SessionStore::set_model_path(const std::string& path) {
    SessionModel model = reading([&] { return read_head(*database_); }).model;
    model.path = path;
    writing([&] { write_model(*database_, model); });
}

void SessionStore::set_ui_state(const std::string& json) {
    writing([&] { run(*database_, "UPDATE session SET ui_state = ?", json); });
}

void SessionStore::copy_to(const std::string& path, bool replace, const JobContext& job) {
    fs::path target = fs::absolute(path);
    const bool there = is_there(target);
    if (there) {
        if (!replace)
            throw Error("there is a file of this name already", path, "choose another name, or replace it");
        target = existing_file(target);
        std::error_code moved; // our own: then it is another file
        if (fs::equivalent(target, file_, moved))
            throw Error("the session cannot be copied onto itself", path, "choose another name");
        if (::access(target.c_str(), W_OK) != 0)
            throw Error("the file there may not be replaced: " + std::generic_category().message(errno), path,
                        "choose another name, or give yourself the permission");
    }
    // Of a name that is free, too: nobody makes a session of it meanwhile.
    const SessionLock::Attempt attempt = SessionLock::attempt(target);
    if (!attempt.lock)
        throw Error(attempt.held_by_other
                        ? std::string(in_another_window)
                        : "the session cannot be copied: the folder cannot be written (" + attempt.problem + ")",
                    path, "choose another name");
    if (there) { // only sessions are replaced, and only those that nobody works with
        (void)check_is_session(*connect_to_read(target), target, current_schema());
        tidy(target); // what its log holds must not end up in the new file; throws while somebody reads it
    }
    reading([&] { check_seals(*database_, "session"); }); // else the new seal would hide it
    put_copy(*database_, target, replace, job, [&](SQLite::Database& copy) {
        run(copy, "UPDATE session SET untitled = 0");
        run(copy, seal_statement("session", "id = 1"));
    });
}

} // namespace emend
