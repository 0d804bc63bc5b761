// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/settings.h"

#include "models/norm_history_model.h"

#include <QStringList>

#include <array>

namespace emend::ui {

namespace {

struct Entry {
    Setting setting;
    const char* key;
    QVariant fallback;
};

const Entry& entry(Setting setting) {
    static const std::array<Entry, static_cast<std::size_t>(Setting::Count)> table{{
        {Setting::Geometry, "window/geometry", QByteArray()},
        {Setting::WindowState, "window/state", QByteArray()},
        {Setting::Splitter, "window/splitter", QByteArray()},
        {Setting::Theme, "look/theme", QStringLiteral("system")}, // system, light, dark
        {Setting::TextSize, "look/text_size", 0},                 // steps of one point from the system's size
        {Setting::RecentModels, "models/recent", QStringList()},
        {Setting::LastFolder, "models/last_folder", QString()},
        {Setting::RecentSessions, "sessions/recent", QStringList()},
        {Setting::LastSessionFolder, "sessions/last_folder", QString()},
        {Setting::NormAlarm, "update/norm_alarm", NormHistoryModel::usualBound}, // of |W - W0| / |W0|
        {Setting::LastExport, "export/last_folder", QString()},
    }};
    const Entry& found = table[static_cast<std::size_t>(setting)];
    Q_ASSERT(found.setting == setting);
    return found;
}

constexpr int mostRecent = 10;

} // namespace

Settings::Settings(const QString& file)
    : m_store(file.isEmpty() ? std::make_unique<QSettings>(QSettings::IniFormat, QSettings::UserScope,
                                                           QStringLiteral("emend"), QStringLiteral("emend"))
                             : std::make_unique<QSettings>(file, QSettings::IniFormat)) {}

QString Settings::key(Setting setting) {
    return QString::fromLatin1(entry(setting).key);
}

QVariant Settings::get(Setting setting) const {
    return m_store->value(key(setting), entry(setting).fallback);
}

void Settings::set(Setting setting, const QVariant& value) {
    m_store->setValue(key(setting), value);
}

void Settings::reset(Setting setting) {
    m_store->remove(key(setting));
}

void Settings::addRecent(Setting list, const QString& path) {
    QStringList recent = get(list).toStringList();
    recent.removeAll(path);
    recent.prepend(path);
    set(list, QStringList(recent.mid(0, mostRecent)));
}

void Settings::addRecentModel(const QString& path) {
    addRecent(Setting::RecentModels, path);
}

void Settings::addRecentSession(const QString& path) {
    addRecent(Setting::RecentSessions, path);
}

} // namespace emend::ui
