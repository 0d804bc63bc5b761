// SPDX-License-Identifier: GPL-3.0-or-later
// The fast value search is the plain one, whoever shares its batch.
#include "edit_fixture.h"
#include "editing/contexts.h"
#include "editing/keys.h"
#include "emend/error.h"
#include "model/fingerprint.h"
#include "straightforward_values.h"

#include <QTest>

#include <cmath>
#include <set>

using namespace emend;
using namespace emend::test;

namespace {

const std::vector<std::string> contexts = {"{}", "The people in the city. {}", "Therefore, I. {}", "You speak. {}"};

double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
    double largest = a.size() == b.size() ? 0 : INFINITY;
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
        largest = std::max(largest, std::abs(a[i] - b[i]) / std::max(1.0, std::abs(b[i])));
    return largest;
}

} // namespace

class TestValues : public QObject {
    Q_OBJECT
  private slots:
    void initTestCase();
    void like_the_whole_model_data();
    void like_the_whole_model();
    void subject_at_the_start();
    void batched_is_one_by_one();
    void edits_end_on_their_own();
    void clamp_holds();
    void probability_is_the_objects();
    void extra_row_for_the_bare_prompt();
    void keys_do_not_depend_on_batches();
    void not_a_number_names_the_edit();
    void stops_when_asked();
    void progress_rises();

  private:
    std::unique_ptr<OpenModel> model_;
    std::vector<PreparedEdit> edits_;
    ValueSearch search_;
};

void TestValues::initTestCase() {
    model_ = std::make_unique<OpenModel>(open_model(model_path("gpt2_edit")));
    edits_ = prepare_edits(model_->tokenizer, edit_requests(), contexts, 128);
    search_.steps = 12;
}

void TestValues::like_the_whole_model_data() {
    QTest::addColumn<int>("layer");
    QTest::addColumn<bool>("at_mlp");
    QTest::addColumn<double>("kl_factor");
    for (int layer = 0; layer < 4; ++layer) {
        QTest::addRow("block of layer %d", layer) << layer << false << 0.0625;
        QTest::addRow("MLP of layer %d", layer) << layer << true << 0.0625;
    }
    QTest::addRow("without the essence") << 1 << false << 0.0;
}

void TestValues::like_the_whole_model() {
    QFETCH(int, layer);
    QFETCH(bool, at_mlp);
    QFETCH(double, kl_factor);
    ValueSearch search = search_;
    search.kl_factor = kl_factor;
    ValueOptions options;
    options.at_mlp = at_mlp;
    const auto found = search_values(model_->decoder, edits_, layer, search, options, {});
    for (std::size_t i = 0; i < edits_.size(); ++i) {
        const auto plain = straightforward_search(model_->decoder, edits_[i], layer, at_mlp, search);
        QVERIFY(largest_difference(found[i].loss, plain.loss) < 1e-9);
        QVERIFY(relative_difference(found[i].init, plain.init) < 1e-12);
        // Not by relative_difference: an edit that nothing pulls at keeps delta = 0, exactly, in both.
        const double off = (found[i].delta - plain.delta).abs().max().item<double>();
        QVERIFY(off <= 1e-9 * plain.delta.abs().max().item<double>());
        // In the last block nothing behind the subject hears of it.
        QVERIFY(layer == 3 || found[i].loss.back() < found[i].loss.front());
    }
}

void TestValues::subject_at_the_start() {
    EditRequest request;
    request.subject = "Elena"; // one token, so nothing stands before it
    request.prompt = "{} was born in";
    request.object = "Madrid";
    const auto edit = prepare_edit(model_->tokenizer, request, {"{}"});
    if (edit.rows[0].lookup != 0)
        QSKIP("the subject has several tokens");
    const auto found = search_values(model_->decoder, std::span(&edit, 1), 1, search_, {}, {});
    const auto plain = straightforward_search(model_->decoder, edit, 1, false, search_);
    QVERIFY(largest_difference(found[0].loss, plain.loss) < 1e-9);
}

void TestValues::batched_is_one_by_one() {
    ValueOptions options;
    options.record_steps = true;
    const auto together = search_values(model_->decoder, edits_, 1, search_, options, {});
    options.memory_bytes = 1; // one edit a group
    const auto split = search_values(model_->decoder, edits_, 1, search_, options, {});
    for (std::size_t i = 0; i < edits_.size(); ++i) {
        const auto alone = search_values(model_->decoder, std::span(&edits_[i], 1), 1, search_, options, {});
        for (const auto* other : {&alone[0], &split[i]}) {
            QVERIFY(largest_difference(together[i].loss, other->loss) < 1e-9);
            QVERIFY(largest_difference(together[i].kl, other->kl) < 1e-9);
            QVERIFY(relative_difference(together[i].delta, other->delta) < 1e-9);
            QVERIFY(relative_difference(at::stack(together[i].delta_per_step), at::stack(other->delta_per_step)) <
                    1e-9);
        }
    }
}

void TestValues::edits_end_on_their_own() {
    // The last edit asks for what the model says anyway, so that it is done long before the others.
    auto requests = edit_requests();
    requests[3].object = "Paris";
    const auto edits = prepare_edits(model_->tokenizer, requests, contexts, 0);
    ValueSearch search = search_;
    search.steps = 40;
    search.weight_decay = 1e-3;
    search.kl_factor = 0;
    const auto together = search_values(model_->decoder, edits, 1, search, {}, {});
    std::set<std::size_t> lengths;
    for (std::size_t i = 0; i < edits.size(); ++i) {
        const auto alone = search_values(model_->decoder, std::span(&edits[i], 1), 1, search, {}, {});
        QCOMPARE(together[i].loss.size(), alone[0].loss.size());
        QCOMPARE(together[i].stopped_early, alone[0].stopped_early);
        QVERIFY(relative_difference(together[i].delta, alone[0].delta) < 1e-9);
        QCOMPARE(together[i].stopped_early, together[i].loss.back() < search.stop_loss);
        lengths.insert(together[i].loss.size());
    }
    QVERIFY(together[3].stopped_early);
    QVERIFY(lengths.size() > 1);
}

