// SPDX-License-Identifier: GPL-3.0-or-later
// Exported folders: the live model, in the checkpoint's own form, there as a whole or not at all.
#include "base/hash.h"
#include "emend/error.h"
#include "export_fixture.h"

#include <QTest>

#include <csignal>
#include <sys/resource.h>

using namespace emend;
using namespace emend::test;

class TestExportFolder : public QObject {
    Q_OBJECT
  private slots:
    void init() { fixture_ = std::make_unique<ExportFixture>(); }
    void checkpoints_data();
    void checkpoints();
    void positions_and_switches();
    void provenance();
    void what_is_left_out();
    void links_are_followed();
    void refused_places_data();
    void refused_places();
    void a_folder_that_holds_the_model_is_not_replaced();
    void replaced_when_forced();
    void stopped_anywhere();
    void no_room();
    void too_little_is_free();
    void out_of_the_checkpoints_range();
    void the_plan_is_what_comes();

  private:
    Engine& engine() { return *fixture_->engine; }
    [[nodiscard]] ExportRequest request(const std::string& name) const {
        return fixture_->request_for(ExportFormat::folder, name);
    }
    std::unique_ptr<ExportFixture> fixture_;
};

void TestExportFolder::checkpoints_data() {
    QTest::addColumn<int>("dtype");
    QTest::addColumn<int>("shards");
    QTest::newRow("F32") << static_cast<int>(DType::F32) << 1;
    QTest::newRow("F32 in shards") << static_cast<int>(DType::F32) << 3;
    QTest::newRow("F64") << static_cast<int>(DType::F64) << 1;
    QTest::newRow("F16") << static_cast<int>(DType::F16) << 1;
    QTest::newRow("BF16 in shards") << static_cast<int>(DType::BF16) << 3;
}

void TestExportFolder::checkpoints() {
    QFETCH(int, dtype);
    QFETCH(int, shards);
    const auto type = static_cast<DType>(dtype);
    const fs::path model = fixture_->folder.filePath("model").toStdString();
    write_variant(model, type, shards);
    fixture_->open(model);
    fixture_->edit();
    const std::string live = fixture_->hash();
    const auto answer = [](Engine& of) { return of.logits({.text = "Elena Silva was born in", .ids = {}}, {}).top; };
    const auto answer_live = answer(engine());

    const ExportReport report = engine().export_edits(request("out"), {});
    QVERIFY(report.verified);
    QCOMPARE(fixture_->hash(), live);
    QCOMPARE(fixture_->names(), std::set<std::string>{"out"});
    QCOMPARE(report.warnings.size(), std::size_t{type == DType::F16 || type == DType::BF16 ? 2u : 0u});
    std::set<std::string> edited{"transformer.h.0.mlp.c_proj.weight", "transformer.h.1.mlp.c_proj.weight"};
    const ModelFolder before = ModelFolder::open(model);
    const ModelFolder after = ModelFolder::open(fixture_->at("out"));
    QCOMPARE(after.tensor_names(), before.tensor_names());
    for (const std::string& name : before.tensor_names()) {
        const TensorView& old = before.tensor(name);
        const TensorView& now = after.tensor(name);
        QCOMPARE(now.dtype, type);
        QCOMPARE(std::memcmp(old.data, now.data, old.bytes) == 0, !edited.contains(name));
    }
    int rewritten = 0;
    for (const ExportFile& file : report.files) {
        const std::string content = read_file(fs::path(fixture_->at("out")) / file.name);
        QCOMPARE(content.size(), static_cast<std::size_t>(file.bytes));
        QCOMPARE(sha256_hex(content), file.sha256);
        const bool weights = file.name.ends_with(".safetensors");
        rewritten += file.origin == "rewritten";
        QVERIFY(file.origin == "new" || weights || content == read_file(model / file.name));
    }
    QCOMPARE(rewritten, shards == 1 ? 1 : 2); // the third is as it was
    QCOMPARE(ExportFixture::names_in(fixture_->at("out")).size(), report.files.size());

    std::unique_ptr<Engine> reopened(emend_create_engine());
    reopened->open({.path = fixture_->at("out"), .device = "cpu", .dtype = "auto", .threads = 1}, {});
    QVERIFY(reopened->model_info().fingerprint != engine().model_info().fingerprint);
    const auto answer_there = answer(*reopened);
    QCOMPARE(answer_there[0].id, answer_live[0].id);
    if (type == DType::F32)
        QCOMPARE(reopened->weights_hash({}), live);
    QVERIFY(std::abs(answer_there[0].probability - answer_live[0].probability) <
            (type == DType::F16 || type == DType::BF16 ? 0.05 : 1e-6));
}

