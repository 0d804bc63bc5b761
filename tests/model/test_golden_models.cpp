// SPDX-License-Identifier: GPL-3.0-or-later
// Logits and hidden states against the numbers of the reference implementation.
#include "model_fixture.h"

#include <QTest>

using namespace emend;
using namespace emend::test;

class TestGoldenModels : public QObject {
    Q_OBJECT
  private slots:
    void matches_data();
    void matches();
};

void TestGoldenModels::matches_data() {
    QTest::addColumn<QString>("model");
    QTest::addColumn<bool>("in_float64");
    for (const char* model : {"gpt2", "gpt2_noprefix_f16"})
        for (const bool in_float64 : {true, false})
            QTest::addRow("%s %s", model, in_float64 ? "float64" : "float32") << QString(model) << in_float64;
}

void TestGoldenModels::matches() {
    QFETCH(QString, model);
    QFETCH(bool, in_float64);
    const NoGrad no_grad;
    const double bound = in_float64 ? 3e-7 : 2e-5; // golden numbers are stored as float32
    const std::string path = model_path(model.toStdString());
    const OpenModel open = open_model(path, in_float64 ? at::kDouble : at::kFloat);
    const SafetensorsFile golden = SafetensorsFile::open(path + "/golden.safetensors");

    int cases = 0;
    for (; golden.contains("case" + std::to_string(cases) + ".input_ids"); ++cases) {
        const std::string name = "case" + std::to_string(cases) + ".";
        const at::Tensor ids = read_tensor(golden, name + "input_ids").unsqueeze(0);
        std::vector<at::Tensor> hidden;
        Pass pass;
        pass.hook = [&](int, Site site, const at::Tensor& value) {
            if (site == Site::block_out)
                hidden.push_back(value[0]);
            return value;
        };
        const at::Tensor logits = open.decoder.logits(open.decoder.forward(ids, pass))[0];
        const auto close = [&](const at::Tensor& value, const std::string& what) {
            const double difference = relative_difference(value, read_tensor(golden, name + what));
            if (difference >= bound)
                qWarning("%s%s: %g", name.c_str(), what.c_str(), difference);
            return difference < bound;
        };
        const at::Tensor all_hidden = at::stack(hidden);
        QVERIFY(close(logits[-1], "logits_last"));
        QVERIFY(close(all_hidden.select(1, ids.size(1) - 1), "hidden_last"));
        if (golden.contains(name + "logits")) {
            QVERIFY(close(logits, "logits"));
            QVERIFY(close(all_hidden, "hidden_after_block"));
        }
    }
    QVERIFY2(cases >= 2, "the golden file has lost its cases");
}

QTEST_GUILESS_MAIN(TestGoldenModels)
#include "test_golden_models.moc"
