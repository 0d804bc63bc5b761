// SPDX-License-Identifier: GPL-3.0-or-later
// Everything that can be done, once: name, words, icon, shortcuts. Menus, tool bar, panels, command palette and the
// list of shortcuts all show these. UI thread only.
#pragma once

#include <QAction>
#include <QList>
#include <QObject>

#include <array>

namespace emend::ui {

enum class ActionId {
    NewSession,
    OpenSession,
    OpenModel,
    SaveSession,
    SaveSessionAs,
    SessionNote,
    VerifySession,
    ReplaySession,
    ReplayOther,
    RescueSession,
    RecoverSession,
    RescueLeft,
    DiscardRecoverable,
    DismissLine,
    ImportEdits,
    ImportDelta,
    Export,
    Quit,
    Undo,
    Redo,
    GoHere,
    GoToCheckpoint,
    GoToNewest,
    SwitchBatch,
    SolveAgain,
    SolveStale,
    RenameBatch,
    NoteBatch,
    AddEdit,
    Duplicate,
    Remove,
    PasteRows,
    WatchPrompts,
    EditNote,
    FindConflicts,
    Apply,
    ApplyAll,
    Diagnose,
    TryRecipes,
    TraceFact,
    SuggestLayers,
    Cancel,
    ShowEdits,
    ShowCompare,
    ShowTrace,
    ShowUpdate,
    ShowTradeOff,
    ShowDiagnosis,
    ShowTrials,
    ToggleHistory,
    ToggleLog,
    ThemeSystem,
    ThemeLight,
    ThemeDark,
    TextLarger,
    TextSmaller,
    TextReset,
    RestoreLayout,
    CommandPalette,
    Shortcuts,
    About,
    Count
};

class Actions : public QObject {
    Q_OBJECT
  public:
    explicit Actions(QObject* parent = nullptr);

    [[nodiscard]] QAction* operator[](ActionId id) const { return m_actions[static_cast<std::size_t>(id)]; }
    [[nodiscard]] QList<QAction*> all() const { return {m_actions.begin(), m_actions.end()}; }
    // Shortcuts that two actions claim; empty unless somebody slipped.
    [[nodiscard]] QStringList conflicts() const;
    void recolor(); // icons, after the theme changed

  private:
    std::array<QAction*, static_cast<std::size_t>(ActionId::Count)> m_actions{};
};

} // namespace emend::ui
