// SPDX-License-Identifier: GPL-3.0-or-later
// What the fuzzers call: each takes any bytes as a file. Bytes that are no sound file must end in an Error, never in
// another exception, a read outside the file or a hang.
#pragma once

#include <string_view>

namespace emend::fuzz {

// Each returns whether the bytes were accepted.
bool safetensors(std::string_view bytes);
bool tokenizer(std::string_view bytes);
bool edits(std::string_view bytes);
bool npz(std::string_view bytes);

} // namespace emend::fuzz
