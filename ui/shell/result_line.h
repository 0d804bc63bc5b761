// SPDX-License-Identifier: GPL-3.0-or-later
// What was written and where to: one line with a way to it. Hidden until there is something to say.
#pragma once

#include <QFrame>

class QLabel;

namespace emend::ui {

class ResultLine : public QFrame {
    Q_OBJECT
  public:
    explicit ResultLine(QWidget* parent = nullptr);
    void showResult(const QString& text, const QString& path);
    [[nodiscard]] QString text() const;
    [[nodiscard]] const QString& path() const { return m_path; }

  private:
    void openFolder();

    QLabel* m_text;
    QString m_path;
};

} // namespace emend::ui
