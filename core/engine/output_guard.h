// SPDX-License-Identifier: GPL-3.0-or-later
// Nothing the engine writes may land on the user's checkpoint.
#pragma once

#include "engine/open_model.h"

#include <string>

namespace emend {

// Throws Error when `file` is in the model's folder, by name or through a link, or is one of its files. Empty is fine.
void check_output(const OpenModel& open, const std::string& file);

} // namespace emend
