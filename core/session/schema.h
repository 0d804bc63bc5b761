// SPDX-License-Identifier: GPL-3.0-or-later
// The tables of a session file (README.md), and the way there from older ones.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace SQLite {
class Database;
}

namespace emend {

inline constexpr int session_application_id = 0x454D5345; // "EMSE"

// From version `from` to the next, inside a transaction that also sets the version.
struct MigrationStep {
    int from = 0;
    void (*apply)(SQLite::Database&) = nullptr;
};
// What a program knows: the version it writes and the steps up to it. Tests have their own.
struct SessionSchema {
    int version = 1;
    std::span<const MigrationStep> steps;
};
const SessionSchema& current_schema();

// Of a new file, in the schema's version.
void create_tables(SQLite::Database& database, const SessionSchema& schema = current_schema());
// All steps from the database's version on, in one transaction. Throws Error when one is missing.
void migrate(SQLite::Database& database, const SessionSchema& schema);

// Every row of these tables has a seal: the XXH3 of its other columns, so that damage SQLite cannot see is found.
struct SealedTable {
    std::string_view name;
    std::string_view columns; // but the seal
};
std::span<const SealedTable> sealed_tables();
// Makes the function emend_seal(column, …) known to this connection.
void add_seal_function(SQLite::Database& database);
// "UPDATE table SET seal = … WHERE condition".
std::string seal_statement(std::string_view table, std::string_view condition);
// An expression that is true for rows as they were written.
std::string is_sealed(std::string_view table);

} // namespace emend
