// SPDX-License-Identifier: GPL-3.0-or-later
// The model's layers as small numbered cells: click one, drag over several, Ctrl+click to add or leave out; with the
// keyboard arrows walk, Space chooses, Shift+arrows stretch a range. Wraps into rows when there are many.
#pragma once

#include <QWidget>

#include <vector>

namespace emend::ui {

class LayerPicker : public QWidget {
    Q_OBJECT
  public:
    explicit LayerPicker(QWidget* parent = nullptr);

    void setLayerCount(int count);
    void setOneOnly(bool one);
    // `written`: those of the chosen ones that are changed; the others are shown as lying between.
    void showLayers(const std::vector<int>& chosen, const std::vector<int>& written);
    [[nodiscard]] const std::vector<int>& layers() const { return m_chosen; }

    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;
    [[nodiscard]] bool hasHeightForWidth() const override { return true; }
    [[nodiscard]] int heightForWidth(int width) const override;
    [[nodiscard]] QRect cell(int layer) const;
    [[nodiscard]] int highlightedLayer() const { return m_highlighted; } // -1: none

  public slots:
    void highlightLayer(int layer); // that is pointed at in another view; -1: none

  signals:
    void picked(const std::vector<int>& layers); // by the person; ascending
    void layerHovered(int layer);                // pointed at by mouse or keys; -1: no more

  protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    bool event(QEvent* event) override;

  private:
    [[nodiscard]] int perRow(int width) const;
    [[nodiscard]] int layerAt(const QPoint& point) const; // -1: none
    [[nodiscard]] bool has(int layer) const;
    void pick(std::vector<int> layers);
    void pickRange(int from, int to);
    void toggle(int layer);
    void moveCursor(int by, bool stretch);
    void hover(int layer);

    int m_count = 0;
    bool m_one = false;
    std::vector<int> m_chosen;
    std::vector<int> m_written;
    int m_cursor = 0;
    int m_anchor = 0;
    int m_highlighted = -1;
    int m_hovered = -1;
    bool m_dragging = false;
};

} // namespace emend::ui
