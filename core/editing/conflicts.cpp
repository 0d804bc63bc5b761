// SPDX-License-Identifier: GPL-3.0-or-later
#include "editing/conflicts.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>
#include <tuple>
#include <unordered_map>

namespace emend {

namespace {

constexpr std::size_t most_compared = 4096;
constexpr std::int64_t block = 512;

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t");
    return first == std::string_view::npos ? std::string_view()
                                           : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Of millions of pairs only as many are kept as are told.
class WorstConflicts {
  public:
    void add(const EditConflict& conflict) {
        conflicts_.push_back(conflict);
        if (conflicts_.size() >= 2 * most_conflicts)
            keep_worst();
    }
    std::vector<EditConflict> sorted() {
        keep_worst();
        std::ranges::sort(conflicts_, worse);
        return std::move(conflicts_);
    }

  private:
    static bool worse(const EditConflict& a, const EditConflict& b) {
        const double cosine_a = std::abs(a.cosine);
        const double cosine_b = std::abs(b.cosine);
        return cosine_a != cosine_b ? cosine_a > cosine_b : std::tie(a.first, a.second) < std::tie(b.first, b.second);
    }
    void keep_worst() {
        if (conflicts_.size() <= most_conflicts)
            return;
        std::ranges::nth_element(conflicts_, conflicts_.begin() + most_conflicts, worse);
        conflicts_.resize(most_conflicts);
    }
    std::vector<EditConflict> conflicts_;
};

} // namespace

std::vector<std::vector<std::size_t>> members_of(const std::vector<std::size_t>& units, std::size_t edits) {
    std::vector<std::vector<std::size_t>> members;
    for (std::size_t i = 0; i < edits; ++i) {
        const std::size_t unit = units.empty() ? i : units[i];
        if (unit >= members.size())
            members.resize(unit + 1);
        members[unit].push_back(i);
    }
    return members;
}

std::vector<std::size_t> units_by_subject(std::span<const PreparedEdit> edits) {
    std::unordered_map<std::string_view, std::size_t> unit_of_subject;
    std::vector<std::size_t> units;
    units.reserve(edits.size());
    for (const PreparedEdit& edit : edits)
        units.push_back(
            unit_of_subject.try_emplace(trimmed(edit.request.subject), unit_of_subject.size()).first->second);
    return units;
}

at::Tensor unit_means(const at::Tensor& columns, const std::vector<std::size_t>& units) {
    const at::Tensor index = at::tensor(std::vector<std::int64_t>(units.begin(), units.end()), at::kLong);
    const std::int64_t count = index.max().item<std::int64_t>() + 1;
    const at::Tensor sums = at::zeros({columns.size(0), count}, columns.options()).index_add(1, index, columns);
    return sums / at::bincount(index).to(columns.scalar_type());
}

std::vector<EditConflict> same_subjects(std::span<const PreparedEdit> edits) {
    std::unordered_map<std::string_view, std::size_t> first_of;
    std::vector<EditConflict> conflicts;
    for (std::size_t i = 0; i < edits.size(); ++i) {
        const auto [found, fresh] = first_of.try_emplace(trimmed(edits[i].request.subject), i);
        if (!fresh && conflicts.size() < most_conflicts)
            conflicts.push_back({.first = found->second,
                                 .second = i,
                                 .same_subject = true,
                                 .cosine = std::numeric_limits<double>::quiet_NaN()});
    }
    return conflicts;
}

std::vector<EditConflict> find_conflicts(const Metric& metric, const at::Tensor& keys,
                                         std::span<const PreparedEdit> edits, const JobContext& job) {
    const NoGrad no_grad;
    if (edits.size() > most_compared)
        return same_subjects(edits);
    const at::Tensor whitened = metric.whiten(keys);
    const at::Tensor unit = whitened / whitened.norm(2, {0}, true).clamp_min(1e-300);
    const std::vector<std::size_t> subject = units_by_subject(edits);
    const auto n = static_cast<std::int64_t>(edits.size());
    WorstConflicts worst;
    for (std::int64_t begin = 0; begin < n; begin += block) {
        job.check();
        const std::int64_t count = std::min(block, n - begin);
        const at::Tensor cosines = at::matmul(unit.slice(1, begin, begin + count).t(), unit).contiguous();
        const auto* row = cosines.data_ptr<double>();
        for (std::int64_t i = 0; i < count; ++i, row += n)
            for (std::int64_t j = begin + i + 1; j < n; ++j) {
                const bool same = subject[static_cast<std::size_t>(begin + i)] == subject[static_cast<std::size_t>(j)];
                if (same || std::abs(row[j]) >= near_parallel)
                    worst.add({.first = static_cast<std::size_t>(begin + i),
                               .second = static_cast<std::size_t>(j),
                               .same_subject = same,
                               .cosine = row[j]});
            }
    }
    return worst.sorted();
}

std::string describe(const std::vector<EditConflict>& conflicts, std::span<const PreparedEdit> edits) {
    constexpr std::size_t shown = 3;
    std::string text;
    for (std::size_t i = 0; i < std::min(shown, conflicts.size()); ++i)
        text += (i > 0 ? "; " : "") + edits[conflicts[i].first].label + " and " + edits[conflicts[i].second].label;
    if (conflicts.size() > shown)
        text += "; and " + std::to_string(conflicts.size() - shown) + " more pairs";
    return text;
}

} // namespace emend
