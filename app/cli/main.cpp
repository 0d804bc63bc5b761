// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine_loader.h"
#include "interrupt.h"
#include "program.h"

#include <cstdio>
#include <cstdlib>
#include <iostream>

namespace {

int run(int argc, char** argv) {
    const emend::Interrupt interrupt;
    emend::cli::Program program(interrupt.token());
    add_info(program);
    add_tokenize(program);
    add_logits(program);
    add_generate(program);
    add_statistics(program);
    add_trace(program);
    add_edit(program);
    add_try(program);
    add_session(program);
    add_export(program);
    add_demo(program);
    return program.run(argc, argv);
}

} // namespace

int main(int argc, char** argv) {
    emend::prepare_process();
    const int code = run(argc, argv);
    std::cout.flush();
    std::cerr.flush();
    std::fflush(nullptr);
    // All that was ours is gone. The libraries behind LibTorch would take their tables apart, for a tenth of what a
    // short command takes.
    std::_Exit(code);
}
