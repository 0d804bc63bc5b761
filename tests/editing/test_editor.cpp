// SPDX-License-Identifier: GPL-3.0-or-later
// Batches of edits: one formula for every algorithm, all or nothing, the same again from the same seed.
#include "edit_fixture.h"
#include "editing/contexts.h"
#include "editing/keys.h"
#include "editing/layer_report.h"
#include "emend/error.h"
#include "model/fingerprint.h"

#include <QTemporaryDir>
#include <QTest>

#include <cmath>

using namespace emend;
using namespace emend::test;

class TestEditor : public QObject {
    Q_OBJECT
  private slots:
    void initTestCase();
    void emmet_of_one_edit_is_rome();
    void one_at_a_time_is_one_after_another();
    void batches_follow_one_another();
    void r_rome_uses_the_mean_key();
    void memorizes_what_it_was_asked();
    void report_adds_up();
    void without_statistics();
    void same_seed_same_bits();
    void nothing_changes_when_stopped_data();
    void nothing_changes_when_stopped();
    void nothing_changes_when_it_fails_data();
    void nothing_changes_when_it_fails();
    void dump_has_the_contracts_tensors();
    void progress_rises();
    void a_large_update_is_told();

  private:
    Recipe recipe(const std::string& algorithm, std::vector<int> layers) const;
    // In a draft that is dropped afterwards.
    EditBatchResult run(const std::vector<EditRequest>& requests, const Recipe& recipe, const JobContext& job = {});
    std::string hash() { return weights_hash(model_->decoder.weights(), {}); }
    static at::Tensor update(const LayerStep& step) { return step.solution.left.matmul(step.solution.right); }

    QTemporaryDir scratch_;
    std::unique_ptr<OpenModel> model_;
    std::unique_ptr<Ledger> ledger_;
    MetricStore statistics_;
    std::vector<EditRequest> requests_ = edit_requests();
};

void TestEditor::initTestCase() {
    model_ = std::make_unique<OpenModel>(open_model(model_path("gpt2_edit")));
    ledger_ = std::make_unique<Ledger>(model_->decoder.weights());
    statistics_ = edit_statistics(scratch_.path().toStdString());
}

Recipe TestEditor::recipe(const std::string& algorithm, std::vector<int> layers) const {
    Recipe r;
    r.algorithm = algorithm;
    r.layers = std::move(layers);
    r.distribution = r.layers.size() > 1 ? "spread" : "single";
    r.values.steps = 6;
    r.contexts.groups = {{"{}"}, {"The people in the city. {}", "You speak. {}"}};
    return r;
}

EditBatchResult TestEditor::run(const std::vector<EditRequest>& requests, const Recipe& recipe, const JobContext& job) {
    Ledger::Draft draft(*ledger_);
    const EditTools tools{model_->decoder, model_->tokenizer, draft,
                          [&](int layer) { return statistics_.metric(layer, metric_options(recipe)); }};
    return run_edits(tools, requests, recipe, {}, job);
}

void TestEditor::emmet_of_one_edit_is_rome() {
    Recipe r = recipe("EMMET", {1});
    r.alpha = 0.1; // for several edits only
    const auto result = run({requests_[0]}, r);
    const LayerStep& step = result.steps.at(0);
    // D = R (C^-1 k)^T / (k^T C^-1 k)
    at::Tensor c = statistics_.statistics(1).second_moment.clone();
    c.diagonal().add_(r.ridge * c.diagonal().mean());
    const at::Tensor direction = at::linalg_solve(c, step.keys);
    const at::Tensor rome = step.residual.matmul(direction.t()) / step.keys.t().matmul(direction);
    QVERIFY(relative_difference(update(step), rome) < 1e-9);
}

