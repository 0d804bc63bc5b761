// SPDX-License-Identifier: GPL-3.0-or-later
// The numbers of a chart as a table: read-only, one row at a time or one cell, rows as high as the text needs.
#pragma once

#include <QTableView>

class QSplitter;

namespace emend::ui {

class NumberTable : public QTableView {
    Q_OBJECT
  public:
    // `name` for screen readers.
    NumberTable(QAbstractItemModel& model, const QString& name, QWidget* parent = nullptr);

  protected:
    void changeEvent(QEvent* event) override;

  private:
    void sizeRows();
};

// A chart with its table twin below, to be shared as the hand likes.
QSplitter* chartOverTable(QWidget* chart, QTableView* table);

} // namespace emend::ui