void TestValues::clamp_holds() {
    ValueSearch search = search_;
    search.clamp = 0.3;
    const auto found = search_values(model_->decoder, edits_, 1, search, {}, {});
    for (const ValueResult& value : found) {
        const double bound = 0.3 * value.init.norm().item<double>();
        QVERIFY(value.delta.norm().item<double>() <= bound * (1 + 1e-12));
        QVERIFY(value.clamped);
    }
    search.clamp = 1000;
    QVERIFY(!search_values(model_->decoder, std::span(&edits_[0], 1), 1, search, {}, {})[0].clamped);
}

void TestValues::probability_is_the_objects() {
    const NoGrad no_grad;
    const auto found = search_values(model_->decoder, edits_, 1, search_, {}, {});
    for (std::size_t i = 0; i < edits_.size(); ++i) {
        const PreparedRow& row = edits_[i].rows[edits_[i].bare];
        Pass pass;
        pass.hook = [&](int layer, Site site, const at::Tensor& value) {
            if (layer != 1 || site != Site::block_out)
                return value;
            at::Tensor changed = value.clone();
            changed[0][row.lookup] += found[i].delta;
            return changed;
        };
        const at::Tensor log_p = at::log_softmax(
            model_->decoder.logits(model_->decoder.forward(model_->decoder.pad({row.ids}), pass))[0], -1);
        double sum = 0;
        for (std::size_t j = 0; j < edits_[i].target_ids.size(); ++j)
            sum += log_p[row.target_begin + static_cast<std::int64_t>(j)][edits_[i].target_ids[j]].item<double>();
        QVERIFY(std::abs(found[i].probability - std::exp(sum)) < 1e-10);
    }
}

void TestValues::extra_row_for_the_bare_prompt() {
    const std::vector<std::string> without(contexts.begin() + 1, contexts.end());
    const auto edit = prepare_edit(model_->tokenizer, edit_requests()[2], without);
    QCOMPARE(edit.contexts, without.size());
    QCOMPARE(edit.rows.size(), without.size() + 1);
    QCOMPARE(edit.bare, without.size());
    const auto found = search_values(model_->decoder, std::span(&edit, 1), 1, search_, {}, {});
    const auto plain = straightforward_search(model_->decoder, edit, 1, false, search_);
    QVERIFY(largest_difference(found[0].loss, plain.loss) < 1e-9);
    QVERIFY(relative_difference(found[0].init, plain.init) < 1e-12);
}

void TestValues::keys_do_not_depend_on_batches() {
    const std::vector<double> weights(contexts.size(), 1.0 / static_cast<double>(contexts.size()));
    const LayerKeys together = read_keys(model_->decoder, edits_, 2, weights, {});
    const LayerKeys split = read_keys(model_->decoder, edits_, 2, weights, {}, {.batch_tokens = 1});
    QVERIFY(relative_difference(split.mean_keys, together.mean_keys) < 1e-13);
    QVERIFY(relative_difference(split.bare_outputs, together.bare_outputs) < 1e-13);
    // Values are what the matrix makes of the keys.
    const at::Tensor made = model_->decoder.weights().current_down(2).matmul(together.mean_keys) +
                            model_->decoder.weights().block(2).down.bias.unsqueeze(1);
    QVERIFY(relative_difference(together.mean_outputs, made) < 1e-12);
    ValueSearch one_step;
    one_step.steps = 1;
    const auto values = search_values(model_->decoder, edits_, 1, one_step, {}, {});
    const at::Tensor states = read_block_output(model_->decoder, edits_, 1, {});
    for (std::size_t i = 0; i < edits_.size(); ++i)
        QVERIFY(relative_difference(states.select(1, static_cast<std::int64_t>(i)), values[i].init) < 1e-12);
}

void TestValues::not_a_number_names_the_edit() {
    const std::string hash = weights_hash(model_->decoder.weights(), {});
    ValueSearch search = search_;
    search.learning_rate = 1e308;
    search.clamp = 1e308;
    try {
        (void)search_values(model_->decoder, std::span(&edits_[1], 1), 1, search, {}, {});
        QFAIL("no error");
    } catch (const Error& error) {
        QVERIFY(error.where().find("Greta Kowalski") != std::string::npos);
        QVERIFY(error.where().find("edit 2") != std::string::npos);
        QVERIFY(!error.hint().empty());
    }
    QCOMPARE(weights_hash(model_->decoder.weights(), {}), hash);
}

void TestValues::stops_when_asked() {
    std::stop_source stop;
    int steps = 0;
    const JobContext job(
        [&](const Progress&) {
            if (++steps == 3)
                stop.request_stop();
        },
        stop.get_token());
    QVERIFY_EXCEPTION_THROWN((void)search_values(model_->decoder, edits_, 1, search_, {}, job), Cancelled);
    QCOMPARE(steps, 3);
}

void TestValues::progress_rises() {
    double last = -1;
    bool rises = true;
    const JobContext job([&](const Progress& progress) {
        rises = rises && progress.fraction > last && progress.fraction <= 1;
        last = progress.fraction;
    });
    ValueOptions options;
    options.memory_bytes = 1;
    (void)search_values(model_->decoder, edits_, 1, search_, options, job);
    QVERIFY(rises);
    QVERIFY(last > 0.9);
}

QTEST_GUILESS_MAIN(TestValues)
#include "test_values.moc"
