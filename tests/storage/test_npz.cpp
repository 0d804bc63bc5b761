// SPDX-License-Identifier: GPL-3.0-or-later
// Archives of numpy arrays: what numpy wrote is read, and everything that is broken or lies is refused by name.
#include "base/file.h"
#include "emend/error.h"
#include "npz_writer.h"
#include "storage/npz.h"

#include <QTemporaryDir>
#include <QTest>

#include <functional>

using namespace emend;
using namespace emend::test;

namespace {

const std::string written_by_numpy = std::string(EMEND_TEST_DATA) + "/statistics/";

std::string message_of(const std::function<void()>& call) {
    try {
        call();
    } catch (const Error& error) {
        return error.what() + std::string(" | ") + error.hint();
    }
    return {};
}

template<typename Number>
std::vector<Number> read_all(const NpzFile& file, const std::string& name) {
    const NpzArray array = file.at(name);
    std::vector<Number> numbers(array.bytes / sizeof(Number));
    file.read(array, std::as_writable_bytes(std::span(numbers)));
    return numbers;
}

// A zip archive as bytes, to be changed.
std::string sound_archive(bool deflated = false) {
    const QTemporaryDir folder;
    const std::string path = folder.filePath("a.npz").toStdString();
    std::vector<double> numbers(400);
    for (std::size_t i = 0; i < numbers.size(); ++i)
        numbers[i] = static_cast<double>(i % 7);
    write_npz(path, {{"mom2.mom2.npy", npy("<f8", "20, 20", bytes_of(numbers)), deflated},
                     {"mom2.count.npy", npy("<i8", "", bytes_of<std::int64_t>({40})), deflated}});
    return read_file(path);
}

NpzFile from(const std::string& bytes) {
    return NpzFile::from_bytes(std::as_bytes(std::span(bytes)), "a.npz");
}

} // namespace

class TestNpz : public QObject {
    Q_OBJECT

  private slots:
    void what_numpy_wrote_data() {
        QTest::addColumn<QString>("file");
        QTest::addColumn<QString>("type");
        QTest::newRow("stored, float64") << "transformer.h.17.mlp.c_proj_float64_mom2_100000.npz"
                                         << "<f8";
        QTest::newRow("deflated, float32") << "model.layers.5.mlp.down_proj_float32_mom2_1000.npz"
                                           << "<f4";
    }

    void what_numpy_wrote() {
        QFETCH(QString, file);
        QFETCH(QString, type);
        const NpzFile npz = NpzFile::open(written_by_numpy + file.toStdString());
        QVERIFY(npz.contains("mom2.mom2"));
        QVERIFY(!npz.contains("mom2"));
        const NpzArray moment = npz.at("mom2.mom2");
        QCOMPARE(moment.type, type.toStdString());
        QCOMPARE(moment.shape, (std::vector<std::int64_t>{5, 5}));
        QCOMPARE(npz.read_integer("mom2.count"), std::int64_t{40});
        QCOMPARE(npz.read_integer("sample_size"), std::int64_t{100000});
        QVERIFY(npz.at("constructor").type.starts_with("<U"));
        const double first = type == "<f8" ? read_all<double>(npz, "mom2.mom2").front()
                                           : double{read_all<float>(npz, "mom2.mom2").front()};
        const double second =
            type == "<f8" ? read_all<double>(npz, "mom2.mom2")[1] : double{read_all<float>(npz, "mom2.mom2")[1]};
        QVERIFY2(std::abs(first - 43.372086) < 1e-5, qPrintable(QString::number(first, 'g', 10)));
        QVERIFY2(std::abs(second - -4.8924701) < 1e-5, qPrintable(QString::number(second, 'g', 10)));
    }

    void numbers_of_every_kind_data() {
        QTest::addColumn<QByteArray>("member");
        QTest::addColumn<qint64>("value");
        const auto row = [](const char* name, const std::string& bytes, qint64 value) {
            QTest::newRow(name) << QByteArray::fromStdString(bytes) << value;
        };
        row("i8", npy("<i8", "", bytes_of<std::int64_t>({-3})), -3);
        row("i4", npy("<i4", "1,", bytes_of<std::int32_t>({-70000})), -70000);
        row("i1", npy("|i1", "", bytes_of<std::int8_t>({-5})), -5);
        row("u2", npy("<u2", "1, 1", bytes_of<std::uint16_t>({65535})), 65535);
        row("f8", npy("<f8", "", bytes_of<double>({44e6})), 44000000);
        row("f4", npy("<f4", "", bytes_of<float>({1000.0F})), 1000);
        row("Python 2's long", npy("<i8", "1L,", bytes_of<std::int64_t>({9})), 9);
    }

    void numbers_of_every_kind() {
        QFETCH(QByteArray, member);
        QFETCH(qint64, value);
        const QTemporaryDir folder;
        const std::string path = folder.filePath("a.npz").toStdString();
        write_npz(path, {{"n.npy", member.toStdString()}});
        QCOMPARE(static_cast<qint64>(NpzFile::open(path).read_integer("n")), value);
    }

