// SPDX-License-Identifier: GPL-3.0-or-later
// Small parts every panel is made of: a header line, a muted caption, a section title, an empty state, a line that
// says what went wrong where it happened.
#pragma once

#include "jobs/failure.h"

#include <QFrame>
#include <QLabel>
#include <QScrollArea>
#include <QToolButton>
#include <QWidget>

class QAction;
class QBoxLayout;
class QHBoxLayout;

namespace emend::ui {

// Explanations and captions: the theme's muted colour, whatever the palette becomes.
class MutedLabel : public QLabel {
    Q_OBJECT
  public:
    explicit MutedLabel(const QString& text = {}, QWidget* parent = nullptr);
    void setAlarm(bool alarm); // in the colour of errors instead

  protected:
    void changeEvent(QEvent* event) override;

  private:
    void recolor();
    bool m_alarm = false;
};

QLabel* sectionTitle(const QString& text, QWidget* parent = nullptr);

// Title at the left, a muted note beside it, buttons of actions at the right.
class PanelHeader : public QWidget {
    Q_OBJECT
  public:
    explicit PanelHeader(const QString& title, QWidget* parent = nullptr);
    void setNote(const QString& note);
    void addAction(QAction* action);
    void addWidget(QWidget* widget);

  private:
    QHBoxLayout* m_layout;
    MutedLabel* m_note;
};

// What to do when there is nothing to see yet.
class EmptyState : public QWidget {
    Q_OBJECT
  public:
    EmptyState(const QString& title, const QString& hint, QWidget* parent = nullptr);
    void setText(const QString& title, const QString& hint);
    void addAction(QAction* action); // as a button below the text; one above the other where it is narrow
    [[nodiscard]] QSize minimumSizeHint() const override;

  protected:
    void resizeEvent(QResizeEvent* event) override;

  private:
    QLabel* m_title;
    MutedLabel* m_hint;
    QHBoxLayout* m_buttons;
};

// As wide as its page needs, within reason, and scrolling where the room does not suffice: a small window, large text.
// The page has a layout.
class TallPage : public QScrollArea {
    Q_OBJECT
  public:
    explicit TallPage(QWidget* page, QWidget* parent = nullptr);
    [[nodiscard]] QSize minimumSizeHint() const override;
    bool eventFilter(QObject* watched, QEvent* event) override;

  protected:
    void resizeEvent(QResizeEvent* event) override;

  private:
    void fitHeight();
};

// A fault shown in the panel it belongs to, with a button that copies the details. Hidden while all is well.
class FailureLine : public QFrame {
    Q_OBJECT
  public:
    explicit FailureLine(QWidget* parent = nullptr);
    // For a narrow panel: where it happened in the text, buttons below it, one that puts it away.
    void setNarrow();
    void showFailure(const Failure& failure);
    void showExportFailure(const QString& reason); // of a chart
    void clear();
    [[nodiscard]] QString text() const { return m_text->text(); }

  private:
    QBoxLayout* m_layout;
    QLabel* m_text;
    QToolButton* m_dismiss;
    QString m_details;
    bool m_narrow = false;
};

} // namespace emend::ui
