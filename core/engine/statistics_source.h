// SPDX-License-Identifier: GPL-3.0-or-later
// Gets the statistics a recipe needs into the open model: from its file, from the cache, or by collecting them now; and
// tells beforehand what would be found.
#pragma once

#include "emend/engine.h"
#include "engine/open_model.h"

namespace emend {

// The corpus a request means: the one given, else corpus.txt in the model's folder. Throws Error when there is none.
std::string corpus_path(const OpenModel& model, const std::string& asked);

// After this, model.metrics holds every layer the recipe writes, of the unedited model, and keeps large factors on
// disk. Returns warnings. Nothing is done when they are there already from the same source.
std::vector<std::string> provide_statistics(OpenModel& model, const Recipe& recipe, bool force, const JobContext& job);

// What is there for the recipe, without collecting anything and without reading more than headers (and a corpus of some
// megabytes that was never seen before). Every fault of a file or a missing corpus is a problem in the answer.
StatisticsStatus statistics_status(OpenModel& model, const Recipe& recipe, const JobContext& job);

// Collects for the unedited model, or takes what is in the cache, writes `out` when asked to, and reports with the
// spectrum: exact up to d_k = exact_spectrum_up_to, above only the condition, by power iteration. `out` must have been
// checked.
StatisticsReport collect_statistics(OpenModel& model, const StatisticsRequest& request, const JobContext& job);

} // namespace emend
