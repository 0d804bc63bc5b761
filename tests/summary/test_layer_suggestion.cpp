// SPDX-License-Identifier: GPL-3.0-or-later
// The layers that averages made by hand speak for.
#include "emend/trace.h"

#include <QTest>

#include <cmath>

using namespace emend;

class TestLayerSuggestion : public QObject {
    Q_OBJECT
  private slots:
    void site_is_found_data();
    void site_is_found();
    void no_site_data();
    void no_site();
    void attention_speaks_for_no_layer();
    void an_object_the_model_does_not_say();
    void a_subject_that_ends_the_prompt();
    void a_model_that_is_not_sure();
    void nothing_was_traced();
};

namespace {

using Numbers = std::vector<double>;

// The rest of the roles are as large as can be: they have no say.
TraceAverage made(const Numbers& effect, double clean = 0.9, double corrupted = 0.1, std::size_t facts = 1,
                  double spread = 0) {
    TraceAverage average;
    average.layers = static_cast<int>(effect.size());
    average.facts = facts;
    average.clean = clean;
    average.corrupted = corrupted;
    for (int role = 0; role < token_roles; ++role) {
        auto& of_role = average.roles.emplace_back();
        of_role.facts = facts;
        of_role.mean.assign(effect.size(), 0.8);
        of_role.spread.assign(effect.size(), spread);
    }
    average.roles[static_cast<std::size_t>(TokenRole::last_subject)].mean = effect;
    return average;
}

} // namespace

void TestLayerSuggestion::site_is_found_data() {
    QTest::addColumn<Numbers>("effect");
    QTest::addColumn<std::vector<int>>("layers");
    QTest::addColumn<int>("peak");
    using Layers = std::vector<int>;
    QTest::newRow("a hill") << Numbers{0, 0.1, 0.25, 0.4, 0.3, 0.1, 0} << Layers{2, 3, 4} << 3;
    QTest::newRow("a needle") << Numbers{0, 0.1, 0.4, 0.1, 0} << Layers{2} << 2;
    QTest::newRow("exactly half belongs") << Numbers{0.25, 0.5, 0.125} << Layers{0, 1} << 1;
    QTest::newRow("at the first layer") << Numbers{0.4, 0.3, 0.1, 0} << Layers{0, 1} << 0;
    QTest::newRow("at the last layer") << Numbers{0, 0.1, 0.3, 0.4} << Layers{2, 3} << 3;
    QTest::newRow("a second hill is another site") << Numbers{0.3, 0, 0.35, 0.4, 0} << Layers{2, 3} << 3;
    QTest::newRow("a long hill is cut to the best six")
        << Numbers{0.3, 0.25, 0.31, 0.4, 0.35, 0.33, 0.32, 0.3, 0.3} << Layers{2, 3, 4, 5, 6, 7} << 3;
    QTest::newRow("cut, and the peak stays")
        << Numbers{0.5, 0.3, 0.3, 0.3, 0.3, 0.3, 0.49, 0.49} << Layers{0, 1, 2, 3, 4, 5} << 0;
    QTest::newRow("a plain keeps its first") << Numbers(8, 0.4) << Layers{0, 1, 2, 3, 4, 5} << 0;
    QTest::newRow("a single layer") << Numbers{0.4} << Layers{0} << 0;
}

void TestLayerSuggestion::site_is_found() {
    QFETCH(Numbers, effect);
    QFETCH(std::vector<int>, layers);
    QFETCH(int, peak);
    const LayerSuggestion suggestion = suggest_layers(made(effect));
    QCOMPARE(suggestion.layers, layers);
    QCOMPARE(suggestion.peak, peak);
    QCOMPARE(suggestion.effect, effect[static_cast<std::size_t>(peak)]);
    const QString reason = QString::fromStdString(suggestion.reason);
    QVERIFY2(reason.contains("falls from 0.90 to 0.10"), qPrintable(reason));
    const double share = effect[static_cast<std::size_t>(peak)] / 0.8;
    QVERIFY2(reason.startsWith(QString("Layer %1 brings back ").arg(peak)), qPrintable(reason));
    const double told = reason.section("brings back ", 1).section(" %", 0, 0).toDouble();
    QVERIFY2(std::abs(told - 100 * share) <= 0.51, qPrintable(reason));
    QVERIFY2(!reason.contains("not sure"), qPrintable(reason));
    QVERIFY2(reason.contains("one fact"), qPrintable(reason));
}

