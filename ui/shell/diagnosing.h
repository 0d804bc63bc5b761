// SPDX-License-Identifier: GPL-3.0-or-later
// Between the tab "Why" and the engine: which batch the selected edit belongs to, its diagnosis once somebody looks,
// and again when the weights are others. UI thread only.
#pragma once

#include "models/diagnosis_model.h"
#include "panels/diagnosis_panel.h"
#include "shell/workbench.h"

#include <QObject>

namespace emend::ui {

class Diagnosing : public QObject {
    Q_OBJECT
  public:
    explicit Diagnosing(Workbench& workbench, QObject* parent = nullptr);

    [[nodiscard]] DiagnosisModel& model() { return m_model; }
    [[nodiscard]] DiagnosisLayersModel& layers() { return m_layers; }
    void follow(DiagnosisPanel& panel);     // once
    [[nodiscard]] bool canDiagnose() const; // the selected edit is in the weights
    void again();                           // of the selected edit, though it may be known

  private:
    // The edit that is looked into: a batch and a place in it. batch 0: none.
    struct Target {
        quint64 batch = 0;
        std::size_t edit = 0;
        std::shared_ptr<const EditReport> report; // of the batch
        bool operator==(const Target&) const = default;
    };
    [[nodiscard]] Target selected() const;
    [[nodiscard]] QString caption() const; // of the target
    void connectStudio();
    void update();
    void explainNothing(); // why there is no target
    void forget();
    void ask(); // when it is wanted and somebody looks
    void stop();

    Workbench& m_workbench;
    Studio& m_studio;
    DiagnosisModel m_model;
    DiagnosisLayersModel m_layers;
    DiagnosisPanel* m_panel = nullptr;
    Target m_target;
    bool m_wanted = false; // not known for the target, and not stopped by hand
    bool m_asked = false;  // on its way
    quint64 m_tag = 0;     // answers for another one are late
};

} // namespace emend::ui
