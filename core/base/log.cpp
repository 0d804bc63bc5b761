// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <mutex>
#include <utility>

namespace emend {
namespace {

struct Log {
    std::recursive_mutex mutex; // a sink may log, or set another sink
    LogSink sink;
    std::atomic<LogLevel> level{LogLevel::Info};
    std::shared_ptr<spdlog::logger> console;

    Log() {
        console = std::make_shared<spdlog::logger>("emend", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
        console->set_pattern("%H:%M:%S %^%l%$ %v");
        console->set_level(spdlog::level::trace);
        console->flush_on(spdlog::level::trace);
    }
};

// Never destroyed: threads may log while the program ends.
Log& the_log() {
    static Log* log = new Log;
    return *log;
}

spdlog::level::level_enum console_level(LogLevel level) {
    switch (level) {
    case LogLevel::Debug:
        return spdlog::level::debug;
    case LogLevel::Info:
        return spdlog::level::info;
    case LogLevel::Warning:
        return spdlog::level::warn;
    case LogLevel::Error:
        break;
    }
    return spdlog::level::err;
}

void write(LogLevel level, const std::string& message) {
    Log& log = the_log();
    if (level < log.level.load())
        return;
    const std::lock_guard lock(log.mutex);
    if (const LogSink sink = log.sink)
        sink(level, message);
    else
        log.console->log(console_level(level), "{}", message);
}

} // namespace

void log_debug(const std::string& message) {
    write(LogLevel::Debug, message);
}
void log_info(const std::string& message) {
    write(LogLevel::Info, message);
}
void log_warning(const std::string& message) {
    write(LogLevel::Warning, message);
}
void log_error(const std::string& message) {
    write(LogLevel::Error, message);
}

void set_log_level(LogLevel level) {
    the_log().level = level;
}

void set_log_sink(LogSink sink) {
    Log& log = the_log();
    const std::lock_guard lock(log.mutex);
    log.sink = std::move(sink);
}

} // namespace emend
