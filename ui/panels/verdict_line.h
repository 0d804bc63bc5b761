// SPDX-License-Identifier: GPL-3.0-or-later
// One link of a diagnosis: a mark with a word, what was found, what to change, and a button that goes there.
#pragma once

#include <QWidget>

namespace emend::ui {

class VerdictLine : public QWidget {
    Q_OBJECT
  public:
    enum class Judgement { Good, Weak, None };
    struct Content {
        Judgement judgement = Judgement::Good;
        QString mark; // the word
        QString name;
        QString finding;
        QString advice;
        QString button; // empty: none
    };
    explicit VerdictLine(const Content& content, QWidget* parent = nullptr);

  signals:
    void changeRequested();

  protected:
    void paintEvent(QPaintEvent* event) override;
};

} // namespace emend::ui