void TestLayerSuggestion::no_site_data() {
    QTest::addColumn<double>("peak");
    QTest::addColumn<double>("clean");
    QTest::addColumn<int>("facts");
    QTest::addColumn<double>("spread");
    QTest::addColumn<QString>("part"); // empty: there is one
    QTest::newRow("noise does nothing") << 0.5 << 0.105 << 1 << 0.0 << "takes nothing away";
    QTest::newRow("noise helps") << 0.5 << 0.05 << 1 << 0.0 << "takes nothing away";
    QTest::newRow("weak") << 0.07 << 0.9 << 1 << 0.0 << "No layer stands out";
    QTest::newRow("just not weak") << 0.081 << 0.9 << 1 << 0.0 << "";
    QTest::newRow("tiny") << 0.009 << 0.13 << 1 << 0.0 << "No layer stands out";
    QTest::newRow("within the spread") << 0.2 << 0.9 << 4 << 0.21 << "facts differ by 26 %";
    QTest::newRow("above the spread") << 0.2 << 0.9 << 4 << 0.19 << "";
    QTest::newRow("more facts make it sure") << 0.2 << 0.9 << 9 << 0.21 << "";
    QTest::newRow("below nothing") << -0.1 << 0.9 << 1 << 0.0 << "No layer stands out";
}

void TestLayerSuggestion::no_site() {
    QFETCH(double, peak);
    QFETCH(double, clean);
    QFETCH(int, facts);
    QFETCH(double, spread);
    QFETCH(QString, part);
    const LayerSuggestion suggestion =
        suggest_layers(made({peak - 0.3, peak, peak - 0.3}, clean, 0.1, static_cast<std::size_t>(facts), spread));
    QCOMPARE(suggestion.layers.empty(), !part.isEmpty());
    QVERIFY2(suggestion.reason.find(part.toStdString()) != std::string::npos, suggestion.reason.c_str());
    QVERIFY(!suggestion.reason.empty());
    QCOMPARE(suggestion.peak, 1);
}

void TestLayerSuggestion::attention_speaks_for_no_layer() {
    TraceAverage average = made({0, 0.4, 0});
    average.kind = TraceKind::attention;
    QVERIFY(suggest_layers(average).layers.empty());
    QVERIFY(suggest_layers(average).reason.find("not attention") != std::string::npos);
    average.kind = TraceKind::mlp;
    QCOMPARE(suggest_layers(average).layers, std::vector<int>{1});
}

void TestLayerSuggestion::an_object_the_model_does_not_say() {
    const LayerSuggestion suggestion = suggest_layers(made({1e-27, 5e-27, 1e-28}, 1e-26, 1e-28));
    QVERIFY(suggestion.layers.empty());
    QVERIFY2(suggestion.reason.starts_with("Nothing can be read here: the model does not say the object") &&
                 suggestion.reason.find("1e-26") != std::string::npos,
             suggestion.reason.c_str());
}

void TestLayerSuggestion::a_subject_that_ends_the_prompt() {
    TraceAverage average = made({0, 0.4, 0.8}, 0.9, 0.1, 3);
    auto& last = average.roles[static_cast<std::size_t>(TokenRole::last)];
    last.facts = 0; // the last token is the subject's
    const LayerSuggestion none = suggest_layers(average);
    QVERIFY(none.layers.empty());
    QVERIFY2(none.reason.find("the subject ends the prompt") != std::string::npos, none.reason.c_str());
    last.facts = 2;
    const LayerSuggestion some = suggest_layers(average);
    QCOMPARE(some.layers, (std::vector<int>{1, 2}));
    QVERIFY2(some.reason.find("In 1 of 3 facts the subject ends the prompt") != std::string::npos, some.reason.c_str());
}

void TestLayerSuggestion::a_model_that_is_not_sure() {
    const LayerSuggestion suggestion = suggest_layers(made({0, 0.3, 0}, 0.49));
    QCOMPARE(suggestion.layers, std::vector<int>{1});
    QVERIFY2(suggestion.reason.ends_with("The model itself is not sure: it gives the object only 0.49."),
             suggestion.reason.c_str());
}

void TestLayerSuggestion::nothing_was_traced() {
    TraceAverage average = made({0.4});
    average.roles[static_cast<std::size_t>(TokenRole::last_subject)].facts = 0;
    const LayerSuggestion suggestion = suggest_layers(average);
    QVERIFY(suggestion.layers.empty());
    QCOMPARE(suggestion.peak, -1);
    QVERIFY(!suggestion.reason.empty());
}

QTEST_GUILESS_MAIN(TestLayerSuggestion)
#include "test_layer_suggestion.moc"
