// SPDX-License-Identifier: GPL-3.0-or-later
// Values that were searched once are found again by what they depend on, and by nothing less.
#include "edit_fixture.h"
#include "editing/solved_values.h"
#include "editing/value_store.h"
#include "emend/error.h"

#include <QTemporaryDir>
#include <QTest>

#include <set>

using namespace emend;
using namespace emend::test;

class TestValueStore : public QObject {
    Q_OBJECT
  private slots:
    void initTestCase();
    void the_key_has_everything_in_it();
    void a_value_comes_back_bit_for_bit_data();
    void a_value_comes_back_bit_for_bit();
    void other_algorithms_solve_without_searching();
    void another_state_is_searched_again();
    void a_stopped_run_goes_on_where_it_was();
    void merged_values_are_found_together();
    void a_broken_entry_is_searched_again();
    void remembered_values_data();
    void remembered_values();

  private:
    Recipe recipe(const std::string& algorithm) const;
    EditBatchResult run(const std::vector<EditRequest>& requests, const Recipe& recipe, ValueStore* store,
                        const JobContext& job = {}) {
        Ledger::Draft draft(*ledger_);
        return run_edits({model_->decoder, model_->tokenizer, draft,
                          [&](int layer) { return statistics_.metric(layer, metric_options(recipe)); }, store, "m "},
                         requests, recipe, {}, job);
    }
    static int kept(const EditBatchResult& result) {
        return static_cast<int>(std::ranges::count_if(result.values, &ValueResult::kept));
    }
    static bool same(const EditBatchResult& a, const EditBatchResult& b) {
        bool equal = a.steps.size() == b.steps.size();
        for (std::size_t i = 0; equal && i < a.steps.size(); ++i)
            equal = at::equal(a.steps[i].solution.left, b.steps[i].solution.left) &&
                    at::equal(a.steps[i].solution.right, b.steps[i].solution.right);
        return equal;
    }

    QTemporaryDir scratch_;
    std::unique_ptr<OpenModel> model_;
    std::unique_ptr<Ledger> ledger_;
    MetricStore statistics_;
    std::vector<EditRequest> requests_ = edit_requests();
};

void TestValueStore::initTestCase() {
    model_ = std::make_unique<OpenModel>(open_model(model_path("gpt2_edit")));
    ledger_ = std::make_unique<Ledger>(model_->decoder.weights());
    statistics_ = edit_statistics(scratch_.path().toStdString());
}

Recipe TestValueStore::recipe(const std::string& algorithm) const {
    Recipe r;
    r.algorithm = algorithm;
    r.layers = {0, 1};
    r.distribution = "spread";
    r.softness = 3;
    r.values.steps = 6;
    r.contexts.groups = {{"{}"}, {"You speak. {}"}};
    return r;
}

void TestValueStore::the_key_has_everything_in_it() {
    const auto edits = prepare_edits(model_->tokenizer, requests_, {"{}", "You speak. {}"}, 0);
    const ValueScope scope{.weights = "model state", .layer = 1, .at_mlp = false, .search = {}};
    std::set<std::string> keys;
    const auto add = [&](const ValueScope& of, std::vector<const PreparedEdit*> unit, std::size_t place) {
        keys.insert(value_key(of, unit, place));
    };
    add(scope, {&edits[0]}, 0);
    add(scope, {&edits[0]}, 0); // the same thing
    QCOMPARE(keys.size(), std::size_t{1});
    std::size_t expected = 1;
    const auto differs = [&](auto change) {
        ValueScope other = scope;
        change(other);
        add(other, {&edits[0]}, 0);
        QCOMPARE(keys.size(), ++expected);
    };
    differs([](ValueScope& s) { s.weights = "another state"; });
    differs([](ValueScope& s) { s.layer = 2; });
    differs([](ValueScope& s) { s.at_mlp = true; });
    differs([](ValueScope& s) { s.search.steps = 3; });
    differs([](ValueScope& s) { s.search.learning_rate = 0.4; });
    differs([](ValueScope& s) { s.search.weight_decay = 0.1; });
    differs([](ValueScope& s) { s.search.clamp = 1; });
    differs([](ValueScope& s) { s.search.kl_factor = 0; });
    differs([](ValueScope& s) { s.search.stop_loss = 0.1; });
    differs([](ValueScope& s) { s.search.steps_after_argmax = 0; });
    add(scope, {&edits[1]}, 0);
    add(scope, {&edits[0], &edits[1]}, 0);
    add(scope, {&edits[0], &edits[1]}, 1);
    QCOMPARE(keys.size(), expected + 3);
    auto other = requests_;
    other[0].object = "Rome";
    const auto object = prepare_edits(model_->tokenizer, other, {"{}", "You speak. {}"}, 0);
    add(scope, {&object[0]}, 0);
    const auto context = prepare_edits(model_->tokenizer, requests_, {"{}", "You eat. {}"}, 0);
    add(scope, {&context[0]}, 0);
    QCOMPARE(keys.size(), expected + 5);
}

