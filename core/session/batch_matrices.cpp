// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/batch_matrices.h"
#include "session/damaged.h"

#include "base/checked_math.h"
#include "base/hash.h"
#include "emend/error.h"
#include "session/packed_numbers.h"
#include "session/session_rows.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <span>
#include <utility>

namespace emend {

namespace {

constexpr std::size_t numbers_a_part = std::size_t{1} << 21; // 16 MiB
constexpr std::size_t most_numbers = std::size_t{1} << 30;   // 8 GiB: 50,000 edits of a model of 6 billion parameters

std::string hash_of(const void* data, std::size_t bytes) {
    Xxh3 hash;
    hash.update(data, bytes);
    return hash.hex();
}

struct Matrix {
    const char* kind;
    std::size_t place;
    int layer;
    std::int64_t rows;
    std::int64_t columns;
};

// Empty when no model has a matrix like that: a file from anywhere may ask for all the memory there is.
std::optional<std::size_t> size_of(std::int64_t rows, std::int64_t columns) {
    const auto numbers = checked_elements(std::array{rows, columns});
    return numbers && *numbers <= most_numbers ? std::optional(static_cast<std::size_t>(*numbers)) : std::nullopt;
}

void write_matrix(SQLite::Database& database, std::uint64_t batch, const Matrix& matrix,
                  std::span<const double> numbers) {
    if (size_of(matrix.rows, matrix.columns) != numbers.size())
        throw Error("a matrix of the batch has another size than it says", "layer " + std::to_string(matrix.layer));
    run(database, "INSERT INTO matrix (batch, kind, place, layer, rows, columns) VALUES (?, ?, ?, ?, ?, ?)", batch,
        matrix.kind, matrix.place, matrix.layer, matrix.rows, matrix.columns);
    const std::int64_t id = database.getLastInsertRowid();
    run(database, seal_statement("matrix", "id = ?"), id);
    for (std::size_t part = 0; !numbers.empty(); ++part) {
        const auto piece = numbers.first(std::min(numbers.size(), numbers_a_part));
        numbers = numbers.subspan(piece.size());
        const std::string packed = pack_numbers(piece);
        SQLite::Statement insert =
            prepared(database, "INSERT INTO part (matrix, part, numbers, size, hash, data) VALUES (?, ?, ?, ?, ?, ?)",
                     id, part, piece.size(), packed.size(), hash_of(packed.data(), packed.size()));
        insert.bindNoCopy(6, packed.data(), static_cast<int>(packed.size()));
        insert.exec();
    }
}

// The part's numbers are added to `numbers`, which may have so many in all.
void read_part(SQLite::Statement& row, std::vector<double>& numbers, std::size_t most) {
    const auto count = number_at<std::size_t>(row, 0);
    const SQLite::Column data = row.getColumn(3);
    const auto size = static_cast<std::size_t>(data.getBytes());
    if (count == 0 || count > std::min(numbers_a_part, most - numbers.size()) ||
        size != number_at<std::size_t>(row, 1) || hash_of(data.getBlob(), size) != text_at(row, 2))
        damaged("numbers are not those that were written");
    numbers.resize(numbers.size() + count);
    unpack_numbers({static_cast<const char*>(data.getBlob()), size}, std::span(numbers).last(count));
}

std::vector<double> read_numbers(SQLite::Database& database, std::int64_t matrix, std::size_t count) {
    std::vector<double> numbers; // grows with what is there, not with what is promised
    SQLite::Statement parts =
        prepared(database, "SELECT numbers, size, hash, data FROM part WHERE matrix = ? ORDER BY part", matrix);
    while (parts.executeStep())
        read_part(parts, numbers, count);
    if (numbers.size() != count)
        damaged("numbers are missing");
    return numbers;
}

} // namespace

void write_matrices(SQLite::Database& database, const BatchRecord& record) {
    for (std::size_t i = 0; i < record.updates.size(); ++i) {
        const StoredUpdate& update = record.updates[i];
        write_matrix(database, record.id, {"left", i, update.layer, update.rows, update.rank}, update.left);
        write_matrix(database, record.id, {"right", i, update.layer, update.rank, update.columns}, update.right);
    }
    for (std::size_t i = 0; i < record.values.size(); ++i) {
        const StoredValues& values = record.values[i];
        write_matrix(database, record.id, {"values", i, values.layer, values.rows, values.edits}, values.targets);
    }
}

void read_matrices(SQLite::Database& database, BatchRecord& record) {
    SQLite::Statement row = prepared(database,
                                     "SELECT id, kind, place, layer, rows, columns, " + is_sealed("matrix") +
                                         " FROM matrix WHERE batch = ? ORDER BY kind, place",
                                     record.id);
    while (row.executeStep()) {
        const std::string kind = text_at(row, 1);
        const Matrix matrix{.kind = kind.c_str(),
                            .place = number_at<std::size_t>(row, 2),
                            .layer = number_at<int>(row, 3),
                            .rows = number_at<std::int64_t>(row, 4),
                            .columns = number_at<std::int64_t>(row, 5)};
        const auto size = size_of(matrix.rows, matrix.columns);
        if (number_at<int>(row, 6) == 0 || !size)
            damaged("a matrix of layer " + std::to_string(matrix.layer) + " is not as it was written");
        std::vector<double> numbers = read_numbers(database, number_at<std::int64_t>(row, 0), *size);
        // By kind: all left factors first, then the right ones, each in their order.
        if (kind == "left") {
            if (matrix.place != record.updates.size())
                damaged("an update is missing");
            record.updates.push_back({.layer = matrix.layer,
                                      .rows = matrix.rows,
                                      .rank = matrix.columns,
                                      .columns = 0,
                                      .left = std::move(numbers),
                                      .right = {}});
        } else if (kind == "right") {
            if (matrix.place >= record.updates.size() || record.updates[matrix.place].rank != matrix.rows ||
                record.updates[matrix.place].layer != matrix.layer)
                damaged("the factors of an update do not fit together");
            record.updates[matrix.place].columns = matrix.columns;
            record.updates[matrix.place].right = std::move(numbers);
        } else {
            if (matrix.place != record.values.size())
                damaged("values that were searched are missing");
            record.values.push_back(
                {.layer = matrix.layer, .rows = matrix.rows, .edits = matrix.columns, .targets = std::move(numbers)});
        }
    }
    std::map<int, std::pair<std::int64_t, std::int64_t>> shapes; // by layer
    for (const StoredUpdate& update : record.updates) {
        const std::pair shape(update.rows, update.columns);
        if (shapes.try_emplace(update.layer, shape).first->second != shape)
            damaged("the updates of layer " + std::to_string(update.layer) + " do not fit together");
        if (update.columns == 0 && update.rank != 0)
            damaged("a factor of an update is missing");
        if (!size_of(update.rows, update.columns)) // of the layer's own matrix
            damaged("an update is larger than any model's matrix");
    }
}

std::vector<std::string> damaged_parts(SQLite::Database& database, const JobContext& job) {
    std::vector<std::string> faults;
    SQLite::Statement row(database, "SELECT p.numbers, p.size, p.hash, p.data, m.batch, m.layer, m.kind FROM part p"
                                    " JOIN matrix m ON m.id = p.matrix ORDER BY p.matrix, p.part");
    std::vector<double> numbers;
    while (row.executeStep()) {
        job.check();
        numbers.clear();
        try {
            read_part(row, numbers, numbers_a_part);
        } catch (const Error& error) {
            faults.push_back("batch " + text_at(row, 4) + ", layer " + text_at(row, 5) + ", " + text_at(row, 6) + ": " +
                             error.message());
        }
    }
    return faults;
}

} // namespace emend
