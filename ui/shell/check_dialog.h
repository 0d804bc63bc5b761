// SPDX-License-Identifier: GPL-3.0-or-later
// What came of verifying or replaying a session: one sentence, the rows, the selected row in full. Can offer to keep
// what was found; Enter and Escape do not.
#pragma once

#include <QDialog>

class QDialogButtonBox;
class QTableView;

namespace emend::ui {

class CheckModel;
class MutedLabel;

class CheckDialog : public QDialog {
    Q_OBJECT
  public:
    // `model` becomes the dialog's own. `told`: what it means, below the sentence.
    CheckDialog(const QString& title, CheckModel* model, const QString& told, QWidget* parent = nullptr);
    // Accepts with a button `keep`, rejects with `back`, which is the default.
    void offer(const QString& keep, const QString& back);

  private:
    void prepareTable();

    CheckModel* m_model;
    QTableView* m_table;
    MutedLabel* m_whole;
    QDialogButtonBox* m_buttons;
};

} // namespace emend::ui