void TestExportFolder::positions_and_switches() {
    fixture_->edit();
    const auto id = engine().ledger().entries[0].id;
    engine().go_to(1);
    const std::string first = fixture_->hash();
    engine().go_to(2);
    engine().switch_batch(id, false, false, {});
    const std::string second_alone = fixture_->hash();
    engine().switch_batch(id, true, false, {});
    const auto hash_of_export = [&](const std::string& name,
                                    LedgerPosition at) -> std::pair<std::string, ExportReport> {
        ExportRequest r = request(name);
        r.at = at;
        const ExportReport report = engine().export_edits(r, {});
        std::unique_ptr<Engine> reopened(emend_create_engine());
        reopened->open({.path = r.out}, {});
        return {reopened->weights_hash({}), report};
    };
    QCOMPARE(hash_of_export("first", 1).first, first);
    const auto [untouched, copy] = hash_of_export("none", 0);
    engine().switch_batch(id, false, false, {});
    QCOMPARE(hash_of_export("second", {}).first, second_alone);
    engine().go_to(0);
    QCOMPARE(untouched, fixture_->hash());
    QVERIFY(copy.layers.empty() && !copy.warnings.empty());
    ExportRequest beyond = request("beyond");
    beyond.at = 7;
    fixture_->refused(beyond, "2 entries, not 7");
}

void TestExportFolder::provenance() {
    const fs::path model = fixture_->folder.filePath("model").toStdString();
    write_variant(model, DType::F32, 1);
    fixture_->open(model);
    fixture_->edit();
    engine().annotate(engine().ledger().entries[1].id, "Two at once", "for \"the\" paper");
    ExportRequest r = request("out");
    r.provenance = R"({"note": "Grüße"})";
    (void)engine().export_edits(r, {});
    const auto json = json_of(fixture_->at("out") + "/emend.json");
    QVERIFY(json["format"] == "folder");
    QVERIFY(json["model"]["fingerprint"] == engine().model_info().fingerprint);
    QCOMPARE(json["batches"].size(), std::size_t{2});
    QVERIFY(json["batches"][1]["title"] == "Two at once");
    QVERIFY(json["batches"][1]["note"] == "for \"the\" paper");
    QVERIFY(json["batches"][0]["requests"][0]["subject"] == "Elena Silva");
    QCOMPARE(json["batches"][1]["layers"].size(), std::size_t{2});
    QVERIFY(json["batches"][0]["recipe"]["algorithm"] == "EMMET");
    QVERIFY(json["session"]["note"] == "Grüße");
    QVERIFY(json.dump().find(fixture_->folder.path().toStdString()) == std::string::npos); // nobody's private folders
    for (const char* broken : {"{", "[1]", "3"}) {
        r.out = fixture_->at("broken");
        r.provenance = broken;
        fixture_->refused(r, "provenance");
    }
}

void TestExportFolder::what_is_left_out() {
    const fs::path model = fixture_->folder.filePath("model").toStdString();
    write_variant(model, DType::F32, 1);
    for (const char* name : {"pytorch_model.bin", "flax_model.msgpack", "README.md", "generation_config.json",
                             ".gitattributes", "model.safetensors.index.json", "other.safetensors"})
        write_file_atomic(model / name, "{}");
    fs::create_directory(model / "onnx");
    fixture_->open(model);
    fixture_->edit();
    const ExportReport report = engine().export_edits(request("out"), {});
    const auto names = ExportFixture::names_in(fixture_->at("out"));
    QVERIFY(names.contains("README.md") && names.contains("generation_config.json") && names.contains("emend.json"));
    QCOMPARE(names.size(), std::size_t{9});
    QCOMPARE(report.warnings, std::vector<std::string>{"left out: flax_model.msgpack, model.safetensors.index.json, "
                                                       "onnx, other.safetensors, pytorch_model.bin"});
    QCOMPARE(engine().plan_export(request("again"), {}).warnings, report.warnings);
}

