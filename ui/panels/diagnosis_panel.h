// SPDX-License-Identifier: GPL-3.0-or-later
// The centre's tab "Why": for the selected applied edit one sentence, the chain of verdicts, what every layer wrote and
// would answer, and how the search for the value went. Shows what it is told; whoever owns it asks the engine.
#pragma once

#include "jobs/failure.h"

#include <QWidget>

#include <functional>

class QAction;
class QLabel;
class QStackedWidget;
class QVBoxLayout;

namespace emend::ui {

class DiagnosisLayersModel;
class DiagnosisModel;
class EmptyState;
class FailureLine;
class LossCurve;
class MutedLabel;
class NumberTable;

class DiagnosisPanel : public QWidget {
    Q_OBJECT
  public:
    DiagnosisPanel(DiagnosisModel& model, DiagnosisLayersModel& layers, QWidget* parent = nullptr);

    void setApplyAction(QAction* action); // offered where the edit is not in the weights yet
    void setAgainAction(QAction* action); // offered where it was stopped or went wrong
    // What the field behind a verdict's setting is called: "values.clamp" -> "Clamp"; empty: there is none.
    void setSettingNames(std::function<QString(const QString& setting)> name);

    void showNothing(const QString& title, const QString& hint);
    void showNotApplied(const QString& title, const QString& hint);
    void showStopped(); // by the person
    void showFailure(const Failure& failure);
    // The models hold a diagnosis. `goodEnough`: the loss at which the search may stop.
    void showDiagnosis(double goodEnough);
    [[nodiscard]] bool isShowing() const;
    [[nodiscard]] LossCurve& loss() const { return *m_loss; }

  signals:
    void settingRequested(const QString& setting); // the person wants to change it
    void becameVisible();
    void becameHidden();

  protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;
    void changeEvent(QEvent* event) override;

  private:
    QWidget* makeHead();
    QWidget* makePage();
    void makeLayerTable();
    void fillVerdicts();
    void sizeTable();
    void copyText();
    void exportTo();

    DiagnosisModel& m_model;
    DiagnosisLayersModel& m_layers;
    std::function<QString(const QString&)> m_settingName;
    QStackedWidget* m_stack;
    EmptyState* m_empty;
    EmptyState* m_notApplied;
    EmptyState* m_stopped;
    FailureLine* m_failure;
    QLabel* m_summary;
    MutedLabel* m_caption;
    QVBoxLayout* m_verdicts;
    NumberTable* m_table;
    LossCurve* m_loss;
};

} // namespace emend::ui
