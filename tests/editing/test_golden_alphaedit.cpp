// SPDX-License-Identifier: GPL-3.0-or-later
// AlphaEdit against what its reference implementation computed: a batch over three layers, and two batches in a row,
// where the second has to leave the keys of the first alone.
#include "edit_fixture.h"
#include "editing/contexts.h"

#include <QTemporaryDir>
#include <QTest>

using namespace emend;
using namespace emend::test;

class TestGoldenAlphaEdit : public QObject {
    Q_OBJECT
  private slots:
    void golden_data();
    void golden();

  private:
    QTemporaryDir scratch_;
};

void TestGoldenAlphaEdit::golden_data() {
    QTest::addColumn<QString>("run");
    QTest::newRow("three layers") << "alphaedit_dist3_b4";
    QTest::newRow("two batches in a row") << "alphaedit_single_2batches";
}

void TestGoldenAlphaEdit::golden() {
    QFETCH(QString, run);
    const std::string base = edit_path(run.toStdString()) + "/f64";
    const auto about = read_json(base + ".json");
    const auto file = SafetensorsFile::open(base + ".safetensors");
    auto hparams = about["hparams"];
    hparams["context_templates"] = about["context_templates"];
    Recipe recipe;
    recipe.algorithm = "AlphaEdit";
    recipe = recipe_from_json(hparams.dump(), recipe, "hparams");
    QCOMPARE(*recipe.softness, about["hparams"]["L2"].get<double>());
    QCOMPARE(recipe.null_space_threshold, about["hparams"]["nullspace_threshold"].get<double>());

    OpenModel model = open_model(model_path("gpt2_edit"));
    MetricStore statistics = edit_statistics(scratch_.path().toStdString());
    Ledger ledger(model.decoder.weights());
    double worst = 0;
    double worst_update = 0;
    for (std::size_t b = 0; b < about["batches"].size(); ++b) {
        const auto& batch = about["batches"][b];
        std::vector<EditRequest> requests;
        for (const auto& request : batch["requests"]) {
            EditRequest& r = requests.emplace_back();
            r.subject = request["subject"].get<std::string>();
            r.prompt = request["prompt"].get<std::string>();
            r.object = request["target_new"]["str"].get<std::string>();
        }
        Ledger::Draft draft(ledger);
        const EditBatchResult result =
            run_edits({model.decoder, model.tokenizer, draft,
                       [&](int layer) { return statistics.metric(layer, metric_options(recipe)); }},
                      requests, recipe, {}, {});
        draft.commit();

        const std::string name = "b" + std::to_string(b) + ".";
        const auto compare = [&](const at::Tensor& value, const std::string& tensor, double& into) {
            const double off = relative_difference(value, read_tensor(file, name + tensor));
            into = std::max(into, off);
        };
        for (std::size_t i = 0; i < requests.size(); ++i) {
            const std::string z = "z" + std::to_string(batch["z"][i]["index"].get<int>());
            compare(result.values[i].target, z + ".target", worst);
            compare(result.values[i].delta, z + ".delta", worst);
        }
        for (std::size_t s = 0; s < result.steps.size(); ++s) {
            const LayerStep& step = result.steps[s];
            const std::string layer = "layer" + std::to_string(step.layer);
            compare(step.keys, layer + ".K", worst);
            compare(step.residual, layer + ".resid", worst);
            const at::Tensor update = step.solution.left.matmul(step.solution.right).t();
            compare(update, "upd.transformer.h." + std::to_string(step.layer) + ".mlp.c_proj.weight", worst_update);
            // As many directions below the threshold as there.
            QCOMPARE(result.layers[s].dimensions, about["null_dims"][s].get<int>());
            // Its keys after the edit, as they stand in the cache for later edits.
            const at::Tensor kept = ledger.batch(b).keys.at(step.layer);
            QCOMPARE(kept.size(1), static_cast<std::int64_t>(requests.size()));
        }
    }
    qInfo("largest relative difference %.1e, of the updates %.1e", worst, worst_update);
    QVERIFY(worst < 1e-6);
    QVERIFY(worst_update < 1e-6);
}

QTEST_GUILESS_MAIN(TestGoldenAlphaEdit)
#include "test_golden_alphaedit.moc"
