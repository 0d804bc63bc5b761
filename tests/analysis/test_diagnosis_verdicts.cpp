// SPDX-License-Identifier: GPL-3.0-or-later
// What is said about an edit, from numbers alone: one thing wrong at a time, and exactly that one is named.
#include "broken_links.h"
#include "diagnosis_fixture.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <functional>

using namespace emend;
using namespace emend::test;

namespace {

using Change = std::function<void(DiagnosisEvidence&)>;

} // namespace
Q_DECLARE_METATYPE(Change)

class TestDiagnosisVerdicts : public QObject {
    Q_OBJECT
  private slots:
    void a_sound_edit_has_nothing_to_say();
    void one_thing_wrong_data();
    void one_thing_wrong();
    void what_is_no_fault_data();
    void what_is_no_fault();
    void layers_add_up();
    void layers_with_values_of_their_own();
    void fine_tuning_has_no_keys();
    void a_weak_link_of_an_edit_that_holds();
    void sound_but_silent();
};

void TestDiagnosisVerdicts::a_sound_edit_has_nothing_to_say() {
    const Diagnosis diagnosis = diagnose(sound());
    QCOMPARE(broken(diagnosis), QStringList());
    QCOMPARE(diagnosis.batch_id, std::uint64_t{7});
    QCOMPARE(diagnosis.edit, std::size_t{1});
    QVERIFY(diagnosis.holds);
    QCOMPARE(diagnosis.loss.size(), std::size_t{4});
    QVERIFY(QString::fromStdString(diagnosis.summary).startsWith("The edit holds: the model says \"Rome\""));
    QStringList order;
    for (const DiagnosisVerdict& verdict : diagnosis.verdicts) {
        order << QString::fromStdString(verdict.check);
        QVERIFY2(!verdict.finding.empty() && verdict.advice.empty(), verdict.check.c_str());
    }
    QCOMPARE(order, QStringList({"object-tokens", "subject-tokens", "prompt-end", "steps", "clamp", "value",
                                 "key-edits", "condition", "layers", "key-paraphrases", "overruled", "undone-later"}));
}

