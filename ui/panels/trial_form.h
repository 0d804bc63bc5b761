// SPDX-License-Identifier: GPL-3.0-or-later
// Which recipes to try: algorithms and distributions to tick, layers and softness to type. Where nothing is chosen the
// recipe at the right says it.
#pragma once

#include "emend/trial.h"

#include <QList>
#include <QWidget>

#include <optional>

class QCheckBox;
class QGridLayout;
class QLineEdit;

namespace emend::ui {

class MutedLabel;

class TrialForm : public QWidget {
    Q_OBJECT
  public:
    explicit TrialForm(QWidget* parent = nullptr);

    void showRecipe(const Recipe& recipe); // what holds where nothing is chosen
    // Unset: what is typed cannot be read, and the form says why.
    [[nodiscard]] std::optional<RecipeGrid> grid();

  signals:
    void changed();

  private:
    QList<QCheckBox*> addChoices(const QString& name, const QStringList& ids, const QStringList& explanations);
    QLineEdit* addLine(const QString& name, const char* object, const QString& explanation);

    QGridLayout* m_layout;
    QList<QCheckBox*> m_algorithms;
    QList<QCheckBox*> m_distributions;
    QLineEdit* m_layers;
    QLineEdit* m_softness;
    MutedLabel* m_problem;
};

} // namespace emend::ui