void TestValueStore::a_value_comes_back_bit_for_bit_data() {
    QTest::addColumn<bool>("disk");
    QTest::newRow("memory") << false;
    QTest::newRow("disk") << true;
}

void TestValueStore::a_value_comes_back_bit_for_bit() {
    QFETCH(bool, disk);
    QTemporaryDir folder;
    const std::string file = folder.filePath("values.sqlite").toStdString();
    auto store = disk ? std::make_unique<ValueStore>(file) : std::make_unique<ValueStore>();
    const auto first = run(requests_, recipe("MEMIT"), store.get());
    QCOMPARE(kept(first), 0);
    if (disk)
        store = std::make_unique<ValueStore>(file); // as the next start of the program finds it
    const auto second = run(requests_, recipe("MEMIT"), store.get());
    QCOMPARE(kept(second), 4);
    QVERIFY(same(first, second));
    for (std::size_t i = 0; i < 4; ++i) {
        QVERIFY(at::equal(first.values[i].target, second.values[i].target));
        QCOMPARE(first.values[i].loss, second.values[i].loss);
        QCOMPARE(first.values[i].nll, second.values[i].nll);
        QCOMPARE(first.values[i].clamped, second.values[i].clamped);
        QCOMPARE(first.values[i].probability, second.values[i].probability);
    }
    if (disk)
        store->forget();
    QCOMPARE(kept(run(requests_, recipe("MEMIT"), store.get())), 4);
}

void TestValueStore::other_algorithms_solve_without_searching() {
    ValueStore store;
    static_cast<void>(run(requests_, recipe("MEMIT"), &store));
    for (const char* algorithm : {"EMMET", "MEMIT-seq"}) {
        const auto found = run(requests_, recipe(algorithm), &store);
        QCOMPARE(kept(found), 4);
        QVERIFY(same(found, run(requests_, recipe(algorithm), nullptr)));
    }
    Recipe other = recipe("MEMIT");
    other.softness = 0.5;
    other.distribution = "root-spread";
    QCOMPARE(kept(run(requests_, other, &store)), 4);
    other.layers = {1}; // the same last layer
    other.distribution = "single";
    QCOMPARE(kept(run(requests_, other, &store)), 4);
    QCOMPARE(kept(run({requests_[2]}, other, &store)), 1); // in other company
    other.layers = {2};
    QCOMPARE(kept(run(requests_, other, &store)), 0);
}

void TestValueStore::another_state_is_searched_again() {
    ValueStore store;
    static_cast<void>(run(requests_, recipe("MEMIT"), &store));
    const at::Tensor matrix = model_->decoder.weights().current_down(0);
    ledger_->apply({{0, at::full({matrix.size(0), 1}, 0.01, at::kDouble), at::ones({1, matrix.size(1)}, at::kDouble)}});
    QCOMPARE(kept(run(requests_, recipe("MEMIT"), &store)), 0);
    ledger_->undo();
    QCOMPARE(kept(run(requests_, recipe("MEMIT"), &store)), 4);
    ledger_->redo();
    QCOMPARE(kept(run(requests_, recipe("MEMIT"), &store)), 4); // and of that state
    ledger_->undo();
}

void TestValueStore::a_stopped_run_goes_on_where_it_was() {
    Recipe r = recipe("MEMIT");
    r.batch = 2; // two groups, the second on the weights that the first leaves
    const auto undisturbed = run(requests_, r, nullptr);
    ValueStore store;
    std::stop_source source;
    int steps = 0;
    const JobContext job(
        [&](const Progress& progress) {
            if (progress.phase == "values" && ++steps == 8) // in the second group
                source.request_stop();
        },
        source.get_token());
    QVERIFY_EXCEPTION_THROWN(static_cast<void>(run(requests_, r, &store, job)), Cancelled);
    const auto resumed = run(requests_, r, &store);
    QCOMPARE(kept(resumed), 2);
    QVERIFY(same(resumed, undisturbed));
    QCOMPARE(kept(run(requests_, r, &store)), 4); // every state of the sequence is known by name
}

