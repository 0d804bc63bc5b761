// SPDX-License-Identifier: GPL-3.0-or-later
// Exports in other hands: a delta put into a checkpoint by the script that comes along, and what a program that shares
// no code with this one computes from folders and adapters.
#include "export_fixture.h"

#include <QFile>
#include <QProcess>
#include <QStandardPaths>
#include <QTest>

using namespace emend;
using namespace emend::test;

class TestExportPython : public QObject {
    Q_OBJECT
  private slots:
    void initTestCase();
    void init() { fixture_ = std::make_unique<ExportFixture>(); }
    void faults_are_told_in_a_line_data();
    void faults_are_told_in_a_line();
    void what_does_not_fit_is_told_data();
    void what_does_not_fit_is_told();
    void applied_by_python_data();
    void applied_by_python();
    void a_damaged_delta_is_not_applied();
    void a_delta_is_not_applied_twice();
    void python_says_what_it_changed_data();
    void python_says_what_it_changed();
    void others_compute_the_same_data();
    void others_compute_the_same();

  private:
    struct Said {
        int code = -1;
        QByteArray text; // of both outputs
    };
    [[nodiscard]] Said python(const QStringList& arguments) const {
        QProcess script;
        script.setProcessChannelMode(QProcess::MergedChannels);
        script.start(python_, arguments);
        if (!script.waitForFinished(60000))
            return {};
        return {.code = script.exitStatus() == QProcess::NormalExit ? script.exitCode() : -1, .text = script.readAll()};
    }
    // Puts the delta into a checkpoint's file; as on a machine without numpy, or with it.
    [[nodiscard]] Said apply(const std::string& checkpoint, bool with_numpy) const {
        const QString script = EMEND_SOURCE_DIR "/resources/apply_delta.py";
        const QString without = "import runpy, sys; sys.modules['numpy'] = None; sys.argv = sys.argv[1:]; "
                                "runpy.run_path(sys.argv[0], run_name='__main__')";
        QStringList arguments = with_numpy ? QStringList{script} : QStringList{"-c", without, script};
        for (const std::string& file : {checkpoint, fixture_->at("edits.safetensors"), fixture_->at("out.safetensors")})
            arguments << QString::fromStdString(file);
        return python(arguments);
    }
    Engine& engine() { return *fixture_->engine; }
    [[nodiscard]] ExportRequest delta() const {
        return fixture_->request_for(ExportFormat::delta, "edits.safetensors");
    }
    std::unique_ptr<ExportFixture> fixture_;
    QString python_;
    bool has_numpy_ = false;
};

void TestExportPython::initTestCase() {
    // Packages of the distribution are for its own Python, which need not be the first one.
    for (const QString& found : {QStandardPaths::findExecutable("python3"), QString("/usr/bin/python3")}) {
        if (!QFile::exists(found))
            continue;
        python_ = found;
        has_numpy_ = python({"-c", "import numpy"}).code == 0;
        if (has_numpy_)
            return;
    }
    if (python_.isEmpty())
        QSKIP("there is no python3");
}

void TestExportPython::a_damaged_delta_is_not_applied() {
    const fs::path model = fixture_->folder.filePath("model").toStdString();
    write_variant(model, DType::F32, 1);
    fixture_->open(model);
    fixture_->edit();
    (void)engine().export_edits(delta(), {});
    QFile file(QString::fromStdString(fixture_->at("edits.safetensors")));
    QVERIFY(file.open(QFile::ReadWrite) && file.seek(file.size() - 100));
    const char byte = file.peek(1).at(0);
    QVERIFY(file.putChar(static_cast<char>(byte ^ 1)));
    file.close();
    const Said said = apply((model / "model.safetensors").string(), has_numpy_);
    QVERIFY2(said.code == 1 && said.text.contains("is damaged"), said.text.constData());
    QVERIFY(!fs::exists(fixture_->at("out.safetensors")));
}

void TestExportPython::a_delta_is_not_applied_twice() {
    const fs::path model = fixture_->folder.filePath("model").toStdString();
    write_variant(model, DType::F32, 1);
    fixture_->open(model);
    fixture_->edit();
    (void)engine().export_edits(delta(), {});
    QCOMPARE(apply((model / "model.safetensors").string(), has_numpy_).code, 0);
    fs::rename(fixture_->at("out.safetensors"), fixture_->at("once.safetensors"));
    const Said said = apply(fixture_->at("once.safetensors"), has_numpy_);
    QVERIFY2(said.code == 1 && said.text.contains("has this delta already"), said.text.constData());
    QVERIFY(!fs::exists(fixture_->at("out.safetensors")));
}

