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
    fs::path folder;
    if (const std::string given = environment("EMEND_CACHE"); !given.empty())
        folder = given;
    else if (const std::string xdg = environment("XDG_CACHE_HOME"); !xdg.empty())
        folder = fs::path(xdg) / "emend";
    else if (const std::string home = environment("HOME"); !home.empty())
        folder = fs::path(home) / ".cache" / "emend";
    else
        throw Error("there is no place for the cache: HOME is not set", "cache", "set EMEND_CACHE to a folder");
    std::error_code failed;
    fs::create_directories(folder, failed);
    if (failed || !fs::is_directory(folder, failed)) {
        throw Error("the cache folder cannot be made" + (failed ? ": " + failed.message() : ""), folder.string(),
                    "set EMEND_CACHE to a folder you may write to");
    }
    return folder.string();
}

std::string presets_dir() {
    if (const std::string given = environment("EMEND_CONFIG"); !given.empty())
        return (fs::path(given) / "presets").string();
    if (const std::string xdg = environment("XDG_CONFIG_HOME"); !xdg.empty())
        return (fs::path(xdg) / "emend" / "presets").string();
    if (const std::string home = environment("HOME"); !home.empty())
        return (fs::path(home) / ".config" / "emend" / "presets").string();
    throw Error("there is no place for presets: HOME is not set", "presets", "set EMEND_CONFIG to a folder");
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
