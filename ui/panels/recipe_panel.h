// SPDX-License-Identifier: GPL-3.0-or-later
// The right side: how the next edit is made. Presets above, the fields in the middle (they scroll), the statistics the
// recipe needs at the foot. A recipe file can be dropped here.
#pragma once

#include "emend/recipe.h"

#include <QWidget>

class QPushButton;
class QScrollArea;

namespace emend::ui {

class EmptyState;
class FailureLine;
class PanelHeader;
class PresetBar;
class RecipeForm;
class StatisticsLine;

class RecipePanel : public QWidget {
    Q_OBJECT
  public:
    explicit RecipePanel(QWidget* parent = nullptr);

    // Another model: its defaults. Changed fields are reset, they were meant for another one.
    void setModel(const ModelInfo& model);
    [[nodiscard]] const Recipe& recipe() const;
    // Nothing is wrong with it; without a model there is none.
    [[nodiscard]] bool isValid() const;
    void setRecipe(const Recipe& recipe);
    void setMergeSubjects(bool merge);
    void resetAll();
    [[nodiscard]] PresetBar& presets() { return *m_presets; }
    [[nodiscard]] StatisticsLine& statistics() { return *m_statistics; }

  signals:
    void recipeChanged();

  protected:
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;

  private:
    void follow(); // the form changed

    PanelHeader* m_header;
    PresetBar* m_presets;
    FailureLine* m_failure;
    EmptyState* m_empty;
    RecipeForm* m_form;
    QScrollArea* m_scroll;
    StatisticsLine* m_statistics;
    QPushButton* m_resetAll;
};

} // namespace emend::ui