void TestEditor::one_at_a_time_is_one_after_another() {
    const Recipe r = recipe("ROME", {1});
    const auto together = run(requests_, r);
    QCOMPARE(together.steps.size(), requests_.size());
    Ledger::Draft draft(*ledger_);
    const EditTools tools{model_->decoder, model_->tokenizer, draft,
                          [&](int layer) { return statistics_.metric(layer, metric_options(r)); }};
    for (std::size_t i = 0; i < requests_.size(); ++i) {
        const auto alone = run_edits(tools, {requests_[i]}, r, {}, {});
        QVERIFY(at::equal(update(alone.steps[0]), update(together.steps[i])));
        QCOMPARE(together.steps[i].first_edit, i);
    }
    QCOMPARE(draft.updates().size(), requests_.size());
}

void TestEditor::batches_follow_one_another() {
    Recipe r = recipe("MEMIT", {0, 1});
    r.softness = 20;
    r.batch = 3;
    const auto result = run(requests_, r);
    QCOMPARE(result.values.size(), requests_.size());
    QCOMPARE(result.steps.size(), std::size_t{4});
    QCOMPARE(result.steps[1].layer, 1);
    QCOMPARE(result.steps[1].keys.size(1), 3);
    QCOMPARE(result.steps[2].first_edit, std::size_t{3});
    QCOMPARE(result.steps[2].keys.size(1), 1);
    QCOMPARE(result.layers.size(), std::size_t{2});
    QCOMPARE(result.layers[0].rank, 4);
}

void TestEditor::r_rome_uses_the_mean_key() {
    const auto result = run({requests_[0]}, recipe("R-ROME", {1}));
    const LayerStep& step = result.steps.at(0);
    QVERIFY(!step.bare_keys.defined());
    QVERIFY(relative_difference(update(step).matmul(step.keys), step.residual) < 1e-9);
    // v - W k at the mean key
    const auto& down = model_->decoder.weights();
    const at::Tensor said = down.current_down(1).matmul(step.keys) + down.block(1).down.bias.unsqueeze(1);
    QVERIFY(relative_difference(step.residual, result.values[0].target.unsqueeze(1) - said) < 1e-9);

    const auto rome = run({requests_[0]}, recipe("ROME", {1}));
    QVERIFY(relative_difference(update(rome.steps[0]).matmul(rome.steps[0].bare_keys), rome.steps[0].residual) < 1e-9);
    QVERIFY(relative_difference(rome.steps[0].residual.select(1, 0), rome.values[0].delta) < 1e-9);
    QVERIFY(relative_difference(update(rome.steps[0]), update(step)) > 1e-3);
}

void TestEditor::memorizes_what_it_was_asked() {
    // Written exactly into the last of its layers, the state after it is the one that was searched.
    const Recipe r = recipe("EMMET", {0, 2});
    Ledger::Draft draft(*ledger_);
    const EditTools tools{model_->decoder, model_->tokenizer, draft,
                          [&](int layer) { return statistics_.metric(layer, metric_options(r)); }};
    Recipe bare = r;
    bare.contexts.groups = {{"{}"}};
    const auto result = run_edits(tools, requests_, bare, {}, {});
    const auto edits = prepare_edits(model_->tokenizer, requests_, {"{}"}, 0);
    const at::Tensor now = read_block_output(model_->decoder, edits, 2, {});
    for (std::size_t i = 0; i < requests_.size(); ++i)
        QVERIFY(relative_difference(now.select(1, static_cast<std::int64_t>(i)), result.values[i].target) < 1e-6);
    // Half of the way was asked of the first layer, the rest of the second.
    QCOMPARE(result.steps[0].layer, 0);
    QVERIFY(result.steps[0].solution.memorization < 1e-12 * result.steps[0].residual.square().sum().item<double>());
}

