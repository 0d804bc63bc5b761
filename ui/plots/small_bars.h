// SPDX-License-Identifier: GPL-3.0-or-later
// A chart as small as a cell of a table, one bar a layer: small multiples, all on one scale. The numbers are in the
// cell's tool tip and in the table beside it.
#pragma once

#include <QStyledItemDelegate>

namespace emend::ui {

class SmallBarsDelegate : public QStyledItemDelegate {
    Q_OBJECT
  public:
    SmallBarsDelegate(int role, QObject* parent); // `role`: QList<double>, heights from 0 to 1
    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;

    [[nodiscard]] QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;

  private:
    int m_role;
};

} // namespace emend::ui
