// SPDX-License-Identifier: GPL-3.0-or-later
// Gets the statistics a recipe needs into the open model: from its file, from the cache, or by collecting them now.
#pragma once

#include "engine/open_model.h"

#include <span>

namespace emend {

// The corpus a request means: the one given, else corpus.txt in the model's folder. Throws Error when there is none.
std::string corpus_path(const OpenModel& model, const std::string& asked);

// After this, model.metrics holds every one of the recipe's layers, of the unedited model. Returns warnings. Nothing is
// done when they are there already from the same source.
std::vector<std::string> provide_statistics(OpenModel& model, const Recipe& recipe, bool force, const JobContext& job);

} // namespace emend
