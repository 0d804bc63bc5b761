// SPDX-License-Identifier: GPL-3.0-or-later
// One line of the recipe: a name, an editor, a reset, and one line that explains it. And a fold for those that most
// people leave alone.
#pragma once

#include "emend/recipe.h"

#include <QWidget>

#include <functional>

class QToolButton;
class QVBoxLayout;

namespace emend::ui {

class MutedLabel;

// How a field and a recipe know each other.
struct RecipeBinding {
    QString id;                              // "softness": object name, and where check_recipe's errors point
    QString name;                            // "Softness"
    QString explanation;                     // one line
    std::function<void(const Recipe&)> show; // recipe -> editor
    std::function<void(Recipe&)> read;       // editor -> recipe; may throw Error
    std::function<bool(const Recipe&, const Recipe&)> same; // of this field alone
    std::function<void(Recipe&, const Recipe&)> copy;       // to <- from, this field alone
};

class RecipeField : public QWidget {
    Q_OBJECT
  public:
    RecipeField(RecipeBinding binding, QWidget* editor, QWidget* parent = nullptr);

    [[nodiscard]] const RecipeBinding& binding() const { return m_binding; }
    void setChanged(bool changed); // differs from the default: offers the reset
    void setProblem(const QString& problem);
    void setExplanation(const QString& explanation);
    [[nodiscard]] bool hasProblem() const { return m_hasProblem; }

  signals:
    void resetRequested();

  private:
    RecipeBinding m_binding;
    MutedLabel* m_explanation;
    QToolButton* m_reset;
    bool m_hasProblem = false;
};

class Fold : public QWidget {
    Q_OBJECT
  public:
    explicit Fold(const QString& title, QWidget* parent = nullptr);
    void addWidget(QWidget* widget);
    void setOpen(bool open);

  private:
    QToolButton* m_button;
    QWidget* m_body;
    QVBoxLayout* m_layout;
};

} // namespace emend::ui
