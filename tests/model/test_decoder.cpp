// SPDX-License-Identifier: GPL-3.0-or-later
// Running in part gives what running whole gives; weights stay where they belong.
#include "emend/error.h"
#include "model/fingerprint.h"
#include "model_fixture.h"

#include <QTemporaryDir>
#include <QTest>

using namespace emend;
using namespace emend::test;

class TestDecoder : public QObject {
    Q_OBJECT
  private slots:
    void initTestCase();
    void from_a_layer();
    void only_what_is_wanted();
    void from_a_position();
    void prefixes_of_different_length();
    void padding_changes_nothing();
    void a_hook_changes_what_follows();
    void float32_stays_mapped();
    void replacing_and_restoring_is_exact();
    void fingerprint_ignores_the_prefix_of_names();
    void too_long_is_an_error();
    void faulty_folders_data();
    void faulty_folders();

  private:
    at::Tensor ids_;
    at::Tensor whole_;
    std::unique_ptr<OpenModel> model_;
};

void TestDecoder::initTestCase() {
    model_ = std::make_unique<OpenModel>(open_model(model_path("gpt2")));
    ids_ = (at::arange(20, at::kLong) * 37 + 11).remainder(900).view({2, 10});
    whole_ = model_->decoder.forward(ids_);
}

void TestDecoder::from_a_layer() {
    at::Tensor middle;
    Pass below;
    below.end_layer = 2;
    middle = model_->decoder.forward(ids_, below);
    Pass above;
    above.first_layer = 2;
    QVERIFY(at::equal(model_->decoder.run(middle, above), whole_));
}

void TestDecoder::only_what_is_wanted() {
    Pass pass;
    pass.only = at::tensor({9, 12, 3}); // row 0: 9 and 3; row 1: 2
    const at::Tensor some = model_->decoder.forward(ids_, pass);
    QCOMPARE(some.sizes(), at::IntArrayRef({1, 3, whole_.size(2)}));
    QVERIFY(relative_difference(some[0][0], whole_[0][9]) < 1e-13);
    QVERIFY(relative_difference(some[0][1], whole_[1][2]) < 1e-13);
    QVERIFY(relative_difference(some[0][2], whole_[0][3]) < 1e-13);
}

void TestDecoder::from_a_position() {
    KeyValues cache;
    Pass first;
    first.record = &cache;
    const Decoder& decoder = model_->decoder;
    static_cast<void>(decoder.forward(ids_.slice(1, 0, 6), first));
    Pass second;
    second.prefix = &cache;
    const at::Tensor rest = decoder.run(decoder.embed(ids_.slice(1, 6), at::arange(6, 10)), second);
    QVERIFY(relative_difference(rest, whole_.slice(1, 6)) < 1e-13);
}

void TestDecoder::prefixes_of_different_length() {
    // Row 0 goes on behind 3 tokens, row 1 behind 5, in one batch.
    const Decoder& decoder = model_->decoder;
    KeyValues cache;
    Pass first;
    first.record = &cache;
    static_cast<void>(decoder.forward(ids_.slice(1, 0, 5), first));
    Pass second;
    second.prefix = &cache;
    second.prefix_mask = at::arange(5).view({1, 5}).expand({2, 5}) < at::tensor({3, 5}).view({2, 1});
    const at::Tensor fresh = at::stack({ids_[0].slice(0, 3, 7), ids_[1].slice(0, 5, 9)});
    const at::Tensor positions = at::stack({at::arange(3, 7), at::arange(5, 9)});
    const at::Tensor rest = decoder.run(decoder.embed(fresh, positions), second);
    QVERIFY(relative_difference(rest[0], whole_[0].slice(0, 3, 7)) < 1e-13);
    QVERIFY(relative_difference(rest[1], whole_[1].slice(0, 5, 9)) < 1e-13);
}

void TestDecoder::padding_changes_nothing() {
    const at::Tensor padded = model_->decoder.pad({{5, 6, 7}, {5, 6, 7, 8, 9, 10}});
    const at::Tensor hidden = model_->decoder.forward(padded);
    QVERIFY(relative_difference(hidden[0].slice(0, 0, 3), hidden[1].slice(0, 0, 3)) < 1e-13);
}

void TestDecoder::a_hook_changes_what_follows() {
    Pass pass;
    pass.hook = [](int layer, Site site, const at::Tensor& value) {
        return layer == 1 && site == Site::mlp_out ? value + 1 : value;
    };
    const at::Tensor changed = model_->decoder.forward(ids_, pass);
    QVERIFY(relative_difference(changed, whole_) > 1e-3);

    // The same through the residual stream: what the MLP adds is added to it.
    Pass at_block;
    at_block.hook = [](int layer, Site site, const at::Tensor& value) {
        return layer == 1 && site == Site::block_out ? value + 1 : value;
    };
    QVERIFY(relative_difference(model_->decoder.forward(ids_, at_block), changed) < 1e-12);
}

