// SPDX-License-Identifier: GPL-3.0-or-later
// The header of a .npy member: {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }
#include "emend/error.h"
#include "storage/npz.h"

#include <charconv>

namespace emend {

namespace {

constexpr std::size_t dimension_limit = 32; // numpy's own

class HeaderText {
  public:
    HeaderText(std::string_view text, const std::string& where)
        : text_(text)
        , where_(where) {}

    [[noreturn]] void fail(const std::string& what) const {
        throw Error("the array's header is broken: " + what,
                    where_ + ", byte " + std::to_string(at_) + " of the header",
                    "the file is damaged or not written by numpy; download or make it again");
    }
    // Whether the next thing is this; if so it is passed over.
    bool take(std::string_view token) {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t'))
            ++at_;
        if (!text_.substr(at_).starts_with(token))
            return false;
        at_ += token.size();
        return true;
    }
    void need(std::string_view token) {
        if (!take(token))
            fail("\"" + std::string(token) + "\" is missing");
    }
    std::string quoted() {
        const bool single = take("'");
        if (!single && !take("\""))
            fail("a name in quotes is missing");
        const std::size_t end = text_.find(single ? '\'' : '"', at_);
        if (end == std::string_view::npos)
            fail("a name has no end");
        std::string value(text_.substr(at_, end - at_));
        at_ = end + 1;
        return value;
    }
    std::int64_t integer() {
        static_cast<void>(take("")); // blanks
        std::int64_t value = -1;
        const auto [end, fault] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
        if (fault != std::errc() || value < 0)
            fail("a size is no number");
        at_ = static_cast<std::size_t>(end - text_.data());
        static_cast<void>(take("L")); // Python 2 wrote long integers so
        return value;
    }
    bool at_end() {
        static_cast<void>(take(""));
        return at_ == text_.size();
    }

  private:
    std::string_view text_;
    const std::string& where_;
    std::size_t at_ = 0;
};

std::vector<std::int64_t> read_shape(HeaderText& text) {
    std::vector<std::int64_t> shape;
    text.need("(");
    while (!text.take(")")) {
        if (shape.size() == dimension_limit)
            text.fail("it has more than " + std::to_string(dimension_limit) + " dimensions");
        shape.push_back(text.integer());
        if (!text.take(",")) {
            text.need(")");
            break;
        }
    }
    return shape;
}

} // namespace

NpzArray parse_npy_header(std::string_view header, const std::string& where) {
    HeaderText text(header, where);
    NpzArray array;
    bool has_type = false;
    bool has_order = false;
    bool has_shape = false;
    const auto once = [&](bool& seen, const std::string& key) {
        if (seen)
            text.fail("it says " + key + " twice");
        seen = true;
    };
    text.need("{");
    while (!text.take("}")) {
        const std::string key = text.quoted();
        text.need(":");
        if (key == "descr") {
            once(has_type, key);
            if (text.take("["))
                throw Error("the array is of records, not of numbers", where,
                            "statistics are arrays of float32 or float64");
            array.type = text.quoted();
        } else if (key == "fortran_order") {
            once(has_order, key);
            array.fortran_order = text.take("True");
            if (!array.fortran_order)
                text.need("False");
        } else if (key == "shape") {
            once(has_shape, key);
            array.shape = read_shape(text);
        } else {
            text.fail("it says " + key.substr(0, 40) + ", which is not known");
        }
        if (!text.take(",")) {
            text.need("}");
            break;
        }
    }
    if (!has_type || !has_order || !has_shape)
        text.fail("descr, fortran_order or shape is missing");
    if (!text.at_end())
        text.fail("something stands behind it");
    return array;
}

std::uint64_t npy_element_bytes(std::string_view type) noexcept {
    if (type.size() != 3)
        return 0;
    const char order = type[0];
    const auto size = static_cast<std::uint64_t>(type[2] - '0');
    if (size != 1 && size != 2 && size != 4 && size != 8)
        return 0;
    if (order != '<' && !((order == '|' || order == '=') && size == 1))
        return 0;
    switch (type[1]) {
    case 'f':
        return size >= 2 ? size : 0;
    case 'i':
    case 'u':
        return size;
    case 'b':
        return size == 1 ? 1 : 0;
    default:
        return 0;
    }
}

std::string describe(const NpzArray& array) {
    std::string text = array.type + " [";
    for (std::size_t i = 0; i < array.shape.size(); ++i)
        text += (i == 0 ? "" : ", ") + std::to_string(array.shape[i]);
    return text + (array.fortran_order ? "], columns first" : "]");
}

} // namespace emend