void TestDiagnosisVerdicts::one_thing_wrong_data() {
    QTest::addColumn<Change>("change");
    QTest::addColumn<QStringList>("checks"); // all that are broken
    QTest::addColumn<QString>("blamed");     // whose finding is the summary
    QTest::addColumn<QString>("setting");    // it names
    QTest::addColumn<QString>("says");       // a part of its finding
    const auto row = [](const char* name, Change change, QStringList checks, const char* blamed, const char* setting,
                        const char* says) {
        QTest::newRow(name) << std::move(change) << std::move(checks) << blamed << setting << says;
    };
    using E = DiagnosisEvidence;
    row(
        "object of many tokens",
        [](E& e) {
            e.request.object = "Rome by night and by day";
            e.tokens.object = {" R", "o", "m", "e", " b", "y", " n", "ight"};
            e.value.probability = 1e-4;
            fails(e);
        },
        {"object-tokens", "value"}, "object-tokens", "object", "8 tokens");
    row(
        "object that is spelled",
        [](E& e) {
            e.tokens.object = {" R", "o", "me"};
            e.value.probability = 1e-4;
            fails(e);
        },
        {"object-tokens", "value"}, "object-tokens", "object", "has to spell it:  R | o | me");
    row(
        "context far from the prompt",
        [](E& e) {
            e.arrived = 0.1;
            e.context_cosine = 0.2;
            fails(e);
        },
        {"key-contexts"}, "key-contexts", "contexts", "only 10 % is there when the prompt stands alone");
    row(
        "object with odd spaces",
        [](E& e) {
            e.request.object = "  Rome";
            fails(e);
        },
        {"object-tokens"}, "object-tokens", "object", "spaces where text has none");
    row(
        "object with a space behind",
        [](E& e) {
            e.request.object = "Rome ";
            fails(e);
        },
        {"object-tokens"}, "object-tokens", "object", "\"Rome \"");
    row(
        "subject merged with what follows",
        [](E& e) {
            e.tokens.after_subject = "s";
            fails(e);
        },
        {"subject-tokens"}, "subject-tokens", "prompt", "last token is merged with its neighbour \"s\"");
    row(
        "prompt ends in a space",
        [](E& e) {
            e.request.prompt = "The {} is in ";
            fails(e);
        },
        {"prompt-end"}, "prompt-end", "prompt", "two spaces");
    row(
        "subject ends the prompt in a space",
        [](E& e) {
            e.request.prompt = "In {}";
            e.request.subject = "Rome ";
            fails(e);
        },
        {"prompt-end"}, "prompt-end", "subject", "two spaces");
    row(
        "a single step",
        [](E& e) {
            e.recipe.values.steps = 1;
            e.value = {.loss = {6}, .stopped_early = false, .clamped = false, .change = 0, .probability = 0.002};
            fails(e);
        },
        {"steps", "value"}, "steps", "values.steps", "a single step");
    row(
        "too few steps",
        [](E& e) {
            e.recipe.values.steps = 5;
            e.value = {
                .loss = {6, 5, 4, 3, 2}, .stopped_early = false, .clamped = false, .change = 0.3, .probability = 0.1};
            fails(e);
        },
        {"steps", "value"}, "steps", "values.steps", "still falling: 2 after 5 steps, 33 %");
    row(
        "clamp reached",
        [](E& e) {
            e.recipe.values.steps = 5;
            e.recipe.values.clamp = 0.05;
            e.value = {
                .loss = {6, 5, 4, 3.5, 3}, .stopped_early = false, .clamped = true, .change = 0.05, .probability = 0.1};
            fails(e);
        },
        {"clamp", "value"}, "clamp", "values.clamp", "reached its bound of 0.05");
    row(
        "no value, nothing to blame",
        [](E& e) {
            e.recipe.values.steps = 5;
            e.value = {
                .loss = {6, 5, 4.01, 4, 4}, .stopped_early = false, .clamped = false, .change = 2, .probability = 0.02};
            fails(e);
        },
        {"value"}, "value", "layers", "probability of 0.02");
    row(
        "softness",
        [](E& e) {
            e.recipe.softness = 1e6;
            e.layers = {{.residual = {.layer = 2, .whole = 10, .asked = 5, .missed = 4.9}, .alone = 0.02},
                        {.residual = {.layer = 3, .whole = 9.9, .asked = 9.9, .missed = 9.8}, .alone = 0.01}};
            fails(e);
        },
        {"layers"}, "layers", "softness", "layer 3 wrote 1 % of what it was asked for");
    row(
        "nothing in the null space",
        [](E& e) {
            e.recipe.algorithm = "AlphaEdit";
            e.layers = {{.residual = {.layer = 2, .whole = 10, .asked = 10, .missed = 9.9}, .alone = 0.01}};
            fails(e);
        },
        {"layers"}, "layers", "null_space_threshold", "little of the key");
    row(
        "written, but not arrived",
        [](E& e) {
            e.layers[1].residual = {.layer = 3, .whole = 12, .asked = 12, .missed = 6.5};
            e.layers[1].alone = 0.5;
            e.layers[0].residual.missed = 0.1;
            fails(e);
        },
        {"layers"}, "layers", "distribution", "did not arrive at layer 3");
    row(
        "two edits of one subject",
        [](E& e) {
            e.neighbours.push_back({.when = When::earlier, .name = "x", .same_subject = false, .cosine = 0.2});
            e.neighbours[0] = {
                .when = When::together, .name = "edit 1 (Eiffel Tower → Oslo)", .same_subject = true, .cosine = 0.999};
            e.layers = {{.residual = {.layer = 2, .whole = 10, .asked = 5, .missed = 3.6}, .alone = 0.95},
                        {.residual = {.layer = 3, .whole = 8, .asked = 8, .missed = 6}, .alone = 0.95}};
            fails(e);
        },
        {"key-edits", "layers"}, "key-edits", "merge_subjects",
        "edit 1 (Eiffel Tower → Oslo) asks for nearly the same key");
    row(
        "two alike",
        [](E& e) {
            e.neighbours[0].cosine = 0.97;
            fails(e);
        },
        {"key-edits"}, "key-edits", "batch", "edit 1 (Louvre → Oslo)");
    row(
        "an opposite key, nearer than an equal one",
        [](E& e) {
            e.neighbours.push_back({.when = When::later, .name = "x", .same_subject = false, .cosine = 0.96});
            e.neighbours[0].cosine = -0.98;
            fails(e);
        },
        {"key-edits"}, "key-edits", "batch", "asks for nearly the opposite key (cosine -0.98)");
    row(
        "a later edit on the same key",
        [](E& e) {
            e.neighbours.push_back({.when = When::later,
                                    .name = "Eiffel Tower → Bern of a later batch",
                                    .same_subject = false,
                                    .cosine = 0.98});
            fails(e);
        },
        {"key-edits"}, "key-edits", "algorithm", "written after this one");
    row(
        "an earlier edit that is kept",
        [](E& e) {
            e.recipe.algorithm = "MEMIT-seq";
            e.neighbours[0].when = When::earlier;
            e.neighbours[0].cosine = 0.98;
            fails(e);
        },
        {"key-edits"}, "key-edits", "algorithm", "is kept by this algorithm");
    row(
        "ill-conditioned",
        [](E& e) {
            e.condition = 3e13;
            fails(e);
        },
        {"condition"}, "condition", "softness", "3e+13");
    row(
        "a layer overrules it",
        [](E& e) {
            fails(e);
            const double p[] = {0, 0, 0.1, 0.6, 0.5, 0.05};
            for (std::size_t i = 0; i < 6; ++i)
                e.lens_then[i] = lens_layer(p[i], 0.7);
        },
        {"overruled"}, "overruled", "layers",
        "after layer 3 the object was likely (0.6), but layer 5 pushes it down in favour of \" Paris\"");
    row(
        "a later batch",
        [](E& e) {
            e.now = {.says_new = false, .p_new = 0.02};
            e.undone_by = "Eiffel Tower → Bern";
        },
        {"undone-later"}, "undone-later", "algorithm", "undone by \"Eiffel Tower → Bern\": now 0.02");
    row(
        "on other weights",
        [](E& e) {
            e.stale = true;
            fails(e);
        },
        {"stale"}, "stale", "history", "weights it does not know");
}