void TestExportPython::faults_are_told_in_a_line_data() {
    QTest::addColumn<QString>("part"); // of the three that is faulty
    QTest::addColumn<QByteArray>("contents");
    QTest::addColumn<QString>("words");
    QTest::newRow("no delta but a table")
        << "delta" << QByteArray("subject,prompt,object\nRome,,\n") << "is no safetensors file";
    QTest::newRow("no delta but a model") << "delta" << QByteArray("model") << "is no delta of version 1";
    QTest::newRow("half a delta") << "delta" << QByteArray("half") << "only a part of one";
    QTest::newRow("an empty delta") << "delta" << QByteArray() << "is no safetensors file";
    QTest::newRow("no delta") << "delta" << QByteArray("none") << "No such file";
    QTest::newRow("half a model") << "model" << QByteArray("half") << "only a part of one";
    QTest::newRow("a folder for a model") << "model" << QByteArray("folder") << "Is a directory";
    QTest::newRow("another file is there") << "out" << QByteArray("years of work") << "is there already";
    QTest::newRow("no folder to write to") << "out" << QByteArray("none") << "No such file";
}

void TestExportPython::faults_are_told_in_a_line() {
    QFETCH(QString, part);
    QFETCH(QByteArray, contents);
    QFETCH(QString, words);
    fixture_->edit();
    (void)engine().export_edits(delta(), {});
    std::map<QString, std::string> file{{"model", small_model() + "/model.safetensors"},
                                        {"delta", fixture_->at("edits.safetensors")},
                                        {"out", fixture_->at("out.safetensors")}};
    const std::string faulty = fixture_->at("faulty");
    if (contents == "model")
        file[part] = file["model"];
    else if (contents == "folder")
        file[part] = small_model();
    else if (contents == "none")
        file[part] = fixture_->at("no/such/folder");
    else {
        std::string bytes = contents.toStdString();
        if (contents == "half") {
            bytes = read_file(file[part]);
            bytes.resize(bytes.size() / 2);
        }
        write_file_atomic(faulty, bytes);
        file[part] = faulty;
    }
    QStringList arguments{EMEND_SOURCE_DIR "/resources/apply_delta.py"};
    for (const char* name : {"model", "delta", "out"})
        arguments << QString::fromStdString(file[name]);
    const Said said = python(arguments);
    QCOMPARE(said.code, 1);
    QVERIFY2(said.text.contains(words.toUtf8()) && said.text.contains("nothing was written"), said.text.constData());
    QCOMPARE(said.text.trimmed().count('\n'), 0); // no traceback
    if (part == "out" && contents != "none")
        QCOMPARE(QByteArray::fromStdString(read_file(faulty)), contents);
    QVERIFY(!fs::exists(fixture_->at("out.safetensors")));
}

void TestExportPython::what_does_not_fit_is_told_data() {
    QTest::addColumn<QString>("dtype");
    QTest::addColumn<QString>("value");
    QTest::addColumn<bool>("fits");
    const auto row = [](const char* dtype, const char* value, bool fits) {
        QTest::addRow("%s in %s", value, dtype) << QString(dtype) << QString(value) << fits;
    };
    row("F16", "-65519.9", true);
    row("F16", "65520.0", false);
    row("BF16", "3.396e38", true);
    row("BF16", "-3.397e38", false);
    row("F32", "3.40282356e38", true);
    row("F32", "1e39", false);
    row("F32", "float('nan')", false);
    row("F64", "1e300", true);
    row("F64", "float('inf')", false);
}

// The largest numbers that are taken do not become infinite.
void TestExportPython::what_does_not_fit_is_told() {
    QFETCH(QString, dtype);
    QFETCH(QString, value);
    QFETCH(bool, fits);
    for (const QString without : {"", "sys.modules['numpy'] = None; "}) {
        const QString code = "import math, runpy, sys; " + without +
                             "its = runpy.run_path(sys.argv[1]); values = [1.0, " + value +
                             "]; fits = its['fits'](values, '" + dtype +
                             "'); print(fits); "
                             "sys.exit(fits and not all(map(math.isfinite, its['floats'](its['stored'](values, '" +
                             dtype + "'), '" + dtype + "'))))";
        const Said said = python({"-c", code, EMEND_SOURCE_DIR "/resources/apply_delta.py"});
        QVERIFY2(said.code == 0 && said.text.trimmed() == (fits ? "True" : "False"), said.text.constData());
    }
}

void TestExportPython::applied_by_python_data() {
    QTest::addColumn<int>("dtype");
    QTest::addColumn<bool>("with_numpy");
    QTest::newRow("F32, numpy") << static_cast<int>(DType::F32) << true;
    QTest::newRow("F16, numpy") << static_cast<int>(DType::F16) << true;
    QTest::newRow("F32") << static_cast<int>(DType::F32) << false;
    QTest::newRow("BF16") << static_cast<int>(DType::BF16) << false;
}

