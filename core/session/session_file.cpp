// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/session_file.h"

#include "base/errno_words.h"
#include "emend/error.h"
#include "session/damaged.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace emend {

namespace fs = std::filesystem;

namespace {

constexpr int busy_timeout_ms = 5000;
constexpr const char* not_a_session = "this is not a session of Emend";
constexpr const char* choose_a_session = "choose a file that Emend has saved (.emend)";

std::string hint_for(int code) {
    switch (code & 0xFF) {
    case SQLITE_FULL:
        return "free some space, or save the session on another disk";
    case SQLITE_IOERR:
        return "the disk is full or faulty, or the file may not grow; save the session elsewhere";
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
        return "check the permissions of the file and its folder, or save the session elsewhere";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return "another program is using the file; close it and try again";
    case SQLITE_CORRUPT:
        return damaged_hint;
    case SQLITE_NOTADB: // the head of the file, without which nothing can be read
        return std::string(choose_a_session) + "; if it was one, an older copy may be sound";
    case SQLITE_TOOBIG:
        return "apply fewer edits at once";
    case SQLITE_NOMEM:
        return "close other programs, or apply fewer edits at once";
    default:
        return "try again; if it stays, save the session under another name";
    }
}

std::string in_words(const SQLite::Exception& fault) {
    switch (fault.getErrorCode()) {
    case SQLITE_FULL:
        return "the disk is full";
    case SQLITE_CORRUPT:
        return "the file is damaged or cut off";
    case SQLITE_NOTADB:
        return not_a_session;
    default:
        return fault.what();
    }
}

bool is_regular(const fs::path& path) {
    std::error_code ignored;
    return fs::is_regular_file(path, ignored);
}

// A path as SQLite's URIs want it.
std::string immutable_uri(const fs::path& file) {
    std::string uri = "file:";
    for (const char letter : file.string()) {
        if (letter == '%' || letter == '?' || letter == '#') {
            constexpr std::string_view digits = "0123456789ABCDEF";
            uri += '%';
            uri += digits[static_cast<unsigned char>(letter) >> 4U];
            uri += digits[static_cast<unsigned char>(letter) & 0xFU];
        } else {
            uri += letter;
        }
    }
    return uri + "?immutable=1";
}

void sync_path(const fs::path& path, bool must) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const bool failed = descriptor < 0 || (::fsync(descriptor) != 0 && errno != EINVAL && errno != ENOTSUP);
    const int code = errno;
    if (descriptor >= 0)
        ::close(descriptor);
    if (failed && must)
        throw Error("the session cannot be written to disk: " + std::generic_category().message(code), path.string(),
                    "check the disk, or choose another one");
}

void sync_folder_of(const fs::path& file) {
    sync_path(file.has_parent_path() ? file.parent_path() : fs::path("."), false);
}

constexpr std::array beside{"-wal", "-shm", "-journal"}; // where SQLite keeps what is not in the file yet

// Never takes the place of anything unless told to.
void put_in_place(const fs::path& from, const fs::path& target, bool replace) {
    int code = 0;
    if (!replace)
        code = rename_to_new(from, target);
    else if (::rename(from.c_str(), target.c_str()) != 0)
        code = errno;
    if (code == EEXIST)
        throw Error("there is a file of this name already", target.string(), "choose another name");
    if (code != 0)
        throw Error("the session cannot be put in place: " + std::generic_category().message(code), target.string(),
                    "choose another folder");
    sync_folder_of(target);
}

// Enough to tell one state of a history from the next.
std::string state_of(SQLite::Database& database) {
    return database
        .execAndGet("SELECT position || ' ' || edited_hash || ' ' || (SELECT count(*) FROM batch) || ' ' ||"
                    " (SELECT count(*) FROM edit) FROM session")
        .getString();
}

} // namespace

Interruptible::Interruptible(SQLite::Database& database, const JobContext& job, std::function<void()> look)
    : database_(database)
    , job_(job)
    , look_(std::move(look)) {
    constexpr int between_looks = 100; // steps of SQLite's machine; the longest writes one part of a matrix
    sqlite3_progress_handler(database_.getHandle(), between_looks, &Interruptible::look, this);
}

Interruptible::~Interruptible() {
    sqlite3_progress_handler(database_.getHandle(), 0, nullptr, nullptr);
}

