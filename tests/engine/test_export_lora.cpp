// SPDX-License-Identifier: GPL-3.0-or-later
// Adapters in PEFT's layout: the product of the factors is the update, of the rank that was asked for.
#include "emend/error.h"
#include "export_fixture.h"

#include <QTest>

using namespace emend;
using namespace emend::test;

class TestExportLora : public QObject {
    Q_OBJECT
  private slots:
    void init() { fixture_ = std::make_unique<ExportFixture>(); }
    void layout();
    void the_product_is_the_update_data();
    void the_product_is_the_update();
    void layers_of_different_rank();
    void cut_to_a_smaller_rank();
    void a_checkpoint_without_prefix();
    void refused();
    void stopped_anywhere();

  private:
    Engine& engine() { return *fixture_->engine; }
    [[nodiscard]] ExportRequest request(const std::string& name) const {
        return fixture_->request_for(ExportFormat::lora, name);
    }
    [[nodiscard]] static at::Tensor factor(const SafetensorsFile& file, int layer, const char* name) {
        const TensorView& view =
            file.at("base_model.model.transformer.h." + std::to_string(layer) + ".mlp.c_proj." + name + ".weight");
        at::Tensor copy = at::empty(view.shape, at::kFloat);
        std::memcpy(copy.data_ptr(), view.data, view.bytes);
        return copy.to(at::kDouble);
    }
    // Sum of a layer's updates, from the records.
    [[nodiscard]] at::Tensor update(int layer) {
        const ModelInfo& model = engine().model_info();
        at::Tensor sum = at::zeros({model.d_model, model.d_mlp}, at::kDouble);
        const LedgerState state = engine().ledger();
        for (std::size_t i = 0; i < state.position; ++i)
            for (const StoredUpdate& stored : engine().record(state.entries[i].id).updates)
                if (stored.layer == layer && state.entries[i].active)
                    sum += at::tensor(stored.left, at::kDouble)
                               .reshape({stored.rows, stored.rank})
                               .matmul(at::tensor(stored.right, at::kDouble).reshape({stored.rank, stored.columns}));
        return sum;
    }
    static double relative(const at::Tensor& value, const at::Tensor& wanted) {
        return ((value - wanted).norm() / wanted.norm()).item<double>();
    }
    std::unique_ptr<ExportFixture> fixture_;
};

void TestExportLora::layout() {
    fixture_->edit();
    const ExportReport report = engine().export_edits(request("adapter"), {});
    QVERIFY(report.verified && !report.held_before && !report.held_after);
    QCOMPARE(ExportFixture::names_in(fixture_->at("adapter")),
             (std::set<std::string>{"adapter_config.json", "adapter_model.safetensors", "emend.json"}));
    const auto config = json_of(fixture_->at("adapter/adapter_config.json"));
    QVERIFY(config["peft_type"] == "LORA");
    QVERIFY(config["task_type"] == "CAUSAL_LM");
    QVERIFY(config["fan_in_fan_out"] == true);
    QVERIFY(config["bias"] == "none");
    QVERIFY(config["base_model_name_or_path"] == engine().model_info().path);
    QVERIFY(config["r"] == 3); // of layer 1, which both batches write
    QVERIFY(config["lora_alpha"] == config["r"]);
    QVERIFY(config["target_modules"] == (nlohmann::json{"h.0.mlp.c_proj", "h.1.mlp.c_proj"}));
    QVERIFY(config["rank_pattern"] == (nlohmann::json{{"h.0.mlp.c_proj", 2}}));
    QVERIFY(config["alpha_pattern"] == config["rank_pattern"]);
    const SafetensorsFile file = SafetensorsFile::open(fixture_->at("adapter/adapter_model.safetensors"));
    QCOMPARE(file.names().size(), std::size_t{4});
    QCOMPARE(file.metadata().at("format"), std::string("pt"));
    const ModelInfo& model = engine().model_info();
    QCOMPARE(factor(file, 1, "lora_A").sizes().vec(), (std::vector<std::int64_t>{3, model.d_mlp}));
    QCOMPARE(factor(file, 1, "lora_B").sizes().vec(), (std::vector<std::int64_t>{model.d_model, 3}));
    QVERIFY(json_of(fixture_->at("adapter/emend.json"))["format"] == "lora");
}

void TestExportLora::the_product_is_the_update_data() {
    QTest::addColumn<QString>("algorithm");
    for (const char* algorithm : {"ROME", "MEMIT", "FT-L", "AlphaEdit"})
        QTest::newRow(algorithm) << algorithm;
}

void TestExportLora::the_product_is_the_update() {
    QFETCH(QString, algorithm);
    fixture_->edit();
    engine().apply({four_requests()[3], four_requests()[0]}, fixture_->recipe(algorithm.toStdString()), {}, {});
    const std::string before = fixture_->hash();
    const ExportReport report = engine().export_edits(request("adapter"), {});
    QCOMPARE(fixture_->hash(), before);
    const SafetensorsFile file = SafetensorsFile::open(fixture_->at("adapter/adapter_model.safetensors"));
    QCOMPARE(report.layers.size(), std::size_t{2});
    for (const ExportReport::Layer& layer : report.layers) {
        const at::Tensor product = factor(file, layer.layer, "lora_B").matmul(factor(file, layer.layer, "lora_A"));
        QVERIFY(relative(product, update(layer.layer)) < 1e-6);
        QVERIFY(layer.norm_lost < 1e-6 && layer.rank == layer.rank_needed);
        QVERIFY(layer.rank <= engine().model_info().d_model);
    }
}

