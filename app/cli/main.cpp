// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine_loader.h"
#include "interrupt.h"
#include "program.h"

int main(int argc, char** argv) {
    emend::prepare_process();
    const emend::cli::Interrupt interrupt;
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
