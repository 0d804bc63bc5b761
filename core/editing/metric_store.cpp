// SPDX-License-Identifier: GPL-3.0-or-later
#include "editing/metric_store.h"

#include "emend/error.h"

#include <limits>

namespace emend {

double condition_of(const at::Tensor& eigenvalues) {
    const std::int64_t size = eigenvalues.size(0);
    const double smallest = eigenvalues[0].item<double>();
    const double largest = eigenvalues[size - 1].item<double>();
    const double lost = static_cast<double>(size) * std::numeric_limits<double>::epsilon() * largest;
    return smallest > lost ? largest / smallest : std::numeric_limits<double>::infinity();
}

void MetricStore::keep_in(std::filesystem::path folder, std::int64_t smallest) {
    cache_ = FactorCache(std::move(folder));
    smallest_ = smallest;
}

void MetricStore::put(LayerStatistics statistics) {
    forget(statistics.layer);
    statistics_.insert_or_assign(statistics.layer, std::move(statistics));
}

void MetricStore::forget(int layer) {
    made_.erase(layer);
    spectra_.erase(layer);
    eigenvalues_.erase(layer);
    hashes_.erase(layer);
}

const LayerStatistics& MetricStore::statistics(int layer) const {
    const auto found = statistics_.find(layer);
    if (found == statistics_.end())
        throw Error("there are no key statistics of layer " + std::to_string(layer), {},
                    "collect them, or edit without statistics");
    return found->second;
}

bool MetricStore::is_kept(int layer) const {
    return cache_.is_on() && statistics(layer).second_moment.size(0) >= smallest_;
}

const std::string& MetricStore::hash(int layer) {
    std::string& text = hashes_[layer];
    if (text.empty())
        text = FactorCache::hash_of(statistics(layer).second_moment);
    return text;
}

Metric MetricStore::factored(int layer, double ridge, double norm) {
    const at::Tensor& c = statistics(layer).second_moment;
    if (!is_kept(layer))
        return Metric::factor(c, 1, ridge, norm);
    if (auto found = cache_.factor(hash(layer), c.size(0), ridge, norm))
        return *std::move(found);
    Metric metric = Metric::factor(c, 1, ridge, norm);
    cache_.keep(hash(layer), ridge, norm, metric);
    return metric;
}

Metric MetricStore::metric(int layer, const MetricOptions& options) {
    const std::tuple wanted(options.ridge, options.norm / options.weight, options.null_space, options.threshold);
    auto found = made_.find(layer);
    if (found == made_.end() || found->second.of != wanted) {
        Metric metric = options.null_space ? Metric::null_space(spectrum(layer), options.threshold)
                                           : factored(layer, options.ridge, options.norm / options.weight);
        found = made_.insert_or_assign(layer, Made{wanted, std::move(metric)}).first;
    }
    return options.null_space ? found->second.metric : found->second.metric.with_weight(options.weight);
}

const Spectrum& MetricStore::spectrum(int layer) {
    if (const auto found = spectra_.find(layer); found != spectra_.end())
        return found->second;
    const at::Tensor& c = statistics(layer).second_moment;
    if (is_kept(layer))
        if (auto found = cache_.spectrum(hash(layer), c.size(0)))
            return spectra_.emplace(layer, *std::move(found)).first->second;
    const Spectrum& made = spectra_.emplace(layer, decompose(c)).first->second;
    if (is_kept(layer))
        cache_.keep(hash(layer), made);
    return made;
}

const at::Tensor& MetricStore::eigenvalues(int layer) {
    if (const auto found = spectra_.find(layer); found != spectra_.end())
        return found->second.values;
    if (const auto found = eigenvalues_.find(layer); found != eigenvalues_.end())
        return found->second;
    const NoGrad no_grad;
    const at::Tensor& c = statistics(layer).second_moment;
    at::Tensor values;
    if (is_kept(layer))
        values = cache_.eigenvalues(hash(layer), c.size(0));
    if (!values.defined()) {
        values = at::linalg_eigvalsh(c);
        if (is_kept(layer))
            cache_.keep_eigenvalues(hash(layer), values);
    }
    return eigenvalues_.emplace(layer, std::move(values)).first->second;
}

void MetricStore::clear() {
    statistics_.clear();
    made_.clear();
    spectra_.clear();
    eigenvalues_.clear();
    hashes_.clear();
}

} // namespace emend
