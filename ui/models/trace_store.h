// SPDX-License-Identifier: GPL-3.0-or-later
// The traces of this session's facts: what was traced once is there when its edit is selected again. A trace belongs to
// a text of an edit and to weights; one that was stopped half way is kept too. UI thread only.
#pragma once

#include "emend/trace.h"

#include <QHash>
#include <QString>

#include <memory>
#include <optional>
#include <vector>

namespace emend::ui {

struct TraceKey {
    quint64 row = 0;
    int revision = 0;
    TraceKind kind = TraceKind::hidden;
    bool own_object = true; // read for what the model says; false: for the edit's objects
    QString weights;        // which weights it was traced on
    int window = 1;         // of layers; 1 for hidden states
    int samples = 0;
    std::optional<double> noise = std::nullopt; // as it was asked for; unset: from the model
    bool operator==(const TraceKey&) const = default;
};
size_t qHash(const TraceKey& key, size_t seed = 0);

class TraceStore {
  public:
    struct Item {
        std::shared_ptr<const TraceResult> trace; // null: none
        bool complete = false;
        std::shared_ptr<const TraceResult> whole = nullptr; // of before, while another one grows
    };
    void put(const TraceKey& key, std::shared_ptr<const TraceResult> trace, bool complete);
    // The one that was growing will not be finished: what was whole before comes back; without it the cells stay.
    void giveUp(const TraceKey& key);
    void forget(const TraceKey& key) { m_traces.remove(key); } // it is of something else
    [[nodiscard]] Item find(const TraceKey& key) const { return m_traces.value(key); }
    // The complete ones among them, cut down to one object; those that have fewer objects say nothing of it and are
    // left out. Keys of one kind and one set of settings have traces that can be averaged.
    [[nodiscard]] std::vector<TraceResult> alike(const std::vector<TraceKey>& keys, std::size_t object) const;
    [[nodiscard]] double secondsPerCell() const { return m_secondsPerCell; } // and sample, of the last; 0: not known
    void clear();

  private:
    QHash<TraceKey, Item> m_traces;
    double m_secondsPerCell = 0;
};

} // namespace emend::ui
