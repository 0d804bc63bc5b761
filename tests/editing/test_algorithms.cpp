// SPDX-License-Identifier: GPL-3.0-or-later
// Algorithms and distributions beyond the published runs: what each promises, on the small model with known edits.
#include "edit_fixture.h"
#include "editing/fine_tune.h"
#include "editing/keys.h"
#include "emend/error.h"
#include "model/fingerprint.h"

#include <QTemporaryDir>
#include <QTest>

#include <cmath>

using namespace emend;
using namespace emend::test;

class TestAlgorithms : public QObject {
    Q_OBJECT
  private slots:
    void initTestCase();
    void equal_weights_are_a_spread();
    void weights_decide_the_shares();
    void first_and_last_have_values_of_their_own();
    void sequences_leave_earlier_edits_alone();
    void sequences_inside_one_run();
    void encore_stops_values_early();
    void merged_subjects_share_a_key_and_a_value();
    void merging_other_subjects_changes_nothing();
    void fine_tuning_stays_within_its_bound();
    void fine_tuning_follows_the_gradient();
    void fine_tuning_in_chunks_is_the_same();

  private:
    Recipe recipe(const std::string& algorithm, std::vector<int> layers) const;
    EditBatchResult run(const std::vector<EditRequest>& requests, const Recipe& recipe, Ledger::Draft& draft);
    EditBatchResult run(const std::vector<EditRequest>& requests, const Recipe& recipe) {
        Ledger::Draft dropped(*ledger_);
        return run(requests, recipe, dropped);
    }
    static at::Tensor update(const LayerStep& step) { return step.solution.left.matmul(step.solution.right); }

    QTemporaryDir scratch_;
    std::unique_ptr<OpenModel> model_;
    std::unique_ptr<Ledger> ledger_;
    MetricStore statistics_;
    std::vector<EditRequest> requests_ = edit_requests();
};

void TestAlgorithms::initTestCase() {
    model_ = std::make_unique<OpenModel>(open_model(model_path("gpt2_edit")));
    ledger_ = std::make_unique<Ledger>(model_->decoder.weights());
    statistics_ = edit_statistics(scratch_.path().toStdString());
}

Recipe TestAlgorithms::recipe(const std::string& algorithm, std::vector<int> layers) const {
    Recipe r;
    r.algorithm = algorithm;
    r.layers = std::move(layers);
    r.distribution = r.layers.size() > 1 ? "spread" : "single";
    r.softness = find_algorithm(algorithm).default_softness > 0 ? 5.0 : 0.0;
    r.values.steps = 8;
    r.contexts.groups = {{"{}"}, {"The people in the city. {}", "You speak. {}"}};
    return r;
}

EditBatchResult TestAlgorithms::run(const std::vector<EditRequest>& requests, const Recipe& recipe,
                                    Ledger::Draft& draft) {
    return run_edits({model_->decoder, model_->tokenizer, draft,
                      [&](int layer) { return statistics_.metric(layer, metric_options(recipe)); }},
                     requests, recipe, {}, {});
}

void TestAlgorithms::equal_weights_are_a_spread() {
    const Recipe spread = recipe("MEMIT", {0, 1, 2});
    Recipe weights = spread;
    weights.distribution = "weights";
    weights.weights = {3, 3, 3};
    const auto a = run(requests_, spread);
    const auto b = run(requests_, weights);
    for (std::size_t i = 0; i < 3; ++i)
        QVERIFY(relative_difference(update(b.steps[i]), update(a.steps[i])) < 1e-12);
}

void TestAlgorithms::weights_decide_the_shares() {
    Recipe r = recipe("EMMET", {0, 2});
    r.distribution = "weights";
    r.weights = {1, 3};
    const auto result = run(requests_, r);
    at::Tensor asked = at::zeros_like(result.steps[0].residual);
    for (std::size_t i = 0; i < requests_.size(); ++i)
        asked.select(1, static_cast<std::int64_t>(i)).copy_(result.values[i].delta);
    QVERIFY(relative_difference(result.steps[0].residual, asked / 4) < 1e-9); // 1 of 1 + 3
    r.weights = {1};
    QVERIFY_EXCEPTION_THROWN(static_cast<void>(run(requests_, r)), Error);
}

