// SPDX-License-Identifier: GPL-3.0-or-later
// A compiled PCRE2 pattern in Unicode mode, with white space as Unicode defines it and a match limit, so that no text
// can make the pattern run away. Thread safety: const, may be used from several threads at once.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace emend {

class Regex {
  public:
    // Throws Error with the position in the pattern when it does not compile. `where` names the file for errors.
    Regex(const std::string& pattern, const std::string& where);

    // Calls found(begin, end) for every non-empty match from left to right. The text must be valid UTF-8. Throws Error
    // when the match limit is reached.
    void for_each_match(std::string_view text, const std::function<void(std::size_t, std::size_t)>& found) const;

  private:
    struct Code;
    std::shared_ptr<const Code> code_;
};

// `text` written so that a pattern matches it literally.
[[nodiscard]] std::string regex_escape(std::string_view text);

} // namespace emend
