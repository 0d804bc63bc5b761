// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/trace_store.h"

#include <utility>

namespace emend::ui {

size_t qHash(const TraceKey& key, size_t seed) {
    return qHashMulti(seed, key.row, key.revision, static_cast<int>(key.kind), key.own_object, key.weights, key.window,
                      key.samples, key.noise.has_value(), key.noise.value_or(0));
}

void TraceStore::put(const TraceKey& key, std::shared_ptr<const TraceResult> trace, bool complete) {
    if (complete && trace->seconds > 0 && trace->samples > 0)
        m_secondsPerCell =
            trace->seconds / (static_cast<double>(trace->tokens.size()) * trace->layers * trace->samples);
    Item& item = m_traces[key];
    if (item.complete)
        item.whole = item.trace;
    item = {std::move(trace), complete, complete ? nullptr : item.whole};
}

void TraceStore::giveUp(const TraceKey& key) {
    const auto item = m_traces.find(key);
    if (item != m_traces.end() && item->whole)
        *item = {item->whole, true, nullptr};
}

std::vector<TraceResult> TraceStore::alike(const std::vector<TraceKey>& keys, std::size_t object) const {
    std::vector<TraceResult> found;
    for (const TraceKey& key : keys) {
        const Item item = find(key);
        if (!item.complete || object >= item.trace->objects.size())
            continue;
        found.push_back(*item.trace);
        auto& objects = found.back().objects;
        objects = {objects[object]};
    }
    return found;
}

void TraceStore::clear() {
    m_traces.clear();
    m_secondsPerCell = 0;
}

} // namespace emend::ui