void TestAlgorithms::first_and_last_have_values_of_their_own() {
    Recipe r = recipe("EMMET", {0, 1, 2});
    r.distribution = "first-and-last";
    const auto result = run(requests_, r);
    QCOMPARE(result.recipe.layers, (std::vector<int>{0, 2}));
    QCOMPARE(result.steps.size(), std::size_t{2});
    QCOMPARE(result.steps[0].layer, 0);
    QCOMPARE(result.steps[1].layer, 2);
    // Each asks for all of its own: searched alone at layer 0, the first is a single edit of that layer.
    const auto alone = run(requests_, recipe("EMMET", {0}));
    QVERIFY(at::equal(update(result.steps[0]), update(alone.steps[0])));
    for (std::size_t i = 0; i < requests_.size(); ++i)
        QVERIFY(at::equal(result.steps[1].targets.select(1, static_cast<std::int64_t>(i)), result.values[i].target));
    QVERIFY(relative_difference(result.steps[1].targets, result.steps[0].targets) > 1e-3);
    // And the last asks for what is missing after the first was written.
    Ledger::Draft draft(*ledger_);
    draft.add({0, result.steps[0].solution.left, result.steps[0].solution.right});
    const auto edits = prepare_edits(model_->tokenizer, requests_, {"{}"}, 0);
    const at::Tensor now = read_block_output(model_->decoder, edits, 2, {});
    QVERIFY(relative_difference(result.steps[1].residual, result.steps[1].targets - now) < 1e-9);
}

void TestAlgorithms::sequences_leave_earlier_edits_alone() {
    const std::vector<EditRequest> first(requests_.begin(), requests_.begin() + 2);
    const std::vector<EditRequest> second(requests_.begin() + 2, requests_.end());
    double disturbed_by_memit = 0;
    for (const char* algorithm : {"MEMIT", "MEMIT-seq", "AlphaEdit"}) {
        Recipe r = recipe(algorithm, {1});
        r.softness = std::string(algorithm) == "AlphaEdit" ? 1e-4 : 0.01; // of I there, of C here
        r.null_space_threshold = statistics_.spectrum(1).values[150].item<double>();
        Ledger::Draft draft(*ledger_);
        const auto one = run(first, r, draft);
        draft.end_batch();
        const auto keys = draft.earlier_keys(1);
        QCOMPARE(keys.defined(), std::string(algorithm) != "MEMIT");
        const auto two = run(second, r, draft);
        const at::Tensor earlier = keys.defined() ? keys : one.steps[0].keys;
        const double disturbed = update(two.steps[0]).matmul(earlier).norm().item<double>() /
                                 update(one.steps[0]).matmul(earlier).norm().item<double>();
        if (!keys.defined())
            disturbed_by_memit = disturbed;
        else
            QVERIFY2(disturbed < disturbed_by_memit / 20, algorithm);
        if (keys.defined())
            QVERIFY(std::abs(two.steps[0].solution.disturbance -
                             update(two.steps[0]).matmul(earlier).square().sum().item<double>()) < 1e-12);
    }
}

void TestAlgorithms::sequences_inside_one_run() {
    Recipe r = recipe("MEMIT-seq", {0, 1});
    r.batch = 2;
    const auto together = run(requests_, r);
    Ledger::Draft draft(*ledger_);
    const auto one = run({requests_[0], requests_[1]}, r, draft);
    draft.end_batch();
    const auto two = run({requests_[2], requests_[3]}, r, draft);
    QCOMPARE(together.steps.size(), std::size_t{4});
    for (std::size_t i = 0; i < 2; ++i) {
        QVERIFY(at::equal(update(together.steps[i]), update(one.steps[i])));
        QVERIFY(relative_difference(update(together.steps[2 + i]), update(two.steps[i])) < 1e-9);
    }
}

