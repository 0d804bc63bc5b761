// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/theme_colors.h"

#include <algorithm>
#include <cmath>

namespace emend::ui {

const ThemeColors& ThemeColors::light() {
    static const ThemeColors colors{.dark = false,
                                    .window = QColor(0xf3f5f6),
                                    .surface = QColor(0xffffff),
                                    .raised = QColor(0xf9fafb),
                                    .border = QColor(0xd3d9de),
                                    .grid = QColor(0xe8ecef),
                                    .text = QColor(0x1b2227),
                                    .muted = QColor(0x56636d),
                                    .accent = QColor(0x0b6e69),
                                    .onAccent = QColor(0xffffff),
                                    .accentSoft = QColor(0xd9eeec),
                                    .neutralBar = QColor(0xaab5bd),
                                    .danger = QColor(0xb3261e),
                                    .success = QColor(0x1b7340),
                                    .mark = QColor(0xffe6b0)};
    return colors;
}

const ThemeColors& ThemeColors::darkOnes() {
    static const ThemeColors colors{.dark = true,
                                    .window = QColor(0x171b1e),
                                    .surface = QColor(0x1e2327),
                                    .raised = QColor(0x252b30),
                                    .border = QColor(0x363e45),
                                    .grid = QColor(0x2b3237),
                                    .text = QColor(0xe2e7ea),
                                    .muted = QColor(0x9ba8b1),
                                    .accent = QColor(0x4cc4bb),
                                    .onAccent = QColor(0x0c1a19),
                                    .accentSoft = QColor(0x1b3d3a),
                                    .neutralBar = QColor(0x66727b),
                                    .danger = QColor(0xff8a80),
                                    .success = QColor(0x69cf95),
                                    .mark = QColor(0x5c4713)};
    return colors;
}

const ThemeColors& ThemeColors::of(const QPalette& palette) {
    return palette.color(QPalette::Window).lightness() < 128 ? darkOnes() : light();
}

QPalette ThemeColors::palette() const {
    QPalette palette(text, raised, raised, border, border, text, text, surface, window);
    palette.setColor(QPalette::AlternateBase, raised);
    palette.setColor(QPalette::Button, raised);
    palette.setColor(QPalette::Light, raised.lighter(dark ? 120 : 105));
    palette.setColor(QPalette::Midlight, grid);
    palette.setColor(QPalette::Mid, border);
    palette.setColor(QPalette::Dark, border.darker(115));
    palette.setColor(QPalette::Shadow, QColor(0, 0, 0, dark ? 160 : 60));
    palette.setColor(QPalette::Highlight, accent);
    palette.setColor(QPalette::HighlightedText, onAccent);
    palette.setColor(QPalette::Link, accent);
    palette.setColor(QPalette::LinkVisited, accent);
    palette.setColor(QPalette::PlaceholderText, muted);
    palette.setColor(QPalette::ToolTipBase, surface);
    palette.setColor(QPalette::ToolTipText, text);
    palette.setColor(QPalette::BrightText, danger);
    QColor faint = muted;
    faint.setAlphaF(0.6F);
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText, QPalette::HighlightedText})
        palette.setColor(QPalette::Disabled, role, faint);
    palette.setColor(QPalette::Disabled, QPalette::Highlight, border);
    return palette;
}

double contrast(const QColor& a, const QColor& b) {
    const auto luminance = [](const QColor& color) {
        const auto linear = [](double c) { return c <= 0.03928 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4); };
        return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) + 0.0722 * linear(color.blueF());
    };
    const double la = luminance(a);
    const double lb = luminance(b);
    return (std::max(la, lb) + 0.05) / (std::min(la, lb) + 0.05);
}

} // namespace emend::ui
