// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/npz.h"

#include "base/checked_math.h"
#include "emend/error.h"
#include "storage/safetensors.h"

#include <zip.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <optional>

namespace emend {

namespace {

constexpr std::string_view member_tail = ".npy";
constexpr std::string_view magic = "\x93NUMPY";
constexpr zip_int64_t member_limit = 10'000;
constexpr std::size_t header_limit = 1 << 16;       // numpy itself reads ten thousand
constexpr std::uint64_t most_deflate_can_do = 1032; // bytes out of one byte in
constexpr std::uint64_t slack = 1024;               // for members that are next to empty
constexpr const char* again = "the file is damaged or incomplete; download or make it again";

struct ZipError {
    ZipError() { zip_error_init(&error); }
    ~ZipError() { zip_error_fini(&error); }
    ZipError(const ZipError&) = delete;
    ZipError& operator=(const ZipError&) = delete;
    zip_error_t error{};
};

struct CloseMember {
    void operator()(zip_file_t* member) const { zip_fclose(member); }
};
using Member = std::unique_ptr<zip_file_t, CloseMember>;

// A member being read from its beginning.
class MemberReader {
  public:
    MemberReader(zip_t* archive, zip_uint64_t index, std::string where)
        : member_(zip_fopen_index(archive, index, 0))
        , where_(std::move(where)) {
        if (!member_)
            throw Error("the array cannot be unpacked: " + std::string(zip_strerror(archive)), where_, again);
    }
    void read(void* target, std::uint64_t bytes) {
        auto* at = static_cast<char*>(target);
        while (bytes > 0) {
            const zip_int64_t got = zip_fread(member_.get(), at, bytes);
            if (got < 0)
                fail();
            if (got == 0)
                throw Error("the array ends before its last element", where_, again);
            at += got;
            bytes -= static_cast<std::uint64_t>(got);
        }
    }
    // Nothing may follow; the checksum is compared on the way.
    void expect_end() {
        char more = 0;
        const zip_int64_t got = zip_fread(member_.get(), &more, 1);
        if (got < 0)
            fail();
        if (got > 0)
            throw Error("the array has more bytes than its header says", where_, again);
    }

  private:
    [[noreturn]] void fail() const {
        throw Error("the array cannot be unpacked: " + std::string(zip_file_strerror(member_.get())), where_, again);
    }
    Member member_;
    std::string where_;
};

// Passes the magic number and the length, gives the text; adds the bytes passed to `passed`.
std::string read_header_text(MemberReader& reader, const std::string& where, std::uint64_t& passed) {
    std::array<unsigned char, 8> start{};
    reader.read(start.data(), start.size());
    if (std::memcmp(start.data(), magic.data(), magic.size()) != 0)
        throw Error("this member of the archive is not a numpy array", where, again);
    const unsigned version = start[6];
    if (version < 1 || version > 3)
        throw Error("the array has format version " + std::to_string(version) + ", which is not known", where,
                    "versions 1 to 3 can be read; save the array again with numpy.savez");
    std::array<unsigned char, 4> size{};
    const std::size_t size_bytes = version == 1 ? 2 : 4;
    reader.read(size.data(), size_bytes);
    const std::size_t length =
        size[0] | std::size_t{size[1]} << 8 | std::size_t{size[2]} << 16 | std::size_t{size[3]} << 24;
    if (length > header_limit)
        throw Error("the array's header claims " + std::to_string(length) + " bytes", where, again);
    std::string text(length, '\0');
    reader.read(text.data(), length);
    passed = start.size() + size_bytes + length;
    return text;
}

} // namespace

struct NpzFile::Archive {
    ~Archive() {
        if (zip)
            zip_discard(zip);
    }
    [[nodiscard]] std::optional<zip_uint64_t> find(std::string_view name) const {
        const auto found = std::ranges::find(names, name);
        return found == names.end() ? std::nullopt
                                    : std::optional(indices[static_cast<std::size_t>(found - names.begin())]);
    }
    zip_t* zip = nullptr;
    std::vector<std::string> names;
    std::vector<zip_uint64_t> indices;
};

NpzFile::NpzFile() = default;
NpzFile::~NpzFile() = default;
NpzFile::NpzFile(NpzFile&&) noexcept = default;
NpzFile& NpzFile::operator=(NpzFile&&) noexcept = default;

NpzFile NpzFile::open(const std::filesystem::path& path) {
    auto mapped = MappedFile::open(path);
    NpzFile file = from_bytes(mapped->bytes(), path.string());
    file.file_ = std::move(mapped);
    return file;
}

NpzFile NpzFile::from_bytes(std::span<const std::byte> bytes, std::string where) {
    if (bytes.empty())
        throw Error("the file is empty", where, again);
    NpzFile file;
    file.where_ = std::move(where);
    file.archive_ = std::make_unique<Archive>();
    ZipError fault;
    zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &fault.error);
    if (source == nullptr)
        throw Error("the archive cannot be read: " + std::string(zip_error_strerror(&fault.error)), file.where_);
    zip_t* zip = zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &fault.error);
    if (zip == nullptr) {
        zip_source_free(source);
        throw Error("this is not a sound .npz archive: " + std::string(zip_error_strerror(&fault.error)), file.where_,
                    again);
    }
    file.archive_->zip = zip;
    const zip_int64_t count = zip_get_num_entries(zip, 0);
    if (count < 1 || count > member_limit)
        throw Error("the archive has " + std::to_string(count) + " members", file.where_,
                    "key statistics have a handful: this is another kind of file");
    for (zip_uint64_t i = 0; i < static_cast<zip_uint64_t>(count); ++i) {
        zip_stat_t about;
        zip_stat_init(&about);
        constexpr zip_uint64_t wanted =
            ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
        if (zip_stat_index(zip, i, 0, &about) != 0 || (about.valid & wanted) != wanted)
            throw Error("member " + std::to_string(i) + " of the archive has no sound entry", file.where_, again);
        const std::string_view member = about.name;
        if (!member.ends_with(member_tail))
            continue;
        const std::string at = file.where_ + ", " + std::string(member);
        if (about.encryption_method != ZIP_EM_NONE)
            throw Error("the archive is encrypted", at, "unpack it and pack it again without a password");
        if (about.comp_method != ZIP_CM_STORE && about.comp_method != ZIP_CM_DEFLATE)
            throw Error("the archive is compressed with a method numpy does not use", at,
                        "save the arrays again with numpy.savez");
        const std::uint64_t most = about.comp_method == ZIP_CM_STORE
                                       ? about.comp_size
                                       : checked_mul(about.comp_size, most_deflate_can_do).value_or(0) + slack;
        if (about.comp_size > bytes.size() || about.size > most)
            throw Error("the archive claims " + std::to_string(about.size) + " bytes for a member of " +
                            std::to_string(about.comp_size) + " packed",
                        at, again);
        std::string name(member.substr(0, member.size() - member_tail.size()));
        if (std::ranges::find(file.names_, name) != file.names_.end())
            throw Error("two members of the archive have the same name", at, again);
        file.archive_->names.push_back(name);
        file.archive_->indices.push_back(i);
        file.names_.push_back(std::move(name));
    }
    if (file.names_.empty())
        throw Error("the archive holds no numpy arrays", file.where_, "key statistics have the array mom2.mom2");
    return file;
}

