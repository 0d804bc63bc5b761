// SPDX-License-Identifier: GPL-3.0-or-later
#include "emend/tokens.h"

#include <dtl/dtl.hpp>

namespace emend {

std::pair<std::vector<bool>, std::vector<bool>> token_difference(const std::vector<std::int32_t>& before,
                                                                 const std::vector<std::int32_t>& after) {
    dtl::Diff<std::int32_t, std::vector<std::int32_t>> diff(before, after);
    diff.compose();
    std::pair<std::vector<bool>, std::vector<bool>> differs;
    for (const auto& [token, info] : diff.getSes().getSequence()) {
        if (info.type != dtl::SES_ADD)
            differs.first.push_back(info.type == dtl::SES_DELETE);
        if (info.type != dtl::SES_DELETE)
            differs.second.push_back(info.type == dtl::SES_ADD);
    }
    return differs;
}

} // namespace emend
