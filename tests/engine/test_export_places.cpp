// SPDX-License-Identifier: GPL-3.0-or-later
// Where exports go: what a killed one left there, places that cannot be written, and places with odd names.
#include "child_process.h"
#include "engine/export_staging.h"
#include "export_fixture.h"

#include <QTest>

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>

using namespace emend;
using namespace emend::test;

class TestExportPlaces : public QObject {
    Q_OBJECT
  private slots:
    void initTestCase();
    void init();
    void a_killed_export_data();
    void a_killed_export();
    void an_export_at_work();
    void a_leftover_counts_as_free();
    void not_to_be_written_data();
    void not_to_be_written();
    void behind_links_data();
    void behind_links();
    void a_full_folder_of_somebodys();
    void names_data();
    void names();
    void blocks_are_shared_where_they_can_be();

  private:
    Engine& engine() { return *fixture_->engine; }
    [[nodiscard]] std::set<std::string> there() const { return fixture_->names(); }
    [[nodiscard]] std::vector<std::string> parts() const {
        std::vector<std::string> parts;
        for (const std::string& name : there())
            if (name.find(".emend-part-") != std::string::npos)
                parts.push_back(name);
        return parts;
    }
    std::unique_ptr<ExportFixture> fixture_;
};

namespace {

bool mentions(const std::vector<std::string>& warnings, const std::string& words) {
    return std::ranges::any_of(warnings,
                               [&](const std::string& warning) { return warning.find(words) != std::string::npos; });
}

void all_formats() {
    QTest::addColumn<int>("format");
    for (const ExportFormat format : {ExportFormat::folder, ExportFormat::delta, ExportFormat::lora})
        QTest::newRow(std::string(to_text(format)).c_str()) << static_cast<int>(format);
}

} // namespace

// One engine for all: exports leave it as it is.
void TestExportPlaces::initTestCase() {
    fixture_ = std::make_unique<ExportFixture>();
    fixture_->edit();
}

void TestExportPlaces::init() {
    for (const fs::directory_entry& entry : fs::directory_iterator(fixture_->place()))
        fs::remove_all(entry.path());
}

void TestExportPlaces::a_killed_export_data() {
    all_formats();
}

void TestExportPlaces::a_killed_export() {
    QFETCH(int, format);
    const ExportRequest r = fixture_->request_for(static_cast<ExportFormat>(format), "out");
    ChildProcess child([&](const ChildProcess::Say&) {
        const JobContext job(
            [&](const Progress&) {
                if (!parts().empty() && fs::exists(fixture_->at(parts()[0] + "/model.safetensors")))
                    ::raise(SIGKILL);
            },
            {});
        if (r.format == ExportFormat::folder)
            (void)engine().export_edits(r, job);
        const ExportStaging staging(r.out); // the small formats tell nothing while they are written
        ::raise(SIGKILL);
    });
    QCOMPARE(child.wait(), -SIGKILL);
    QCOMPARE(parts().size(), std::size_t{1});
    QVERIFY(!fs::exists(r.out));

    const ExportPlan plan = engine().plan_export(r, {});
    QVERIFY2(plan.problem.empty(), plan.problem.c_str());
    QCOMPARE(parts().size(), std::size_t{1}); // a plan changes nothing
    const ExportReport report = engine().export_edits(r, {});
    QVERIFY(report.verified);
    QCOMPARE(there(), std::set<std::string>{"out"});
    QVERIFY(mentions(plan.warnings, "an interrupted export had left"));
    QVERIFY(mentions(report.warnings, "which was removed"));
}

