// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/checked_math.h"
#include "base/copy_bytes.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/job_part.h"
#include "base/json_text.h"
#include "base/log.h"
#include "base/spelling.h"
#include "base/utf8.h"
#include "faults.h"

#include <nlohmann/json.hpp>

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

using namespace emend;
namespace fs = std::filesystem;

namespace {

std::size_t files_in(const fs::path& folder) {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

// Files of this process may not grow beyond a size: what a full disk looks like to write().
class FileSizeLimit {
  public:
    explicit FileSizeLimit(rlim_t bytes) {
        std::signal(SIGXFSZ, SIG_IGN);
        getrlimit(RLIMIT_FSIZE, &before_);
        rlimit limit = before_;
        limit.rlim_cur = bytes;
        setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }
    FileSizeLimit(const FileSizeLimit&) = delete;
    FileSizeLimit& operator=(const FileSizeLimit&) = delete;

  private:
    rlimit before_{};
};

} // namespace

class TestBase : public QObject {
    Q_OBJECT
  private slots:
    void files_are_replaced_whole() {
        const QTemporaryDir folder;
        const fs::path path = fs::path(folder.path().toStdString()) / "file.txt";
        write_file_atomic(path, "one");
        QCOMPARE(read_file(path), std::string("one"));
        {
            AtomicFile file(path);
            file.write("half of tw");
            QCOMPARE(read_file(path), std::string("one"));
        } // no commit
        QCOMPARE(read_file(path), std::string("one"));
        QCOMPARE(files_in(path.parent_path()), std::size_t{1});
        const std::string big(3'000'000, 'x');
        write_file_atomic(path, big);
        QCOMPARE(read_file(path), big);
        QCOMPARE(files_in(path.parent_path()), std::size_t{1});
    }

    void links_and_permissions_survive() {
        const QTemporaryDir folder;
        const fs::path path = fs::path(folder.path().toStdString()) / "file.txt";
        const fs::path link = path.parent_path() / "link.txt";
        write_file_atomic(path, "one");
        fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
        fs::create_symlink("file.txt", link);
        write_file_atomic(link, "two");
        QVERIFY(fs::is_symlink(link));
        QCOMPARE(read_file(path), std::string("two"));
        QCOMPARE(fs::status(path).permissions(), fs::perms::owner_read | fs::perms::owner_write);
    }

    void writing_faults() {
        const QTemporaryDir folder;
        const fs::path base = folder.path().toStdString();
        EXPECT_FAULT(write_file_atomic(base / "no" / "file", "x"), "is the folder there?");
        EXPECT_FAULT(write_file_atomic(base / "no" / "file", "x"), (base / "no" / "file").string());
        EXPECT_FAULT(write_file_atomic(base, "x"), "this is a folder");
        EXPECT_FAULT(write_file_atomic(base / std::string(300, 'n'), "x"), "choose a shorter name");
        write_file_atomic(base / "file", "x");
        EXPECT_FAULT(write_file_atomic(base / "file" / "inside", "x"), "a part of the path is a file");
    }

    void a_full_disk_leaves_the_old_file() {
        const QTemporaryDir folder;
        const fs::path path = fs::path(folder.path().toStdString()) / "file";
        write_file_atomic(path, "old");
        {
            const FileSizeLimit limit(1'500'000);
            EXPECT_FAULT(write_file_atomic(path, std::string(4'000'000, 'x')), "cannot write the file");
        }
        QCOMPARE(read_file(path), std::string("old"));
        QCOMPARE(files_in(path.parent_path()), std::size_t{1});
    }

    void reading_faults() {
        const QTemporaryDir folder;
        const fs::path base = folder.path().toStdString();
        EXPECT_FAULT(read_file(base / "nowhere"), "check the path");
        EXPECT_FAULT(read_file(base), "this is a folder, not a file");
        EXPECT_FAULT(MappedFile::open(base), "this is a folder, not a file");
        EXPECT_FAULT(MappedFile::open(base / "nowhere"), "check the path");
        EXPECT_FAULT(read_file("/dev/null"), "not a regular file");
        QCOMPARE(::mkfifo((base / "pipe").c_str(), 0600), 0);
        EXPECT_FAULT(read_file(base / "pipe"), "not a regular file"); // and does not wait for a writer
        write_file_atomic(base / "file", "12345");
        EXPECT_FAULT(read_file(base / "file", 4), "too large: 5 bytes, at most 4");
        QCOMPARE(read_file(base / "file", 5), std::string("12345"));
    }

