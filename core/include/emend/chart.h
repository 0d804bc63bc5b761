// SPDX-License-Identifier: GPL-3.0-or-later
// Pictures for papers and files, on white paper: a trace as heat maps, the trade-off over softness as curves. Plain
// functions from values to the bytes of a file; nothing is written here. Thread safety: no state.
#pragma once

#include "emend/report.h"
#include "emend/trace.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace emend {

// png: pixels. svg: texts stay texts, cells tell their number on hover. pdf: one page, as large as the picture.
enum class ChartFormat { png, svg, pdf };

// By the ending of the file's name, in any case; unset: another one.
std::optional<ChartFormat> chart_format_of(std::string_view file);

// scale: pixels of a PNG for one unit, which is a pixel of the SVG and a point of the PDF; those two have no pixels.
// Throws Error for a scale that is not above 0, and where the PNG would have more pixels than can be drawn.

// Tokens down, layers across, a map an object, all on one colour scale. The subject's tokens are marked, cells that
// were not run are hatched.
std::string render_trace(const TraceResult& trace, ChartFormat format, double scale = 1);
// Roles of tokens down: the mean indirect effect, and its standard deviation over the facts. Colours on both sides of
// nothing where some effect is below it.
std::string render_trace(const TraceAverage& average, ChartFormat format, double scale = 1);
struct NamedFrontier {
    std::string name; // "root-spread"
    Frontier frontier;
};
// Preservation across and memorization up, both logarithmic, a line a layer and one for all; the softness of the batch
// is marked. others: laid over it, the line for all their layers. Without statistics the size of the update stands for
// preservation. Throws Error when there is no point.
std::string render_frontier(const Frontier& frontier, ChartFormat format, double scale = 1,
                            const std::vector<NamedFrontier>& others = {});

} // namespace emend
