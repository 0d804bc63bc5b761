// SPDX-License-Identifier: GPL-3.0-or-later
// Rows of a session file: statements with their values, texts with any bytes in them.
#pragma once

#include "emend/session.h"
#include "session/schema.h"

#include <concepts>
#include <optional>
#include <SQLiteCpp/SQLiteCpp.h>
#include <string>

namespace emend {

std::string utc_now();      // "2026-01-02T03:04:05Z"
std::string program_name(); // "Emend 0.1.0"

inline void bind_value(SQLite::Statement& statement, int index, const std::string& value) {
    statement.bind(index, value);
}
inline void bind_value(SQLite::Statement& statement, int index, const char* value) {
    statement.bind(index, value);
}
template<std::integral T>
void bind_value(SQLite::Statement& statement, int index, T value) {
    statement.bind(index, static_cast<int64_t>(value)); // numbers above 2^63 come back by the same cast
}
template<typename T>
void bind_value(SQLite::Statement& statement, int index, const std::optional<T>& value) {
    if (value)
        bind_value(statement, index, *value);
    else
        statement.bind(index);
}

template<typename... Values>
SQLite::Statement prepared(SQLite::Database& database, const std::string& sql, const Values&... values) {
    SQLite::Statement statement(database, sql);
    int index = 0;
    (bind_value(statement, ++index, values), ...);
    return statement;
}

template<typename... Values>
int run(SQLite::Database& database, const std::string& sql, const Values&... values) {
    return prepared(database, sql, values...).exec();
}

inline std::string text_at(SQLite::Statement& row, int column) {
    return row.getColumn(column).getString();
}
inline std::optional<std::string> optional_text_at(SQLite::Statement& row, int column) {
    return row.isColumnNull(column) ? std::nullopt : std::optional(text_at(row, column));
}
template<std::integral T>
T number_at(SQLite::Statement& row, int column) {
    return static_cast<T>(row.getColumn(column).getInt64());
}

// Throws Error when a row of the table is not as it was written.
void check_seals(SQLite::Database& database, const std::string& table);

// Of a session in which nothing was done yet.
void write_head(SQLite::Database& database, bool untitled);
void write_model(SQLite::Database& database, const SessionModel& model);
// Computed in another precision, the same history has other weights: those that anything was seen on are gone.
void forget_states(SQLite::Database& database);
// Throws Error when it is not as it was written.
SessionHead read_head(SQLite::Database& database);

// A batch of the history, with its matrices; in place of one of the same number.
void write_batch(SQLite::Database& database, const BatchRecord& record, std::size_t place);
// Throws Error when there is none, or something of it is not as it was written.
BatchRecord read_batch(SQLite::Database& database, std::uint64_t id);

} // namespace emend
