// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/schema.h"

#include "base/hash.h"
#include "emend/error.h"
#include "session/session_rows.h"
#include "session/stored_values.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <sqlite3.h>
#include <utility>

namespace emend {

namespace {

constexpr const char* tables = R"sql(
CREATE TABLE session (
    id INTEGER PRIMARY KEY CHECK (id = 1), created TEXT NOT NULL, changed TEXT NOT NULL, program TEXT NOT NULL,
    untitled INTEGER NOT NULL, note TEXT NOT NULL, position INTEGER NOT NULL, edited_hash TEXT NOT NULL,
    ui_state TEXT NOT NULL, seal TEXT);
CREATE TABLE model (
    id INTEGER PRIMARY KEY CHECK (id = 1), path TEXT NOT NULL, name TEXT NOT NULL, family TEXT NOT NULL,
    fingerprint TEXT NOT NULL, dtype TEXT NOT NULL, device TEXT NOT NULL, layers INTEGER NOT NULL,
    d_model INTEGER NOT NULL, d_mlp INTEGER NOT NULL, vocab INTEGER NOT NULL, parameters INTEGER NOT NULL, seal TEXT);
CREATE TABLE edit (
    place INTEGER PRIMARY KEY, request TEXT NOT NULL, note TEXT NOT NULL, chosen INTEGER NOT NULL, batch INTEGER,
    seal TEXT);
CREATE TABLE batch (
    id INTEGER PRIMARY KEY, place INTEGER NOT NULL, title TEXT NOT NULL, note TEXT NOT NULL, active INTEGER NOT NULL,
    base TEXT NOT NULL, hash TEXT NOT NULL, report TEXT, seal TEXT);
CREATE TABLE matrix (
    id INTEGER PRIMARY KEY, batch INTEGER NOT NULL REFERENCES batch (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('left', 'right', 'values')), place INTEGER NOT NULL, layer INTEGER NOT NULL,
    rows INTEGER NOT NULL, columns INTEGER NOT NULL, seal TEXT, UNIQUE (batch, kind, place));
CREATE TABLE part (
    matrix INTEGER NOT NULL REFERENCES matrix (id) ON DELETE CASCADE, part INTEGER NOT NULL, numbers INTEGER NOT NULL,
    size INTEGER NOT NULL, hash TEXT NOT NULL, data BLOB NOT NULL, PRIMARY KEY (matrix, part));
CREATE TABLE trace (
    id INTEGER PRIMARY KEY, request TEXT NOT NULL UNIQUE, result TEXT NOT NULL, seal TEXT);
CREATE TABLE text (
    id INTEGER PRIMARY KEY, batch INTEGER NOT NULL, edit INTEGER NOT NULL, prompt TEXT NOT NULL, before TEXT NOT NULL,
    after TEXT NOT NULL, seed INTEGER NOT NULL, seal TEXT, UNIQUE (batch, edit, prompt));
CREATE TABLE score (
    batch INTEGER PRIMARY KEY, before TEXT, after TEXT NOT NULL, seal TEXT);
)sql";

// Of format 1, where other than now.
constexpr std::string_view trace_columns_1 = "id, request, result";
constexpr std::string_view text_columns_1 = "id, batch, edit, prompt, before, after, seed";
constexpr std::string_view score_columns_1 = "batch, before, after";
// Of format 2. A later format that has others keeps these for its step.
constexpr std::string_view trace_columns = "id, request, at, state, result";
constexpr std::string_view text_columns = "id, batch, edit, prompt, before, after, seed, state_before, state_after";
constexpr std::string_view score_columns = "batch, before, after, edits, state";

constexpr std::array<SealedTable, 8> sealed{{
    {"session", "id, created, changed, program, untitled, note, position, edited_hash, ui_state"},
    {"model", "id, path, name, family, fingerprint, dtype, device, layers, d_model, d_mlp, vocab, parameters"},
    {"edit", "place, request, note, chosen, batch"},
    {"batch", "id, place, title, note, active, base, hash, report"},
    {"matrix", "id, batch, kind, place, layer, rows, columns"},
    {"trace", trace_columns},
    {"text", text_columns},
    {"score", score_columns},
}};

std::string seal_over(std::string_view columns) {
    return "emend_seal(" + std::string(columns) + ")";
}

std::string seal_of(std::string_view table) {
    return seal_over(std::ranges::find(sealed, table, &SealedTable::name)->columns);
}

// Rows whose old seal fits get the new one; what is damaged stays so.
void seal_anew(SQLite::Database& database, const std::string& table, std::string_view before, std::string_view now) {
    database.exec("UPDATE " + table + " SET seal = " + seal_over(now) + " WHERE seal IS " + seal_over(before));
}

// A trace knows the weights it was made on by name; where it was in the history is no part of what was asked. Format 1
// knows the place only, and only place 0 has the same weights for ever.
void move_trace(SQLite::Database& database, std::int64_t id, const std::string& kept) {
    TraceRequest request = trace_request_from_text(kept);
    const LedgerPosition at = std::exchange(request.at, std::nullopt);
    const auto state = at == std::size_t{0} ? std::optional<std::string>("") : std::nullopt;
    run(database,
        "INSERT INTO trace (id, request, at, state, result) SELECT id, ?, ?, ?, result FROM old_trace WHERE id = ?",
        trace_request_to_text(request), at, state, id);
    run(database, "UPDATE trace SET seal = " + seal_over(trace_columns) + " WHERE id = ?", id);
}

void add_states(SQLite::Database& database) {
    database.exec("ALTER TABLE trace RENAME TO old_trace");
    database.exec("CREATE TABLE trace (id INTEGER PRIMARY KEY, request TEXT NOT NULL, at INTEGER, state TEXT,"
                  " result TEXT NOT NULL, seal TEXT, UNIQUE (request, state))");
    SQLite::Statement row(database, "SELECT id, request FROM old_trace WHERE seal IS " + seal_over(trace_columns_1));
    while (row.executeStep())
        move_trace(database, number_at<std::int64_t>(row, 0), text_at(row, 1));
    row.reset();
    database.exec("INSERT INTO trace (id, request, result, seal) SELECT id, request, result, seal FROM old_trace"
                  " WHERE id NOT IN (SELECT id FROM trace)");
    database.exec("DROP TABLE old_trace");
    for (const char* column : {"text ADD COLUMN state_before TEXT", "text ADD COLUMN state_after TEXT",
                               "score ADD COLUMN edits INTEGER NOT NULL DEFAULT 0", "score ADD COLUMN state TEXT"})
        database.exec(std::string("ALTER TABLE ") + column);
    seal_anew(database, "text", text_columns_1, text_columns);
    seal_anew(database, "score", score_columns_1, score_columns);
}

constexpr std::array<MigrationStep, 1> steps{{{.from = 1, .apply = add_states}}};

// Of every value: its type, its length, its bytes, so that nothing can move from one column to the next unseen.
void seal(sqlite3_context* context, int count, sqlite3_value** values) {
    Xxh3 hash;
    for (int i = 0; i < count; ++i) {
        const int type = sqlite3_value_type(values[i]);
        const void* bytes = sqlite3_value_blob(values[i]); // of a number: its digits
        const std::int64_t size = sqlite3_value_bytes(values[i]);
        hash.update(&type, sizeof type);
        hash.update(&size, sizeof size);
        if (size > 0)
            hash.update(bytes, static_cast<std::size_t>(size));
    }
    const std::string hex = hash.hex();
    sqlite3_result_text(context, hex.c_str(), static_cast<int>(hex.size()), SQLITE_TRANSIENT);
}

} // namespace

