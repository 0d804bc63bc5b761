// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/session_rows.h"

#include "session/batch_matrices.h"
#include "session/damaged.h"
#include "session/stored_values.h"

#include <array>
#include <chrono>
#include <ctime>

namespace emend {

std::string utc_now() {
    const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    std::array<char, 32> text{};
    return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

std::string program_name() {
    return "Emend " EMEND_VERSION;
}

void check_seals(SQLite::Database& database, const std::string& table) {
    if (database.execAndGet("SELECT count(*) FROM " + table + " WHERE NOT " + is_sealed(table)).getInt() != 0)
        damaged("a row of the table \"" + table + "\" is not as it was written");
}

void write_head(SQLite::Database& database, bool untitled) {
    const std::string now = utc_now();
    run(database,
        "INSERT INTO session (id, created, changed, program, untitled, note, position, edited_hash, ui_state)"
        " VALUES (1, ?, ?, ?, ?, '', 0, '', '')",
        now, now, program_name(), untitled);
    run(database, seal_statement("session", "id = 1"));
}

void write_model(SQLite::Database& database, const SessionModel& model) {
    run(database,
        "INSERT OR REPLACE INTO model (id, path, name, family, fingerprint, dtype, device, layers, d_model, d_mlp,"
        " vocab, parameters) VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        model.path, model.name, model.family, model.fingerprint, model.dtype, model.device, model.layers, model.d_model,
        model.d_mlp, model.vocab, model.parameters);
    run(database, seal_statement("model", "id = 1"));
}

void forget_states(SQLite::Database& database) {
    for (const auto& [table, forget] :
         {std::pair{"trace", "state = NULL, at = NULL"}, std::pair{"text", "state_before = NULL, state_after = NULL"},
          std::pair{"score", "state = NULL"}}) {
        std::vector<std::int64_t> sound; // a new seal would hide the damage of the others
        SQLite::Statement row(database, std::string("SELECT rowid FROM ") + table + " WHERE " + is_sealed(table));
        while (row.executeStep())
            sound.push_back(number_at<std::int64_t>(row, 0));
        for (const std::int64_t id : sound) {
            run(database, std::string("UPDATE ") + table + " SET " + forget + " WHERE rowid = ?", id);
            run(database, seal_statement(table, "rowid = ?"), id);
        }
    }
}

SessionHead read_head(SQLite::Database& database) {
    check_seals(database, "session");
    check_seals(database, "model");
    SQLite::Statement row(database,
                          "SELECT s.created, s.changed, s.program, s.untitled, s.note, s.position, s.edited_hash,"
                          " m.path, m.name, m.family, m.fingerprint, m.dtype, m.device, m.layers, m.d_model, m.d_mlp,"
                          " m.vocab, m.parameters, (SELECT count(*) FROM edit), (SELECT count(*) FROM batch),"
                          " (SELECT count(*) FROM trace) FROM session s, model m");
    if (!row.executeStep())
        damaged("its head is missing");
    SessionHead head;
    head.schema = database.execAndGet("PRAGMA user_version").getInt();
    head.created = text_at(row, 0);
    head.changed = text_at(row, 1);
    head.program = text_at(row, 2);
    head.untitled = number_at<int>(row, 3) != 0;
    head.note = text_at(row, 4);
    head.position = number_at<std::size_t>(row, 5);
    head.edited_hash = text_at(row, 6);
    head.model = {.path = text_at(row, 7),
                  .name = text_at(row, 8),
                  .family = text_at(row, 9),
                  .fingerprint = text_at(row, 10),
                  .dtype = text_at(row, 11),
                  .device = text_at(row, 12),
                  .layers = number_at<int>(row, 13),
                  .d_model = number_at<int>(row, 14),
                  .d_mlp = number_at<int>(row, 15),
                  .vocab = number_at<int>(row, 16),
                  .parameters = number_at<std::int64_t>(row, 17)};
    head.edits = number_at<std::size_t>(row, 18);
    head.batches = number_at<std::size_t>(row, 19);
    head.traces = number_at<std::size_t>(row, 20);
    return head;
}

void write_batch(SQLite::Database& database, const BatchRecord& record, std::size_t place) {
    run(database, "DELETE FROM batch WHERE id = ?", record.id);
    run(database,
        "INSERT INTO batch (id, place, title, note, active, base, hash, report) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        record.id, place, record.title, record.note, record.active, record.base, record.hash,
        record.report ? std::optional(report_to_text(*record.report)) : std::nullopt);
    run(database, seal_statement("batch", "id = ?"), record.id);
    write_matrices(database, record);
}

BatchRecord read_batch(SQLite::Database& database, std::uint64_t id) {
    SQLite::Statement row = prepared(
        database, "SELECT title, note, active, base, hash, report, " + is_sealed("batch") + " FROM batch WHERE id = ?",
        id);
    if (!row.executeStep())
        throw Error("there is no such batch", {}, "look at the history");
    if (number_at<int>(row, 6) == 0)
        damaged("the batch is not as it was written");
    BatchRecord record;
    record.id = id;
    record.title = text_at(row, 0);
    record.note = text_at(row, 1);
    record.active = number_at<int>(row, 2) != 0;
    record.base = text_at(row, 3);
    record.hash = text_at(row, 4);
    if (!row.getColumn(5).isNull())
        record.report = std::make_shared<const EditReport>(report_from_text(text_at(row, 5)));
    read_matrices(database, record);
    return record;
}

} // namespace emend