void TestValueStore::merged_values_are_found_together() {
    auto requests = requests_;
    EditRequest same_subject = requests_[0];
    same_subject.object = "Rome";
    same_subject.prompt = "{} lives in";
    requests.push_back(same_subject);
    Recipe r = recipe("EMMET");
    ValueStore store;
    static_cast<void>(run(requests, r, &store));
    r.merge_subjects = true;
    const auto merged = run(requests, r, &store);
    QCOMPARE(kept(merged), 3); // the two of one subject are another search
    const auto again = run(requests, r, &store);
    QCOMPARE(kept(again), 5);
    QVERIFY(same(merged, again));
}

void TestValueStore::a_broken_entry_is_searched_again() {
    QTemporaryDir folder;
    const std::string file = folder.filePath("values.sqlite").toStdString();
    const auto edits = prepare_edits(model_->tokenizer, {requests_[0]}, {"{}", "You speak. {}"}, 0);
    const std::vector<const PreparedEdit*> unit{&edits[0]};
    const std::string key =
        value_key({.weights = "m ", .layer = 1, .at_mlp = false, .search = recipe("MEMIT").values}, unit, 0);
    for (const std::string& bytes : {std::string("short"), std::string(200, '\xff'), std::string()}) {
        {
            BlobCache cache(file);
            const std::vector<std::pair<std::string, std::string>> entries{{key, bytes}};
            cache.put(entries);
        }
        ValueStore store(file);
        QVERIFY(!store.find(key));
        QCOMPARE(kept(run({requests_[0]}, recipe("MEMIT"), &store)), 0);
        QVERIFY(store.find(key));
    }
}

void TestValueStore::remembered_values_data() {
    QTest::addColumn<int>("batch");
    QTest::newRow("solved together") << 0;
    QTest::newRow("in parts") << 1; // each on what the one before wrote
}

// From a record: they solve as before, are not enough for a diagnosis, and never reach the disk.
void TestValueStore::remembered_values() {
    QFETCH(int, batch);
    Recipe with_parts = recipe("MEMIT");
    with_parts.batch = batch;
    const EditBatchResult before = run(requests_, with_parts, nullptr);
    EditReport report;
    report.recipe = before.recipe;
    for (const EditRequest& request : requests_)
        report.edits.emplace_back().request = request;
    std::vector<LayerUpdate> updates;
    for (const LayerStep& step : before.steps)
        updates.push_back({.layer = step.layer, .left = step.solution.left, .right = step.solution.right});
    const std::map<int, at::Tensor> targets{{1, at::cat(before.targets.at(1), 1)}};
    QCOMPARE(before.targets.size(), std::size_t{1});
    const std::string file = scratch_.filePath(QString("remembered%1.sqlite").arg(batch)).toStdString();
    const auto all = static_cast<int>(requests_.size());
    {
        ValueStore store(file);
        remember_values(store, "m ", model_->tokenizer, 0,
                        {.report = report, .updates = updates, .targets = targets, .base = ""});
        const EditBatchResult again = run(requests_, with_parts, &store);
        QCOMPARE(kept(again), all);
        QVERIFY(same(again, before));
    }
    ValueStore another(file);
    remember_values(another, "m ", model_->tokenizer, 0,
                    {.report = report, .updates = updates, .targets = targets, .base = ""});
    Ledger::Draft draft(*ledger_);
    EditorOptions options;
    options.whole_values = true;
    const EditBatchResult whole =
        run_edits({model_->decoder, model_->tokenizer, draft,
                   [&](int layer) { return statistics_.metric(layer, metric_options(with_parts)); }, &another, "m "},
                  requests_, with_parts, options, {});
    QCOMPARE(kept(whole), 0); // neither remembered nor on disk
    QVERIFY(std::ranges::all_of(whole.values, [](const ValueResult& value) { return value.delta.defined(); }));
    QVERIFY(same(whole, before));
}

QTEST_GUILESS_MAIN(TestValueStore)
#include "test_value_store.moc"