void TestDiagnosisVerdicts::one_thing_wrong() {
    QFETCH(Change, change);
    QFETCH(QStringList, checks);
    QFETCH(QString, blamed);
    QFETCH(QString, setting);
    QFETCH(QString, says);
    DiagnosisEvidence evidence = sound();
    change(evidence);
    const Diagnosis diagnosis = diagnose(evidence);
    QVERIFY(!diagnosis.holds);
    QCOMPARE(broken(diagnosis), checks);
    const DiagnosisVerdict& verdict = verdict_of(diagnosis, blamed.toUtf8().constData());
    QCOMPARE(QString::fromStdString(verdict.setting), setting);
    const QString finding = QString::fromStdString(verdict.finding);
    QVERIFY2(finding.contains(says), qPrintable(finding));
    QVERIFY(!verdict.advice.empty());
    QCOMPARE(QString::fromStdString(diagnosis.summary).mid(1), finding.mid(1) + ".");
    QVERIFY(QString::fromStdString(diagnosis.summary).at(0).isUpper());
}

void TestDiagnosisVerdicts::what_is_no_fault_data() {
    QTest::addColumn<Change>("change");
    using E = DiagnosisEvidence;
    const auto row = [](const char* name, Change change) { QTest::newRow(name) << std::move(change); };
    row("all steps used, but found", [](E& e) {
        e.recipe.values.steps = 4;
        e.value.stopped_early = false;
    });
    row("clamp reached, but found", [](E& e) { e.value.clamped = true; });
    row("an object of five tokens", [](E& e) {
        e.request.object = "Rome by night";
        e.tokens.object.resize(5, "x");
        e.value.probability = 0.04;
    });
    row("one space in front of the object", [](E& e) { e.request.object = " Rome"; });
    row("a key it has overwritten",
        [](E& e) { e.neighbours = {{.when = When::earlier, .name = "x", .same_subject = true, .cosine = 1}}; });
    row("little arrives where little was written", [](E& e) {
        e.arrived = 0.6;
        e.context_cosine = 0.9;
    });
    row("no statistics of condition", [](E& e) { e.condition = DiagnosisEvidence::unknown; });
    row("no other edit", [](E& e) { e.neighbours.clear(); });
    row("nothing asked for", [](E& e) {
        for (auto& layer : e.layers)
            layer.residual = {.layer = layer.residual.layer, .whole = 1e-6, .asked = 1e-6, .missed = 1e-6};
    });
    row("likely in the middle, and said", [](E& e) { e.lens_then[3].p_new = 1; });
}

