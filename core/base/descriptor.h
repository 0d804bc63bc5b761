// SPDX-License-Identifier: GPL-3.0-or-later
// A file descriptor that closes itself. Movable; belongs to one thread.
#pragma once

#include <unistd.h>
#include <utility>

namespace emend {

class Descriptor {
  public:
    Descriptor() = default;
    explicit Descriptor(int value) noexcept // -1: nothing is open
        : value_(value) {}
    ~Descriptor() {
        if (value_ >= 0)
            ::close(value_);
    }
    Descriptor(Descriptor&& other) noexcept
        : value_(other.release()) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(value_, other.value_);
        return *this;
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    [[nodiscard]] int get() const noexcept { return value_; }
    [[nodiscard]] int release() noexcept { return std::exchange(value_, -1); }

  private:
    int value_ = -1;
};

} // namespace emend
