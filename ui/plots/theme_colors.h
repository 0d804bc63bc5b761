// SPDX-License-Identifier: GPL-3.0-or-later
// The window's colours, light and dark: neutral greys and one accent; red, green and amber only where they mean
// something, and never alone (a sign or a word says the same).
#pragma once

#include <QColor>
#include <QPalette>

namespace emend::ui {

struct ThemeColors {
    bool dark;
    QColor window;  // behind the panels
    QColor surface; // tables, views, fields
    QColor raised;  // headers, buttons
    QColor border;
    QColor grid; // inside tables and charts
    QColor text;
    QColor muted; // explanations, captions; still readable (4.5 : 1)
    QColor accent;
    QColor onAccent;   // text on the accent
    QColor accentSoft; // selected rows, the subject's tokens
    QColor neutralBar; // what was before
    QColor danger;
    QColor success;
    QColor mark; // behind tokens that differ

    static const ThemeColors& light();
    static const ThemeColors& darkOnes();
    // Those that belong to a palette: by the lightness of its window.
    static const ThemeColors& of(const QPalette& palette);

    [[nodiscard]] QPalette palette() const;
};

// WCAG 2: 1 to 21.
double contrast(const QColor& a, const QColor& b);

} // namespace emend::ui
