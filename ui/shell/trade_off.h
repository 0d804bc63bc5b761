// SPDX-License-Identifier: GPL-3.0-or-later
// Between the knob and the engine: which batch the selected edit belongs to, its frontier once somebody looks, what the
// hand wants and what came of it. Edits that are not applied have a frontier, too, when somebody asks: a preview, on
// which the hand sets the recipe's softness. UI thread only.
#pragma once

#include "models/frontier_model.h"
#include "panels/trade_off_panel.h"
#include "shell/workbench.h"

#include <QAction>
#include <QHash>
#include <QObject>

#include <optional>
#include <utility>

namespace emend::ui {

class TradeOff : public QObject {
    Q_OBJECT
  public:
    explicit TradeOff(Workbench& workbench, QObject* parent = nullptr);

    [[nodiscard]] FrontierModel& model() { return m_model; }
    void follow(TradeOffPanel& panel);                // once
    void setRecipe(const Recipe& recipe, bool valid); // a preview is of this one
    void setSelection(const QList<int>& rows);        // of the edits table
    [[nodiscard]] QAction* previewAction() { return m_previewAction; }
    void preview(); // of the prepared edits; does nothing where there are none

  signals:
    void softnessChosen(double softness); // for the recipe, on a preview

  private:
    // trade_off.cpp
    void connectStudio();
    void lookingStopped();
    void update();
    void showBatch(const LedgerEntry& entry);
    void showNothing(const QString& title, const QString& hint);
    void showAnswer(const EditRow& row);
    void askFrontier(); // when it is wanted and somebody looks
    void soften(double softness, bool settle);
    void keepLedger(const LedgerState& ledger);
    [[nodiscard]] const LedgerEntry* entry(quint64 batch) const;
    [[nodiscard]] SoftnessRequest request(double softness) const;
    [[nodiscard]] quint64 watched() const; // row of the edit that it watches; 0: none
    [[nodiscard]] double defaultSoftness(const std::string& algorithm) const; // below 0: none
    // `edits`: how many of them there are; `layers`: that are written.
    [[nodiscard]] TradeOffPanel::Batch described(const QString& title, std::size_t edits, const Recipe& recipe,
                                                 const std::vector<int>& layers) const;
    [[nodiscard]] bool canLook() const; // somebody does, and the weights stand still
    // trade_off_overlay.cpp
    void connectOverlay();
    void askOverlay(); // once the own one is there
    // trade_off_preview.cpp
    struct Preview {
        QList<std::pair<quint64, int>> edits; // row and revision
        Recipe recipe;                        // without its softness, which is where the mark is
        bool operator==(const Preview&) const = default;
    };
    void connectPreview();
    [[nodiscard]] QList<int> prepared() const; // rows
    [[nodiscard]] Preview previewOf(const QList<int>& rows) const;
    // Nothing is applied: the preview, if it was asked for and still holds, or the offer of one.
    void showPrepared();
    void askPreview();
    void leavePreview();

    Workbench& m_workbench;
    Studio& m_studio;
    FrontierModel m_model;
    TradeOffPanel* m_panel = nullptr;
    QHash<quint64, double> m_recipes;           // softness of every batch as it was applied
    quint64 m_batch = 0;                        // that is shown; 0: none
    quint64 m_row = 0;                          // whose answer is shown
    std::shared_ptr<const EditReport> m_report; // of the batch, as it is shown
    bool m_wanted = false;                      // the frontier is not that of the report
    bool m_asked = false;                       // it is on its way
    QString m_overlay;                          // distribution that is compared with; empty: none
    bool m_overlayWanted = false;               // it stood back for an edit
    bool m_overlayAsked = false;                // on its way
    quint64 m_overlayTag = 0;                   // of its frontier; answers for another one are late
    int m_settling = 0;                         // requests under way
    bool m_live = false;                        // the weights are ahead of the last solve
    QAction* m_previewAction;
    Recipe m_recipe; // of the window
    bool m_recipeValid = false;
    QList<int> m_selection;
    std::optional<Preview> m_preview; // that is shown or on its way
    bool m_previewWanted = false;
    bool m_previewAsked = false;
    quint64 m_previewTag = 0;
    quint64 m_lastTag = 0; // of overlays and previews: they answer with the same signal
};

} // namespace emend::ui
