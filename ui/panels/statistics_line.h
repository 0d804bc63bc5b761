// SPDX-License-Identifier: GPL-3.0-or-later
// The statistics of the recipe's layers, in two lines: what is there, what is missing, how long it takes to collect,
// and why there are none to be had. One button: Collect, Cancel, or choose a text.
#pragma once

#include "emend/recipe.h"
#include "emend/report.h"
#include "jobs/job_queue.h"

#include <QWidget>

class QLabel;
class QProgressBar;
class QPushButton;

namespace emend::ui {

class MutedLabel;

class StatisticsLine : public QWidget {
    Q_OBJECT
  public:
    explicit StatisticsLine(QWidget* parent = nullptr);

    void setWaiting(bool valid); // for the answer, or for a recipe that can be asked about
    void setStatus(const StatisticsStatus& status, const Recipe& recipe); // of what the recipe asked for
    void setFailure(const Failure& failure);
    void setCollecting();
    void setCollected(); // what is there now is told next
    void setProgress(const JobStatus& status);
    [[nodiscard]] bool isCollecting() const { return m_offer == Offer::Cancel; }
    [[nodiscard]] QString text() const; // everything it says, for tests and screen readers

  signals:
    void collectRequested();
    void cancelRequested();
    void textChosen(const QString& file);       // a corpus
    void statisticsChosen(const QString& file); // a file of statistics

  private:
    enum class Offer { Nothing, Collect, Retry, Cancel, ChooseText, ChooseFile };
    void say(const QString& state, const QString& detail, bool alarm, Offer offer);
    void clicked();
    static Offer wayOut(const StatisticsStatus& status, const Recipe& recipe);

    Offer m_offer = Offer::Nothing;
    MutedLabel* m_state;
    MutedLabel* m_detail;
    QPushButton* m_button;
    QProgressBar* m_bar;
};

} // namespace emend::ui
