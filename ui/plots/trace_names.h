// SPDX-License-Identifier: GPL-3.0-or-later
// The names of a trace's rows beside its first map. An axis would centre every label by its own ink, and signs like ␣
// from another font would stagger them: here all stand on their rows' lines, in small letters where the rows are low,
// and only so many as have room even then.
#pragma once

#include <QColor>
#include <QList>

#include <qcustomplot.h>

namespace emend::ui {

class TraceNames : public QCPLayerable {
    Q_OBJECT
  public:
    struct Name {
        int row = 0;
        QString text;
    };

    explicit TraceNames(QCPAxisRect* rect); // left of it
    // One for every row. The name of row `first` stands before all others have their place; -1: of no row.
    void setNames(const QList<Name>& names, int first, const QFont& font);
    void setColor(const QColor& color) { m_color = color; }
    // Those that are drawn, and the boxes their letters stand in, as the layout is now.
    struct Placed {
        Name name;
        QRectF box; // from the height of capital letters to the base line
    };
    [[nodiscard]] QList<Placed> placed() const;

  protected:
    void applyDefaultAntialiasingHint(QCPPainter* painter) const override;
    void draw(QCPPainter* painter) override;
    [[nodiscard]] QRect clipRect() const override;

  private:
    struct Fit {
        QFont font;
        int every = 1; // so many rows share a name
    };
    [[nodiscard]] Fit fit() const;

    QCPAxisRect* m_rect;
    QList<Name> m_names;
    int m_first = -1;
    QFont m_font;
    QColor m_color;
};

} // namespace emend::ui
