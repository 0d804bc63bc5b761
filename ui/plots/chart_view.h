// SPDX-License-Identifier: GPL-3.0-or-later
// What every chart of the window has: the plot with a readout above it, a frame when it has the focus, colours that
// follow the theme, a menu (right click, Menu, Shift+F10) to copy and export, Ctrl+C, and a summary for screen readers.
// A chart derives from it, builds its plot in its constructor, calls restyle() and tell() when the data changed, and
// answers what differs: title(), toCsv(), readout(), style(), navigate(). UI thread only.
#pragma once

#include "plots/chart_export.h"

#include <QWidget>

class QCPAxis;
class QCustomPlot;
class QLabel;
class QMenu;

namespace emend::ui {

struct ThemeColors;

class ChartView : public QWidget {
    Q_OBJECT
  public:
    [[nodiscard]] virtual QString title() const = 0; // of the picture: "Update norms: Eiffel Tower → Rome"
    [[nodiscard]] virtual QString toCsv() const = 0; // what is drawn, full precision, header first
    // A PNG has `scale` times the size on the screen.
    [[nodiscard]] QByteArray render(ChartFormat format, double scale = printScale);
    // PNG, SVG, PDF or CSV by the ending of the name; returns what went wrong, or an empty string.
    [[nodiscard]] QString save(const QString& path, double scale = printScale);
    void copyImage();
    void copyTable();
    [[nodiscard]] int highlightedLayer() const { return m_highlighted; } // -1: none

    static constexpr double printScale = 3;

  public slots:
    // The layer that is pointed at in another view, -1: none. Never answered with layerHovered.
    void highlightLayer(int layer);

  signals:
    void layerHovered(int layer); // by mouse or keys, in this chart; -1: no more
    void exportFailed(const QString& reason);

  protected:
    // `id` begins the object names: idReadout, idPlotArea. `file` is what an export is called.
    ChartView(const char* id, const QString& name, const QString& file, QWidget* parent);

    [[nodiscard]] QCustomPlot& plot() const { return *m_plot; }
    void restyle(); // ground, axes, then style()
    void tell();    // what readout() says, to eyes and screen readers; draws
    void hoverLayer(int layer);

    [[nodiscard]] virtual QString readout() const = 0; // of what is pointed at, or of the whole
    // One sentence about the whole picture, behind the chart's name.
    [[nodiscard]] virtual QString summary() const { return {}; }
    virtual void style(const ThemeColors& colors) = 0; // of what the chart has put in, font() too
    virtual bool navigate(int key) = 0;                // true: that key means something here
    virtual void highlightChanged() {}

    void keyPressEvent(QKeyEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void changeEvent(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

  private:
    void showMenu(const QPoint& global);
    void addExports(QMenu& menu);
    void exportTo(const QString& suffix, double scale = printScale);
    void exportAtAnyScale();

    QLabel* m_readout;
    QCustomPlot* m_plot;
    QString m_name;
    QString m_file;
    int m_highlighted = -1;
    int m_hovered = -1;
};

} // namespace emend::ui
