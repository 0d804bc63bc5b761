// SPDX-License-Identifier: GPL-3.0-or-later
// The centre's third tab: the knob of one applied batch, what the selected edit says at this softness, and the frontier
// as chart and table. Shows what it is told and tells what the hand does; whoever owns it asks the engine.
#pragma once

#include "emend/engine.h"
#include "jobs/failure.h"

#include <QWidget>

class QAction;
class QCheckBox;
class QComboBox;
class QLabel;
class QStackedWidget;

namespace emend::ui {

class EmptyState;
class FailureLine;
class FrontierModel;
class FrontierPlot;
class MutedLabel;
class NumberTable;
class SoftnessControl;

class TradeOffPanel : public QWidget {
    Q_OBJECT
  public:
    // How exact what is shown is.
    enum class Phase { Solved, Live, Settling, Settled, Stale, Preview };

    explicit TradeOffPanel(FrontierModel& model, QWidget* parent = nullptr);

    void showNothing(const QString& title, const QString& hint);
    void setPreviewAction(QAction* action); // offered where there is nothing to show
    struct Batch {
        QString caption;
        int layers = 1;
        double softness = 0; // now
        double recipe = 0;   // as it was applied
        double usual = -1;   // an algorithm's default, marked in the chart; below 0: none
        QString usualOf;     // of which one
        // Distributions it can be compared with; empty: none, and why.
        QStringList others;
        QString whyNone;
    };
    void showBatch(const Batch& batch);
    void setOverlayBusy(const QString& distribution); // its frontier is on its way; empty: no more
    void clearOverlay();                              // back to none, without a signal
    void setSoftness(double softness);
    void setPhase(Phase phase);
    void setAnswer(const EditRequest* edit, const Prediction* now); // null: not known
    void setNorm(const std::vector<LayerReport>& layers);           // none: not known
    void setBusy(bool busy);                                        // the frontier is on its way
    void setFailure(const Failure& failure);
    void clearFailure();
    void setKnobEnabled(bool enabled);

    [[nodiscard]] SoftnessControl& knob() const { return *m_knob; }
    [[nodiscard]] FrontierPlot& plot() const { return *m_plot; }
    [[nodiscard]] bool isShowing() const;

  signals:
    void moved(double softness);
    void chosen(double softness);
    void becameVisible();
    void overlayChosen(const QString& distribution); // empty: none

  protected:
    void showEvent(QShowEvent* event) override;

  private:
    void connectParts();
    void refresh();
    QWidget* buildChart();

    FrontierModel& m_model;
    QStackedWidget* m_stack;
    EmptyState* m_empty;
    MutedLabel* m_caption;
    FailureLine* m_failure;
    SoftnessControl* m_knob;
    QLabel* m_answer;
    MutedLabel* m_phase;
    QCheckBox* m_layersShown;
    QComboBox* m_overlay;
    MutedLabel* m_overlayNote;
    QStackedWidget* m_chartStack;
    EmptyState* m_waiting;
    FrontierPlot* m_plot;
    NumberTable* m_table;
    QString m_answerText;
    QString m_normText;
    int m_layers = 0;
    bool m_busy = false;
    bool m_failed = false;
};

} // namespace emend::ui
