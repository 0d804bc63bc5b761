// SPDX-License-Identifier: GPL-3.0-or-later
// The history dock: the ledger as a table, what is known about the chosen batch below it, and above it the offer to
// solve again what an earlier switch or another softness has left behind. Tells what is wanted; changes nothing itself.
#pragma once

#include "jobs/failure.h"

#include <QFrame>
#include <QWidget>

class QAction;
class QHBoxLayout;
class QLabel;
class QPushButton;
class QStackedWidget;
class QTableView;

namespace emend::ui {

class EmptyState;
class FailureLine;
class HistoryModel;
class MutedLabel;

// One sentence and what can be done about it, in the panel it belongs to.
class OfferLine : public QFrame {
    Q_OBJECT
  public:
    explicit OfferLine(QWidget* parent = nullptr);
    void offer(const QString& text, const QString& button);

  signals:
    void accepted();
    void declined();

  private:
    QLabel* m_text;
    QPushButton* m_yes;
};

class HistoryPanel : public QWidget {
    Q_OBJECT
  public:
    explicit HistoryPanel(HistoryModel& model, QWidget* parent = nullptr);

    // As buttons under the table, and in its context menu.
    void setActions(const QList<QAction*>& actions);
    void setFailure(const Failure& failure);
    void clearFailure();
    [[nodiscard]] QTableView* table() const { return m_table; }
    [[nodiscard]] int currentRow() const; // of the model; -1: none
    void selectRow(int row);
    // An editor in the current row's cell.
    void rename();
    void writeNote();
    [[nodiscard]] QSize sizeHint() const override; // low: the views above need the room

  signals:
    void currentRowChanged(int row);
    void rowChosen(int row); // by somebody who is in the table: its edits are to be shown
    void jumpRequested(int row);
    void switchRequested(quint64 batch, bool active);
    void solveStaleRequested();

  protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

  private:
    void refresh();
    void refreshOffer();
    void refreshDetails();
    void sizeColumns();
    void showScores(); // where there are any, and room for them
    void editCell(int column);
    [[nodiscard]] bool isTyping() const; // in a cell
    [[nodiscard]] bool isOnCheckBox(const QPoint& position) const;

    HistoryModel& m_model;
    QStackedWidget* m_stack;
    QTableView* m_table;
    OfferLine* m_offer;
    FailureLine* m_failure;
    QLabel* m_sentence;
    MutedLabel* m_warnings;
    QHBoxLayout* m_buttons;
    int m_declined = 0; // stale batches the offer was declined for
    int m_position = -1;
    int m_scoreWidth = 0;
};

} // namespace emend::ui
