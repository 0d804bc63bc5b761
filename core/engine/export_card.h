// SPDX-License-Identifier: GPL-3.0-or-later
// The model card of an exported folder. The card of the model it was made from describes other weights: it stays below
// what was done to them.
#pragma once

#include "engine/export_parts.h"

#include <string>

namespace emend {

inline constexpr const char* card_name = "README.md";

// Markdown: the original card's front matter (licence, languages; base_model is the model's name on the hub, where it
// is known), what was edited and how, then the original card. No folder of this machine is named. Throws Error when the
// original cannot be read.
std::string card_text(const ExportJob& job);

} // namespace emend
