// SPDX-License-Identifier: GPL-3.0-or-later
// The window never blocks: no turn of its event loop is long while an edit runs, however busy, however many rows.
#include "fake_window.h"

using namespace emend;
using namespace emend::test;
using namespace emend::ui;

class TestWindowFluid : public QObject {
    Q_OBJECT

    std::unique_ptr<Theme> m_theme;
    std::shared_ptr<FakeScript> m_script;

  private slots:
    void initTestCase() { m_theme = std::make_unique<Theme>(); }
    void init() { m_script = std::make_shared<FakeScript>(); }
    void windowStaysFluid_data();
    void windowStaysFluid();
};

void TestWindowFluid::windowStaysFluid_data() {
    QTest::addColumn<bool>("spin");
    QTest::addColumn<int>("rows");
    QTest::newRow("a sleeping edit") << false << 3;
    QTest::newRow("a busy edit") << true << 3;
    QTest::newRow("a busy edit, 10,000 rows") << true << 10000;
}

// Nothing on the way through an edit - typing, applying, comparing, streaming - holds the event loop for 100 ms.
void TestWindowFluid::windowStaysFluid() {
    QFETCH(bool, spin);
    QFETCH(int, rows);
    m_script->spin = spin;
    auto f = openWindow(*m_theme, m_script);
    if (rows > 3)
        f->edits().addRequests(std::vector<EditRequest>(static_cast<std::size_t>(rows), fakeDrafts()[0]));
    QVERIFY(f->settle(60000));
    m_script->apply_ms = 1500;
    m_script->token_ms = 10;
    qint64 longest = 0;
    // Another program may take the processor for a moment: what stutters is what stutters three times.
    for (int attempt = 0; attempt < 3; ++attempt) {
        f->window.editsPanel().selectRow(attempt);
        QVERIFY(f->settle(60000));
        const Watchdog watchdog;
        f->action(ActionId::Apply)->trigger();
        QVERIFY(QTest::qWaitFor([&] { return f->edits().row(attempt).state == EditState::Applied; }, 60000));
        QTest::qWait(600); // the comparison and its tokens
        longest = watchdog.longest_ms();
        QVERIFY(watchdog.ticks() > 20);
        if (longest < 100)
            break;
    }
    QVERIFY2(longest < 100, qPrintable(QStringLiteral("%1 ms").arg(longest)));
}

QTEST_MAIN(TestWindowFluid)
#include "test_window_fluid.moc"
