// SPDX-License-Identifier: GPL-3.0-or-later
// A chart as a file: PNG at three times the screen's resolution, SVG, PDF. Written atomically.
#pragma once

#include <QByteArray>
#include <QString>

class QCustomPlot;

namespace emend::ui {

enum class ChartFormat { Png, Svg, Pdf };

QByteArray renderChart(QCustomPlot& plot, ChartFormat format, const QString& title);

// Replaces `path` when all of it is on disk; returns what went wrong, or an empty string.
QString writeFile(const QString& path, const QByteArray& bytes);

} // namespace emend::ui
