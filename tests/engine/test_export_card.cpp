// SPDX-License-Identifier: GPL-3.0-or-later
// The model card of an exported folder: what was edited, above what was said of the model before.
#include "base/hash.h"
#include "export_fixture.h"

#include <QTest>

#include <algorithm>

using namespace emend;
using namespace emend::test;

class TestExportCard : public QObject {
    Q_OBJECT
  private slots:
    void init() { fixture_ = std::make_unique<ExportFixture>(); }
    void the_card_says_what_was_edited_data();
    void the_card_says_what_was_edited();
    void many_edits_are_in_the_other_file();
    void a_model_of_the_hub_is_named_data();
    void a_model_of_the_hub_is_named();

  private:
    Engine& engine() { return *fixture_->engine; }
    std::unique_ptr<ExportFixture> fixture_;
};

void TestExportCard::the_card_says_what_was_edited_data() {
    QTest::addColumn<QByteArray>("card"); // of the model; null: it has none
    QTest::addColumn<QByteArray>("begins");
    QTest::addColumn<QByteArray>("ends");
    QTest::newRow("none") << QByteArray() << QByteArray("# model, edited\n") << QByteArray(" |\n");
    QTest::newRow("plain") << QByteArray("# A model\n\nIt knows Paris.\n") << QByteArray("# model, edited\n")
                           << QByteArray("before these edits.*\n\n# A model\n\nIt knows Paris.\n");
    QTest::newRow("front matter") << QByteArray("---\nlicense: mit\n---\n# A model\n")
                                  << QByteArray("---\nlicense: mit\n---\n# model, edited\n")
                                  << QByteArray("before these edits.*\n\n# A model\n");
    QTest::newRow("front matter alone") << QByteArray("---\r\nlicense: mit\r\n---")
                                        << QByteArray("---\r\nlicense: mit\r\n---\n# model, edited\n")
                                        << QByteArray(" |\n");
    QTest::newRow("a ruler") << QByteArray("---\nlines\n") << QByteArray("# model, edited\n")
                             << QByteArray("before these edits.*\n\n---\nlines\n");
}

void TestExportCard::the_card_says_what_was_edited() {
    QFETCH(QByteArray, card);
    QFETCH(QByteArray, begins);
    QFETCH(QByteArray, ends);
    const fs::path model = fixture_->folder.filePath("model").toStdString();
    write_variant(model, DType::F32, 1);
    if (!card.isNull())
        write_file_atomic(model / "README.md", card.toStdString());
    fixture_->open(model);
    EditRequest hostile{"Tanja | `rm`\n<b>", "sport", "{} is a player of", "chess", "tennis", {}, {}};
    fixture_->edit();
    (void)engine().apply({hostile}, fixture_->recipe("EMMET"), {}, {});
    const ExportReport report = engine().export_edits(fixture_->request_for(ExportFormat::folder, "out"), {});
    const auto text = QByteArray::fromStdString(read_file(fs::path(fixture_->at("out")) / "README.md"));
    QVERIFY2(text.startsWith(begins), text.constData());
    QVERIFY2(text.endsWith(ends), text.constData());
    QVERIFY2(text.contains("4 edits were written into 2 matrices of model with Emend"), text.constData());
    QVERIFY2(text.contains("\n| Elena Silva was born in | "), text.constData());
    QVERIFY2(text.contains("\n| Tanja \\| \\`rm\\`\u23CE&lt;b> is a player of | chess | tennis |\n"), text.constData());
    QVERIFY(!text.contains(fixture_->folder.path().toUtf8())); // nobody's private folders
    const ExportFile& file = *std::ranges::find(report.files, "README.md", &ExportFile::name);
    QCOMPARE(file.origin, std::string("new"));
    QCOMPARE(file.sha256, sha256_hex(text.toStdString()));
    // Where nothing is edited the old card is true.
    ExportRequest untouched = fixture_->request_for(ExportFormat::folder, "untouched");
    untouched.at = 0;
    (void)engine().export_edits(untouched, {});
    const fs::path copied = fs::path(fixture_->at("untouched")) / "README.md";
    QCOMPARE(fs::exists(copied), !card.isNull());
    if (!card.isNull())
        QCOMPARE(read_file(copied), card.toStdString());
}

void TestExportCard::many_edits_are_in_the_other_file() {
    std::vector<EditRequest> many(60, four_requests()[0]);
    for (std::size_t i = 0; i < many.size(); ++i)
        many[i].subject = "Elena Silva " + std::to_string(i);
    Recipe recipe = fixture_->recipe("MEMIT", {0, 1});
    recipe.values.steps = 1;
    (void)engine().apply(many, recipe, {}, {});
    (void)engine().export_edits(fixture_->request_for(ExportFormat::folder, "out"), {});
    const std::string text = read_file(fs::path(fixture_->at("out")) / "README.md");
    QVERIFY(text.find("Elena Silva 49 was") != std::string::npos &&
            text.find("Elena Silva 50 was") == std::string::npos);
    QVERIFY2(text.ends_with("\nAnd 10 edits more, in `emend.json`.\n"), text.c_str());
}

void TestExportCard::a_model_of_the_hub_is_named_data() {
    QTest::addColumn<QString>("folder");
    QTest::addColumn<QByteArray>("card");
    QTest::addColumn<QByteArray>("begins");
    QTest::newRow("no card") << "models--gpt2/snapshots/0a1b" << QByteArray()
                             << QByteArray("---\nbase_model: \"gpt2\"\n---\n# 0a1b, edited\n");
    QTest::newRow("no front matter") << "models--acme--tiny.one/snapshots/0a1b" << QByteArray("# Tiny\n")
                                     << QByteArray("---\nbase_model: \"acme/tiny.one\"\n---\n# ");
    QTest::newRow("made from another") << "models--acme--tiny/snapshots/0a1b"
                                       << QByteArray(
                                              "---\nlicense: mit\nbase_model:\n- acme/large\n  # and\n- acme/huge\n"
                                              "base_model_relation: merge\nlanguage:\n- en\n---\n# Tiny\n")
                                       << QByteArray(
                                              "---\nbase_model: \"acme/tiny\"\nlicense: mit\nlanguage:\n- en\n---\n# ");
    QTest::newRow("no name of the hub") << "models--a\"b--c/snapshots/0a1b" << QByteArray() << QByteArray("# ");
}

void TestExportCard::a_model_of_the_hub_is_named() {
    QFETCH(QString, folder);
    QFETCH(QByteArray, card);
    QFETCH(QByteArray, begins);
    const fs::path model = fixture_->folder.filePath(folder).toStdString();
    write_variant(model, DType::F32, 1);
    if (!card.isNull())
        write_file_atomic(model / "README.md", card.toStdString());
    fixture_->open(model);
    (void)engine().apply({four_requests()[0]}, fixture_->recipe("EMMET"), {}, {});
    (void)engine().export_edits(fixture_->request_for(ExportFormat::folder, "out"), {});
    const auto text = QByteArray::fromStdString(read_file(fs::path(fixture_->at("out")) / "README.md"));
    QVERIFY2(text.startsWith(begins), text.constData());
    QVERIFY2(!text.contains("acme/large"), text.constData());
}

QTEST_GUILESS_MAIN(TestExportCard)
#include "test_export_card.moc"
