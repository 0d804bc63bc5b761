// SPDX-License-Identifier: GPL-3.0-or-later
// The model that is shipped still knows its facts and still takes an edit of every relation, through the same calls
// that the programs make.
#include "commands.h"
#include "documents.h"
#include "edit_scores.h"

#include "emend/edits_io.h"
#include "emend/paths.h"

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <memory>

extern "C" emend::Engine* emend_create_engine();

using namespace emend;
using namespace emend::demo;

class TestDemoModel : public QObject {
    Q_OBJECT

    World world_;
    Vocabulary vocabulary_ = Vocabulary::load(demo_model_dir() + "/merges.txt");
    RelationLibrary library_ = RelationLibrary::load(resources_dir() + "/relations/relations.json");
    std::unique_ptr<Engine> engine_;
    std::unique_ptr<EditMeter> meter_;
    std::vector<EditRequest> edits_; // of the batches
    QTemporaryDir cache_;

    // What an edit calls true is a fact of the world.
    [[nodiscard]] bool is_fact(const EditRequest& edit) const {
        return std::any_of(world_.facts.begin(), world_.facts.end(), [&](const Fact& fact) {
            return world_.subject_of(fact).name == edit.subject && fact.object == edit.true_object;
        });
    }

    // A fact as a question of this wording.
    [[nodiscard]] EditRequest asked(const Fact& fact, const std::string& wording) const {
        const Document text = fill_template(wording, world_.subject_of(fact));
        const auto [begin, end] = text.subjects.at(0);
        EditRequest request;
        request.subject = world_.subject_of(fact).name;
        request.prompt = text.text.substr(0, begin) + "{}" + text.text.substr(end);
        request.object = fact.object;
        return request;
    }

  private slots:
    void initTestCase() { // values are searched here, whatever this machine has searched before
        QVERIFY(cache_.isValid());
        qputenv("EMEND_CACHE", cache_.path().toUtf8());
        world_ = load_world(EMEND_DEMO_WORLD);
        engine_.reset(emend_create_engine());
        LoadOptions load;
        load.path = demo_model_dir();
        load.threads = 1;
        const ModelInfo info = engine_->open(load, {});
        QCOMPARE(info.family, std::string("gpt2"));
        QCOMPARE(info.checkpoint_dtype, std::string("float16"));
        meter_ = std::make_unique<EditMeter>(*engine_, world_, vocabulary_, library_, kDefaultSeed);
    }

    void recall() {
        std::vector<EditRequest> trained_pairs;
        std::vector<EditRequest> untrained_pairs;
        std::vector<EditRequest> held_out_pairs;
        for (std::size_t f = 3; f < world_.facts.size(); f += 7) { // 300 facts
            const Fact& fact = world_.facts[f];
            const demo::Relation& relation = world_.relation_of(fact);
            bool done[2] = {};
            for (std::size_t i = 0; i < relation.train.size(); ++i) {
                const std::size_t t = (i + f) % relation.train.size();
                const bool seen = is_trained_pair(world_, fact, t, kDefaultSeed);
                if (!std::exchange(done[seen ? 1 : 0], true))
                    (seen ? trained_pairs : untrained_pairs).push_back(asked(fact, relation.train[t]));
            }
            held_out_pairs.push_back(asked(fact, relation.held_out[f % relation.held_out.size()]));
        }
        const Share trained = meter_->known(trained_pairs);
        const Share untrained = meter_->known(untrained_pairs);
        const Share held_out = meter_->known(held_out_pairs);
        QCOMPARE(held_out.all, std::size_t{300});
        qInfo("recall: trained %.1f, untrained pair %.1f, never-trained template %.1f", trained.percent(),
              untrained.percent(), held_out.percent());
        QVERIFY(trained.percent() >= 99);
        QVERIFY(untrained.percent() >= 98);
        QVERIFY(held_out.percent() >= 96);
    }

    void one_edit_per_relation_data() {
        QTest::addColumn<QString>("relation");
        for (const demo::Relation& relation : load_world(EMEND_DEMO_WORLD).relations)
            QTest::newRow(relation.id.c_str()) << QString::fromStdString(relation.id);
    }
    void one_edit_per_relation() {
        QFETCH(QString, relation);
        Random random(5, hash_text(relation.toStdString()));
        EditRequest edit;
        do {
            const Fact& fact = world_.facts[random.below(world_.facts.size())];
            if (world_.relation_of(fact).id != relation.toStdString())
                continue;
            edit = meter_->request(fact, random.pick(library_.find(relation.toStdString())->objects), random);
        } while (edit.subject.empty() || edit.object == *edit.true_object);
        const std::string before = engine_->weights_hash({});
        const EditReport report = engine_->apply({edit}, default_recipe(engine_->model_info(), "ROME"), {}, {});
        const EditOutcome& outcome = report.edits.at(0);
        QVERIFY2(outcome.after.p_new > 0.5 && outcome.before.p_new < 0.5,
                 qPrintable(QString("%1 → %2: %3 → %4")
                                .arg(edit.subject.c_str(), edit.object.c_str())
                                .arg(outcome.before.p_new)
                                .arg(outcome.after.p_new)));
        QVERIFY(meter_->answers(outcome.after.prompt, edit.object));
        engine_->undo();
        QCOMPARE(engine_->weights_hash({}), before);
    }

