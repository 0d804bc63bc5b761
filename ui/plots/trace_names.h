// SPDX-License-Identifier: GPL-3.0-or-later
// The names of a trace's rows beside its first map. An axis would centre every label by its own ink, and signs like ␣
// from another font would stagger them: here all stand on their rows' lines, small where the rows are low.
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
    void setNames(const QList<Name>& names, const QFont& font);
    void setColor(const QColor& color) { m_color = color; }
    [[nodiscard]] const QList<Name>& names() const { return m_names; }
    // Where the text of a row stands: the left end of its base line. Names must have been drawn in this size.
    [[nodiscard]] QPointF placeOf(const Name& name) const;

  protected:
    void applyDefaultAntialiasingHint(QCPPainter* painter) const override;
    void draw(QCPPainter* painter) override;
    [[nodiscard]] QRect clipRect() const override;

  private:
    QCPAxisRect* m_rect;
    QList<Name> m_names;
    QFont m_font;
    QColor m_color;
};

} // namespace emend::ui
