// SPDX-License-Identifier: GPL-3.0-or-later
// Where the program finds what it ships and keeps what it computes.
#pragma once

#include <string>

namespace emend {

// Folder with demo_model/ and relations/: $EMEND_RESOURCES, else ../share/emend beside the program, else the source
// tree it was built from. Throws Error naming every place looked at.
std::string resources_dir();
std::string demo_model_dir();
// Statistics and other recomputable files: $EMEND_CACHE, else $XDG_CACHE_HOME/emend, else ~/.cache/emend. Created when
// missing.
std::string cache_dir();
// The user's own recipes, one JSON file each: $EMEND_CONFIG/presets, else $XDG_CONFIG_HOME/emend/presets, else
// ~/.config/emend/presets. Not created here.
std::string presets_dir();
// Sessions that were not saved by name yet: $EMEND_DATA/sessions, else $XDG_DATA_HOME/emend/sessions, else
// ~/.local/share/emend/sessions. Created when missing.
std::string sessions_dir();
// The engine library: $EMEND_ENGINE, else beside the program's libraries.
std::string engine_library();

} // namespace emend
