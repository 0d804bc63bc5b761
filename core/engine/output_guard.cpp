// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/output_guard.h"

#include "emend/output_guard.h"

namespace emend {

void check_output(const OpenModel& open, const std::string& file) {
    check_outside_model(file, open.info.path);
}

} // namespace emend
