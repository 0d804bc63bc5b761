// SPDX-License-Identifier: GPL-3.0-or-later
// The logit lens as a table, a row a layer: the layer that is pointed at in another view is marked, and the one that is
// pointed at here, by mouse or keys, is told.
#pragma once

#include "panels/number_table.h"

namespace emend::ui {

class LensModel;

class LensTable : public NumberTable {
    Q_OBJECT
  public:
    explicit LensTable(LensModel& model, QWidget* parent = nullptr);
    [[nodiscard]] int highlightedLayer() const { return m_highlighted; } // -1: none

  public slots:
    void highlightLayer(int layer); // never answered with layerHovered

  signals:
    void layerHovered(int layer); // -1: no more

  protected:
    void leaveEvent(QEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

  private:
    void hover(int layer);

    int m_highlighted = -1;
    int m_hovered = -1;
};

} // namespace emend::ui