const SessionSchema& current_schema() {
    static const SessionSchema schema{.version = 2, .steps = steps};
    return schema;
}

void create_tables(SQLite::Database& database, const SessionSchema& schema) {
    database.exec(tables);
    database.exec("PRAGMA application_id = " + std::to_string(session_application_id));
    database.exec("PRAGMA user_version = 1");
    migrate(database, schema);
}

void migrate(SQLite::Database& database, const SessionSchema& schema) {
    int version = database.execAndGet("PRAGMA user_version").getInt();
    for (; version < schema.version; ++version) {
        const auto step = std::ranges::find(schema.steps, version, &MigrationStep::from);
        if (step == schema.steps.end())
            throw Error("there is no way from version " + std::to_string(version) + " of the format to version " +
                            std::to_string(schema.version),
                        database.getFilename(), "open it with the program that made it");
        step->apply(database);
    }
    database.exec("PRAGMA user_version = " + std::to_string(version));
}

std::span<const SealedTable> sealed_tables() {
    return sealed;
}

void add_seal_function(SQLite::Database& database) {
    database.createFunction("emend_seal", -1, true, nullptr, seal);
}

std::string seal_statement(std::string_view table, std::string_view condition) {
    return "UPDATE " + std::string(table) + " SET seal = " + seal_of(table) + " WHERE " + std::string(condition);
}

std::string is_sealed(std::string_view table) {
    return "(seal IS " + seal_of(table) + ")";
}

} // namespace emend
