// SPDX-License-Identifier: GPL-3.0-or-later
// A chart as a file: PNG at any scale, SVG, PDF; its numbers as a table. Written atomically.
#pragma once

#include <QByteArray>
#include <QString>

class QCustomPlot;

namespace emend::ui {

enum class ChartFormat { Png, Svg, Pdf };

// A PNG has `scale` times the size on the screen, the others are drawn in lines.
QByteArray renderChart(QCustomPlot& plot, ChartFormat format, const QString& title, double scale);

// The same table with tabs between the cells; quoted cells stay as they are.
QString tabSeparated(const QString& csv);

// To the clipboard: as CSV, and with tabs, which is what spreadsheets take without asking.
void copyTable(const QString& csv);

// Replaces `path` when all of it is on disk; returns what went wrong, or an empty string.
QString writeFile(const QString& path, const QByteArray& bytes);

} // namespace emend::ui
