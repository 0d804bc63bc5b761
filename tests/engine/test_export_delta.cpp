// SPDX-License-Identifier: GPL-3.0-or-later
// Deltas: exact, small, put in again by the engine and by the Python script.
#include "emend/error.h"
#include "export_fixture.h"

#include <QTest>

using namespace emend;
using namespace emend::test;

class TestExportDelta : public QObject {
    Q_OBJECT
  private slots:
    void init() { fixture_ = std::make_unique<ExportFixture>(); }
    void there_and_back();
    void behind_what_is_applied();
    void what_is_switched_off_stays_behind();
    void places();
    void what_appears_meanwhile_data();
    void what_appears_meanwhile();
    void another_model();
    void damaged_data();
    void damaged();
    void stopped_anywhere();
    void a_stopped_import_changes_nothing();

  private:
    Engine& engine() { return *fixture_->engine; }
    [[nodiscard]] ExportRequest request(const std::string& name) const {
        return fixture_->request_for(ExportFormat::delta, name);
    }
    static std::unique_ptr<Engine> another(const std::string& path = small_model()) {
        std::unique_ptr<Engine> other(emend_create_engine());
        other->open({.path = path, .device = "cpu", .dtype = "auto", .threads = 1}, {});
        return other;
    }
    std::unique_ptr<ExportFixture> fixture_;
};

void TestExportDelta::there_and_back() {
    fixture_->edit();
    engine().annotate(engine().ledger().entries[0].id, "The first", "of many");
    const ExportReport report = engine().export_edits(request("edits.safetensors"), {});
    QVERIFY(report.verified);
    QCOMPARE(report.files.size(), std::size_t{1});
    QCOMPARE(report.out, fixture_->at("edits.safetensors"));
    const ModelInfo& model = engine().model_info();
    const auto factors = static_cast<std::uint64_t>((model.d_model + model.d_mlp) * 8 * (1 + 2 + 2));
    QVERIFY(report.bytes > factors && report.bytes < factors + 16000);

    auto other = another();
    const std::string untouched = other->weights_hash({});
    const LedgerState state = other->import_delta(report.out, false, {});
    const LedgerState here = engine().ledger();
    QCOMPARE(other->weights_hash({}), fixture_->hash());
    QCOMPARE(other->edited_hash({}), engine().edited_hash({}));
    QCOMPARE(state.position, std::size_t{2});
    for (std::size_t i = 0; i < 2; ++i) {
        const LedgerEntry& old = here.entries[i];
        const LedgerEntry& now = state.entries[i];
        QCOMPARE(now.title, old.title);
        QCOMPARE(now.note, old.note);
        QCOMPARE(now.hash, old.hash);
        QVERIFY(now.active && !now.stale);
        QCOMPARE(now.report->batch_id, now.id);
        QCOMPARE(now.report->edits.size(), old.report->edits.size());
        QCOMPARE(now.report->recipe.algorithm, old.report->recipe.algorithm);
        QVERIFY(now.report->recipe.contexts == old.report->recipe.contexts);
        QCOMPARE(now.report->layers.size(), old.report->layers.size());
        for (std::size_t l = 0; l < old.report->layers.size(); ++l) {
            QCOMPARE(now.report->layers[l].rank, old.report->layers[l].rank);
            QVERIFY(std::abs(now.report->layers[l].update_norm / old.report->layers[l].update_norm - 1) < 1e-9);
            QVERIFY(std::abs(now.report->layers[l].relative_norm / old.report->layers[l].relative_norm - 1) < 1e-9);
        }
        for (std::size_t e = 0; e < old.report->edits.size(); ++e) {
            QCOMPARE(now.report->edits[e].request.subject, old.report->edits[e].request.subject);
            QVERIFY(std::abs(now.report->edits[e].before.p_new - old.report->edits[e].before.p_new) < 1e-6);
            QVERIFY(std::abs(now.report->edits[e].after.p_new - old.report->edits[e].after.p_new) < 1e-6);
        }
    }
    other->go_to(0);
    QCOMPARE(other->weights_hash({}), untouched);
}

