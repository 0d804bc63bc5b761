// SPDX-License-Identifier: GPL-3.0-or-later
// The foot of the window: what runs, how far, how long yet, and Cancel; and always which model, on which device, in
// which precision, in how much memory.
#pragma once

#include "emend/model_info.h"
#include "jobs/job_queue.h"

#include <QElapsedTimer>
#include <QTimer>
#include <QWidget>

class QAction;
class QLabel;
class QProgressBar;
class QToolButton;

namespace emend::ui {

class MutedLabel;

class JobBar : public QWidget {
    Q_OBJECT
  public:
    explicit JobBar(QWidget* parent = nullptr);

    void setCancelAction(QAction* action);
    void setStatus(const JobStatus& status);
    // What is said while nothing runs: the outcome of the last thing.
    void setMessage(const QString& message, bool alarm = false);
    void setModel(const ModelInfo* model); // null: none is open
    [[nodiscard]] QString text() const;

  private:
    void refresh();

    JobStatus m_status;
    QString m_message;
    bool m_alarm = false;
    QElapsedTimer m_elapsed;
    QTimer m_appear; // short jobs come and go without a flicker
    QTimer m_tick;   // elapsed time
    MutedLabel* m_text;
    QProgressBar* m_bar;
    MutedLabel* m_time;
    QToolButton* m_cancel;
    QLabel* m_model;
    MutedLabel* m_device;
    MutedLabel* m_memory;
};

} // namespace emend::ui
