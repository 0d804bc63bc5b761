// SPDX-License-Identifier: GPL-3.0-or-later
#include "emend/paths.h"

#include "emend/error.h"

#include <cstdlib>
#include <filesystem>
#include <vector>

namespace emend {

namespace {

namespace fs = std::filesystem;

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}

fs::path program_folder() {
    std::error_code failed;
    const fs::path program = fs::read_symlink("/proc/self/exe", failed);
    return failed ? fs::current_path(failed) : program.parent_path();
}

std::string joined(const std::vector<fs::path>& places) {
    std::string text;
    for (const fs::path& place : places)
        text += (text.empty() ? "" : ", ") + place.string();
    return text;
}

// Ours by its own variable, or "emend" in the desktop's folder for such things, or in the home folder.
fs::path user_folder(const char* own, const char* xdg, const char* below_home, const std::string& what) {
    if (const std::string given = environment(own); !given.empty())
        return given;
    if (const std::string given = environment(xdg); !given.empty())
        return fs::path(given) / "emend";
    if (const std::string home = environment("HOME"); !home.empty())
        return fs::path(home) / below_home / "emend";
    throw Error("there is no place for " + what + ": HOME is not set", what,
                std::string("set ") + own + " to a folder");
}

std::string made(const fs::path& folder, const std::string& what, const std::string& variable) {
    std::error_code failed;
    fs::create_directories(folder, failed);
    if (failed || !fs::is_directory(folder, failed)) {
        throw Error(what + " cannot be made" + (failed ? ": " + failed.message() : ""), folder.string(),
                    "set " + variable + " to a folder you may write to");
    }
    return folder.string();
}

} // namespace

std::string resources_dir() {
    std::error_code ignored;
    std::vector<fs::path> places;
    if (const std::string given = environment("EMEND_RESOURCES"); !given.empty())
        places = {given}; // said on purpose: no other place will do
    else
        places = {(program_folder() / "../share/emend").lexically_normal(), EMEND_SOURCE_RESOURCES};
    for (const fs::path& place : places)
        if (fs::is_directory(place, ignored))
            return place.string();
    throw Error("the program's resources are missing", joined(places),
                "set EMEND_RESOURCES to the folder that holds demo_model and relations");
}

std::string demo_model_dir() {
    return (fs::path(resources_dir()) / "demo_model").string();
}

std::string cache_dir() {
    return made(user_folder("EMEND_CACHE", "XDG_CACHE_HOME", ".cache", "the cache"), "the cache folder", "EMEND_CACHE");
}

std::string sessions_dir() {
    return made(user_folder("EMEND_DATA", "XDG_DATA_HOME", ".local/share", "sessions") / "sessions",
                "the folder of sessions", "EMEND_DATA");
}

std::string presets_dir() {
    return (user_folder("EMEND_CONFIG", "XDG_CONFIG_HOME", ".config", "presets") / "presets").string();
}

std::string engine_library() {
    if (std::string given = environment("EMEND_ENGINE"); !given.empty())
        return given;
    const fs::path program = program_folder();
    const fs::path installed = (program / "../lib/emend/libemend_engine.so").lexically_normal();
    std::error_code ignored;
    if (fs::exists(installed, ignored))
        return installed.string();
    return (program / "../lib/libemend_engine.so").lexically_normal().string();
}

} // namespace emend