void TestExportDelta::behind_what_is_applied() {
    Recipe plain = fixture_->recipe("MEMIT", {0, 1});
    plain.use_statistics = false; // the corpus stays behind
    engine().apply({four_requests()[0]}, plain, {}, {});
    engine().apply({four_requests()[1]}, plain, {}, {});
    (void)engine().export_edits(request("edits.safetensors"), {});
    auto other = another();
    const auto first = other->apply({four_requests()[3]}, fixture_->recipe("EMMET"), {}, {}).batch_id;
    const auto undone = other->apply({four_requests()[2]}, fixture_->recipe("EMMET"), {}, {}).batch_id;
    other->undo();
    const LedgerState state = other->import_delta(fixture_->at("edits.safetensors"), false, {});
    QCOMPARE(state.entries.size(), std::size_t{3});
    QCOMPARE(state.position, std::size_t{3});
    QCOMPARE(state.entries[0].id, first);
    QCOMPARE(state.entries[1].id, undone + 1);
    const std::string all = other->weights_hash({});
    for (int i = 0; i < 3; ++i)
        other->undo();
    QVERIFY(other->edited_hash({}).empty());
    for (int i = 0; i < 3; ++i)
        other->redo();
    QCOMPARE(other->weights_hash({}), all);
    // An imported batch is a batch: it can be solved again.
    (void)other->switch_batch(first, false, true, {});
    (void)other->set_softness({.batch_id = state.entries[2].id, .softness = 9, .settle = true, .watch = {}}, {});
    QVERIFY(!other->ledger().entries[2].stale);
}

void TestExportDelta::what_is_switched_off_stays_behind() {
    fixture_->edit();
    engine().switch_batch(engine().ledger().entries[0].id, false, false, {});
    (void)engine().export_edits(request("edits.safetensors"), {});
    auto other = another();
    QCOMPARE(other->import_delta(fixture_->at("edits.safetensors"), false, {}).entries.size(), std::size_t{1});
    QCOMPARE(other->weights_hash({}), fixture_->hash());
    engine().go_to(1);
    fixture_->refused(request("none.safetensors"), "nothing is edited");
}

void TestExportDelta::places() {
    fixture_->edit();
    fs::create_directory(fixture_->at("folder"));
    write_file_atomic(fixture_->at("thesis.txt"), "years");
    QCOMPARE(engine().export_edits(request("folder"), {}).out, fixture_->at("folder/delta.safetensors"));
    ExportRequest r = request("thesis.txt");
    r.force = true;
    fixture_->refused(r, "something else is there");
    fixture_->refused(request("folder"), "a delta file is there already");
    fixture_->refused(request("a/b.safetensors"), "is not there");
    r.out = small_model() + "/delta.safetensors";
    fixture_->refused(r, "never written to");
    r.out = small_model();
    fixture_->refused(r, "never written to");
    r.out.clear();
    fixture_->refused(r, "no name to write to");
    const auto one = read_file(fixture_->at("folder/delta.safetensors"));
    engine().undo();
    r = request("folder");
    r.force = true;
    (void)engine().export_edits(r, {});
    QVERIFY(read_file(fixture_->at("folder/delta.safetensors")) != one);
    QCOMPARE(ExportFixture::names_in(fixture_->at("folder")).size(), std::size_t{1});
}

void TestExportDelta::what_appears_meanwhile_data() {
    QTest::addColumn<int>("format");
    QTest::addColumn<bool>("ours"); // it looks like an earlier export
    for (const bool ours : {false, true}) {
        const char* what = ours ? "ours" : "somebody's";
        QTest::addRow("delta, %s", what) << static_cast<int>(ExportFormat::delta) << ours;
        QTest::addRow("folder, %s", what) << static_cast<int>(ExportFormat::folder) << ours;
        QTest::addRow("adapter, %s", what) << static_cast<int>(ExportFormat::lora) << ours;
    }
}

void TestExportDelta::what_appears_meanwhile() {
    QFETCH(int, format);
    QFETCH(bool, ours);
    fixture_->edit();
    ExportRequest r = fixture_->request_for(static_cast<ExportFormat>(format), "out.safetensors");
    (void)engine().export_edits(r, {});
    const fs::path other = fixture_->at("other"), out = r.out;
    fs::rename(out, other);
    bool there = false;
    const JobContext job( // the place was free when it was looked at
        [&](const Progress&) {
            if (std::exchange(there, true))
                return;
            if (ours)
                fs::rename(other, out);
            else if (r.format == ExportFormat::delta)
                write_file_atomic(out, "years");
            else
                fs::create_directories(out / "thesis");
        },
        {});
    EXPECT_FAULT(engine().export_edits(r, job), "was put there during the export");
    QVERIFY(there);
    QCOMPARE(fixture_->names().size(), ours ? std::size_t{1} : std::size_t{2}); // nothing is left of the staging
    if (!ours && r.format != ExportFormat::delta)
        QVERIFY(fs::exists(out / "thesis"));
    else if (!ours)
        QCOMPARE(read_file(out), std::string("years"));
}

