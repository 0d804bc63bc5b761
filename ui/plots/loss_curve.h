// SPDX-License-Identifier: GPL-3.0-or-later
// How the search for a value went: its loss, evaluation by evaluation, and the bound at which it may stop. Numbers on
// hover and by the arrow keys.
#pragma once

#include "plots/chart_view.h"

#include <vector>

class QCPGraph;
class QCPItemStraightLine;

namespace emend::ui {

class LossCurve : public ChartView {
    Q_OBJECT
  public:
    explicit LossCurve(QWidget* parent = nullptr);

    // `bound`: good enough, 0: none. `title`: of the edit.
    void setLoss(std::vector<double> loss, double bound, const QString& title);
    [[nodiscard]] const std::vector<double>& loss() const { return m_loss; }
    [[nodiscard]] QPointF pixelOf(std::size_t step) const; // in the plot's own coordinates
    [[nodiscard]] QString title() const override;
    [[nodiscard]] QString toCsv() const override;

  protected:
    [[nodiscard]] QString readout() const override;
    [[nodiscard]] QString summary() const override;
    void style(const ThemeColors& colors) override;
    bool navigate(int key) override;

  private:
    void setCurrent(int step); // beyond the ends: the ends

    std::vector<double> m_loss;
    double m_bound = 0;
    QString m_title;
    int m_current = -1;
    QCPGraph* m_line;
    QCPGraph* m_point; // the one that is read
    QCPItemStraightLine* m_boundLine;
};

} // namespace emend::ui
