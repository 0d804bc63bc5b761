// SPDX-License-Identifier: GPL-3.0-or-later
// Somebody's words about a session or an edit. UI thread only.
#pragma once

#include <QDialog>

class QPlainTextEdit;

namespace emend::ui {

class NoteDialog : public QDialog {
    Q_OBJECT
  public:
    NoteDialog(const QString& title, const QString& caption, const QString& note, QWidget* parent = nullptr);
    [[nodiscard]] QString note() const;

  private:
    QPlainTextEdit* m_edit;
};

} // namespace emend::ui
