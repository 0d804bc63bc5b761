// SPDX-License-Identifier: GPL-3.0-or-later
// The right side: how the next edit is made. Presets above, the fields in the middle (they scroll), the statistics the
// recipe needs at the foot. A recipe file can be dropped here.
#pragma once

#include "emend/recipe.h"

#include <QWidget>

class QPushButton;

namespace emend::ui {

class EmptyState;
class FailureLine;
class PanelHeader;
class PresetBar;
class RecipeForm;
class StatisticsLine;
class TallPage;

class RecipePanel : public QWidget {
    Q_OBJECT
  public:
    explicit RecipePanel(QWidget* parent = nullptr);
    ~RecipePanel() override;

    // Another model: its defaults. Changed fields are reset, they were meant for another one.
    void setModel(const ModelInfo& model);
    [[nodiscard]] const Recipe& recipe() const;
    // Nothing is wrong with it; without a model there is none.
    [[nodiscard]] bool isValid() const;
    void setRecipe(const Recipe& recipe);
    void setMergeSubjects(bool merge);
    // Returns those that were taken: of several the middle one where the algorithm writes one; none without a model.
    std::vector<int> setLayers(std::vector<int> layers);
    // The field that a setting means ("values.clamp"): its name, empty where the recipe does not use it; and the
    // keyboard to it.
    [[nodiscard]] QString fieldName(const QString& setting) const;
    void focusField(const QString& setting);
    void resetAll();
    [[nodiscard]] PresetBar& presets() { return *m_presets; }
    [[nodiscard]] StatisticsLine& statistics() { return *m_statistics; }

  public slots:
    void highlightLayer(int layer); // that is pointed at in another view; -1: none

  signals:
    void recipeChanged();
    void layerHovered(int layer); // in the layer field; -1: no more

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
    TallPage* m_scroll;
    StatisticsLine* m_statistics;
    QPushButton* m_resetAll;
};

} // namespace emend::ui
