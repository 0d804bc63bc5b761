// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/blob_cache.h"

#include "base/log.h"
#include "emend/error.h"

#include <sqlite3.h>
#include <SQLiteCpp/SQLiteCpp.h>

namespace emend {

namespace fs = std::filesystem;

namespace {

constexpr int application_id = 0x454D4443; // "EMDC"
constexpr int schema_version = 1;
constexpr int not_ours = -1; // code of the exceptions thrown here
constexpr int busy_timeout_ms = 5000;
constexpr std::uint64_t prune_to_percent = 80; // so that not every entry prunes

void remove_files(const fs::path& file) {
    std::error_code ignored;
    for (const char* suffix : {"", "-wal", "-shm"})
        fs::remove(file.string() + suffix, ignored);
}

std::unique_ptr<SQLite::Database> open_database(const fs::path& file) {
    auto database = std::make_unique<SQLite::Database>(file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE,
                                                       busy_timeout_ms);
    const int id = database->execAndGet("PRAGMA application_id").getInt();
    const int tables = database->execAndGet("SELECT count(*) FROM sqlite_master").getInt();
    if (tables > 0 && id != application_id)
        throw SQLite::Exception("not a cache of this program", not_ours);
    database->exec("PRAGMA journal_mode = WAL");
    database->exec("PRAGMA synchronous = NORMAL"); // a power cut may lose the newest entries, never the file
    if (tables > 0 && database->execAndGet("PRAGMA user_version").getInt() != schema_version)
        throw SQLite::Exception("of another version", not_ours);
    database->exec("BEGIN IMMEDIATE");
    database->exec("CREATE TABLE IF NOT EXISTS entry (key TEXT PRIMARY KEY, value BLOB NOT NULL, used INTEGER NOT NULL)"
                   " WITHOUT ROWID");
    database->exec("CREATE INDEX IF NOT EXISTS entry_by_use ON entry (used)");
    database->exec("PRAGMA application_id = " + std::to_string(application_id));
    database->exec("PRAGMA user_version = " + std::to_string(schema_version));
    database->exec("COMMIT");
    return database;
}

} // namespace

struct BlobCache::Impl {
    fs::path file;
    std::uint64_t bytes_at_most;
    std::unique_ptr<SQLite::Database> database;

    [[nodiscard]] std::uint64_t bytes() const {
        return static_cast<std::uint64_t>(
            database->execAndGet("SELECT coalesce(sum(length(value)), 0) FROM entry").getInt64());
    }
    [[nodiscard]] std::int64_t next_use() const {
        return database->execAndGet("SELECT coalesce(max(used), 0) + 1 FROM entry").getInt64();
    }
    void prune() const {
        std::uint64_t total = bytes();
        if (total <= bytes_at_most)
            return;
        const std::uint64_t wanted = bytes_at_most / 100 * prune_to_percent;
        SQLite::Statement oldest(*database, "SELECT used, length(value) FROM entry ORDER BY used");
        std::int64_t last = 0;
        while (total > wanted && oldest.executeStep()) {
            last = oldest.getColumn(0).getInt64();
            total -= static_cast<std::uint64_t>(oldest.getColumn(1).getInt64());
        }
        SQLite::Statement drop(*database, "DELETE FROM entry WHERE used <= ?");
        drop.bind(1, static_cast<int64_t>(last));
        drop.exec();
    }
};

BlobCache::BlobCache(const fs::path& file, std::uint64_t bytes_at_most)
    : impl_(std::make_unique<Impl>()) {
    impl_->file = file;
    impl_->bytes_at_most = bytes_at_most;
    std::error_code failed;
    fs::create_directories(file.parent_path(), failed);
    try {
        impl_->database = open_database(file);
        return;
    } catch (const SQLite::Exception& fault) {
        // Busy or unreadable is not broken: others may be using it.
        const int code = fault.getErrorCode();
        const bool broken = code == not_ours || code == SQLITE_NOTADB || code == SQLITE_CORRUPT;
        if (!broken || !fs::is_regular_file(file, failed))
            throw Error("the cache cannot be opened: " + std::string(fault.what()), file.string(),
                        "set EMEND_CACHE to a folder you may write to");
        log_warning("the cache " + file.string() + " was not usable (" + fault.what() + ") and starts empty");
    }
    remove_files(file);
    try {
        impl_->database = open_database(file);
    } catch (const SQLite::Exception& fault) {
        throw Error("the cache cannot be made: " + std::string(fault.what()), file.string(),
                    "set EMEND_CACHE to a folder you may write to");
    }
}

BlobCache::~BlobCache() = default;

std::optional<std::string> BlobCache::get(const std::string& key) {
    try {
        SQLite::Statement query(*impl_->database, "SELECT value FROM entry WHERE key = ?");
        query.bind(1, key);
        if (!query.executeStep())
            return {};
        const SQLite::Column value = query.getColumn(0);
        return std::string(static_cast<const char*>(value.getBlob()), static_cast<std::size_t>(value.getBytes()));
    } catch (const SQLite::Exception& fault) { // as good as not there
        log_warning("the cache " + impl_->file.string() + " could not be read: " + fault.what());
        return {};
    }
}

void BlobCache::put(std::span<const std::pair<std::string, std::string>> entries) {
    try {
        SQLite::Transaction transaction(*impl_->database, SQLite::TransactionBehavior::IMMEDIATE);
        const std::int64_t use = impl_->next_use();
        SQLite::Statement insert(*impl_->database, "INSERT OR REPLACE INTO entry (key, value, used) VALUES (?, ?, ?)");
        for (const auto& [key, value] : entries) {
            insert.bind(1, key);
            insert.bind(2, value.data(), static_cast<int>(value.size()));
            insert.bind(3, static_cast<int64_t>(use));
            insert.exec();
            insert.reset();
        }
        impl_->prune();
        transaction.commit();
    } catch (const SQLite::Exception& fault) {
        throw Error("the cache could not be written: " + std::string(fault.what()), impl_->file.string(),
                    "free some space, or set EMEND_CACHE to another folder");
    }
}

std::size_t BlobCache::size() const {
    return static_cast<std::size_t>(impl_->database->execAndGet("SELECT count(*) FROM entry").getInt64());
}

} // namespace emend
