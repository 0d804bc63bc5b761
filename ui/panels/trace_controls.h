// SPDX-License-Identifier: GPL-3.0-or-later
// What is traced and how: which states are put back, whose probability is read, on which weights, and under a fold the
// noise. Choosing shows what is known; the button runs.
#pragma once

#include "emend/trace.h"
#include "models/trace_picture.h"

#include <QWidget>

#include <optional>
#include <vector>

class QAction;
class QComboBox;
class QSpinBox;
class QToolButton;

namespace emend::ui {

class NumberBox;

struct TraceChoice {
    std::vector<TraceKind> kinds; // one, or all three
    TracedObject object = TracedObject::Own;
    bool unedited = false;       // the checkpoint's weights instead of those there are now
    int window = 10;             // layers around the one, of MLP and attention
    int samples = 10;            // of the noise
    std::optional<double> noise; // sigma; unset: from the model
};

class TraceControls : public QWidget {
    Q_OBJECT
  public:
    explicit TraceControls(QWidget* parent = nullptr);

    [[nodiscard]] TraceChoice choice() const;
    void setKinds(const std::vector<TraceKind>& kinds); // one, or all three
    void setObject(TracedObject object);
    void setActions(QAction* run, QAction* cancel);
    // Of the edit that is shown; empty: it has none.
    void setObjects(const QString& newObject, const QString& trueObject);
    void setRunning(bool running);
    // Of another model: a window as wide as half of it says little, so a small one begins with a narrower window.
    void setLayers(int layers);

  signals:
    void changed();

  private:
    void buildSettings();
    QWidget* m_settings;
    QComboBox* m_kind;
    QComboBox* m_object;
    QComboBox* m_weights;
    QSpinBox* m_window;
    QSpinBox* m_samples;
    NumberBox* m_noise;
    QToolButton* m_more;
    QToolButton* m_run;
    QAction* m_runAction = nullptr;
    QAction* m_cancelAction = nullptr;
};

} // namespace emend::ui
