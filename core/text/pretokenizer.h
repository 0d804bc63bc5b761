// SPDX-License-Identifier: GPL-3.0-or-later
// Cuts a text into the words within which pairs are merged: one or more patterns, each applied to the pieces of the one
// before. Thread safety: const after construction.
#pragma once

#include "text/regex.h"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace emend {

class Pretokenizer {
  public:
    // GPT-2's own: the pattern of its byte-level tokenizer.
    static Pretokenizer gpt2(bool add_prefix_space);
    // From the "pre_tokenizer" of a tokenizer.json: ByteLevel, or a Sequence of Split and ByteLevel. Throws Error
    // naming a kind or an option that is not built.
    static Pretokenizer from_json(const nlohmann::json& json, const std::string& where);

    // Whether a space is put before a text that does not begin with one.
    [[nodiscard]] bool adds_prefix_space() const noexcept { return adds_prefix_space_; }

    // Appends the pieces, which follow each other without gap and cover the text. The text must be valid UTF-8.
    void split(std::string_view text, std::vector<std::string_view>& pieces) const;

  private:
    void read(const nlohmann::json& json, const std::string& where);

    std::vector<Regex> patterns_;
    bool adds_prefix_space_ = false;
    bool byte_level_ = false;
};

} // namespace emend
