// SPDX-License-Identifier: GPL-3.0-or-later
// Which columns of a table are seen: those that somebody chose, and of the others so many as there is room for, the
// most telling first. Follows the table it belongs to; right-click on the header chooses.
#pragma once

#include <QList>
#include <QObject>

#include <optional>

class QMenu;
class QTableView;

namespace emend::ui {

class FittingColumns : public QObject {
    Q_OBJECT
  public:
    enum class Rest { First, Evenly }; // who takes the room that is left
    // A child of the table. All of its model's columns, the most telling first; the first of them is always there.
    FittingColumns(QTableView& table, const QList<int>& byImportance, Rest rest);

    void fit();                 // contents or headers have changed
    void addChoices(QMenu& to); // a box for every column but the first

  protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

  private:
    [[nodiscard]] QString nameOf(int column, int role) const;
    [[nodiscard]] int widthOf(int column) const;
    void choose(int column, bool shown);
    void spread(int room);

    QTableView& m_table;
    QList<int> m_byImportance;
    Rest m_rest;
    QList<std::optional<bool>> m_chosen; // by hand; unset: where there is room
    bool m_fitting = false;
};

} // namespace emend::ui
