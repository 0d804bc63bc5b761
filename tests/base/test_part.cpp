// SPDX-License-Identifier: GPL-3.0-or-later
// What a killed program leaves beside its target is found by the next one; what somebody still writes is not touched.
#include "base/descriptor.h"
#include "base/file.h"
#include "base/part.h"
#include "child_process.h"

#include <QTemporaryDir>
#include <QTest>

#include <fcntl.h>
#include <linux/fs.h>
#include <set>
#include <sys/ioctl.h>

using namespace emend;
using namespace emend::test;

namespace fs = std::filesystem;

class TestPart : public QObject {
    Q_OBJECT
    std::unique_ptr<QTemporaryDir> folder_;

    [[nodiscard]] fs::path at(const std::string& name) const { return fs::path(folder_->path().toStdString()) / name; }
    [[nodiscard]] std::set<std::string> names() const {
        std::set<std::string> names;
        for (const fs::directory_entry& entry : fs::directory_iterator(at("")))
            names.insert(entry.path().filename().string());
        return names;
    }
    // Half of a file, or of a folder, until the child is killed.
    [[nodiscard]] std::unique_ptr<ChildProcess> writer_of(const fs::path& target, PartKind kind) const {
        auto child = std::make_unique<ChildProcess>([=](const ChildProcess::Say& say) {
            const Part part = make_part(target, kind);
            write_file_atomic(kind == PartKind::folder ? part.path / "half" : target.parent_path() / "other", "of it");
            say(part.path.filename().string());
            ::pause();
        });
        return child;
    }

  private slots:
    void init() { folder_ = std::make_unique<QTemporaryDir>(); }

    void a_killed_program_leaves_nothing_for_long_data() {
        QTest::addColumn<int>("kind");
        QTest::newRow("file") << static_cast<int>(PartKind::file);
        QTest::newRow("folder") << static_cast<int>(PartKind::folder);
    }
    void a_killed_program_leaves_nothing_for_long() {
        QFETCH(int, kind);
        const fs::path target = at("the target"); // blanks are no trouble
        const auto child = writer_of(target, static_cast<PartKind>(kind));
        const std::string part = child->hear();
        QVERIFY(names().contains(part));

        QVERIFY(leftovers_of(target).empty()); // it is at work
        write_file_atomic(target, "mine");
        QVERIFY(names().contains(part));

        child->kill();
        QCOMPARE(leftovers_of(target).size(), std::size_t{1});
        QCOMPARE(leftovers_of(target)[0].path.filename().string(), part);
        QVERIFY(leftovers_of(at("the")).empty() && leftovers_of(at("the target.emend-part-1-1")).empty());
        write_file_atomic(at("the other"), "mine"); // another target
        QVERIFY(names().contains(part));
        write_file_atomic(target, "mine again");
        QVERIFY(!names().contains(part));
        QCOMPARE(read_file(target), std::string("mine again"));
    }

    void what_is_freed_is_told() {
        const auto child = writer_of(at("out"), PartKind::folder);
        const std::string part = child->hear();
        child->kill();
        write_file_atomic(at(part) / "more", std::string(1'000'000, 'x'));
        QVERIFY(leftovers_of(at("out"))[0].bytes >= 1'000'000);
        QVERIFY(remove_leftovers(at("out")) >= 1'000'000);
        QCOMPARE(remove_leftovers(at("out")), std::uint64_t{0});
    }

    void what_is_shared_is_not_freed() {
        const auto child = writer_of(at("out"), PartKind::folder);
        const std::string part = child->hear();
        child->kill();
        write_file_atomic(at("checkpoint"), std::string(1'000'000, 'x'));
        const Descriptor from(::open(at("checkpoint").c_str(), O_RDONLY));
        const Descriptor to(::open(at(part + "/shard").c_str(), O_WRONLY | O_CREAT, 0666));
        QVERIFY(from.get() >= 0 && to.get() >= 0);
        if (::ioctl(to.get(), FICLONE, from.get()) != 0)
            QSKIP("this file system shares no blocks (TMPDIR on btrfs or XFS does)");
        QVERIFY(leftovers_of(at("out"))[0].bytes < 1'000);
        write_file_atomic(at(part) / "rewritten", std::string(500'000, 'y'));
        const std::uint64_t bytes = leftovers_of(at("out"))[0].bytes;
        QVERIFY2(bytes >= 500'000 && bytes < 501'000, std::to_string(bytes).c_str());
        QCOMPARE(remove_leftovers(at("out")), bytes);
    }

    void what_only_looks_like_it_stays() {
        for (const char* name :
             {"out.part", "out.emend-part-1", "out.emend-part-1-", "out.emend-part-1-2x", "out.emend-part-1-2-3",
              "xout.emend-part-1-2", "out.emend-part-a-2", "out.emend-part-1-2.old"})
            write_file_atomic(at(name), "somebody's");
        fs::create_directories(at("out.emend-part-1-2/chapters"));
        fs::create_directory(at("out.emend-part-1-3"));
        fs::create_symlink(at("out.part"), at("out.emend-part-1-3/link"));
        fs::create_symlink(at("out.part"), at("out.emend-part-1-4"));
        const auto before = names();
        QVERIFY(leftovers_of(at("out")).empty());
        QCOMPARE(remove_leftovers(at("out")), std::uint64_t{0});
        QVERIFY(names() == before);
    }

    // On file systems that cannot exchange two folders, the old one goes aside first: until the new one is there, it is
    // all there is.
    void what_was_replaced_stays_until_it_is() {
        fs::create_directory(at("out.emend-part-1-2.old"));
        write_file_atomic(at("out.emend-part-1-2.old/weights"), "older");
        QCOMPARE(remove_leftovers(at("out")), std::uint64_t{0});
        QVERIFY(fs::exists(at("out.emend-part-1-2.old/weights")));
        fs::create_directory(at("out"));
        QVERIFY(remove_leftovers(at("out")) > 0);
        QVERIFY(names() == std::set<std::string>{"out"});
    }

    // Many at once beside one target: nobody loses what is being written.
    void programs_do_not_take_from_each_other() {
        std::vector<std::unique_ptr<ChildProcess>> children;
        for (int child = 0; child < 4; ++child)
            children.push_back(std::make_unique<ChildProcess>([&](const ChildProcess::Say& say) {
                for (int round = 0; round < 100; ++round)
                    write_file_atomic(at("out"), "all of it");
                say("done");
            }));
        for (const auto& child : children) {
            QCOMPARE(child->hear(), std::string("done"));
            QCOMPARE(child->wait(), 0);
        }
        QVERIFY(names() == std::set<std::string>{"out"});
        QCOMPARE(read_file(at("out")), std::string("all of it"));
    }
};

QTEST_GUILESS_MAIN(TestPart)
#include "test_part.moc"
