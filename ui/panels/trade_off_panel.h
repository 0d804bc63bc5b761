// SPDX-License-Identifier: GPL-3.0-or-later
// The centre's third tab: the knob of one applied batch, what the selected edit says at this softness, and the frontier
// as chart and table. Shows what it is told and tells what the hand does; whoever owns it asks the engine.
#pragma once

#include "emend/engine.h"
#include "jobs/failure.h"

#include <QWidget>

class QCheckBox;
class QLabel;
class QStackedWidget;
class QTableView;

namespace emend::ui {

class EmptyState;
class FailureLine;
class FrontierModel;
class FrontierPlot;
class MutedLabel;
class SoftnessControl;

class TradeOffPanel : public QWidget {
    Q_OBJECT
  public:
    // How exact what is shown is.
    enum class Phase { Solved, Live, Settling, Settled, Stale };

    explicit TradeOffPanel(FrontierModel& model, QWidget* parent = nullptr);

    void showNothing(const QString& title, const QString& hint);
    // Another batch: `recipe` is its softness as applied, `byDefault` the algorithm's (below 0: none).
    void showBatch(const QString& caption, int layers, double softness, double recipe, double byDefault);
    void setSoftness(double softness);
    void setPhase(Phase phase);
    void setAnswer(const EditRequest* edit, const Prediction* now); // null: not known
    void setNorm(const std::vector<LayerReport>& layers);
    void setBusy(bool busy); // the frontier is on its way
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

  protected:
    void showEvent(QShowEvent* event) override;
    void changeEvent(QEvent* event) override;

  private:
    void connectParts();
    void refresh();
    void sizeTable();

    FrontierModel& m_model;
    QStackedWidget* m_stack;
    EmptyState* m_empty;
    MutedLabel* m_caption;
    FailureLine* m_failure;
    SoftnessControl* m_knob;
    QLabel* m_answer;
    MutedLabel* m_phase;
    QCheckBox* m_layersShown;
    QStackedWidget* m_chartStack;
    EmptyState* m_waiting;
    FrontierPlot* m_plot;
    QTableView* m_table;
    QString m_answerText;
    QString m_normText;
    int m_layers = 0;
    bool m_busy = false;
    bool m_failed = false;
};

} // namespace emend::ui