void TestEditor::report_adds_up() {
    Recipe r = recipe("EMMET", {0, 1});
    r.ridge = 0;
    r.batch = 2;
    const auto result = run(requests_, r);
    for (const LayerReport& layer : result.layers) {
        at::Tensor d;
        for (const LayerStep& step : result.steps)
            if (step.layer == layer.layer)
                d = d.defined() ? d + update(step) : update(step);
        const at::Tensor w = model_->decoder.weights().original_down(layer.layer);
        const double preservation =
            d.matmul(statistics_.statistics(layer.layer).second_moment).mul(d).sum().item<double>();
        const auto close = [](double a, double b) { return std::abs(a - b) <= 1e-9 * std::abs(b); };
        QVERIFY(close(layer.update_norm, d.norm().item<double>()));
        QVERIFY(close(layer.weight_norm, w.norm().item<double>()));
        QVERIFY(close(layer.relative_norm, (d.norm() / w.norm()).item<double>()));
        QVERIFY(close(layer.preservation, preservation));
    }
    QVERIFY(result.recipe.softness.has_value());
    QVERIFY(result.seconds.values > 0 && result.seconds.keys > 0 && result.seconds.solve > 0);
}

void TestEditor::without_statistics() {
    Recipe r = recipe("ROME", {1});
    r.use_statistics = false;
    Ledger::Draft draft(*ledger_);
    const EditTools tools{model_->decoder, model_->tokenizer, draft,
                          [](int) -> Metric { throw Error("not to be asked"); }};
    const auto result = run_edits(tools, {requests_[0]}, r, {}, {});
    QVERIFY(std::isnan(result.layers[0].preservation));
    const LayerStep& step = result.steps[0];
    QVERIFY(relative_difference(step.solution.right[0], step.keys.select(1, 0) / step.keys.norm()) < 1e-12);
}

void TestEditor::same_seed_same_bits() {
    Recipe r = recipe("MEMIT", {0, 1});
    r.softness = 20;
    r.contexts.groups.clear();
    r.contexts.samples = {{6, 3}};
    r.contexts.seed = 3;
    const auto first = run(requests_, r);
    const auto second = run(requests_, r);
    QVERIFY(first.recipe == second.recipe);
    QCOMPARE(first.recipe.contexts.groups.size(), std::size_t{2});
    for (std::size_t i = 0; i < first.steps.size(); ++i) {
        QVERIFY(at::equal(first.steps[i].solution.left, second.steps[i].solution.left));
        QVERIFY(at::equal(first.steps[i].solution.right, second.steps[i].solution.right));
    }
    for (std::size_t i = 0; i < requests_.size(); ++i)
        QCOMPARE(first.values[i].loss, second.values[i].loss);
    // The recipe as used is complete: run again from it, nothing is written anew.
    const auto again = run(requests_, first.recipe);
    QVERIFY(at::equal(update(again.steps[1]), update(first.steps[1])));
}

void TestEditor::nothing_changes_when_stopped_data() {
    QTest::addColumn<QString>("phase");
    for (const char* phase : {"contexts", "values", "layer 0", "layer 1", "layer 2"})
        QTest::addRow("%s", phase) << phase;
}

void TestEditor::nothing_changes_when_stopped() {
    QFETCH(QString, phase);
    Recipe r = recipe("MEMIT", {0, 1, 2});
    r.softness = 20;
    r.contexts.groups.clear();
    r.contexts.samples = {{6, 3}};
    const std::string before = hash();
    std::stop_source stop;
    const JobContext job(
        [&](const Progress& progress) {
            if (progress.phase == phase.toStdString())
                stop.request_stop();
        },
        stop.get_token());
    QVERIFY_EXCEPTION_THROWN((void)run(requests_, r, job), Cancelled);
    QVERIFY(stop.stop_requested());
    QCOMPARE(hash(), before);
    QCOMPARE(ledger_->size(), std::size_t{0});
}

void TestEditor::nothing_changes_when_it_fails_data() {
    QTest::addColumn<QString>("fault");
    for (const char* fault : {"request", "values", "statistics", "second batch", "layers"})
        QTest::addRow("%s", fault) << fault;
}