// As in the hub's cache: every file of a snapshot is a link to a blob.
void TestExportFolder::links_are_followed() {
    const fs::path blobs = fixture_->folder.filePath("blobs").toStdString();
    const fs::path model = fixture_->folder.filePath("snapshot").toStdString();
    write_variant(blobs, DType::F32, 3);
    fs::create_directory(model);
    for (const std::string& name : ExportFixture::names_in(blobs))
        fs::create_symlink(blobs / name, model / name);
    fixture_->open(model);
    fixture_->edit();
    std::map<std::string, std::string> before;
    for (const std::string& name : ExportFixture::names_in(blobs))
        before[name] = sha256_hex(read_file(blobs / name));
    const ExportReport report = engine().export_edits(request("out"), {});
    for (const ExportFile& file : report.files) {
        const fs::path path = fs::path(fixture_->at("out")) / file.name;
        QVERIFY(fs::symlink_status(path).type() == fs::file_type::regular);
        QCOMPARE(fs::hard_link_count(path), std::uintmax_t{1});
    }
    for (const auto& [name, hash] : before)
        QCOMPARE(sha256_hex(read_file(blobs / name)), hash);
    std::unique_ptr<Engine> reopened(emend_create_engine());
    reopened->open({.path = fixture_->at("out")}, {});
    QCOMPARE(reopened->weights_hash({}), fixture_->hash());
}

void TestExportFolder::refused_places_data() {
    QTest::addColumn<QString>("out"); // below the place of exports; "model": the model's folder
    QTest::addColumn<QString>("words");
    QTest::newRow("nowhere") << ""
                             << "no name to write to";
    QTest::newRow("the model") << "model"
                               << "never written to";
    QTest::newRow("in the model") << "model/edited"
                                  << "never written to";
    QTest::newRow("a file") << "file"
                            << "something else is there";
    QTest::newRow("somebody's folder") << "theirs"
                                       << "something else is there";
    QTest::newRow("a link to a folder") << "link"
                                        << "something else is there";
    QTest::newRow("an export, not forced") << "ours"
                                           << "an exported folder is there already";
    QTest::newRow("an export of another kind") << "adapter"
                                               << "another kind (lora)";
    QTest::newRow("no parent") << "a/b/c"
                               << "is not there";
}

void TestExportFolder::refused_places() {
    QFETCH(QString, out);
    QFETCH(QString, words);
    fixture_->edit();
    write_file_atomic(fixture_->at("file"), "mine");
    fs::create_directory(fixture_->at("theirs"));
    write_file_atomic(fixture_->at("theirs/emend.json"), "[]");
    write_file_atomic(fixture_->at("theirs/thesis.txt"), "years");
    fs::create_directory_symlink(fixture_->at("theirs"), fixture_->at("link"));
    (void)engine().export_edits(request("ours"), {});
    (void)engine().export_edits(fixture_->request_for(ExportFormat::lora, "adapter"), {});
    ExportRequest r = request(out.toStdString());
    if (out.isEmpty())
        r.out.clear();
    if (out.startsWith("model"))
        r.out = small_model() + out.mid(5).toStdString();
    r.force = out != "ours";
    fixture_->refused(r, words.toStdString());
    QCOMPARE(read_file(fixture_->at("theirs/thesis.txt")), std::string("years"));
}

void TestExportFolder::a_folder_that_holds_the_model_is_not_replaced() {
    fixture_->edit();
    (void)engine().export_edits(request("ours"), {});
    write_variant(fixture_->at("ours/model"), DType::F32, 1);
    const fs::path elsewhere = fixture_->folder.filePath("elsewhere").toStdString();
    fs::create_directory(elsewhere);
    for (const std::string& name : ExportFixture::names_in(fixture_->at("ours/model")))
        fs::create_symlink(fixture_->at("ours/model/" + name), elsewhere / name);
    for (const fs::path& model : {fs::path(fixture_->at("ours/model")), elsewhere}) {
        fixture_->open(model);
        fixture_->edit();
        ExportRequest r = request("ours");
        r.force = true;
        fixture_->refused(r, "files of the model that is open");
    }
}

void TestExportFolder::replaced_when_forced() {
    fixture_->edit();
    ExportRequest r = request("out");
    (void)engine().export_edits(r, {});
    write_file_atomic(fixture_->at("out/stale.txt"), "from before");
    engine().undo();
    r.force = true;
    QVERIFY(engine().plan_export(r, {}).problem.empty());
    (void)engine().export_edits(r, {});
    QCOMPARE(fixture_->names(), std::set<std::string>{"out"});
    QVERIFY(!fs::exists(fixture_->at("out/stale.txt")));
    std::unique_ptr<Engine> reopened(emend_create_engine());
    reopened->open({.path = r.out}, {});
    QCOMPARE(reopened->weights_hash({}), fixture_->hash());
    fs::create_directory(fixture_->at("empty")); // made in a file dialog, say
    QCOMPARE(engine().export_edits(request("./empty//"), {}).out, fixture_->at("empty"));
    QVERIFY(fs::exists(fixture_->at("empty/model.safetensors")));
}

