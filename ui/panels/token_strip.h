// SPDX-License-Identifier: GPL-3.0-or-later
// How the model reads a prompt: its tokens in a row, the subject's tinted, the subject's last one - where the edit
// looks up its key - filled, and the new object's tokens behind an arrow.
#pragma once

#include "emend/edit.h"

#include <QList>
#include <QRect>
#include <QWidget>

#include <memory>

namespace emend::ui {

class TokenStrip : public QWidget {
    Q_OBJECT
  public:
    explicit TokenStrip(QWidget* parent = nullptr);

    // Null: nothing to show, `note` says why.
    void setCheck(std::shared_ptr<const EditCheck> check, const QString& note);

    [[nodiscard]] bool hasHeightForWidth() const override { return true; }
    [[nodiscard]] int heightForWidth(int width) const override;
    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

  protected:
    void paintEvent(QPaintEvent* event) override;
    bool event(QEvent* event) override; // tool tips of single tokens

  private:
    enum class Kind { Plain, Subject, Last, Arrow, Object };
    struct Chip {
        QString text;
        Kind kind = Kind::Plain;
        int position = 0; // of the token in its text
    };
    [[nodiscard]] QList<QRect> place(int width) const; // one a chip
    [[nodiscard]] QString tip(const Chip& chip) const;

    QList<Chip> m_chips;
    QString m_note;
};

} // namespace emend::ui
