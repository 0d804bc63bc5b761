// SPDX-License-Identifier: GPL-3.0-or-later
// The log: one line per event, to standard error unless a sink is set (the window's log dock, the CLI's --quiet).
// Thread safety: all functions may be called from any thread; the sink is called on the caller's thread, one call at a
// time.
#pragma once

#include <functional>
#include <string>

namespace emend {

enum class LogLevel { Debug, Info, Warning, Error };

using LogSink = std::function<void(LogLevel, const std::string&)>;

void log_debug(const std::string& message);
void log_info(const std::string& message);
void log_warning(const std::string& message);
void log_error(const std::string& message);

// Messages below this level are dropped. Info at start.
void set_log_level(LogLevel level);
// Replaces standard error as the place messages go; an empty function brings it back.
void set_log_sink(LogSink sink);

} // namespace emend
