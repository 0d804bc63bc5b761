// SPDX-License-Identifier: GPL-3.0-or-later
// One line of the recipe: a name, an editor, a reset, and one line that explains it. And a fold for those that most
// people leave alone.
#pragma once

#include "emend/recipe.h"

#include <QList>
#include <QWidget>

#include <functional>

class QGridLayout;
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
    [[nodiscard]] const QString& id() const { return m_binding.id; }
    [[nodiscard]] bool isChanged() const { return m_changed; }
    void addBelow(QWidget* widget); // a second way to set it, between editor and explanation
    void setChanged(bool changed);  // differs from the default: offers the reset
    // What is typed cannot be read: the recipe keeps what it had, the text stays as it is.
    void setUnreadable(const QString& problem);
    // It can be read, but not be done.
    void setProblem(const QString& problem);
    void setExplanation(const QString& explanation);
    [[nodiscard]] bool isUnreadable() const { return !m_unreadable.isEmpty(); }
    [[nodiscard]] bool hasProblem() const { return isUnreadable() || !m_problem.isEmpty(); }
    void focusEditor();
    void setUsed(bool used);
    [[nodiscard]] bool isUsed() const { return m_used; }

  signals:
    void resetRequested();

  private:
    void tell();

    RecipeBinding m_binding;
    QGridLayout* m_layout;
    QWidget* m_editor;
    MutedLabel* m_explanation;
    QToolButton* m_reset;
    QString m_unreadable;
    QString m_problem;
    bool m_used = true;
    bool m_changed = false;
};

class Fold : public QWidget {
    Q_OBJECT
  public:
    explicit Fold(const QString& title, QWidget* parent = nullptr);
    void addField(RecipeField* field);
    void setOpen(bool open);
    // Says how many of its fields differ from their defaults, opens for one with a problem, goes when all are unused.
    void refresh();

  private:
    QString m_title;
    QList<RecipeField*> m_fields;
    QToolButton* m_button;
    QWidget* m_body;
    QVBoxLayout* m_layout;
};

} // namespace emend::ui
