// SPDX-License-Identifier: GPL-3.0-or-later
// The right side: how the next edit is made. Defaults come from core and the open model; a field that was changed
// keeps its value when another algorithm brings other defaults. Only what the tables in core offer is shown.
#pragma once

#include "emend/recipe.h"

#include <QList>
#include <QWidget>

#include <optional>

class QComboBox;
class QPushButton;
class QVBoxLayout;

namespace emend::ui {

class EmptyState;
class Fold;
class PanelHeader;
class RecipeField;
struct RecipeBinding;

class RecipePanel : public QWidget {
    Q_OBJECT
  public:
    explicit RecipePanel(QWidget* parent = nullptr);

    // Another model: its defaults. Changed fields are reset, they were meant for another one.
    void setModel(const ModelInfo& model);
    [[nodiscard]] const Recipe& recipe() const { return m_recipe; }
    // Nothing is wrong with it; without a model there is none.
    [[nodiscard]] bool isValid() const { return m_model && m_valid; }
    void resetAll();

  signals:
    void recipeChanged();

  private:
    template<class Editor>
    RecipeField* add(RecipeBinding binding, Editor* editor, QWidget* into = nullptr);
    void addNumber(const QString& id, const QString& name, const QString& explanation, double ValueSearch::*member,
                   double least, double most, double step, int decimals, Fold* into);
    void addFile(const QString& id, const QString& name, const QString& explanation, std::string Recipe::*member,
                 Fold* into);
    void buildMain();
    void buildValues(Fold* fold);
    void buildKeys(Fold* fold);
    void changeAlgorithm();
    void edited(RecipeField* field); // its editor says something else than the recipe
    void reset(RecipeField* field);
    void showAll(); // write every editor that is not being corrected
    void validate();
    [[nodiscard]] RecipeField* field(const QString& id) const;

    std::optional<ModelInfo> m_model;
    Recipe m_recipe;
    Recipe m_default;
    bool m_valid = false;
    bool m_showing = false; // editors change because we write them
    PanelHeader* m_header;
    EmptyState* m_empty;
    QWidget* m_form;
    QVBoxLayout* m_formLayout;
    QComboBox* m_algorithm = nullptr;
    QList<RecipeField*> m_fields;
    QPushButton* m_resetAll = nullptr;
};

} // namespace emend::ui
