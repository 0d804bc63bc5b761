// SPDX-License-Identifier: GPL-3.0-or-later
// A session's file as a database: found, judged, opened, put in place of another, and SQLite's faults in words.
#pragma once

#include "base/part.h"
#include "emend/error.h"
#include "emend/job.h"
#include "session/schema.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <SQLiteCpp/SQLiteCpp.h>
#include <string>

namespace emend {

// Throws what SQLite said as an Error: what went wrong, the file, what to do. Cancelled where it was interrupted.
[[noreturn]] void rethrow(const SQLite::Exception& fault, const std::string& what, const std::filesystem::path& file);

template<typename Work>
decltype(auto) with_errors(const std::string& what, const std::filesystem::path& file, Work&& work) {
    try {
        return work();
    } catch (const SQLite::Exception& fault) {
        rethrow(fault, what, file);
    } catch (const DamagedSession& fault) { // found where nobody knows the file's name
        if (!fault.where().empty())
            throw;
        throw DamagedSession(fault.message(), file.string(), fault.hint());
    }
}

// The file behind links. Throws Error: not there, a folder, not a file, empty.
std::filesystem::path existing_file(const std::filesystem::path& path);

// Ready for use: pragmas set, emend_seal known. Throws SQLite::Exception.
std::unique_ptr<SQLite::Database> connect(const std::filesystem::path& file, int flags);
// For reading, wherever it lies. Throws Error.
std::unique_ptr<SQLite::Database> connect_to_read(const std::filesystem::path& file);
// Throws Error: not a session, of a later version, damaged. Gives its version.
int check_is_session(SQLite::Database& database, const std::filesystem::path& file, const SessionSchema& schema);

// Something has this name, were it a broken link. Throws Error where nobody can tell.
bool is_there(const std::filesystem::path& path);

// While it lives, what the database does is interrupted once the job shall stop: SQLITE_INTERRUPT, which with_errors
// makes Cancelled. `look` is called every now and then meanwhile and must not throw.
class Interruptible {
  public:
    Interruptible(SQLite::Database& database, const JobContext& job, std::function<void()> look = {});
    ~Interruptible();
    Interruptible(const Interruptible&) = delete;
    Interruptible& operator=(const Interruptible&) = delete;

  private:
    static int look(void* self) noexcept;

    SQLite::Database& database_;
    const JobContext& job_;
    std::function<void()> look_;
};

// The log of a file that is not there any more would be replayed into the one that takes its name. Throws Error.
void remove_logs_of(const std::filesystem::path& target);

// Puts what a killed writer left in its log into the file, so that nothing lies beside it. The lock must be held.
// Throws Error, also while another connection reads it.
void tidy(const std::filesystem::path& file);
bool has_log(const std::filesystem::path& file); // with something in it

// A folder for files that shall take the place of `target`, beside it, that nobody else can look into. What a killed
// program left behind there under the name of this target goes first; what a living one works with stays.
class Scratch {
  public:
    explicit Scratch(const std::filesystem::path& target); // throws Error
    ~Scratch();
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    [[nodiscard]] std::filesystem::path file(const char* name) const { return part_.path / name; }

  private:
    Part part_;
};

// A copy of the database with `change` done to it takes the place of `target`, as a whole or not at all, and is read
// back under its name. What a crash left beside that name goes: the target's lock must be held. Throws Error; also when
// something is there already and `replace` is off. Throws Cancelled until it is put in place.
void put_copy(SQLite::Database& database, const std::filesystem::path& target, bool replace, const JobContext& job,
              const std::function<void(SQLite::Database&)>& change);

} // namespace emend
