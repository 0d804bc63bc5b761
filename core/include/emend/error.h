// SPDX-License-Identifier: GPL-3.0-or-later
// The one exception core throws for faults that are not ours: bad files, bad edits, no memory. It is caught once, at
// the job boundary, and shown where it happened. Programmer errors are asserts.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace emend {

class Error : public std::runtime_error {
  public:
    // what: the fault in one sentence. where: file, tensor, row, byte - as exact as known, may be empty.
    // hint: what the user can do next, may be empty.
    explicit Error(std::string what, std::string where = {}, std::string hint = {})
        : std::runtime_error(where.empty() ? what : what + " (" + where + ")")
        , what_(std::move(what))
        , where_(std::move(where))
        , hint_(std::move(hint)) {}

    [[nodiscard]] const std::string& message() const noexcept { return what_; }
    [[nodiscard]] const std::string& where() const noexcept { return where_; }
    [[nodiscard]] const std::string& hint() const noexcept { return hint_; }

  private:
    std::string what_;
    std::string where_;
    std::string hint_;
};

// The file was made for another model. Whoever knows that the two are alike may force it.
class ForeignModel : public Error {
  public:
    using Error::Error;
};

// A session's file does not hold what was written into it. rescue_session may find the rest.
class DamagedSession : public Error {
  public:
    using Error::Error;
};

// Thrown by JobContext::check when a stop was asked for. Not an Error: nothing went wrong, nothing was changed.
class Cancelled : public std::runtime_error {
  public:
    Cancelled()
        : std::runtime_error("cancelled") {}
};

} // namespace emend
