// SPDX-License-Identifier: GPL-3.0-or-later
#include "editing/metric_store.h"

#include "emend/error.h"

namespace emend {

void MetricStore::put(LayerStatistics statistics) {
    made_.erase(statistics.layer);
    spectra_.erase(statistics.layer);
    statistics_.insert_or_assign(statistics.layer, std::move(statistics));
}

const LayerStatistics& MetricStore::statistics(int layer) const {
    const auto found = statistics_.find(layer);
    if (found == statistics_.end())
        throw Error("there are no key statistics of layer " + std::to_string(layer), {},
                    "collect them, or edit without statistics");
    return found->second;
}

Metric MetricStore::metric(int layer, const MetricOptions& options) {
    const std::tuple wanted(options.ridge, options.norm / options.weight, options.null_space, options.threshold);
    auto found = made_.find(layer);
    if (found == made_.end() || found->second.of != wanted) {
        Metric metric = options.null_space ? Metric::null_space(spectrum(layer), options.threshold)
                                           : Metric::factor(statistics(layer).second_moment, 1, options.ridge,
                                                            options.norm / options.weight);
        found = made_.insert_or_assign(layer, Made{wanted, std::move(metric)}).first;
    }
    return options.null_space ? found->second.metric : found->second.metric.with_weight(options.weight);
}

const Spectrum& MetricStore::spectrum(int layer) {
    const auto found = spectra_.find(layer);
    return found != spectra_.end() ? found->second
                                   : spectra_.emplace(layer, decompose(statistics(layer).second_moment)).first->second;
}

void MetricStore::clear() {
    statistics_.clear();
    made_.clear();
    spectra_.clear();
}

} // namespace emend