void TestAlgorithms::encore_stops_values_early() {
    Recipe r = recipe("ENCORE", {1});
    r.values.steps = 40;
    r.values.stop_loss = 0;
    const auto full = run({requests_[0]}, r);
    QCOMPARE(full.values[0].loss.size(), std::size_t{40});
    QVERIFY(!full.values[0].stopped_early);
    r.values.steps_after_argmax = 0;
    const auto first = run({requests_[0]}, r);
    r.values.steps_after_argmax = 3;
    const auto later = run({requests_[0]}, r);
    QVERIFY(first.values[0].stopped_early && later.values[0].stopped_early);
    QCOMPARE(later.values[0].loss.size(), first.values[0].loss.size() + 3);
    QVERIFY(later.values[0].loss.size() < 40);
    // The same way as far as it goes, and there the object is the likeliest for the first time.
    for (std::size_t i = 0; i < later.values[0].loss.size(); ++i)
        QCOMPARE(later.values[0].loss[i], full.values[0].loss[i]);
    QVERIFY(first.values[0].probability > 0.02);
    QVERIFY(later.values[0].probability > first.values[0].probability);
}

void TestAlgorithms::merged_subjects_share_a_key_and_a_value() {
    std::vector<EditRequest> requests = requests_;
    EditRequest same = requests_[0];
    same.prompt = "The mother tongue of {} is";
    same.object = "Spanish";
    requests.push_back(same);
    Recipe r = recipe("EMMET", {1});
    r.merge_subjects = true;
    const auto merged = run(requests, r);
    QCOMPARE(merged.steps[0].keys.size(1), 4);
    QCOMPARE(merged.steps[0].edits, std::size_t{5});
    QVERIFY(at::equal(merged.values[0].delta, merged.values[4].delta));
    QVERIFY(!at::equal(merged.values[0].delta, merged.values[1].delta));
    QVERIFY(merged.conflicts.empty());
    r.merge_subjects = false;
    const auto apart = run(requests, r);
    QCOMPARE(apart.steps[0].keys.size(1), 5);
    QCOMPARE(apart.conflicts.size(), std::size_t{1});
    QCOMPARE(apart.conflicts[0].first, std::size_t{0});
    QCOMPARE(apart.conflicts[0].second, std::size_t{4});
    QVERIFY(apart.conflicts[0].same_subject);
    QVERIFY(!apart.warnings.empty());
    QVERIFY(apart.warnings[0].find("edit 1 (Elena Silva) and edit 5 (Elena Silva)") != std::string::npos);
    // The key of the pair is the mean of theirs.
    const at::Tensor mean = (apart.steps[0].keys.select(1, 0) + apart.steps[0].keys.select(1, 4)) / 2;
    QVERIFY(relative_difference(merged.steps[0].keys.select(1, 0), mean) < 1e-12);
    // The joint value is a compromise, better for both together than either's own.
    const auto at_end = [](const ValueResult& value) { return value.nll.back(); };
    QVERIFY(at_end(merged.values[0]) < merged.values[0].nll.front());
    QVERIFY(at_end(merged.values[4]) < merged.values[4].nll.front());
}

void TestAlgorithms::merging_other_subjects_changes_nothing() {
    Recipe r = recipe("MEMIT", {0, 1});
    const auto plain = run(requests_, r);
    r.merge_subjects = true;
    const auto merged = run(requests_, r);
    for (std::size_t i = 0; i < plain.steps.size(); ++i)
        QVERIFY(at::equal(update(plain.steps[i]), update(merged.steps[i])));
}

void TestAlgorithms::fine_tuning_stays_within_its_bound() {
    Recipe r = recipe("FT-L", {1});
    r.values = {.steps = 15,
                .learning_rate = 5e-3,
                .weight_decay = 0,
                .clamp = 4,
                .kl_factor = 0,
                .stop_loss = 0.01,
                .steps_after_argmax = {}};
    r.contexts.groups = {{"{}"}};
    r.largest_change = 0.02;
    const std::string before = weights_hash(model_->decoder.weights(), {});
    const auto result = run(requests_, r);
    const at::Tensor d = update(result.steps[0]);
    QVERIFY(d.abs().max().item<double>() <= 0.02);
    QVERIFY(d.abs().max().item<double>() > 0.0199); // and it is reached
    for (const ValueResult& value : result.values) {
        QCOMPARE(value.loss.size(), std::size_t{15});
        QVERIFY(value.loss.back() < 0.9 * value.loss.front());
    }
    QVERIFY(std::isnan(result.layers[0].memorization));
    QVERIFY(result.layers[0].preservation > 0);
    QCOMPARE(weights_hash(model_->decoder.weights(), {}), before); // the draft was dropped
    r.layers = {0, 1};
    QVERIFY_EXCEPTION_THROWN(static_cast<void>(run(requests_, r)), Error);
}

