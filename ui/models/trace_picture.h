// SPDX-License-Identifier: GPL-3.0-or-later
// A causal trace as it is drawn and read out: maps of tokens x layers side by side on one scale. Made from traces of
// one fact (a map a kind) or from averages over facts (tokens by their role). Plain values.
#pragma once

#include "emend/trace.h"

#include <QString>

#include <memory>
#include <vector>

namespace emend::ui {

// Whose probability is followed: what the model says by itself, or one of the edit's objects.
enum class TracedObject { Own, New, True };

struct TracePicture {
    struct Row {
        QString text; // "ower", visible blanks
        QString role; // "last subject token"
        bool subject = false;
        bool last_subject = false;
        std::size_t facts = 0; // of averages: that have such a token
    };
    struct Map {
        TraceKind kind = TraceKind::hidden;
        int window = 1;
        double clean = 0;
        double corrupted = 0;
        std::vector<double> values; // [rows][layers]; NaN: not run (yet)
        std::vector<double> spread; // of averages: standard deviation over the facts, like values
    };
    QString title;  // "Eiffel Tower"
    QString object; // "Paris"; of averages: empty
    QString prompt;
    int layers = 0;
    int samples = 0;
    double noise = 0;
    std::size_t facts = 1;
    bool average = false; // values are effects: what came back, above the corrupted probability
    double low = 0;       // ends of the colour scale
    double high = 1;
    bool diverging = false; // some effects are negative: the scale has 0 in its middle
    std::vector<Row> rows;
    std::vector<Map> maps;

    struct Cell {
        int map = -1;
        int row = -1;
        int layer = -1;
        [[nodiscard]] bool isValid() const { return map >= 0; }
        bool operator==(const Cell&) const = default;
    };
    [[nodiscard]] double value(const Cell& cell) const { return of(maps[at(cell.map)].values, cell); }
    [[nodiscard]] double spread(const Cell& cell) const { return of(maps[at(cell.map)].spread, cell); }
    // Where most comes back among the subject's tokens; invalid while nothing is known. Elsewhere it says less: the
    // topmost state of the last token is the answer itself.
    [[nodiscard]] Cell best(int map) const;
    [[nodiscard]] bool isComplete() const; // every cell was run
    [[nodiscard]] bool isEmpty() const { return maps.empty(); }

  private:
    static std::size_t at(int index) { return static_cast<std::size_t>(index); }
    [[nodiscard]] double of(const std::vector<double>& cells, const Cell& cell) const {
        return cells[at(cell.row) * at(layers) + at(cell.layer)];
    }
};

// A map a kind asked for; `traces`: one a kind, null where there is none yet (its cells are not run). At least one is
// there.
TracePicture pictureOf(const std::vector<TraceKind>& kinds,
                       const std::vector<std::shared_ptr<const TraceResult>>& traces, std::size_t object);
TracePicture pictureOf(const std::vector<TraceAverage>& averages); // at least one

QString kindName(TraceKind kind);                   // "Hidden state"
QString kindInSentence(TraceKind kind, int window); // "the hidden state", "the MLP's output (10 layers around it)"

} // namespace emend::ui