// One batch undone by another: what is left has a smaller rank than the updates together.
void TestExportLora::layers_of_different_rank() {
    engine().apply({four_requests()[0]}, fixture_->recipe("EMMET"), {}, {});
    engine().apply({four_requests()[1], four_requests()[2], four_requests()[3]}, fixture_->recipe("EMMET", {0}), {},
                   {});
    const ExportReport report = engine().export_edits(request("adapter"), {});
    QCOMPARE(report.layers[0].rank, 3);
    QCOMPARE(report.layers[1].rank, 1);
    QCOMPARE(report.warnings.size(), std::size_t{1});
    const auto config = json_of(fixture_->at("adapter/adapter_config.json"));
    QVERIFY(config["rank_pattern"] == (nlohmann::json{{"h.1.mlp.c_proj", 1}}));
}

void TestExportLora::cut_to_a_smaller_rank() {
    Recipe strong = fixture_->recipe("ROME");
    strong.values.steps = 25;
    engine().apply(four_requests(), strong, {}, {});
    const std::string before = fixture_->hash();
    const auto singular = std::get<1>(at::linalg_svd(update(1), false));
    double last = 2;
    for (const int rank : {1, 2, 3, 4, 9}) {
        ExportRequest r = request("rank" + std::to_string(rank));
        r.rank = rank;
        const ExportReport report = engine().export_edits(r, {});
        QCOMPARE(fixture_->hash(), before);
        QCOMPARE(report.layers[0].rank_needed, 4);
        QCOMPARE(report.layers[0].rank, std::min(rank, 4));
        const double lost = (singular.slice(0, rank).norm() / singular.norm()).item<double>();
        QVERIFY(std::abs(report.layers[0].norm_lost - lost) < 1e-6); // the best there is of this rank
        QVERIFY(report.layers[0].norm_lost < last);
        last = std::max(1e-5, report.layers[0].norm_lost);
        QCOMPARE(report.held_after.has_value(), rank < 4);
        QCOMPARE(report.warnings.size(), std::size_t{rank < 4 ? 1u : 0u});
        if (rank == 1) {
            const auto checks = engine().check(four_requests(), {});
            const auto held = std::ranges::count_if(checks, [](const EditCheck& c) { return c.present.says_new; });
            QCOMPARE(*report.held_before, static_cast<double>(held) / 4);
            QVERIFY(held >= 2 && *report.held_after < *report.held_before);
        }
        const auto config = json_of(r.out + "/adapter_config.json");
        QVERIFY(config["r"] == std::min(rank, 4));
        QVERIFY(config["rank_pattern"].empty());
    }
}

// PEFT goes by the class's names, not the checkpoint's.
void TestExportLora::a_checkpoint_without_prefix() {
    fixture_->open(EMEND_TEST_DATA "/models/gpt2_noprefix_f16", "float32");
    QCOMPARE(engine().model_info().editable_matrix, std::string("h.{}.mlp.c_proj.weight"));
    Recipe recipe = fixture_->recipe("EMMET");
    recipe.use_statistics = false;
    engine().apply({four_requests()[0]}, recipe, {}, {});
    (void)engine().export_edits(request("adapter"), {});
    const SafetensorsFile file = SafetensorsFile::open(fixture_->at("adapter/adapter_model.safetensors"));
    QVERIFY(file.contains("base_model.model.transformer.h.1.mlp.c_proj.lora_A.weight"));
}

void TestExportLora::refused() {
    fixture_->refused(request("adapter"), "nothing is edited");
    fixture_->edit();
    ExportRequest r = request("adapter");
    r.rank = -1;
    fixture_->refused(r, "the rank must be 0 or more");
    r = request("adapter");
    r.out = small_model();
    fixture_->refused(r, "never written to");
    (void)engine().export_edits(request("adapter"), {});
    fixture_->refused(request("adapter"), "an exported folder is there already");
    r = request("adapter");
    r.force = true;
    const ExportPlan plan = engine().plan_export(r, {});
    QVERIFY(plan.problem.empty() && plan.files.size() == 3 && plan.layers.size() == 2);
    engine().undo();
    (void)engine().export_edits(r, {});
    QCOMPARE(fixture_->names(), std::set<std::string>{"adapter"});
    QVERIFY(json_of(fixture_->at("adapter/adapter_config.json"))["r"] == 1);
}

void TestExportLora::stopped_anywhere() {
    fixture_->edit();
    ExportRequest r = request("adapter");
    r.rank = 1;
    fixture_->stop_everywhere(r);
}

QTEST_GUILESS_MAIN(TestExportLora)
#include "test_export_lora.moc"
