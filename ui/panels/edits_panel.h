// SPDX-License-Identifier: GPL-3.0-or-later
// The left side: the table of edits, and under it how the model reads the selected one and what is wrong with it.
#pragma once

#include <QTimer>
#include <QWidget>

class QAction;
class QPushButton;
class QStackedWidget;
class QTableView;

namespace emend::ui {

class EditsModel;
class EmptyState;
class MutedLabel;
class PanelHeader;
class TokenStrip;

class EditsPanel : public QWidget {
    Q_OBJECT
  public:
    explicit EditsPanel(EditsModel& model, QWidget* parent = nullptr);

    void setActions(const QList<QAction*>& header, const QList<QAction*>& empty, const QList<QAction*>& menu);
    [[nodiscard]] int currentRow() const; // -1: none
    [[nodiscard]] QList<int> selectedRows() const;
    void selectRow(int row);
    void editCell(int row, int column); // selects it and opens its editor
    [[nodiscard]] QTableView* table() const { return m_table; }

  signals:
    void currentRowChanged(int row);
    void selectionChanged();
    void fileDropped(const QString& path);
    void mergeRequested(); // edits of one subject, in the recipe

  protected:
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;
    void changeEvent(QEvent* event) override;

  private:
    void refresh();          // header, empty state
    void refreshInspector(); // of the current row
    void refreshConflicts();
    void sizeColumns();

    EditsModel& m_model;
    QTimer m_refresh; // once for all that changes in a turn
    PanelHeader* m_header;
    QWidget* m_conflicts;
    MutedLabel* m_conflictText;
    QPushButton* m_nextConflict;
    QPushButton* m_merge;
    QStackedWidget* m_stack;
    QTableView* m_table;
    EmptyState* m_empty;
    MutedLabel* m_caption;
    TokenStrip* m_tokens;
};

} // namespace emend::ui