int Interruptible::look(void* self) noexcept {
    const Interruptible& watch = *static_cast<Interruptible*>(self);
    try {
        if (watch.look_)
            watch.look_();
    } catch (...) { // nothing may leave through SQLite; who is told goes without
    }
    return watch.job_.stop_requested() ? 1 : 0;
}

// A folder, not a file: closing the descriptor of a file drops the POSIX locks that SQLite holds on it.
Scratch::Scratch(const fs::path& target)
    : part_(make_part(target, PartKind::folder)) {
    std::error_code as_it_is; // a file system without permissions
    fs::permissions(part_.path, fs::perms::owner_all, as_it_is);
}

Scratch::~Scratch() {
    std::error_code ignored;
    fs::remove_all(part_.path, ignored);
}

void remove_logs_of(const fs::path& target) {
    bool removed = false;
    for (const char* suffix : beside) {
        const fs::path log = target.string() + suffix;
        std::error_code failed;
        removed = fs::remove(log, failed) || removed;
        if (failed)
            throw Error("an old log beside the session cannot be removed: " + failed.message(), log.string(),
                        "remove it, or choose another name");
    }
    if (removed) // before the name is there, whatever the power does
        sync_folder_of(target);
}

bool is_there(const fs::path& path) {
    std::error_code failed;
    const fs::file_status status = fs::symlink_status(path, failed);
    if (status.type() == fs::file_type::none) // the folder cannot be searched, or the name is too long
        throw_errno("the session cannot be copied", path, failed.value());
    return status.type() != fs::file_type::not_found;
}

void rethrow(const SQLite::Exception& fault, const std::string& what, const fs::path& file) {
    const int code = fault.getErrorCode();
    if (code == SQLITE_INTERRUPT)
        throw Cancelled();
    const std::string words = what + ": " + in_words(fault);
    if ((code & 0xFF) == SQLITE_CORRUPT)
        throw DamagedSession(words, file.string(), hint_for(code));
    throw Error(words, file.string(), hint_for(code));
}

fs::path existing_file(const fs::path& path) {
    std::error_code failed;
    const fs::file_status status = fs::status(path, failed);
    if (status.type() == fs::file_type::not_found)
        throw Error("there is no such session", path.string(), "check the path; was the file moved?");
    if (status.type() == fs::file_type::none)
        throw Error("the session cannot be opened: " + failed.message(), path.string(), "check the permissions");
    if (status.type() == fs::file_type::directory)
        throw Error("this is a folder, not a session", path.string(), choose_a_session);
    if (status.type() != fs::file_type::regular)
        throw Error("this is not a file", path.string(), choose_a_session);
    if (fs::file_size(path, failed) == 0 && !failed)
        throw Error("the file is empty, not a session", path.string(), choose_a_session);
    const fs::path file = fs::canonical(path, failed);
    return failed ? fs::absolute(path) : file;
}

