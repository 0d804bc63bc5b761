// SPDX-License-Identifier: GPL-3.0-or-later
// Nothing that is written may land on the user's checkpoint. Thread safety: no state.
#pragma once

#include "emend/error.h"

#include <algorithm>
#include <filesystem>
#include <string>
#include <system_error>

namespace emend {

// Throws Error when `file` lies in the model's folder, by name or through links, or is one of its files under another
// name (a hard link, the blob a link in the folder leads to). An empty name is fine, and so is a folder that is not
// there.
inline void check_outside_model(const std::string& file, const std::string& model_folder) {
    if (file.empty() || model_folder.empty())
        return;
    namespace fs = std::filesystem;
    std::error_code none; // what is not there or cannot be looked at is nobody's twin
    const fs::path target = fs::weakly_canonical(fs::absolute(file), none);
    const fs::path folder = fs::weakly_canonical(fs::absolute(model_folder), none);
    bool inside = std::ranges::mismatch(folder, target).in1 == folder.end();
    if (!inside && fs::exists(target, none)) {
        fs::directory_iterator entry(folder, fs::directory_options::skip_permission_denied, none);
        for (; !none && !inside && entry != fs::directory_iterator(); entry.increment(none)) {
            std::error_code unequal;
            inside = fs::equivalent(target, entry->path(), unequal);
        }
    }
    if (inside)
        throw Error("the model's own folder is never written to", file, "choose a file outside " + folder.string());
}

} // namespace emend
