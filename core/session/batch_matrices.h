// SPDX-License-Identifier: GPL-3.0-or-later
// Factors and values of a batch as rows: a matrix is cut into parts, each packed and with its hash, so that none comes
// near SQLite's limit of a gigabyte and damage is found where it is.
#pragma once

#include "emend/batch_record.h"
#include "emend/job.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <string>
#include <vector>

namespace emend {

// Throws Error when a matrix is not of the size it says.
void write_matrices(SQLite::Database& database, const BatchRecord& record);
// Throws Error naming layer and part when something is missing or damaged.
void read_matrices(SQLite::Database& database, BatchRecord& record);
// Parts that are not what was written, a sentence each.
std::vector<std::string> damaged_parts(SQLite::Database& database, const JobContext& job);

} // namespace emend
