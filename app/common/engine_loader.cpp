// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine_loader.h"

#include "emend/error.h"
#include "emend/paths.h"

#include <csignal>
#include <cstdlib>
#include <dlfcn.h>
#include <filesystem>

namespace emend {

namespace {

std::string loader_message() {
    const char* text = dlerror();
    return text ? text : "no reason given";
}

} // namespace

void prepare_process() {
    // OpenMP's threads wait for work by spinning for milliseconds. On a machine that does anything else, the window
    // included, that costs many times what the mathematics does: let them spin for microseconds, then sleep. Read when
    // libgomp is loaded.
    setenv("GOMP_SPINCOUNT", "2000", 0);
    // A file that grows over the account's limit (ulimit -f) is a fault that is told, and no end of the program.
    (void)std::signal(SIGXFSZ, SIG_IGN);
}

std::unique_ptr<Engine> load_engine(const std::string& path) {
    const std::string library = path.empty() ? engine_library() : path;
    std::error_code ignored;
    if (!std::filesystem::exists(library, ignored)) {
        throw Error("the engine library is missing", library,
                    "build it (cmake --build --preset release) or point EMEND_ENGINE at libemend_engine.so");
    }
    // The engine is linked to find all of its own functions at once, so that a wrong LibTorch is told here. Those of
    // the hundreds of libraries behind LibTorch need not be: most are never called.
    void* handle = dlopen(library.c_str(), RTLD_LAZY | RTLD_LOCAL | RTLD_NODELETE);
    if (!handle) {
        throw Error("the engine library cannot be loaded: " + loader_message(), library,
                    "LibTorch is missing or of another version than the one it was built with; packaging/run.sh "
                    "installs and builds what is needed");
    }
    dlerror();
    // A function pointer from a data pointer: POSIX promises it, C++ leaves it open.
    const auto create = reinterpret_cast<CreateEngine>(dlsym(handle, create_engine_symbol));
    if (!create) {
        throw Error(std::string("the library has no ") + create_engine_symbol + ": " + loader_message(), library,
                    "EMEND_ENGINE must name libemend_engine.so of this version");
    }
    std::unique_ptr<Engine> engine(create());
    if (!engine)
        throw Error("the engine library made no engine", library, "see the messages above");
    return engine;
}

} // namespace emend
