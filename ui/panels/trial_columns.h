// SPDX-License-Identifier: GPL-3.0-or-later
// Which columns of the table of trials are seen: those that somebody chose, and of the others so many as there is room
// for, the most telling first. The first column takes the room that is left. Follows the table it belongs to.
#pragma once

#include <QObject>

#include <array>
#include <optional>

#include "models/trials_model.h"

class QMenu;
class QTableView;

namespace emend::ui {

class TrialColumns : public QObject {
    Q_OBJECT
  public:
    TrialColumns(QTableView& table, TrialsModel& model); // a child of the table

    void fit();                 // contents or headers have changed
    void addChoices(QMenu& to); // a box for every column but the first

  protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

  private:
    [[nodiscard]] int widthOf(int column) const;
    void choose(int column, bool shown);

    QTableView& m_table;
    TrialsModel& m_model;
    std::array<std::optional<bool>, TrialsModel::ColumnCount> m_chosen; // by hand; unset: where there is room
    bool m_fitting = false;
};

} // namespace emend::ui