void TestExportPlaces::an_export_at_work() {
    const ExportRequest r = fixture_->request_for(ExportFormat::folder, "out");
    ChildProcess child([&](const ChildProcess::Say& say) {
        ExportStaging staging(r.out);
        staging.write("half", std::string(100'000, 'x'));
        say("at work");
        ::pause();
    });
    QCOMPARE(child.hear(), std::string("at work"));
    QCOMPARE(parts().size(), std::size_t{1});
    const fs::path half = fs::path(fixture_->at(parts()[0])) / "half";
    QVERIFY(!mentions(engine().plan_export(r, {}).warnings, "interrupted"));
    QVERIFY(!mentions(engine().export_edits(r, {}).warnings, "interrupted"));
    QVERIFY(fs::exists(half));
    child.kill();
    ExportRequest again = r;
    again.force = true;
    QVERIFY(mentions(engine().export_edits(again, {}).warnings, "had left 10"));
    QCOMPARE(there(), std::set<std::string>{"out"});
}

// Larger than what is free, by itself: the leftover's room is room.
void TestExportPlaces::a_leftover_counts_as_free() {
    const ExportRequest r = fixture_->request_for(ExportFormat::folder, "out");
    const fs::path left = fixture_->at("out.emend-part-1-1");
    fs::create_directory(left);
    constexpr std::uint64_t bytes = 64 << 20;
    write_file_atomic(left / "shard", std::string(bytes, 'x'));
    const std::uint64_t free_with_it = bytes_free_at(fixture_->place());
    const std::uint64_t planned = engine().plan_export(r, {}).bytes_free;
    // Others use the disk as well.
    QVERIFY2(planned > free_with_it + bytes / 2, qPrintable(QString::number(planned - free_with_it)));
}

void TestExportPlaces::not_to_be_written_data() {
    all_formats();
}

// Below a file for everybody; without the permission for who is not root, which a child can become.
void TestExportPlaces::not_to_be_written() {
    QFETCH(int, format);
    ExportRequest r = fixture_->request_for(static_cast<ExportFormat>(format), "file/out");
    write_file_atomic(fixture_->at("file"), "mine");
    fixture_->refused(r, "is not there");

    fs::create_directory(fixture_->at("closed"));
    fs::permissions(fixture_->at("closed"), fs::perms(0555));
    fs::permissions(fixture_->folder.path().toStdString(), fs::perms(0755)); // a temporary folder is its owner's alone
    r.out = fixture_->at("closed/out");
    ExportRequest hidden = r;
    hidden.out = fixture_->at("hidden/deeper/out");
    fs::create_directories(fixture_->at("hidden/deeper"));
    fs::permissions(fixture_->at("hidden"), fs::perms(0));
    ChildProcess child([&](const ChildProcess::Say& say) {
        constexpr uid_t nobody = 65534;
        if (::geteuid() == 0 && ::setuid(nobody) != 0)
            return say("cannot become another user");
        say(engine().plan_export(r, {}).problem);
        say(fault_text([&] { (void)engine().export_edits(r, {}); }));
        say(fault_text([&] { (void)engine().export_edits(hidden, {}); }));
    });
    const std::string problem = child.hear(), fault = child.hear(), unseen = child.hear();
    fs::permissions(fixture_->at("hidden"), fs::perms(0755));
    QCOMPARE(child.wait(), 0);
    QVERIFY2(problem.find("may not be written to") != std::string::npos, problem.c_str());
    QVERIFY2(fault.find("change the permissions") != std::string::npos, fault.c_str());
    QVERIFY2(unseen.find("may not be looked at") != std::string::npos &&
                 unseen.find("change the permissions") != std::string::npos,
             unseen.c_str());
    QVERIFY(fs::is_empty(fixture_->at("closed")));

    if (fs::is_directory("/proc/self")) { // the permission is there for root, and yet nothing can be made
        r.out = "/proc/out";
        const std::string text = fault_text([&] { (void)engine().export_edits(r, {}); });
        QVERIFY2(text.find("/proc") != std::string::npos, text.c_str());
    }
}

void TestExportPlaces::behind_links_data() {
    QTest::addColumn<QString>("out");
    QTest::addColumn<QString>("words");
    for (const char* name :
         {"link", "link/", "./link/out", "link/tokenizer.json", "chain", "chain/out", "beside/link/x"})
        QTest::newRow(name) << name << "never written to";
    QTest::newRow("dangling") << "dangling"
                              << "already";
}

// Links that lead to the checkpoint, or into it.
void TestExportPlaces::behind_links() {
    QFETCH(QString, out);
    QFETCH(QString, words);
    fs::create_directory(fixture_->at("beside"));
    fs::create_directory_symlink(small_model(), fixture_->at("link"));
    fs::create_directory_symlink("link", fixture_->at("chain"));
    fs::create_directory_symlink(small_model(), fixture_->at("beside/link"));
    fs::create_symlink("nowhere", fixture_->at("dangling"));
    const auto model_before = ExportFixture::names_in(small_model());
    for (const ExportFormat format : {ExportFormat::folder, ExportFormat::delta, ExportFormat::lora}) {
        ExportRequest r = fixture_->request_for(format, out.toStdString());
        r.force = true;
        fixture_->refused(r, words.toStdString());
        QVERIFY(fs::is_symlink(fixture_->at("link")) && fs::is_symlink(fixture_->at("dangling")));
    }
    QVERIFY(ExportFixture::names_in(small_model()) == model_before);
}

void TestExportPlaces::a_full_folder_of_somebodys() {
    fs::create_directory(fixture_->at("thesis"));
    write_file_atomic(fixture_->at("thesis/chapter"), "years");
    for (const ExportFormat format : {ExportFormat::folder, ExportFormat::lora})
        for (const bool force : {false, true}) {
            ExportRequest r = fixture_->request_for(format, "thesis/");
            r.force = force;
            fixture_->refused(r, "something else is there already");
        }
    // A delta is a file, and one more in a folder hurts nobody.
    (void)engine().export_edits(fixture_->request_for(ExportFormat::delta, "thesis/"), {});
    QVERIFY(ExportFixture::names_in(fixture_->at("thesis")) == (std::set<std::string>{"chapter", "delta.safetensors"}));
}

void TestExportPlaces::names_data() {
    QTest::addColumn<QString>("out");
    QTest::addColumn<QString>("name"); // in the place
    QTest::newRow("relative") << "out"
                              << "out";
    QTest::newRow("dots") << "./a/../out/."
                          << "out";
    QTest::newRow("slashes") << "out///"
                             << "out";
    QTest::newRow("blanks") << " my edited model "
                            << " my edited model ";
    QTest::newRow("other scripts") << QString::fromUtf8("Größe 模型 \U0001F600")
                                   << QString::fromUtf8("Größe 模型 \U0001F600");
    QTest::newRow("quotes") << "it's \"mine\"\n"
                            << "it's \"mine\"\n";
    QTest::newRow("an option") << "--out"
                               << "--out";
}

// All of them relative to where the program runs.
void TestExportPlaces::names() {
    QFETCH(QString, out);
    QFETCH(QString, name);
    const fs::path before = fs::current_path();
    for (const ExportFormat format : {ExportFormat::folder, ExportFormat::lora, ExportFormat::delta}) {
        ExportRequest r{.format = format, .out = out.toStdString(), .at = {}, .provenance = {}};
        fs::current_path(fixture_->place());
        const auto done = [&]() -> std::optional<ExportReport> {
            try {
                return engine().export_edits(r, {});
            } catch (const std::exception&) {
                return std::nullopt;
            }
        }();
        fs::current_path(before);
        QVERIFY(done && done->verified);
        QCOMPARE(done->out, fixture_->at(name.toStdString()));
        QCOMPARE(there(), std::set<std::string>{name.toStdString()});
        fs::remove_all(done->out);
    }
}

// On btrfs, XFS and the like; TMPDIR can name a place there.
void TestExportPlaces::blocks_are_shared_where_they_can_be() {
    ExportFixture fixture; // the model must lie on the same file system
    const fs::path model = fixture.folder.filePath("model").toStdString();
    write_variant(model, DType::F32, 3);
    const int from = ::open((model / "model-00001-of-00003.safetensors").c_str(), O_RDONLY | O_CLOEXEC);
    const int to = ::open(fixture.at("clone").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    const bool can = ::ioctl(to, FICLONE, from) == 0;
    ::close(from);
    ::close(to);
    if (!can)
        QSKIP("the file system cannot share blocks between files");
    fixture.open(model);
    fixture.edit();
    std::map<std::string, std::string> before;
    for (const std::string& name : ExportFixture::names_in(model))
        before[name] = read_file(model / name);
    const ExportReport report = fixture.engine->export_edits(fixture.request_for(ExportFormat::folder, "out"), {});
    QVERIFY(report.verified);
    int rewritten = 0;
    for (const ExportFile& file : report.files) {
        rewritten += file.origin == "rewritten";
        QVERIFY2(file.origin != "copied", file.name.c_str());
        QCOMPARE(file.origin == "reflinked",
                 before.contains(file.name) && read_file(fixture.at("out/" + file.name)) == before[file.name]);
    }
    QCOMPARE(rewritten, 2);
    for (const auto& [name, content] : before) // written to in the copy, not through it
        QVERIFY2(read_file(model / name) == content, name.c_str());
}

QTEST_GUILESS_MAIN(TestExportPlaces)
#include "test_export_places.moc"