std::unique_ptr<SQLite::Database> connect(const fs::path& file, int flags) {
    const bool is_uri = (flags & SQLite::OPEN_URI) != 0;
    auto database =
        std::make_unique<SQLite::Database>(is_uri ? immutable_uri(file) : file.string(), flags, busy_timeout_ms);
    // A file from anywhere must not run code of its own.
    sqlite3_db_config(database->getHandle(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    database->exec("PRAGMA trusted_schema = OFF");
    database->exec("PRAGMA cell_size_check = ON");
    database->exec("PRAGMA foreign_keys = ON");
    database->exec("PRAGMA synchronous = EXTRA"); // what is shown as applied outlives a power cut
    add_seal_function(*database);
    return database;
}

std::unique_ptr<SQLite::Database> connect_to_read(const fs::path& file) {
    const auto ready = [&](int flags) {
        auto database = connect(file, flags);
        (void)database->execAndGet("SELECT count(*) FROM sqlite_master"); // it is here that files are opened
        return database;
    };
    try {
        return ready(SQLite::OPEN_READONLY);
    } catch (const SQLite::Exception& fault) {
        const int code = fault.getErrorCode();
        if (code != SQLITE_CANTOPEN && code != SQLITE_READONLY)
            rethrow(fault, "the session cannot be opened", file);
        if (::access(file.c_str(), R_OK) != 0)
            throw Error("the session may not be read", file.string(), "check the permissions of the file");
        if (has_log(file))
            throw Error("the session was not closed, and its log cannot be read where it lies", file.string(),
                        "copy the file and the one ending in -wal to a folder of yours and open it there");
    }
    // A log that nobody may make, of a file that needs none.
    return with_errors("the session cannot be opened", file,
                       [&] { return ready(SQLite::OPEN_READONLY | SQLite::OPEN_URI); });
}

int check_is_session(SQLite::Database& database, const fs::path& file, const SessionSchema& schema) {
    return with_errors("the session cannot be opened", file, [&] {
        if (database.execAndGet("PRAGMA application_id").getInt() != session_application_id)
            throw Error(std::string(not_a_session) + ", but a database of another program", file.string(),
                        choose_a_session);
        const int version = database.execAndGet("PRAGMA user_version").getInt();
        if (version > schema.version)
            throw Error("the session is of a later version of Emend: its format is " + std::to_string(version) +
                            ", this program knows up to " + std::to_string(schema.version),
                        file.string(), "update Emend to open it");
        const int heads = database.execAndGet("SELECT (SELECT count(*) FROM session) + (SELECT count(*) FROM model)");
        if (version < 1 || heads != 2)
            throw DamagedSession("the session is damaged: its head is missing", file.string(), damaged_hint);
        return version;
    });
}

void tidy(const fs::path& file) {
    with_errors("the session cannot be closed", file, [&] {
        const auto database = connect(file, SQLite::OPEN_READWRITE);
        database->exec("PRAGMA busy_timeout = 0"); // others who read it now will see to it
        database->exec("PRAGMA journal_mode = DELETE");
    });
}

bool has_log(const fs::path& file) {
    for (const char* suffix : {"-wal", "-journal"}) {
        std::error_code failed;
        const fs::path log = file.string() + suffix;
        if (is_regular(log) && fs::file_size(log, failed) > 0)
            return true;
    }
    return false;
}

namespace {

// An empty file, which VACUUM writes into, and which nobody else can look into meanwhile. Gives the permissions for the
// end: those of what it replaces, or those of any new file.
fs::perms make_private(const fs::path& file, const fs::path& target, bool replace) {
    fs::perms permissions = fs::perms::owner_read | fs::perms::owner_write;
    if (const int made = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666); made >= 0) {
        struct stat info {};
        if (::fstat(made, &info) == 0)
            permissions = static_cast<fs::perms>(info.st_mode & 0777U);
        (void)::fchmod(made, 0600);
        ::close(made);
    }
    struct stat there {};
    if (replace && ::stat(target.c_str(), &there) == 0)
        permissions = static_cast<fs::perms>(there.st_mode & 0777U);
    return permissions;
}

} // namespace

void put_copy(SQLite::Database& database, const fs::path& target, bool replace, const JobContext& job,
              const std::function<void(SQLite::Database&)>& change) {
    const Scratch scratch(target);
    const fs::path made_there = scratch.file("copy");
    const fs::perms permissions = make_private(made_there, target, replace);
    with_errors("the session cannot be copied", target, [&] {
        const auto bytes = static_cast<double>(database.execAndGet("PRAGMA page_count").getInt64() *
                                               database.execAndGet("PRAGMA page_size").getInt64());
        const Interruptible watch(database, job, [&] {
            std::error_code not_yet;
            if (const auto written = fs::file_size(made_there, not_yet); !not_yet && bytes > 0)
                job.report({.phase = "copying the session",
                            .fraction = std::min(1.0, static_cast<double>(written) / bytes),
                            .seconds_left = -1,
                            .detail = {}});
        });
        SQLite::Statement copy(database, "VACUUM INTO ?");
        copy.bind(1, made_there.string());
        copy.exec();
    });
    job.check();
    const std::string wanted = with_errors("the session cannot be copied", target, [&] {
        const auto made = connect(made_there, SQLite::OPEN_READWRITE);
        SQLite::Transaction transaction(*made, SQLite::TransactionBehavior::IMMEDIATE);
        change(*made);
        transaction.commit();
        return state_of(*made);
    });
    std::error_code kept_private; // where they cannot be given
    fs::permissions(made_there, permissions, kept_private);
    sync_path(made_there, true);
    if (replace || !is_there(target))
        remove_logs_of(target);
    put_in_place(made_there, target, replace);
    with_errors("the copy of the session cannot be read", target, [&] {
        if (state_of(*connect_to_read(target)) != wanted)
            throw Error("the copy holds something else than the session", target.string(),
                        "another program has written to it; save the session under another name");
    });
}

} // namespace emend