    void maps() {
        const QTemporaryDir folder;
        const fs::path path = fs::path(folder.path().toStdString()) / "file";
        write_file_atomic(path, "mapped");
        MappedFile first(path);
        MappedFile second(std::move(first));
        QCOMPARE(std::string(reinterpret_cast<const char*>(second.data()), second.size()), std::string("mapped"));
        QCOMPARE(first.size(), std::uint64_t{0});
        write_file_atomic(path, ""); // a new file: the mapping keeps the old one
        QCOMPARE(std::string(reinterpret_cast<const char*>(second.data()), second.size()), std::string("mapped"));
        second = MappedFile(path);
        QCOMPARE(second.size(), std::uint64_t{0});
        QVERIFY(second.bytes().empty());
    }

    void hashes() {
        QCOMPARE(sha256_hex(""), std::string("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
        QCOMPARE(sha256_hex("abc"), std::string("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
        Sha256 sha;
        sha.update("a");
        sha.update("bc");
        QCOMPARE(sha.hex(), sha256_hex("abc"));
        Xxh3 empty;
        QCOMPARE(empty.hex(), std::string("99aa06d3014798d86001c324468d497f"));
        Xxh3 whole;
        whole.update("abcdef");
        Xxh3 parts;
        parts.update("abc");
        const std::string early = parts.hex();
        parts.update("def");
        QCOMPARE(parts.hex(), whole.hex());
        QVERIFY(early != whole.hex());
    }

    void slips_are_counted() {
        QCOMPARE(slips("layers", "layers"), std::size_t{0});
        QCOMPARE(slips("layrs", "layers"), std::size_t{1});
        QCOMPARE(slips("lyaers", "layers"), std::size_t{1}); // two neighbours swapped
        QCOMPARE(slips("", "abc"), std::size_t{3});
        QCOMPARE(slips("kitten", "sitting"), std::size_t{3});
        const std::vector<std::string> known{"softness", "layers", "base"};
        QCOMPARE(closest("Layer", known), std::string("layers"));
        QCOMPARE(closest("sof", known), std::string("softness")); // begun
        QCOMPARE(closest("colour", known), std::string());
        QCOMPARE(did_you_mean("bsae", known), std::string("; did you mean \"base\"?"));
        QCOMPARE(did_you_mean("colour", known), std::string());
    }

    // What takes no time takes no part of the progress.
    void the_first_part_of_a_job() {
        for (const bool works : {false, true}) {
            std::vector<double> fractions;
            const JobContext whole([&](const Progress& progress) { fractions.push_back(progress.fraction); });
            const FirstPart first(whole, 0.4, std::chrono::steady_clock::now());
            if (works)
                first.job().report({.phase = "a", .fraction = 0.5, .seconds_left = -1, .detail = {}});
            first.job().report({.phase = "a", .fraction = 1, .seconds_left = -1, .detail = {}});
            const JobContext rest = first.rest();
            rest.report({.phase = "b", .fraction = 0, .seconds_left = -1, .detail = {}});
            rest.report({.phase = "b", .fraction = 0.5, .seconds_left = -1, .detail = {}});
            QCOMPARE(fractions, (works ? std::vector<double>{0.2, 0.4, 0.4, 0.7} : std::vector<double>{0, 0, 0.5}));
        }
    }

    void sizes_do_not_wrap() {
        constexpr auto most = std::numeric_limits<std::uint64_t>::max();
        QCOMPARE(checked_add(most, 0), std::optional(most));
        QVERIFY(!checked_add(most, 1));
        QCOMPARE(checked_mul(most, 1), std::optional(most));
        QCOMPARE(checked_mul(0, most), std::optional(std::uint64_t{0}));
        QVERIFY(!checked_mul(std::uint64_t{1} << 32, std::uint64_t{1} << 32));
        QCOMPARE(checked_elements(std::vector<std::int64_t>{}), std::optional(std::uint64_t{1}));
        QCOMPARE(checked_elements(std::vector<std::int64_t>{3, 0, 5}), std::optional(std::uint64_t{0}));
        QVERIFY(!checked_elements(std::vector<std::int64_t>{-1}));
        QVERIFY(!checked_elements(std::vector<std::int64_t>(3, std::int64_t{1} << 40)));
    }

    void utf8() {
        QVERIFY(is_valid_utf8("aé東🍕"));
        for (const char* broken :
             {"\x80", "\xC1\x81", "\xE0\x80\x80", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\xF0\x9F\x8D"})
            QVERIFY2(!is_valid_utf8(broken), broken);
        for (const char32_t c : {U'\x7F', U'\x80', U'\x7FF', U'\x800', U'\xFFFF', U'\x10000', U'\x10FFFF'}) {
            std::string text;
            append_utf8(text, c);
            QVERIFY(is_valid_utf8(text));
            QCOMPARE(utf8_next(text, 0).code_point, c);
        }
        QVERIFY(utf8_next("\xF0\x9F", 0).incomplete);
        QVERIFY(!utf8_next("\xF0\x41", 0).incomplete);
        QCOMPARE(utf8_next("", 0).bytes, std::uint8_t{0});
        std::vector<std::uint32_t> origin;
        QCOMPARE(utf8_lossy("a\xFF"
                            "b",
                            origin),
                 std::string("a\xEF\xBF\xBD"
                             "b"));
        QCOMPARE(origin, (std::vector<std::uint32_t>{0, 1, 1, 1, 2, 3}));
        QCOMPARE(trim_white_space("\xE3\x80\x80 a b\n"), std::string_view("a b"));
        QCOMPARE(trim_white_space(" \t"), std::string_view());
        QCOMPARE(trim_white_space("a \x80 "), std::string_view("a \x80"));
    }

    void json_from_strangers() {
        QCOMPARE(parse_json(R"({"a": [1, {"b": 2}], "c": {"b": 3}})", "f")["a"][1]["b"].get<int>(), 2);
        EXPECT_FAULT(parse_json("{\"a\": 1,}", "file.json"), "file.json, byte 8");
        EXPECT_FAULT(parse_json(R"({"x": {"a": 1, "b": {"a": 1}, "a": 2}})", "f"), "key \"a\" is there twice");
        EXPECT_FAULT(parse_json(std::string(1'000'000, '['), "f"), "nested more than 64 levels");
        EXPECT_FAULT(parse_json("\"\xC3\x28\"", "f"), "not valid JSON");
        EXPECT_FAULT(parse_json("1e999", "f"), "not valid JSON");
        QCOMPARE(json_excerpt(nlohmann::json(std::string(50, 'a') + "éééééééé"), 60).size(), std::size_t{62});
        QVERIFY(is_valid_utf8(json_excerpt(nlohmann::json(std::string(100, '\xFF')))));
    }

    void log_goes_to_the_sink() {
        std::vector<std::pair<LogLevel, std::string>> lines;
        set_log_sink([&](LogLevel level, const std::string& message) { lines.emplace_back(level, message); });
        log_debug("hidden");
        log_info("{} is no format");
        log_error("bad");
        set_log_level(LogLevel::Error);
        log_warning("hidden");
        set_log_level(LogLevel::Info);
        set_log_sink({});
        QCOMPARE(lines.size(), std::size_t{2});
        QCOMPARE(lines[0].second, std::string("{} is no format"));
        QVERIFY(lines[1].first == LogLevel::Error);
    }

    // A process reads its own memory as a file, in which most of the addresses cannot be read.
    void what_cannot_be_read_becomes_zeros() {
        constexpr std::uintptr_t address = 0x100000, size = 0x103000;
        void* const page = ::mmap(reinterpret_cast<void*>(address), 4096, PROT_READ | PROT_WRITE,
                                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
        if (page == MAP_FAILED)
            QSKIP("there is something at this address");
        std::memset(page, 'x', 4096);
        const QTemporaryDir folder;
        const fs::path path = fs::path(folder.path().toStdString()) / "copy";
        const Descriptor memory = open_file("/proc/self/mem", O_RDONLY, "cannot read");
        const Descriptor copy = open_file(path, O_WRONLY | O_CREAT, "cannot write");
        std::uint64_t told = 0;
        const std::uint64_t unreadable = copy_readable_bytes(memory.get(), copy.get(), size, "/proc/self/mem", path,
                                                             [&](std::uint64_t more) { told += more; });
        ::munmap(page, 4096);
        QCOMPARE(unreadable, std::uint64_t{size - 4096});
        QCOMPARE(told, std::uint64_t{size});
        const std::string bytes = read_file(path);
        QCOMPARE(bytes.size(), std::size_t{size});
        QVERIFY(bytes.substr(address, 4096) == std::string(4096, 'x'));
        QCOMPARE(static_cast<std::uint64_t>(std::ranges::count(bytes, '\0')), unreadable);
        EXPECT_FAULT(copy_bytes(memory.get(), copy.get(), size, "/proc/self/mem", path, [](std::uint64_t) {}),
                     "cannot read the file: Input/output error | /proc/self/mem");
    }
};

QTEST_GUILESS_MAIN(TestBase)
#include "test_base.moc"
