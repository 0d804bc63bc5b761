// SPDX-License-Identifier: GPL-3.0-or-later
// The fields of a recipe and what they do together: defaults come from core and the open model, what a person set is
// kept from one algorithm to another wherever it still says the same, and only what the algorithm uses is shown.
// Invariant: recipe() is what every readable field says.
#pragma once

#include "emend/recipe.h"
#include "panels/recipe_editors.h"
#include "panels/recipe_field.h"

#include <QHash>
#include <QList>
#include <QWidget>

#include <optional>
#include <string>

class QVBoxLayout;

namespace emend::ui {

class RecipeForm : public QWidget {
    Q_OBJECT
  public:
    explicit RecipeForm(QWidget* parent = nullptr);

    // Another model: its defaults. What was set was meant for another one.
    void setModel(const ModelInfo& model);
    [[nodiscard]] const std::optional<ModelInfo>& model() const { return m_model; }
    [[nodiscard]] const Recipe& recipe() const { return m_recipe; }
    [[nodiscard]] bool isValid() const { return m_model && m_valid; }
    [[nodiscard]] bool isChanged() const { return m_changed; } // differs from what one begins with
    void resetAll();
    // From a preset or a file: whatever it says against the defaults counts as set by hand.
    void setRecipe(const Recipe& recipe);
    // The field a setting of a recipe means: "softness", "values.clamp"; null when this recipe does not use it.
    [[nodiscard]] RecipeField* fieldFor(const QString& setting) const;
    // Unfolds it and puts the keyboard there.
    static void focusField(RecipeField& field);
    // As if a person had set that field.
    void change(const QString& id, const std::function<void(Recipe&)>& change);

    template<class Editor>
    RecipeField* add(RecipeBinding binding, Editor* editor, Fold* into = nullptr) {
        auto* field = new RecipeField(std::move(binding), editor);
        place(field, into);
        whenEdited(editor, this, [this, field] { edited(field); });
        return field;
    }
    Fold* addFold(const QString& title, const QString& name);

  signals:
    void recipeChanged();
    void modelChanged(int layers);
    // After every change, for what is shown beside a field.
    void shown(const emend::Recipe& recipe);
    void layerHovered(int layer);     // of the layer field; -1: no more
    void layerHighlighted(int layer); // pointed at in another view

  private:
    void place(RecipeField* field, Fold* into);
    void edited(RecipeField* field); // its editor says something else than the recipe
    void touched(const RecipeField* field);
    void reset(RecipeField* field);
    void changeAlgorithm();
    // Layers, distribution and weights fit each other; `refit`: weights of another number of layers are let go.
    void agree(const std::vector<int>& layersBefore, bool refit = false);
    void showAll(); // write every editor that is not being corrected
    void validate();
    [[nodiscard]] RecipeField* field(const QString& id) const;
    [[nodiscard]] RecipeField* fieldOf(const QString& where) const; // of an Error

    std::optional<ModelInfo> m_model;
    Recipe m_recipe;
    Recipe m_default;                      // of the model and the algorithm
    Recipe m_mine;                         // what the person set, field by field …
    QHash<QString, std::string> m_touched; // … which fields, and for which algorithm
    bool m_valid = false;
    bool m_changed = false;
    bool m_showing = false; // editors change because we write them
    QVBoxLayout* m_layout;
    QList<RecipeField*> m_fields;
    QList<Fold*> m_folds;
};

// recipe_fields.cpp and recipe_fields_folded.cpp
void addMainFields(RecipeForm& form);
void addSearchFields(RecipeForm& form, Fold* fold);
void addStatisticsFields(RecipeForm& form, Fold* fold);
void addContextFields(RecipeForm& form, Fold* fold);

} // namespace emend::ui
