// SPDX-License-Identifier: GPL-3.0-or-later
// One line of the edits table, as a plain value.
#pragma once

#include "emend/edit.h"

#include <QString>

#include <memory>
#include <optional>

namespace emend::ui {

enum class EditState { Draft, Applying, Applied, Undone, Failed };

struct EditRow {
    quint64 id = 0;
    int revision = 0; // grows with every change of the request
    EditRequest request;
    QString note;         // somebody's words about it
    bool article = false; // the subject is spoken of with "the"
    EditState state = EditState::Draft;
    QString reason;                          // of Failed
    QString hint;                            // what to do about it
    std::optional<quint64> batch;            // of the ledger; set while Applied or Undone
    std::shared_ptr<const EditCheck> answer; // what the model said last; may be of an older revision
    bool checked = false;                    // `answer` is of this revision and these weights
    std::optional<bool> said;                // of Applied: all of the object; unset until the model has answered
    double pNew = 0;                         // with `said`: probability of the whole object
    bool stale = false;                      // Applied, and solved on other weights than are underneath now
    quint64 rival = 0;                       // row it cannot be solved together with; 0: none
    double rivalCosine = 0;                  // between their keys; 0: they share the subject

    [[nodiscard]] bool isBlank() const {
        return request.subject.empty() && request.prompt.empty() && request.object.empty();
    }
    // In the weights, and yet the model says something else.
    [[nodiscard]] bool isNotHeld() const { return state == EditState::Applied && said == false; }
    // Applied and running rows are history, not drafts.
    [[nodiscard]] bool isFixed() const { return state == EditState::Applied || state == EditState::Applying; }
};

} // namespace emend::ui
