// SPDX-License-Identifier: GPL-3.0-or-later
// Between the tab "Try recipes" and the engine: which edits, which recipes, how many and how long; runs them and keeps
// what came. UI thread only.
#pragma once

#include "models/trials_model.h"
#include "panels/trials_panel.h"
#include "shell/workbench.h"

#include <QList>
#include <QObject>

namespace emend::ui {

class Trying : public QObject {
    Q_OBJECT
  public:
    explicit Trying(Workbench& workbench, QObject* parent = nullptr);

    [[nodiscard]] TrialsModel& model() { return m_model; }
    void follow(TrialsPanel& panel);                  // once
    void setRecipe(const Recipe& recipe, bool valid); // what holds where the form chooses nothing
    void setSelection(const QList<int>& rows);        // of the edits table
    void run();

  private:
    // What Run would do now, or why it cannot.
    struct Plan {
        std::vector<EditRequest> requests;
        GridRecipes grid; // without recipes: nothing to run
        QString text;
        bool alarm = false;
    };
    [[nodiscard]] Plan plan() const;
    [[nodiscard]] QList<int> rows() const;
    [[nodiscard]] QString nothingToTry() const;
    [[nodiscard]] QString planText(const Plan& plan) const;
    [[nodiscard]] double secondsPerEdit() const; // of one recipe; below 0: nothing was measured
    void connectStudio();
    void update();
    void clear();
    void ended(const QString& note);

    Workbench& m_workbench;
    Studio& m_studio;
    TrialsModel m_model;
    TrialsPanel* m_panel = nullptr;
    Recipe m_recipe;
    bool m_recipeValid = false;
    QList<int> m_selection;
    std::size_t m_edits = 0;  // of the run that is shown
    std::size_t m_wanted = 0; // recipes of it
    bool m_madeRoom = false;  // the last ones were stopped for an edit
    bool m_running = false;
    quint64 m_tag = 0; // answers for another run are late
};

} // namespace emend::ui
