// SPDX-License-Identifier: GPL-3.0-or-later
// A text file of documents, one per line, checked as a whole before any of it is used. Immutable: may be shared between
// threads.
#pragma once

#include "base/file.h"
#include "emend/job.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace emend {

class Corpus {
  public:
    // Throws Error: missing, a folder, empty or blank, binary (zero bytes), not UTF-8 - with byte and line.
    static Corpus open(const std::string& path, const JobContext& job);

    [[nodiscard]] const std::string& sha256() const { return sha256_; }
    [[nodiscard]] std::uint64_t size() const { return text_.size(); } // bytes
    // The next document that is not blank, from byte `offset` on, which is moved behind it; empty at the end. No line
    // end in it. Offsets start at 0 and are only ever those this function set.
    [[nodiscard]] std::optional<std::string_view> next(std::uint64_t& offset) const;

  private:
    std::shared_ptr<const MappedFile> file_;
    std::string_view text_;
    std::string sha256_;
};

} // namespace emend