void TestDecoder::float32_stays_mapped() {
    const OpenModel open = open_model(model_path("gpt2"), at::kFloat);
    const TensorView& on_disk = open.folder->tensor("transformer.wte.weight");
    QCOMPARE(open.decoder.weights().token_embedding().data_ptr(), static_cast<const void*>(on_disk.data));
}

void TestDecoder::replacing_and_restoring_is_exact() {
    for (const at::ScalarType dtype : {at::kFloat, at::kDouble}) {
        OpenModel open = open_model(model_path("gpt2"), dtype);
        Weights& weights = open.decoder.weights();
        const std::string before = weights_hash(weights, {});
        const at::Tensor original = weights.original_down(1);
        const auto replace = [&](const at::Tensor& matrix) {
            at::Tensor stored = (weights.conv1d() ? matrix.t() : matrix).to(dtype).contiguous();
            weights.swap_down(1, stored);
        };
        replace(original);
        QCOMPARE(weights_hash(weights, {}), before);
        replace(original + 0.5);
        QVERIFY(weights_hash(weights, {}) != before);
        QVERIFY(at::equal(weights.original_down(1), original));
        QVERIFY(relative_difference(weights.current_down(1), original + 0.5) < 1e-6);
        weights.restore_down(1);
        QCOMPARE(weights_hash(weights, {}), before);
    }
}

void TestDecoder::fingerprint_ignores_the_prefix_of_names() {
    const auto fingerprint = [](const char* name) {
        const ModelFolder folder = ModelFolder::open(model_path(name));
        const Family& family = find_family(folder.config());
        return model_fingerprint(folder, family.read_config(folder.config()), family, {});
    };
    QCOMPARE(fingerprint("gpt2").size(), std::size_t{32});
    QCOMPARE(fingerprint("gpt2"), fingerprint("gpt2"));
    QVERIFY(fingerprint("gpt2") != fingerprint("gpt2_edit"));
    QVERIFY(fingerprint("gpt2") != fingerprint("gpt2_noprefix_f16"));
}

void TestDecoder::too_long_is_an_error() {
    const at::Tensor ids = at::zeros({1, 65}, at::kLong);
    QVERIFY_EXCEPTION_THROWN(static_cast<void>(model_->decoder.forward(ids)), Error);
}

void TestDecoder::faulty_folders_data() {
    QTest::addColumn<QByteArray>("from");
    QTest::addColumn<QByteArray>("to");
    QTest::addColumn<QString>("message");
    QTest::newRow("no heads") << QByteArray(R"("n_head": 4)") << QByteArray(R"("n_head": 0)") << "n_head";
    QTest::newRow("heads do not divide") << QByteArray(R"("n_head": 4)") << QByteArray(R"("n_head": 5)")
                                         << "attention heads";
    QTest::newRow("mistyped layers") << QByteArray(R"("n_layer": 4)") << QByteArray(R"("n_layer": "four")")
                                     << "n_layer";
    QTest::newRow("absurd width") << QByteArray(R"("n_embd": 64)") << QByteArray(R"("n_embd": 1e30)") << "n_embd";
    QTest::newRow("too many layers") << QByteArray(R"("n_layer": 4)") << QByteArray(R"("n_layer": 5)") << "h.4.ln_1";
    QTest::newRow("other shape") << QByteArray(R"("vocab_size": 957)") << QByteArray(R"("vocab_size": 958)")
                                 << "[957, 64]";
    QTest::newRow("other family") << QByteArray(R"("model_type": "gpt2")") << QByteArray(R"("model_type": "mamba")")
                                  << "mamba";
    QTest::newRow("other activation") << QByteArray(R"("gelu_new")") << QByteArray(R"("snake")") << "snake";
}

void TestDecoder::faulty_folders() {
    QFETCH(QByteArray, from);
    QFETCH(QByteArray, to);
    QFETCH(QString, message);
    QTemporaryDir folder;
    const QString source = QString::fromStdString(model_path("gpt2"));
    for (const char* file : {"model.safetensors", "tokenizer.json"})
        QVERIFY(QFile::copy(source + "/" + file, folder.filePath(file)));
    QFile config(source + "/config.json");
    QVERIFY(config.open(QIODevice::ReadOnly));
    QByteArray text = config.readAll();
    QVERIFY2(text.contains(from), "the fixture has changed");
    text.replace(from, to);
    QFile changed(folder.filePath("config.json"));
    QVERIFY(changed.open(QIODevice::WriteOnly) && changed.write(text) == text.size());
    changed.close();
    try {
        static_cast<void>(open_model(folder.path().toStdString()));
        QFAIL("opened without an error");
    } catch (const Error& error) {
        const QString all = QString::fromStdString(error.what()) + QString::fromStdString(error.hint());
        QVERIFY2(all.contains(message), qPrintable(all));
        QVERIFY(!error.where().empty());
    }
}

QTEST_GUILESS_MAIN(TestDecoder)
#include "test_decoder.moc"