    void refused_arrays_data() {
        QTest::addColumn<QByteArray>("member");
        QTest::addColumn<QString>("says");
        const auto row = [](const char* name, const std::string& bytes, const char* says) {
            QTest::newRow(name) << QByteArray::fromStdString(bytes) << says;
        };
        const std::string four = bytes_of<double>({1, 2, 3, 4});
        row("objects", npy("|O", "2, 2", "pickled"), "never unpacked");
        row("big-endian", npy(">f8", "2, 2", four), "big-endian");
        row("text", npy("<U4", "2", four), "not of plain numbers");
        row("complex", npy("<c16", "2", four), "not of plain numbers");
        row("records", npy("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (4,), }", four), "records");
        row("fewer elements", npy("<f8", "3, 3", four), "32 bytes are there");
        row("more elements", npy("<f8", "2", four), "32 bytes are there");
        row("huge shape", npy("<f8", "4611686018427387904, 4611686018427387904", four), "bytes are there");
        row("a size of twenty digits", npy("<f8", "99999999999999999999", four), "no number");
        row("negative size", npy("<f8", "-4", four), "no number");
        row("too many dimensions",
            npy("<f8",
                "1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 4",
                four),
            "dimensions");
        row("no shape", npy("{'descr': '<f8', 'fortran_order': False, }", four), "missing");
        row("shape twice", npy("{'descr': '<f8', 'fortran_order': False, 'shape': (4,), 'shape': (4,)}", four),
            "twice");
        row("another key", npy("{'descr': '<f8', 'fortran_order': False, 'shape': (4,), 'more': 1}", four), "more");
        row("order is no truth value", npy("{'descr': '<f8', 'fortran_order': 0, 'shape': (4,)}", four), "False");
        row("header without end", npy("{'descr': '<f8", four), "no end");
        row("something behind", npy("{'descr': '<f8', 'fortran_order': False, 'shape': (4,)} x", four), "behind");
        row("not an array", "this is text and no array", "not a numpy array");
        row("header longer than the file", std::string("\x93NUMPY\1\0\xFF\x7F", 10) + "{}", "before its last element");
        row("header of four gigabytes", std::string("\x93NUMPY\2\0\xFF\xFF\xFF\xFF", 12) + "{}", "claims");
        row("version 9", std::string("\x93NUMPY\x09\0\x02\0{}", 12), "version 9");
        row("empty member", "", "before its last element");
    }

    void refused_arrays() {
        QFETCH(QByteArray, member);
        QFETCH(QString, says);
        for (const bool deflated : {false, true}) {
            const QTemporaryDir folder;
            const std::string path = folder.filePath("a.npz").toStdString();
            write_npz(path, {{"x.npy", member.toStdString(), deflated && !member.isEmpty()}});
            const std::string message = message_of([&] {
                const NpzFile file = NpzFile::open(path);
                static_cast<void>(read_all<double>(file, "x"));
            });
            QVERIFY2(message.find(says.toStdString()) != std::string::npos, message.c_str());
            QVERIFY2(message.find("a.npz, array x") != std::string::npos, message.c_str());
            QVERIFY2(!message.ends_with("| "), message.c_str());
        }
    }

    void refused_archives_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("says");
        const std::string sound = sound_archive();
        const auto row = [](const char* name, const std::string& bytes, const char* says) {
            QTest::newRow(name) << QByteArray::fromStdString(bytes) << says;
        };
        row("empty", "", "empty");
        row("text", "this is a text", "not a sound .npz");
        row("cut in the middle", sound.substr(0, sound.size() / 2), "not a sound .npz");
        row("last byte missing", sound.substr(0, sound.size() - 1), "not a sound .npz");
        row("start missing", sound.substr(100), "not a sound .npz");
        // The central directory's size of the first member (offset 24 of its entry).
        std::string lying = sound;
        const std::size_t entry = lying.find("PK\1\2");
        const std::uint32_t huge = 0x7FFFFFFF;
        lying.replace(entry + 24, 4, reinterpret_cast<const char*>(&huge), 4);
        row("size that cannot be", lying, "a.npz");
        std::string other = sound;
        other[entry + 10] = 12; // bzip2
        row("another compression", other, "a.npz");
    }

    void refused_archives() {
        QFETCH(QByteArray, bytes);
        QFETCH(QString, says);
        const std::string text = bytes.toStdString();
        const std::string message = message_of([&] { static_cast<void>(read_all<double>(from(text), "mom2.mom2")); });
        QVERIFY2(message.find(says.toStdString()) != std::string::npos, message.c_str());
        QVERIFY2(message.find("a.npz") != std::string::npos, message.c_str());
        QVERIFY2(!message.ends_with("| "), message.c_str());
    }

    void damaged_elements_are_noticed() {
        for (const bool deflated : {false, true}) {
            std::string bytes = sound_archive(deflated);
            QCOMPARE(read_all<double>(from(bytes), "mom2.mom2").size(), std::size_t{400});
            char& damaged = bytes[deflated ? 130 : 300]; // behind the array's header
            damaged = static_cast<char>(damaged ^ 0x10);
            QVERIFY2(message_of([&] {
                         static_cast<void>(read_all<double>(from(bytes), "mom2.mom2"));
                     }).find("unpacked") != std::string::npos,
                     deflated ? "deflated" : "stored");
        }
    }

    void every_prefix_is_refused() {
        const std::string sound = sound_archive(true);
        for (std::size_t length = 0; length < sound.size(); ++length) {
            const std::string cut = sound.substr(0, length);
            QVERIFY_EXCEPTION_THROWN(from(cut), Error);
        }
    }

    void no_such_array() {
        const std::string sound = sound_archive();
        const std::string message = message_of([&] { static_cast<void>(from(sound).at("mom2.mom")); });
        QVERIFY2(message.find("did you mean mom2.mom2") != std::string::npos, message.c_str());
        QVERIFY(message_of([] { static_cast<void>(NpzFile::open("/nowhere/a.npz")); }).find("/nowhere/a.npz") !=
                std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TestNpz)
#include "test_npz.moc"
