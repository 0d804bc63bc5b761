// SPDX-License-Identifier: GPL-3.0-or-later
// What the program remembers between starts: one table of keys and defaults, nothing is stored under any other name.
// UI thread only.
#pragma once

#include <QSettings>
#include <QVariant>

#include <memory>

namespace emend::ui {

enum class Setting {
    Geometry,
    WindowState,
    Splitter,
    Theme,
    TextSize,
    RecentModels,
    LastFolder,
    RecentSessions,
    LastSessionFolder,
    NormAlarm,
    LastExport,
    Count
};

class Settings {
  public:
    // `file` empty: the user's own; tests and screenshots bring a file of theirs.
    explicit Settings(const QString& file = {});

    [[nodiscard]] QVariant get(Setting setting) const;
    void set(Setting setting, const QVariant& value);
    void reset(Setting setting); // to its default
    [[nodiscard]] static QString key(Setting setting);

    // Most recent first, each once, at most ten.
    void addRecentModel(const QString& path);
    void addRecentSession(const QString& path);

  private:
    void addRecent(Setting list, const QString& path);

    std::unique_ptr<QSettings> m_store;
};

} // namespace emend::ui