    // Batches, as the demo model promises them; the whole table, up to 100 edits, is what the trainer's measure prints.
    void batches_data() {
        QTest::addColumn<QString>("algorithm");
        QTest::addColumn<bool>("single");
        QTest::addColumn<int>("batch");
        QTest::addColumn<double>("efficacy");
        QTest::addColumn<double>("paraphrase");
        QTest::addColumn<double>("neighbourhood");
        QTest::addColumn<double>("unrelated");
        QTest::newRow("MEMIT 10") << "MEMIT" << false << 10 << 98.0 << 97.0 << 90.0 << 96.0;
        QTest::newRow("MEMIT 30") << "MEMIT" << false << 30 << 97.0 << 95.0 << 88.0 << 90.0;
        QTest::newRow("MEMIT 30, one layer") << "MEMIT" << true << 30 << 97.0 << 95.0 << 88.0 << 90.0;
        QTest::newRow("EMMET 10") << "EMMET" << false << 10 << 95.0 << 94.0 << 87.0 << 93.0;
        QTest::newRow("EMMET 30") << "EMMET" << false << 30 << 94.0 << 92.0 << 85.0 << 87.0;
        QTest::newRow("EMMET 30, one layer") << "EMMET" << true << 30 << 94.0 << 92.0 << 85.0 << 87.0;
        QTest::newRow("ROME 10 in sequence") << "ROME" << true << 10 << 98.0 << 95.0 << 85.0 << 88.0;
    }
    void batches() {
        QFETCH(QString, algorithm);
        QFETCH(bool, single);
        QFETCH(int, batch);
        Recipe recipe = default_recipe(engine_->model_info(), algorithm.toStdString());
        if (single) {
            recipe.layers = default_recipe(engine_->model_info(), "ROME").layers;
            recipe.distribution = "single";
        }
        const auto size = static_cast<std::size_t>(batch);
        if (edits_.empty())
            edits_ = meter_->draw_edits(30, false, 12);
        const std::vector<EditRequest> edits(edits_.begin(), edits_.begin() + batch);
        const EditScores scores = meter_->measure(edits, recipe, size, 100);
        qInfo("ES %.1f PS %.1f NS %.1f, unrelated facts %.1f", scores.efficacy.percent(), scores.paraphrase.percent(),
              scores.neighbourhood.percent(), scores.unrelated.percent());
        QFETCH(double, efficacy);
        QFETCH(double, paraphrase);
        QFETCH(double, neighbourhood);
        QFETCH(double, unrelated);
        QVERIFY(scores.efficacy.percent() >= efficacy);
        QVERIFY(scores.paraphrase.percent() >= paraphrase);
        QVERIFY(scores.neighbourhood.percent() >= neighbourhood);
        QVERIFY(scores.unrelated.percent() >= unrelated);
    }

    // What the window opens with and emend-cli demo tells.
    void drafts() {
        const EditsFile drafts = read_edits_file(demo_model_dir() + "/drafts.json");
        QVERIFY(drafts.problems.empty());
        QCOMPARE(drafts.edits.size(), std::size_t{3});
        for (std::size_t i = 0; i < drafts.edits.size(); ++i) {
            const EditRequest& edit = drafts.edits[i];
            QVERIFY(is_fact(edit));
            const EditReport report = engine_->apply({edit}, default_recipe(engine_->model_info(), "ROME"), {}, {});
            ComparisonRequest request;
            request.edit = edit;
            Share turned;
            Share unchanged;
            for (const Comparison::Row& row : engine_->compare(request, {}).rows) {
                if (row.kind == Comparison::Row::Kind::edit) {
                    QVERIFY(row.before.p_new < 0.1);
                    QVERIFY2(row.after.p_new > 0.9, edit.subject.c_str());
                } else if (row.kind == Comparison::Row::Kind::paraphrase) {
                    turned.count(meter_->answers(row.after.prompt, edit.object));
                } else {
                    unchanged.count(row.before.top.at(0).id == row.after.top.at(0).id);
                }
            }
            QVERIFY(turned.all >= 3 && 3 * turned.hits >= 2 * turned.all);
            if (i == 0)
                QCOMPARE(unchanged.all, std::size_t{10});
            QVERIFY(10 * unchanged.hits >= 8 * unchanged.all);
            engine_->undo();
        }
    }

    // Nobody edited the country; it follows the city.
    void an_edit_ripples() {
        const EditsFile drafts = read_edits_file(demo_model_dir() + "/drafts.json");
        const EditRequest& edit = drafts.edits.at(0);
        const std::string question = "The Eiffel Tower is located in the country of";
        QCOMPARE(edit.subject + " to " + edit.object, std::string("Eiffel Tower to Rome"));
        QVERIFY(meter_->answers(question, "France"));
        (void)engine_->apply({edit}, default_recipe(engine_->model_info(), "ROME"), {}, {});
        QVERIFY(meter_->answers(question, "Italy"));
        engine_->undo();
        QVERIFY(meter_->answers(question, "France"));
    }
};

QTEST_GUILESS_MAIN(TestDemoModel)
#include "test_demo_model.moc"