void TestExportPython::applied_by_python() {
    QFETCH(int, dtype);
    QFETCH(bool, with_numpy);
    if (with_numpy && !has_numpy_)
        QSKIP("there is no numpy for python3");
    const fs::path model = fixture_->folder.filePath("model").toStdString();
    write_variant(model, static_cast<DType>(dtype), 1);
    fixture_->open(model);
    fixture_->edit();
    (void)engine().export_edits(delta(), {});
    (void)engine().export_edits(fixture_->request_for(ExportFormat::folder, "folder"), {});
    const Said said = apply((model / "model.safetensors").string(), with_numpy);
    QVERIFY2(said.code == 0, said.text.constData());
    const SafetensorsFile ours = SafetensorsFile::open(fixture_->at("folder/model.safetensors"));
    const SafetensorsFile theirs = SafetensorsFile::open(fixture_->at("out.safetensors"));
    QCOMPARE(theirs.names(), ours.names());
    for (const std::string& name : ours.names()) {
        const TensorView& view = ours.at(name);
        const auto tensor = [&](const TensorView& of) {
            at::Tensor copy = at::empty(of.shape, at::TensorOptions().dtype(scalar_type(of.dtype)));
            std::memcpy(copy.data_ptr(), of.data, of.bytes);
            return copy.to(at::kDouble);
        };
        // numpy adds in an order of its own: the last digit of the precision may differ.
        const double bound = dtype == static_cast<int>(DType::F32) ? 1e-6 : 1e-2;
        QVERIFY2(at::allclose(tensor(view), tensor(theirs.at(name)), bound, bound * 1e-2), name.c_str());
        QCOMPARE(std::memcmp(view.data, SafetensorsFile::open((model / "model.safetensors").string()).at(name).data,
                             view.bytes) == 0,
                 !name.ends_with("0.mlp.c_proj.weight") && !name.ends_with("1.mlp.c_proj.weight"));
    }
}

void TestExportPython::python_says_what_it_changed_data() {
    QTest::addColumn<QString>("model");
    QTest::addColumn<QString>("words");
    QTest::addColumn<bool>("written");
    QTest::newRow("its own") << "gpt2_edit/model.safetensors"
                             << "2 of the delta's 2 layers changed: 0, 1" << true;
    QTest::newRow("other names") << "gpt2_noprefix_f16/model.safetensors"
                                 << "none of the delta's 2 layers" << false;
    QTest::newRow("another shape") << "small.safetensors"
                                   << "another model" << false;
}

void TestExportPython::python_says_what_it_changed() {
    QFETCH(QString, model);
    QFETCH(QString, words);
    QFETCH(bool, written);
    fixture_->edit();
    (void)engine().export_edits(delta(), {});
    QString checkpoint = EMEND_TEST_DATA "/models/" + model;
    if (!QFile::exists(checkpoint)) { // the same names, smaller
        checkpoint = QString::fromStdString(fixture_->at("small.safetensors"));
        const std::vector<float> zeros(4);
        SafetensorsWriter writer;
        const SafetensorsFile sound = SafetensorsFile::open(small_model() + "/model.safetensors");
        for (const std::string& name : sound.names())
            writer.add(name, DType::F32, {2, 2}, zeros.data());
        writer.write(checkpoint.toStdString());
    }
    const Said said = apply(checkpoint.toStdString(), false);
    QVERIFY2(said.text.contains(words.toUtf8()), said.text.constData());
    QCOMPARE(said.code == 0, written);
    QCOMPARE(fs::exists(fixture_->at("out.safetensors")), written);
}

void TestExportPython::others_compute_the_same_data() {
    QTest::addColumn<int>("shards");
    QTest::newRow("one file") << 1;
    QTest::newRow("shards") << 3;
}

void TestExportPython::others_compute_the_same() {
    QFETCH(int, shards);
    if (!has_numpy_)
        QSKIP("there is no numpy for python3");
    const fs::path model = fixture_->folder.filePath("model").toStdString();
    write_variant(model, DType::F32, shards);
    fixture_->open(model);
    fixture_->edit(); // layers of different ranks
    (void)engine().export_edits(fixture_->request_for(ExportFormat::folder, "folder"), {});
    const ExportReport adapter = engine().export_edits(fixture_->request_for(ExportFormat::lora, "adapter"), {});
    QVERIFY(adapter.layers.size() == 2 && adapter.layers[0].rank != adapter.layers[1].rank);
    nlohmann::json expected = nlohmann::json::array();
    for (const char* text : {"Elena Silva was born in", "Tanja Weber is a professional player of", "The city of"}) {
        const LogitsResult result = engine().logits({.text = text, .ids = {}, .full = true}, {});
        expected.push_back({{"text", text}, {"ids", result.ids}, {"logits", result.logits}});
    }
    write_file_atomic(fixture_->at("expected.json"), expected.dump());
    QStringList arguments{QString::fromStdString(model.string())};
    for (const char* name : {"folder", "adapter", "expected.json"})
        arguments << QString::fromStdString(fixture_->at(name));
    const Said said = python(QStringList{EMEND_SOURCE_DIR "/tests/engine/check_exports.py"} + arguments);
    QVERIFY2(said.code == 0, said.text.constData());
    qInfo("%s", said.text.trimmed().constData());
    // And those they are meant for, where they are at hand.
    if (python({"-c", "import torch, transformers, peft"}).code != 0)
        return;
    const Said meant = python(QStringList{EMEND_SOURCE_DIR "/tests/engine/check_with_transformers.py"} + arguments);
    QVERIFY2(meant.code == 0, meant.text.constData());
    qInfo("%s", meant.text.trimmed().constData());
}

QTEST_GUILESS_MAIN(TestExportPython)
#include "test_export_python.moc"
