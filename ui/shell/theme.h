// SPDX-License-Identifier: GPL-3.0-or-later
// The look of the program: Fusion with our own palettes, light and dark, one sheet for what a palette cannot say, and
// the size of the text. One per program; UI thread only.
#pragma once

#include <QFont>
#include <QIcon>
#include <QObject>
#include <QPalette>

namespace emend::ui {

enum class ThemeMode { System, Light, Dark };

ThemeMode themeModeFrom(const QString& name); // anything unknown: System
QString themeModeName(ThemeMode mode);

class Theme : public QObject {
    Q_OBJECT
  public:
    // Call once there is a QApplication and before its palette is touched: the system's choice is read from it.
    explicit Theme(QObject* parent = nullptr);

    void setMode(ThemeMode mode);
    [[nodiscard]] ThemeMode mode() const { return m_mode; }
    [[nodiscard]] bool isDark() const;
    // Points more or less than the system's size.
    void setTextStep(int step);
    [[nodiscard]] int textStep() const { return m_step; }

    static constexpr int least_step = -3;
    static constexpr int most_step = 12;

  signals:
    void changed();

  private:
    void apply();

    ThemeMode m_mode = ThemeMode::System;
    bool m_systemDark;
    QFont m_systemFont;
    int m_step = 0;
};

// While one lives the program has no sheet. With one, Qt dresses a widget anew each time something it stands in gets a
// parent: a window put together from the inside out spends half of its time on that. Dressed once, at the end, it has
// the same look.
class SheetPause {
  public:
    SheetPause();
    ~SheetPause();
    SheetPause(const SheetPause&) = delete;
    SheetPause& operator=(const SheetPause&) = delete;

  private:
    QString m_sheet;
};

// One of resources/icons in the palette's colours, sharp at any scale.
QIcon themeIcon(const QString& name, const QPalette& palette);

} // namespace emend::ui