bool NpzFile::contains(std::string_view name) const {
    return archive_->find(name).has_value();
}

NpzArray NpzFile::at(std::string_view name) const {
    const auto index = archive_->find(name);
    if (!index)
        throw Error("the file has no array " + std::string(name) + similar_names(std::string(name), names_), where_,
                    "key statistics as ROME and MEMIT save them have mom2.mom2 and mom2.count");
    const std::string where = where_ + ", array " + std::string(name);
    MemberReader reader(archive_->zip, *index, where);
    std::uint64_t passed = 0;
    NpzArray array = parse_npy_header(read_header_text(reader, where, passed), where);
    array.name = name;
    zip_stat_t about;
    zip_stat_init(&about);
    if (zip_stat_index(archive_->zip, *index, 0, &about) != 0 || about.size < passed)
        throw Error("the array ends before its first element", where, again);
    array.bytes = about.size - passed;
    const std::uint64_t element = npy_element_bytes(array.type);
    if (element == 0)
        return array; // whoever wants the numbers is told there
    const auto elements = checked_elements(array.shape);
    const auto bytes = elements ? checked_mul(*elements, element) : std::nullopt;
    if (!bytes || *bytes != array.bytes)
        throw Error("the array is said to be " + describe(array) + ", but " + std::to_string(array.bytes) +
                        " bytes are there",
                    where, again);
    return array;
}

void NpzFile::read(const NpzArray& array, std::span<std::byte> target) const {
    const std::string where = where_ + ", array " + array.name;
    if (npy_element_bytes(array.type) == 0) {
        if (array.type.starts_with('>'))
            throw Error("the numbers are big-endian (" + array.type + ")", where,
                        "save the array again on a usual machine: array.astype('<f8')");
        throw Error("the array is not of plain numbers (" + array.type + ")", where,
                    "statistics are float32 or float64; objects are never unpacked, they could run code");
    }
    const auto index = archive_->find(array.name);
    if (!index || target.size() != array.bytes)
        throw Error("the array changed while it was read", where);
    MemberReader reader(archive_->zip, *index, where);
    std::uint64_t passed = 0;
    static_cast<void>(read_header_text(reader, where, passed));
    reader.read(target.data(), target.size());
    reader.expect_end();
}

std::int64_t NpzFile::read_integer(std::string_view name) const {
    const NpzArray array = at(name);
    const std::string where = where_ + ", array " + array.name;
    std::array<std::byte, 8> raw{};
    if (checked_elements(array.shape) != std::uint64_t{1} || array.bytes > raw.size())
        throw Error("this should be one number and is " + describe(array), where, again);
    read(array, std::span(raw).first(static_cast<std::size_t>(array.bytes)));
    if (array.type[1] == 'f') {
        double value = 0;
        if (array.bytes == 8) {
            std::memcpy(&value, raw.data(), 8);
        } else if (array.bytes == 4) {
            float narrow = 0;
            std::memcpy(&narrow, raw.data(), 4);
            value = narrow;
        } else {
            throw Error("this should be a whole number and is " + describe(array), where);
        }
        constexpr double largest = 9.0e18;
        if (!(value >= -largest && value <= largest) || value != static_cast<double>(static_cast<std::int64_t>(value)))
            throw Error("this should be a whole number and is " + std::to_string(value), where, again);
        return static_cast<std::int64_t>(value);
    }
    std::uint64_t bits = 0;
    std::memcpy(&bits, raw.data(), static_cast<std::size_t>(array.bytes));
    if (array.type[1] == 'i' && array.bytes < 8) { // the sign, carried up
        const unsigned unused = 64 - 8 * static_cast<unsigned>(array.bytes);
        return static_cast<std::int64_t>(bits << unused) >> unused;
    }
    if (array.type[1] == 'u' && bits > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        throw Error("the number does not fit 63 bits", where, again);
    return static_cast<std::int64_t>(bits);
}

} // namespace emend
