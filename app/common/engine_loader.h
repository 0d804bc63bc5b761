// SPDX-License-Identifier: GPL-3.0-or-later
// Opens the engine library and makes an engine. Loading LibTorch takes about a second, so programs do this on the
// thread that will own the engine, after they have shown something. The library stays loaded until the program ends:
// LibTorch keeps threads and exit handlers of its own, and results may hold code from it. Thread safety: may be called
// from any thread; the engine belongs to the thread that made it.
#pragma once

#include "emend/engine.h"

#include <memory>
#include <string>

namespace emend {

// Settings of the process that libraries read when they are loaded. Call first in main, while there is one thread.
void prepare_process();

// path: the library; empty: engine_library() of emend/paths.h. Throws Error when it is missing, cannot be loaded (with
// the loader's own words) or is not an engine.
std::unique_ptr<Engine> load_engine(const std::string& path = {});

} // namespace emend
