// SPDX-License-Identifier: GPL-3.0-or-later
// What a broken link means for those behind it, and advice that can be followed.
#include "diagnosis_fixture.h"

#include <QStringList>
#include <QTest>

#include <functional>

using namespace emend;
using namespace emend::test;

namespace {

using Change = std::function<void(DiagnosisEvidence&)>;

} // namespace
Q_DECLARE_METATYPE(Change)

class TestDiagnosisChain : public QObject {
    Q_OBJECT
  private slots:
    void what_is_behind_a_broken_link_is_not_judged_data();
    void what_is_behind_a_broken_link_is_not_judged();
    void advice_fits_the_algorithm();
};

void TestDiagnosisChain::what_is_behind_a_broken_link_is_not_judged_data() {
    QTest::addColumn<Change>("change");
    QTest::addColumn<QStringList>("unjudged");
    QTest::addColumn<QString>("because");
    using E = DiagnosisEvidence;
    QTest::newRow("nothing broke") << Change([](E&) {}) << QStringList{} << "";
    QTest::newRow("no value") << Change([](E& e) {
        e.value.probability = 0.01;
        e.arrived = 0.9;
        fails(e);
    }) << QStringList{"layers", "key-contexts", "overruled", "undone-later"}
                              << "the value was not found";
    QTest::newRow("little written") << Change([](E& e) {
        e.recipe.softness = 1e6;
        for (auto& layer : e.layers)
            layer = {.residual = {.layer = layer.residual.layer, .whole = 10, .asked = 10, .missed = 9.8},
                     .alone = 0.02};
        fails(e);
    }) << QStringList{"overruled", "undone-later"}
                                    << "the layers did not write the value";
    QTest::newRow("another key") << Change([](E& e) {
        e.arrived = 0.1;
        fails(e);
    }) << QStringList{"overruled", "undone-later"}
                                 << "what was written is not there when the prompt stands alone";
}

void TestDiagnosisChain::what_is_behind_a_broken_link_is_not_judged() {
    QFETCH(Change, change);
    QFETCH(QStringList, unjudged);
    QFETCH(QString, because);
    DiagnosisEvidence evidence = sound();
    change(evidence);
    QStringList found;
    for (const DiagnosisVerdict& verdict : diagnose(evidence).verdicts) {
        if (verdict.judged)
            continue;
        if (found.isEmpty())
            QCOMPARE(QString::fromStdString(verdict.finding), "not judged: " + because);
        found << QString::fromStdString(verdict.check);
        QVERIFY(verdict.ok && verdict.advice.empty() && verdict.setting.empty());
    }
    QCOMPARE(found, unjudged);
}

void TestDiagnosisChain::advice_fits_the_algorithm() {
    DiagnosisEvidence evidence = sound();
    fails(evidence);
    evidence.recipe.softness = 100;
    evidence.layers = {{.residual = {.layer = 3, .whole = 10, .asked = 10, .missed = 9}, .alone = 0.1}};
    // The key's part is s / (s + softness) = 0.1, so s = 100 / 9; and 0.9 with s / 9.
    const auto advice = [&] { return QString::fromStdString(verdict_of(diagnose(evidence), "layers").advice); };
    QCOMPARE(advice(), QString("lower the softness: 1.23 instead of 100 would bring the key's share to 90 %; "
                               "or let more layers share the change"));
    evidence.recipe.algorithm = "ROME";
    evidence.recipe.layers = {3};
    QVERIFY2(advice().endsWith("to 90 %"), qPrintable(advice()));

    evidence = sound();
    fails(evidence);
    const double p[] = {0, 0, 0.1, 0.6, 0.5, 0.05};
    for (std::size_t i = 0; i < 6; ++i)
        evidence.lens_then[i] = lens_layer(p[i], 0.7);
    const auto overruled = [&] { return verdict_of(diagnose(evidence), "overruled").advice; };
    QCOMPARE(overruled(), std::string("write layers up to 5 as well"));
    evidence.recipe.algorithm = "ROME";
    QVERIFY2(overruled().find("as well") == std::string::npos && overruled().find("MEMIT") != std::string::npos,
             overruled().c_str());
}

QTEST_GUILESS_MAIN(TestDiagnosisChain)
#include "test_diagnosis_chain.moc"
