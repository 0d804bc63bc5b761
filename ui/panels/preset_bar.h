// SPDX-License-Identifier: GPL-3.0-or-later
// Recipes by name: the model's defaults, the user's presets, a recipe or hparams file from anywhere. The bar knows
// which of them the recipe is, or was before it was changed. Faults are told to whoever listens.
#pragma once

#include "emend/recipe.h"
#include "jobs/failure.h"

#include <QWidget>

#include <functional>
#include <optional>

class QAction;
class QComboBox;
class QToolButton;

namespace emend::ui {

// Dialogs a test cannot click; replaced there. Empty answers: never mind.
struct PresetQuestions {
    std::function<QString(QWidget*, const QString& suggestion)> askName;
    std::function<bool(QWidget*, const QString& name)> confirmReplace;
    std::function<bool(QWidget*, const QString& name)> confirmDelete;
    std::function<QString(QWidget*)> chooseOpen;
    std::function<QString(QWidget*, const QString& suggestion)> chooseSave;
    static PresetQuestions fromUser();
};

class PresetBar : public QWidget {
    Q_OBJECT
  public:
    explicit PresetBar(QWidget* parent = nullptr);
    void setQuestions(PresetQuestions questions) { m_questions = std::move(questions); }

    void setModel(const ModelInfo& model);
    // What the form says now; `changed`: against the model's defaults.
    void showRecipe(const Recipe& recipe, bool changed, bool valid);
    void openFile(const QString& file); // a recipe or hparams file
    [[nodiscard]] QComboBox* choice() const { return m_choice; }
    [[nodiscard]] QAction* action(const QString& name) const; // "save", "open", "export", "delete"

  signals:
    void defaultsChosen();
    void recipeChosen(const emend::Recipe& recipe);
    void failed(const emend::ui::Failure& failure);
    void succeeded(); // the last fault does not hold any more

  private:
    template<class Call>
    bool attempt(Call call); // faults become failed()
    void refill();
    void refresh();
    void load(const QString& name);
    void take(const QString& name, const Recipe& recipe);
    void saveAs();
    void exportTo();
    void removeCurrent();

    PresetQuestions m_questions = PresetQuestions::fromUser();
    std::optional<ModelInfo> m_model;
    Recipe m_recipe;
    bool m_changed = false;
    bool m_valid = false;
    std::optional<Recipe> m_taken; // the recipe as it came from m_name
    QString m_name;                // of a preset or file; empty: the defaults
    QComboBox* m_choice;
    QToolButton* m_more;
};

} // namespace emend::ui
