// SPDX-License-Identifier: GPL-3.0-or-later
// What to edit, from the command line and from files.
#pragma once

#include "emend/edits_io.h"
#include "emend/engine.h"
#include "program.h"

#include <optional>
#include <string>
#include <vector>

namespace emend::cli {

struct EditOptions {
    std::string file;
    std::string subject, prompt, object, true_object, relation;
    bool article = false; // "the Eiffel Tower"
    std::vector<std::string> paraphrases, neighbours;
};

void add_edit_options(CLI::App* command, EditOptions& options);
[[noreturn]] void list_relations(Program& program); // prints them and ends as --help does

struct GatheredEdits {
    std::vector<EditRequest> edits;
    std::vector<int> records;                // which record of the file each edit was
    std::vector<EditsFile::Problem> skipped; // records of a file that could not be read or cannot be edited
    std::vector<std::string> notes;          // what may not be as it was meant
    bool from_file = false;
};

// Subject and prompt of a single fact: --prompt, or what --relation stands for. Throws UsageError.
void fill_prompt(EditRequest& request, const EditOptions& options);

// Throws UsageError for options that do not fit, Error for the contents.
GatheredEdits gather_edits(const EditOptions& options);

// Asks the engine about every edit that may be faulty. Of a file, faulty ones are passed over with their reason, as
// long as one is left; a single faulty edit is an Error.
void drop_faulty(GatheredEdits& gathered, Engine& engine, const std::string& model_folder, const JobContext& job);

// Notes and records that are passed over, on standard error.
void tell_about(const GatheredEdits& gathered, Program& program);

// What --help says of it.
inline constexpr const char* skipped_help =
    "Wrong records of a file of edits are passed over: with --json in `skipped`, where `record` counts from 1, as the "
    "warnings do, and `index` from 0.";
Json skipped_json(const GatheredEdits& gathered); // [{index, record, reason}]

} // namespace emend::cli