void TestExportFolder::stopped_anywhere() {
    fixture_->edit();
    fixture_->stop_everywhere(request("out"));
}

void TestExportFolder::no_room() {
    fixture_->edit();
    (void)engine().export_edits(request("older"), {});
    const auto names_before = fixture_->names();
    const std::string before = fixture_->hash();
    const std::string older = sha256_hex(read_file(fixture_->at("older/model.safetensors")));
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit limit{};
    QCOMPARE(getrlimit(RLIMIT_FSIZE, &limit), 0);
    const rlimit normal = limit;
    for (const rlim_t bytes : {rlim_t{10}, rlim_t{5000}, rlim_t{300000}}) {
        limit.rlim_cur = bytes;
        QCOMPARE(setrlimit(RLIMIT_FSIZE, &limit), 0);
        ExportRequest r = request("older");
        r.force = true;
        const std::string fault = fault_text([&] { (void)engine().export_edits(r, {}); });
        QCOMPARE(setrlimit(RLIMIT_FSIZE, &normal), 0);
        QVERIFY2(fault.find("cannot write") != std::string::npos, fault.c_str());
        QVERIFY2(fault.find("emend-part") == std::string::npos, fault.c_str()); // nobody knows of that folder
        QCOMPARE(fixture_->hash(), before);
        QVERIFY(fixture_->names() == names_before);
        QCOMPARE(sha256_hex(read_file(fixture_->at("older/model.safetensors"))), older);
    }
}

// A file that is larger than the disk, and takes nothing of it.
void TestExportFolder::too_little_is_free() {
    const fs::path model = fixture_->folder.filePath("model").toStdString();
    write_variant(model, DType::F32, 1);
    write_file_atomic(model / "corpus.txt", "a long text");
    fixture_->open(model);
    fixture_->edit();
    std::error_code unable;
    fs::resize_file(model / "corpus.txt", std::uintmax_t{1} << 43, unable);
    if (unable || engine().plan_export(request("out"), {}).bytes_free > std::uint64_t{1} << 43)
        QSKIP("the disk cannot be too small here");
    fixture_->refused(request("out"), "the export needs 8.8 TB, and ");
    QVERIFY(engine().plan_export(request("out"), {}).bytes > 1'000'000'000);
}

void TestExportFolder::out_of_the_checkpoints_range() {
    const fs::path model = fixture_->folder.filePath("model").toStdString();
    write_variant(model, DType::F16, 1);
    fixture_->open(model, "float32");
    fixture_->edit();
    // The same update, ten million times as large: float32 can hold it.
    std::vector<BatchRecord> records{engine().record(engine().ledger().entries[0].id)};
    for (double& number : records[0].updates[0].left)
        number *= 1e7;
    records[0].hash.clear();
    const std::string refusal = fault_text([&] { engine().restore(records, 1, {}); });
    const auto at = refusal.find("their hash is ");
    QVERIFY2(at != std::string::npos, refusal.c_str());
    records[0].hash = refusal.substr(at + 14, 32);
    engine().restore(records, 1, {});
    EXPECT_FAULT(engine().export_edits(request("out"), {}), "does not fit the precision of the checkpoint (F16)");
    QVERIFY(fixture_->names().empty());
}

void TestExportFolder::the_plan_is_what_comes() {
    fixture_->edit();
    const ExportPlan plan = engine().plan_export(request("out"), {});
    QVERIFY(plan.problem.empty() && plan.bytes_free > plan.bytes && plan.seconds_estimate > 0);
    QVERIFY(fixture_->names().empty());
    const ExportReport report = engine().export_edits(request("out"), {});
    QCOMPARE(plan.files.size(), report.files.size());
    for (std::size_t i = 0; i < plan.files.size(); ++i) {
        QCOMPARE(plan.files[i].name, report.files[i].name);
        QCOMPARE(plan.files[i].bytes, report.files[i].bytes);
        QVERIFY(plan.files[i].sha256.empty());
    }
    QCOMPARE(plan.bytes, report.bytes);
    QCOMPARE(plan.layers.size(), std::size_t{2});
    QCOMPARE(plan.layers[1].rank, 3);
    QCOMPARE(report.layers[1].rank, 3);
}

QTEST_GUILESS_MAIN(TestExportFolder)
#include "test_export_folder.moc"
