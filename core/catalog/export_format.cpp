// SPDX-License-Identifier: GPL-3.0-or-later
#include "emend/error.h"
#include "emend/export.h"

#include <array>
#include <string>
#include <utility>

namespace emend {

namespace {

constexpr std::array<std::pair<ExportFormat, std::string_view>, 3> formats{
    {{ExportFormat::folder, "folder"}, {ExportFormat::delta, "delta"}, {ExportFormat::lora, "lora"}}};

} // namespace

std::string_view to_text(ExportFormat format) {
    for (const auto& [known, text] : formats)
        if (known == format)
            return text;
    return {};
}

ExportFormat export_format_from(std::string_view text) {
    for (const auto& [format, known] : formats)
        if (known == text)
            return format;
    throw Error("the format \"" + std::string(text) + "\" is not known", "format", "known: folder, delta, lora");
}

} // namespace emend
