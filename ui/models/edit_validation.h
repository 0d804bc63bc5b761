// SPDX-License-Identifier: GPL-3.0-or-later
// What can be said about a request without a model: the window marks a cell the moment it is typed. The engine's check
// has the last word (it knows the tokens). Pure functions.
#pragma once

#include "emend/edit.h"

#include <optional>
#include <string>
#include <string_view>

namespace emend::ui {

std::optional<EditProblem> validateRequest(const EditRequest& request);

// A sentence typed with the subject in it becomes a prompt: "Rome is in" with subject "Rome" gives "{} is in".
std::string promptFromSentence(std::string sentence, const std::string& subject);

} // namespace emend::ui