// The first step of Adam goes along the sign of the gradient, which is measured here by going both ways.
void TestAlgorithms::fine_tuning_follows_the_gradient() {
    const NoGrad no_grad;
    const auto edits = prepare_edits(model_->tokenizer, requests_, {"{}"}, 0);
    ValueSearch search;
    search.steps = 2;
    search.learning_rate = 1e-3;
    search.weight_decay = 0;
    search.stop_loss = 0;
    const int layer = 1;
    const auto step = fine_tune(model_->decoder, edits, layer, search, {}, {});
    const auto loss_with = [&](const at::Tensor& d) {
        Ledger::Draft draft(*ledger_);
        draft.add({layer, at::eye(d.size(0), at::kDouble), d});
        double sum = 0;
        for (const PreparedEdit& edit : edits) {
            const PreparedRow& row = edit.rows[0];
            const at::Tensor log_p =
                at::log_softmax(model_->decoder.logits(model_->decoder.forward(model_->decoder.pad({row.ids})))[0], -1);
            for (std::size_t j = 0; j < edit.target_ids.size(); ++j)
                sum -= log_p[row.target_begin + static_cast<std::int64_t>(j)][edit.target_ids[j]].item<double>() /
                       static_cast<double>(edit.target_ids.size());
        }
        return sum / static_cast<double>(edits.size());
    };
    const double mean = [&] {
        double sum = 0;
        for (const auto& losses : step.loss)
            sum += losses[0];
        return sum / static_cast<double>(step.loss.size());
    }();
    QVERIFY(std::abs(loss_with(at::zeros_like(step.update)) - mean) < 1e-9);
    const double after = [&] {
        double sum = 0;
        for (const auto& losses : step.loss)
            sum += losses[1];
        return sum / static_cast<double>(step.loss.size());
    }();
    QVERIFY(std::abs(loss_with(step.update) - after) < 1e-9);
    int compared = 0;
    for (const auto& [i, j] : {std::pair{0, 0}, {3, 17}, {40, 200}, {63, 255}, {12, 99}}) {
        at::Tensor d = at::zeros_like(step.update);
        d[i][j] = 1e-4;
        const double slope = (loss_with(d) - loss_with(-d)) / 2e-4;
        if (std::abs(slope) < 1e-7)
            continue;
        QVERIFY(std::abs(step.update[i][j].item<double>() - (slope > 0 ? -1e-3 : 1e-3)) < 1e-5);
        ++compared;
    }
    QVERIFY(compared >= 3);
}

void TestAlgorithms::fine_tuning_in_chunks_is_the_same() {
    const NoGrad no_grad;
    const auto edits = prepare_edits(model_->tokenizer, requests_, {"{}", "You speak. {}"}, 0);
    ValueSearch search;
    search.steps = 4;
    search.learning_rate = 1e-3;
    const auto whole = fine_tune(model_->decoder, edits, 2, search, {.largest_change = 0, .batch_rows = 100}, {});
    const auto chunks = fine_tune(model_->decoder, edits, 2, search, {.largest_change = 0, .batch_rows = 3}, {});
    for (std::size_t i = 0; i < edits.size(); ++i)
        for (std::size_t step = 0; step < 4; ++step)
            QVERIFY(std::abs(whole.loss[i][step] - chunks.loss[i][step]) < 1e-9);
    QVERIFY(relative_difference(chunks.update, whole.update) < 1e-5); // Adam divides by small gradients
}

QTEST_GUILESS_MAIN(TestAlgorithms)
#include "test_algorithms.moc"
