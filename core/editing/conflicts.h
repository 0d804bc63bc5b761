// SPDX-License-Identifier: GPL-3.0-or-later
// Edits of one batch that are in each other's way: the same subject, or keys that are nearly parallel to the metric.
#pragma once

#include "editing/metric.h"
#include "editing/prepared_edit.h"
#include "emend/job.h"
#include "emend/report.h"

#include <span>
#include <vector>

namespace emend {

inline constexpr double near_parallel = 0.95; // cosine of whitened keys from which on edits are reported
inline constexpr std::size_t most_conflicts = 1000;

// Edits with one subject (spaces around it apart): each with the first of its kind.
std::vector<EditConflict> same_subjects(std::span<const PreparedEdit> edits);

// The same with cosines, and other pairs from near_parallel on; worst first, at most most_conflicts. keys [d_k, n].
// Above 4096 edits only subjects are compared. Throws Cancelled.
std::vector<EditConflict> find_conflicts(const Metric& metric, const at::Tensor& keys,
                                         std::span<const PreparedEdit> edits, const JobContext& job);

// For each edit the number of its unit: edits of one subject are one unit, numbered in order of their first edits.
std::vector<std::size_t> units_by_subject(std::span<const PreparedEdit> edits);

// The members of each of these units, in order; without units every one of `edits` for itself.
std::vector<std::vector<std::size_t>> members_of(const std::vector<std::size_t>& units, std::size_t edits);

// Means of the columns of each unit: [d, n] -> [d, units].
at::Tensor unit_means(const at::Tensor& columns, const std::vector<std::size_t>& units);

// "edit 1 (Rome) and edit 3 (Rome)", and how many more.
std::string describe(const std::vector<EditConflict>& conflicts, std::span<const PreparedEdit> edits);

} // namespace emend
