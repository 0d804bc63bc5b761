// SPDX-License-Identifier: GPL-3.0-or-later
// Between the knob and the engine: which batch the selected edit belongs to, its frontier once somebody looks, what the
// hand wants and what came of it. UI thread only.
#pragma once

#include "models/frontier_model.h"
#include "panels/trade_off_panel.h"
#include "shell/workbench.h"

#include <QHash>
#include <QObject>

namespace emend::ui {

class TradeOff : public QObject {
    Q_OBJECT
  public:
    explicit TradeOff(Workbench& workbench, QObject* parent = nullptr);

    [[nodiscard]] FrontierModel& model() { return m_model; }
    void follow(TradeOffPanel& panel); // once

  private:
    void connectStudio();
    void update();
    void showBatch(const LedgerEntry& entry);
    void showNothing(const QString& title, const QString& hint);
    void showAnswer(const EditRow& row);
    void askFrontier(); // when it is wanted and somebody looks
    void askOverlay();  // likewise, once the own one is there
    void connectOverlay();
    void soften(double softness, bool settle);
    void keepLedger(const LedgerState& ledger);
    [[nodiscard]] const LedgerEntry* entry(quint64 batch) const;
    [[nodiscard]] SoftnessRequest request(double softness) const;
    [[nodiscard]] double defaultSoftness(const std::string& algorithm) const; // below 0: none
    [[nodiscard]] TradeOffPanel::Batch described(const LedgerEntry& entry) const;

    Workbench& m_workbench;
    Studio& m_studio;
    FrontierModel m_model;
    TradeOffPanel* m_panel = nullptr;
    QHash<quint64, double> m_recipes;           // softness of every batch as it was applied
    quint64 m_batch = 0;                        // that is shown; 0: none
    quint64 m_row = 0;                          // whose answer is shown
    std::shared_ptr<const EditReport> m_report; // of the batch, as it is shown
    bool m_wanted = false;                      // the frontier is not that of the report
    QString m_overlay;                          // distribution that is compared with; empty: none
    quint64 m_overlayTag = 0;                   // of its frontier; answers for another one are late
    int m_settling = 0;                         // requests under way
    bool m_live = false;                        // the weights are ahead of the last solve
};

} // namespace emend::ui