void TestDiagnosisVerdicts::what_is_no_fault() {
    QFETCH(Change, change);
    DiagnosisEvidence evidence = sound();
    change(evidence);
    QCOMPARE(broken(diagnose(evidence)), QStringList());
}

void TestDiagnosisVerdicts::layers_add_up() {
    const Diagnosis diagnosis = diagnose(sound());
    QCOMPARE(diagnosis.layers.size(), std::size_t{2});
    QCOMPARE(diagnosis.layers[0].residual, 10.0);
    QCOMPARE(diagnosis.layers[0].left, 6.0); // as the next layer found it
    QCOMPARE(diagnosis.layers[0].share, 0.4);
    QCOMPARE(diagnosis.layers[1].left, 0.6); // as the formula has it
    QCOMPARE(diagnosis.layers[1].share, 0.54);
    QCOMPARE(verdict_of(diagnosis, "layers").value, 0.94);
}

void TestDiagnosisVerdicts::layers_with_values_of_their_own() {
    DiagnosisEvidence evidence = sound();
    evidence.own_values = true;
    const Diagnosis diagnosis = diagnose(evidence);
    QCOMPARE(diagnosis.layers[0].left, 0.5);
    QCOMPARE(diagnosis.layers[0].share, 9.5 / 16);
    QCOMPARE(diagnosis.layers[1].share, 5.4 / 16);
}

void TestDiagnosisVerdicts::fine_tuning_has_no_keys() {
    DiagnosisEvidence evidence = sound();
    evidence.recipe.algorithm = "FT-L";
    evidence.recipe.largest_change = 1e-3;
    evidence.layers.clear();
    evidence.neighbours.clear();
    evidence.paraphrases.clear();
    evidence.value.clamped = true;
    evidence.value.change = 1e-3;
    evidence.value.probability = DiagnosisEvidence::unknown;
    Diagnosis diagnosis = diagnose(evidence);
    QCOMPARE(broken(diagnosis), QStringList());
    for (const char* check : {"value", "key-edits", "condition", "layers", "key-paraphrases"})
        QVERIFY(std::ranges::find(diagnosis.verdicts, check, &DiagnosisVerdict::check) == diagnosis.verdicts.end());
    fails(evidence);
    diagnosis = diagnose(evidence);
    QCOMPARE(broken(diagnosis), QStringList("clamp"));
    QCOMPARE(verdict_of(diagnosis, "clamp").setting, std::string("largest_change"));
}

void TestDiagnosisVerdicts::a_weak_link_of_an_edit_that_holds() {
    DiagnosisEvidence evidence = sound();
    evidence.paraphrases.push_back({.text = "In which city is the Eiffel Tower?", .cosine = 0.1, .says_new = false});
    const Diagnosis diagnosis = diagnose(evidence);
    QVERIFY(diagnosis.holds);
    QCOMPARE(broken(diagnosis), QStringList("key-paraphrases"));
    const DiagnosisVerdict& verdict = verdict_of(diagnosis, "key-paraphrases");
    QCOMPARE(verdict.value, 0.1);
    QCOMPARE(verdict.setting, std::string("contexts"));
    QVERIFY2(verdict.finding.find("1 of 2 do not say the object") != std::string::npos, verdict.finding.c_str());
    QCOMPARE(diagnosis.summary, "The edit holds, but a link is weak: " + verdict.finding + ".");
}

void TestDiagnosisVerdicts::sound_but_silent() {
    DiagnosisEvidence evidence = sound();
    fails(evidence);
    const Diagnosis diagnosis = diagnose(evidence);
    QVERIFY(!diagnosis.holds && broken(diagnosis).empty());
    QVERIFY2(diagnosis.summary.find("probability of 0.01 only") != std::string::npos, diagnosis.summary.c_str());
}

QTEST_GUILESS_MAIN(TestDiagnosisVerdicts)
#include "test_diagnosis_verdicts.moc"
