// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/output_guard.h"

#include "emend/error.h"

#include <algorithm>
#include <filesystem>

namespace emend {

void check_output(const OpenModel& open, const std::string& file) {
    if (file.empty())
        return;
    namespace fs = std::filesystem;
    const fs::path target = fs::weakly_canonical(fs::absolute(file));
    const fs::path folder = fs::weakly_canonical(fs::absolute(open.info.path));
    bool inside = std::ranges::mismatch(folder, target).in1 == folder.end();
    std::error_code none; // a file that is not there is no shard's twin
    for (const SafetensorsFile& shard : open.folder->shards())
        inside = inside || fs::equivalent(target, shard.path(), none);
    if (inside)
        throw Error("the model's own folder is never written to", file, "choose a file outside " + folder.string());
}

} // namespace emend
