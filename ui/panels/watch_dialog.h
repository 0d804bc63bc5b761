// SPDX-License-Identifier: GPL-3.0-or-later
// The prompts a comparison watches beside an edit's own: other wordings, one a line, and neighbours, one a line.
#pragma once

#include "emend/edit.h"

#include <QDialog>

#include <string>
#include <vector>

class QDialogButtonBox;
class QPlainTextEdit;

namespace emend::ui {

class MutedLabel;

class WatchDialog : public QDialog {
    Q_OBJECT
  public:
    explicit WatchDialog(const EditRequest& request, QWidget* parent = nullptr);

    [[nodiscard]] std::vector<std::string> paraphrases() const;
    [[nodiscard]] std::vector<std::string> neighbours() const;
    [[nodiscard]] QString problem() const; // empty: can be taken over

  private:
    void refresh();

    QPlainTextEdit* m_paraphrases;
    QPlainTextEdit* m_neighbours;
    MutedLabel* m_problem;
    QDialogButtonBox* m_buttons;
};

} // namespace emend::ui
