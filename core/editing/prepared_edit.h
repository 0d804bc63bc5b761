// SPDX-License-Identifier: GPL-3.0-or-later
// An edit request as the model will see it: every context's text tokenised as one text, where the subject ends, where
// the object's tokens are asked for. Made once per edit, before anything runs, so that a faulty request fails early.
#pragma once

#include "emend/edit.h"
#include "text/tokenizer.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace emend {

// One text: context, prompt with the subject filled in, and all of the object's tokens but the last.
struct PreparedRow {
    std::vector<std::int32_t> ids;
    int lookup = 0;       // index of the subject's last token: keys and values are read there
    int target_begin = 0; // logits at target_begin + j are those of target_ids[j]
};

struct PreparedEdit {
    EditRequest request; // prompt is a template with {}
    std::string label;   // "edit 3 (Elena Silva)", for messages
    std::vector<std::int32_t> target_ids;
    // One row a context, in order; when none of them is the bare prompt "{}", the bare prompt follows as an extra row.
    std::vector<PreparedRow> rows;
    std::size_t contexts = 0; // rows that count in loss and key
    std::size_t bare = 0;     // the row of the bare prompt
    PreparedRow essence;      // "{subject} is a", read at the subject's last token; no target
};

struct PrepareOptions {
    std::vector<std::int32_t> target_ids; // when given, used instead of tokenising the object
    int positions = 0;                    // longest text the model takes, in tokens; 0: no limit
    std::string label;                    // for messages; empty: the subject alone
};

// contexts: templates with one {}. Throws Error (where: the label): empty subject or object, subject not in the prompt
// or twice, prompt without {}, text longer than `positions`.
PreparedEdit prepare_edit(const Tokenizer& tokenizer, const EditRequest& request,
                          const std::vector<std::string>& contexts, const PrepareOptions& options = {});

// All requests of a batch, labelled by number. Throws as prepare_edit does, for the first faulty one.
std::vector<PreparedEdit> prepare_edits(const Tokenizer& tokenizer, const std::vector<EditRequest>& requests,
                                        const std::vector<std::string>& contexts, int positions);

// What is wrong with a request, and in which of its fields; nothing when it can be prepared with the bare prompt.
std::optional<EditProblem> find_problem(const Tokenizer& tokenizer, const EditRequest& request, int positions);

} // namespace emend
