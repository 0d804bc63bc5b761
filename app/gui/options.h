// SPDX-License-Identifier: GPL-3.0-or-later
// The window's command line.
#pragma once

#include "shell/screenshot.h"

#include <QString>
#include <QStringList>

#include <optional>

namespace emend::ui {

struct Options {
    QString model;   // folder; empty or "demo": the bundled one
    QString session; // file; brings its model
    std::optional<ScreenshotOptions> screenshot;
    std::optional<ThemeMode> theme;
};

// Ends the program on --help and --version.
// Returns what is wrong with the arguments, or an empty string.
QString parseOptions(const QStringList& arguments, Options& options);

} // namespace emend::ui