void TestEditor::nothing_changes_when_it_fails() {
    QFETCH(QString, fault);
    Recipe r = recipe(fault == "layers" ? "ROME" : "MEMIT", {0, 1});
    r.softness = 20;
    auto requests = requests_;
    if (fault == "request")
        requests[2].object.clear();
    if (fault == "values") {
        r.values.learning_rate = 1e308;
        r.values.clamp = 1e308;
    }
    if (fault == "second batch")
        r.batch = 2;
    const std::string before = hash();
    int asked = 0;
    try {
        Ledger::Draft draft(*ledger_);
        const EditTools tools{model_->decoder, model_->tokenizer, draft, [&](int layer) {
                                  ++asked;
                                  // The first layer is written by then; a NaN must not reach the second.
                                  if ((fault == "statistics" && asked == 2) || (fault == "second batch" && asked == 4))
                                      return Metric::factor(at::full({256, 256}, NAN, at::kDouble), 1, 0);
                                  return statistics_.metric(layer, metric_options(r));
                              }};
        (void)run_edits(tools, requests, r, {}, {});
        QFAIL("no error");
    } catch (const Error& error) {
        QVERIFY(!error.message().empty());
        if (fault == "request")
            QVERIFY(error.where().find("edit 3 (Tanja Weber)") != std::string::npos);
    }
    QCOMPARE(hash(), before);
}

void TestEditor::dump_has_the_contracts_tensors() {
    const auto result = run(requests_, recipe("ROME", {1}));
    const std::string path = scratch_.filePath("dump.safetensors").toStdString();
    write_dump(path, result);
    const auto file = SafetensorsFile::open(path);
    const auto shape = [&](const char* name) { return file.at(name).shape; };
    QCOMPARE(shape("targets"), (std::vector<std::int64_t>{64, 4}));
    QCOMPARE(shape("keys.1"), (std::vector<std::int64_t>{256, 4}));
    QCOMPARE(shape("residual.1"), (std::vector<std::int64_t>{64, 4}));
    QCOMPARE(shape("delta.1"), (std::vector<std::int64_t>{64, 256}));
    for (int i = 0; i < 4; ++i)
        QCOMPARE(file.at("loss." + std::to_string(i)).shape, std::vector<std::int64_t>{6});
    at::Tensor sum = at::zeros({64, 256}, at::kDouble);
    for (const LayerStep& step : result.steps)
        sum += update(step);
    QVERIFY(relative_difference(read_tensor(file, "delta.1"), sum) < 1e-14);
    QVERIFY(at::equal(read_tensor(file, "targets").select(1, 2), result.values[2].target));
    QVERIFY(file.at("targets").dtype == DType::F64);
}

void TestEditor::progress_rises() {
    double last = -1;
    std::vector<std::string> phases;
    bool rises = true;
    const JobContext job([&](const Progress& progress) {
        rises = rises && progress.fraction >= last && progress.fraction <= 1;
        last = progress.fraction;
        if (phases.empty() || phases.back() != progress.phase)
            phases.push_back(progress.phase);
    });
    (void)run(requests_, recipe("EMMET", {0, 1}), job);
    QVERIFY(rises);
    QCOMPARE(phases, (std::vector<std::string>{"contexts", "values", "layer 0", "layer 1"}));
}

// The bounds stand with what was measured, in layer_report.h.
void TestEditor::a_large_update_is_told() {
    const auto told = [](double most) {
        std::vector<LayerReport> reports(2);
        reports[0].relative_norm = 0.1;
        reports[1].layer = 7;
        reports[1].relative_norm = most;
        return weight_warning(reports).value_or(std::string());
    };
    QVERIFY(!weight_warning({}));
    QCOMPARE(told(1.4), std::string());
    QVERIFY2(told(2).starts_with("layer 7 was moved by 2.0 times its own norm: look whether"), told(2).c_str());
    QVERIFY2(told(47350).starts_with("layer 7 was moved by 47350 times its own norm: the model is likely broken"),
             told(47350).c_str());
}

QTEST_GUILESS_MAIN(TestEditor)
#include "test_editor.moc"