void TestExportDelta::another_model() {
    fixture_->edit();
    (void)engine().export_edits(request("edits.safetensors"), {});
    const fs::path alike = fixture_->folder.filePath("alike").toStdString();
    write_variant(alike, DType::BF16, 1); // the same model, rounded: another fingerprint
    auto other = another(alike.string());
    EXPECT_FAULT(other->import_delta(fixture_->at("edits.safetensors"), false, {}), "for another model: gpt2_edit");
    QVERIFY_EXCEPTION_THROWN((void)other->import_delta(fixture_->at("edits.safetensors"), false, {}), ForeignModel);
    QVERIFY(other->ledger().entries.empty());
    QCOMPARE(other->import_delta(fixture_->at("edits.safetensors"), true, {}).position, std::size_t{2});
    auto smaller = another(EMEND_TEST_DATA "/models/gpt2");
    if (smaller->model_info().d_model != engine().model_info().d_model ||
        smaller->model_info().d_mlp != engine().model_info().d_mlp) {
        const std::string before = smaller->weights_hash({});
        EXPECT_FAULT(smaller->import_delta(fixture_->at("edits.safetensors"), true, {}), "do not fit");
        QCOMPARE(smaller->weights_hash({}), before);
    }
}

void TestExportDelta::damaged_data() {
    QTest::addColumn<QString>("damage");
    QTest::addColumn<QString>("words");
    QTest::newRow("missing") << "missing"
                             << "cannot open the file";
    QTest::newRow("empty") << "empty"
                           << "too short";
    QTest::newRow("cut") << "cut"
                         << "the file ends inside";
    QTest::newRow("a bit") << "bit"
                           << "their hash is another";
    QTest::newRow("weights") << "weights"
                             << "this is no delta file but pt";
    QTest::newRow("no metadata") << "bare"
                                 << "no \"format\" in its metadata";
    QTest::newRow("no edits") << "no edits"
                              << "does not say which edits";
    QTest::newRow("version") << "version"
                             << "of version 2";
    QTest::newRow("a foreign tensor") << "tensor"
                                      << "does not belong into a delta";
    QTest::newRow("a factor missing") << "factor"
                                      << "a factor is missing";
}

void TestExportDelta::damaged() {
    QFETCH(QString, damage);
    QFETCH(QString, words);
    fixture_->edit();
    const std::string file = fixture_->at("edits.safetensors");
    (void)engine().export_edits(request("edits.safetensors"), {});
    std::string bytes = read_file(file);
    const auto rewritten = [&](const auto& change) {
        const SafetensorsFile sound = SafetensorsFile::open(file);
        auto metadata = sound.metadata();
        std::vector<std::string> names = sound.names();
        change(metadata, names);
        SafetensorsWriter writer;
        for (const auto& [key, value] : metadata)
            writer.set_metadata(key, value);
        for (const std::string& name : names) {
            const TensorView& view = sound.at(name.starts_with("my") ? name.substr(2) : name);
            writer.add(name, view.dtype, view.shape, view.data);
        }
        writer.write(file + ".new");
        bytes = read_file(file + ".new");
    };
    using Metadata = std::map<std::string, std::string>;
    using Names = std::vector<std::string>;
    if (damage == "empty")
        bytes.clear();
    else if (damage == "cut")
        bytes.resize(bytes.size() - 100);
    else if (damage == "bit")
        bytes.back() = static_cast<char>(bytes.back() ^ 1);
    else if (damage == "weights")
        bytes = read_file(fs::path(small_model()) / "model.safetensors");
    else if (damage == "bare")
        rewritten([](Metadata& metadata, Names&) { metadata.clear(); });
    else if (damage == "version")
        rewritten([](Metadata& metadata, Names&) { metadata["format_version"] = "2"; });
    else if (damage == "no edits")
        rewritten([](Metadata& metadata, Names&) { metadata["batches"] = R"([{"title": "x"}, {}])"; });
    else if (damage == "tensor")
        rewritten([](Metadata&, Names& names) { names[0] = "my" + names[0]; });
    else if (damage == "factor")
        rewritten([](Metadata&, Names& names) { names.pop_back(); });
    if (damage == "missing")
        fs::remove(file);
    else
        write_file_atomic(file, bytes);
    const std::string before = fixture_->hash();
    EXPECT_FAULT(engine().import_delta(file, false, {}), words.toStdString());
    QCOMPARE(fixture_->hash(), before);
    QCOMPARE(engine().ledger().entries.size(), std::size_t{2});
}

void TestExportDelta::stopped_anywhere() {
    fixture_->edit();
    fixture_->stop_everywhere(request("edits.safetensors"));
}

void TestExportDelta::a_stopped_import_changes_nothing() {
    fixture_->edit();
    (void)engine().export_edits(request("edits.safetensors"), {});
    auto other = another();
    const std::string before = other->weights_hash({});
    std::stop_source source;
    source.request_stop();
    QVERIFY_EXCEPTION_THROWN(
        other->import_delta(fixture_->at("edits.safetensors"), false, JobContext({}, source.get_token())), Cancelled);
    QCOMPARE(other->weights_hash({}), before);
    QVERIFY(other->ledger().entries.empty());
}

QTEST_GUILESS_MAIN(TestExportDelta)
#include "test_export_delta.moc"
