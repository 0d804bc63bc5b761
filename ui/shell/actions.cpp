// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/actions.h"

#include "shell/theme.h"

#include <QApplication>
#include <QHash>

namespace emend::ui {

namespace {

struct Spec {
    ActionId id;
    const char* name; // object name
    const char* text;
    const char* tip;
    const char* icon;
    const char* shortcuts; // separated by ;
    bool checkable = false;
};

constexpr Spec specs[] = {
    {ActionId::NewSession, "newSession", QT_TRANSLATE_NOOP("emend::ui::Actions", "&New session"),
     QT_TRANSLATE_NOOP("emend::ui::Actions", "The same model as its checkpoint has it, and an empty table"), "", ""},
    {ActionId::OpenSession, "openSession", QT_TRANSLATE_NOOP("emend::ui::Actions", "O&pen session…"),
     QT_TRANSLATE_NOOP("emend::ui::Actions", "Open an .emend file: its model, its history, its edits"), "open",
     "Ctrl+Shift+O"},
    {ActionId::OpenModel, "openModel", QT_TRANSLATE_NOOP("emend::ui::Actions", "&Open model folder…"),
     QT_TRANSLATE_NOOP("emend::ui::Actions", "Open a model: a Hugging Face folder"), "open", "Ctrl+O"},
    {ActionId::SaveSession, "saveSession", QT_TRANSLATE_NOOP("emend::ui::Actions", "&Save"),
     QT_TRANSLATE_NOOP("emend::ui::Actions", "Give the session a name; a session that has one is saved by itself"), "",
     "Ctrl+S"},
    {ActionId::SaveSessionAs, "saveSessionAs", QT_TRANSLATE_NOOP("emend::ui::Actions", "Save session &as…"),
     QT_TRANSLATE_NOOP("emend::ui::Actions", "Save the session under another name and go on with that"), "",
     "Ctrl+Shift+S"},
    {ActionId::SessionNote, "sessionNote", QT_TRANSLATE_NOOP("emend::ui::Actions", "Session no&te…"),
     QT_TRANSLATE_NOOP("emend::ui::Actions", "Write down what the session is about"), "", ""},
    {ActionId::VerifySession, "verifySession", QT_TRANSLATE_NOOP("emend::ui::Actions", "&Verify session…"),
     QT_TRANSLATE_NOOP("emend::ui::Actions",
                       "Compute again what the session says of its file, weights and answers, and compare"),
     "", ""},
    {ActionId::ReplaySession, "replaySession", QT_TRANSLATE_NOOP("emend::ui::Actions", "&Replay session…"),
     QT_TRANSLATE_NOOP("emend::ui::Actions",
                       "Solve every applied batch once more from its requests, and compare; the session stays"),
     "", ""},
    {ActionId::ReplayOther, "replayOther", QT_TRANSLATE_NOOP("emend::ui::Actions", "Replay &another session here…"),
     QT_TRANSLATE_NOOP(
         "emend::ui::Actions",
         "Solve the batches of a session's file on the model that is open here, which may be another one"),
     "", ""},
    {ActionId::RescueSession, "rescueSession", QT_TRANSLATE_NOOP("emend::ui::Actions", "Re&scue a damaged session…"),
     QT_TRANSLATE_NOOP("emend::ui::Actions", "Save what can still be read of a damaged file as a new session"), "", ""},
    {ActionId::RecoverSession, "recoverSession", QT_TRANSLATE_NOOP("emend::ui::Actions", "&Open unsaved session"),
     QT_TRANSLATE_NOOP("emend::ui::Actions", "Go on where an earlier session without a name ended"), "", ""},
    {ActionId::RescueLeft, "rescueLeft", QT_TRANSLATE_NOOP("emend::ui::Actions", "Re&scue what is left of it…"),
     QT_TRANSLATE_NOOP("emend::ui::Actions",
                       "Save what can still be read of a damaged session without a name as a new file"),
     "", ""},
    {ActionId::DiscardRecoverable, "discardRecoverable",
     QT_TRANSLATE_NOOP("emend::ui::Actions", "&Discard unsaved session"),
     QT_TRANSLATE_NOOP("emend::ui::Actions", "Remove an earlier session without a name for good"), "", ""},
    {ActionId::DismissLine, "dismissLine", QT_TRANSLATE_NOOP("emend::ui::Actions", "Not no&w"),
     QT_TRANSLATE_NOOP("emend::ui::Actions", "Put the line above the panels away; it comes back with the next start"),
     "", ""},
    {ActionId::ImportEdits, "importEdits", QT_TRANSLATE_NOOP("emend::ui::Actions", "&Import edits…"),
     QT_TRANSLATE_NOOP("emend::ui::Actions", "Add edits from a CSV or JSON file"), "import", "Ctrl+I"},
    {ActionId::ImportDelta, "importDelta", QT_TRANSLATE_NOOP("emend::ui::Actions", "Import &delta…"),
     QT_TRANSLATE_NOOP("emend::ui::Actions", "Put edits that were exported as a delta behind those that are applied"),
     "import", ""},
    {ActionId::Export, "export", QT_TRANSLATE_NOOP("emend::ui::Actions", "&Export…"),
     QT_TRANSLATE_NOOP("emend::ui::Actions",
                       "Take the edits along: a model folder, the change alone, an adapter, a report"),
     "export", "Ctrl+E"},
    {ActionId::Quit, "quit", QT_TRANSLATE_NOOP("emend::ui::Actions", "&Quit"), "", "", "Ctrl+Q"},
    {ActionId::Undo, "undo", QT_TRANSLATE_NOOP("emend::ui::Actions", "&Undo"),
     QT_TRANSLATE_NOOP("emend::ui::Actions", "Take the last applied edit back, exactly"), "undo", "Ctrl+Z"},
    {ActionId::Redo, "redo", QT_TRANSLATE_NOOP("emend::ui::Actions", "&Redo"),
     QT_TRANSLATE_NOOP("emend::ui::Actions", "Apply the edit again that was taken back"), "redo",
     "Ctrl+Shift+Z;Ctrl+Y"},
    {ActionId::GoHere, "goHere", QT_TRANSLATE_NOOP("emend::ui::Actions", "&Go here"),
     QT_TRANSLATE_NOOP("emend::ui::Actions",
                       "Make the model what it was at this point of the history; Enter in the table"),
     "", ""},
    {ActionId::GoToCheckpoint, "goToCheckpoint", QT_TRANSLATE_NOOP("emend::ui::Actions", "Go to the &checkpoint"),
     QT_TRANSLATE_NOOP("emend::ui::Actions", "Undo everything; nothing is lost"), "", ""},
    {ActionId::GoToNewest, "goToNewest", QT_TRANSLATE_NOOP("emend::ui::Actions", "Go to the &newest point"),
     QT_TRANSLATE_NOOP("emend::ui::Actions", "Redo everything"), "", ""},
    {ActionId::SwitchBatch, "switchBatch", QT_TRANSLATE_NOOP("emend::ui::Actions", "Switch &off"),
     QT_TRANSLATE_NOOP("emend::ui::Actions", "Take one batch out of the weights or put it back; Space in the history"),
     "", ""},
    {ActionId::SolveAgain, "solveAgain", QT_TRANSLATE_NOOP("emend::ui::Actions", "Sol&ve again"),
     QT_TRANSLATE_NOOP("emend::ui::Actions",
                       "Solve a stale batch again on the weights that are underneath it now, with the values it has"),
     "", ""},
    {ActionId::SolveStale, "solveStale", QT_TRANSLATE_NOOP("emend::ui::Actions", "Solve &all stale batches again"),
     QT_TRANSLATE_NOOP("emend::ui::Actions", "In order, each on the weights the earlier ones leave"), "", ""},
    {ActionId::RenameBatch, "renameBatch", QT_TRANSLATE_NOOP("emend::ui::Actions", "&Rename"),
     QT_TRANSLATE_NOOP("emend::ui::Actions", "Give the batch another title"), "", "F2"},
    {ActionId::NoteBatch, "noteBatch", QT_TRANSLATE_NOOP("emend::ui::Actions", "&Note"),
     QT_TRANSLATE_NOOP("emend::ui::Actions", "Write something beside the batch"), "", "Ctrl+Shift+N"},
    {ActionId::AddEdit, "addEdit", QT_TRANSLATE_NOOP("emend::ui::Actions", "&Add edit"),
     QT_TRANSLATE_NOOP("emend::ui::Actions", "Add an empty row and type its subject"), "add", "Ctrl+N"},
    {ActionId::Duplicate, "duplicate", QT_TRANSLATE_NOOP("emend::ui::Actions", "&Duplicate"),
     QT_TRANSLATE_NOOP("emend::ui::Actions", "Copy the selected rows as drafts"), "duplicate", "Ctrl+D"},
    {ActionId::Remove, "remove", QT_TRANSLATE_NOOP("emend::ui::Actions", "Re&move"),
     QT_TRANSLATE_NOOP("emend::ui::Actions", "Remove the selected rows; applied ones must be undone first"), "remove",
     "Del"},
    {ActionId::PasteRows, "pasteRows", QT_TRANSLATE_NOOP("emend::ui::Actions", "&Paste rows"),
     QT_TRANSLATE_NOOP("emend::ui::Actions", "Add rows copied from a spreadsheet: subject, relation, new object"),
     "paste", "Ctrl+V"},
    {ActionId::WatchPrompts, "watchPrompts", QT_TRANSLATE_NOOP("emend::ui::Actions", "Prompts to &watch…"),
     QT_TRANSLATE_NOOP("emend::ui::Actions",
                       "Other wordings of this edit and prompts about other subjects, to compare before and after"),
     "", "Ctrl+Shift+W"},
    {ActionId::EditNote, "editNote", QT_TRANSLATE_NOOP("emend::ui::Actions", "N&ote on the edit…"),
     QT_TRANSLATE_NOOP("emend::ui::Actions", "Write something beside the selected edit"), "", "Ctrl+Shift+E"},
    {ActionId::FindConflicts, "findConflicts",
     QT_TRANSLATE_NOOP("emend::ui::Actions", "&Find edits in each other's way"),
     QT_TRANSLATE_NOOP("emend::ui::Actions", "Compare the keys of all drafts: those that are nearly alike are marked"),
     "", "Ctrl+Shift+K"},
    {ActionId::Apply, "apply", QT_TRANSLATE_NOOP("emend::ui::Actions", "&Apply"),
     QT_TRANSLATE_NOOP("emend::ui::Actions", "Write the selected edits into the model"), "apply",
     "Ctrl+Return;Ctrl+Enter"},
    {ActionId::ApplyAll, "applyAll", QT_TRANSLATE_NOOP("emend::ui::Actions", "Apply a&ll drafts"),
     QT_TRANSLATE_NOOP("emend::ui::Actions", "Write every draft of the table into the model"), "apply",
     "Ctrl+Shift+Return"},
    {ActionId::Diagnose, "diagnose", QT_TRANSLATE_NOOP("emend::ui::Actions", "&Diagnose the edit"),
     QT_TRANSLATE_NOOP("emend::ui::Actions",
                       "Why the selected edit took or did not, link by link, and which setting to change"),
     "", "Ctrl+Shift+D"},
    {ActionId::TryRecipes, "tryRecipes", QT_TRANSLATE_NOOP("emend::ui::Actions", "&Try several recipes…"),
     QT_TRANSLATE_NOOP("emend::ui::Actions",
                       "Compare recipes on the selected edits, on copies: the model stays as it is"),
     "", "Ctrl+T"},
    {ActionId::TraceFact, "traceFact", QT_TRANSLATE_NOOP("emend::ui::Actions", "Trace the &fact"),
     QT_TRANSLATE_NOOP("emend::ui::Actions", "Find where the model keeps the selected edit's fact"), "",
     "Ctrl+Shift+T"},
    {ActionId::SuggestLayers, "suggestLayers", QT_TRANSLATE_NOOP("emend::ui::Actions", "S&uggest layers"),
     QT_TRANSLATE_NOOP("emend::ui::Actions", "Trace this session's facts and say which layers keep them"), "",
     "Ctrl+Shift+L"},
    {ActionId::Cancel, "cancel", QT_TRANSLATE_NOOP("emend::ui::Actions", "&Cancel"),
     QT_TRANSLATE_NOOP("emend::ui::Actions", "Stop what is running; the model stays as it was"), "cancel", "Esc"},
    {ActionId::ShowEdits, "showEdits", QT_TRANSLATE_NOOP("emend::ui::Actions", "Go to the &edits"), "", "", "Alt+1"},
    {ActionId::ShowCompare, "showCompare", QT_TRANSLATE_NOOP("emend::ui::Actions", "Show &Compare"), "", "", "Alt+2"},
    {ActionId::ShowTrace, "showTrace", QT_TRANSLATE_NOOP("emend::ui::Actions", "Show T&race"),
     QT_TRANSLATE_NOOP("emend::ui::Actions", "Where the model keeps the fact"), "", "Alt+3"},
    {ActionId::ShowUpdate, "showUpdate", QT_TRANSLATE_NOOP("emend::ui::Actions", "Show &Update"), "", "", "Alt+4"},
    {ActionId::ShowTradeOff, "showTradeOff", QT_TRANSLATE_NOOP("emend::ui::Actions", "Show &Trade-off"),
     QT_TRANSLATE_NOOP("emend::ui::Actions", "The knob between memorizing and leaving alone"), "", "Alt+5"},
    {ActionId::ShowDiagnosis, "showDiagnosis", QT_TRANSLATE_NOOP("emend::ui::Actions", "Show &Why"),
     QT_TRANSLATE_NOOP("emend::ui::Actions", "Why the selected edit took or did not"), "", "Alt+6"},
    {ActionId::ShowTrials, "showTrials", QT_TRANSLATE_NOOP("emend::ui::Actions", "Show Tr&y recipes"),
     QT_TRANSLATE_NOOP("emend::ui::Actions", "Several recipes side by side, before one is applied"), "", "Alt+7"},
    {ActionId::ToggleHistory, "toggleHistory", QT_TRANSLATE_NOOP("emend::ui::Actions", "&History"),
     QT_TRANSLATE_NOOP("emend::ui::Actions", "Show or hide every applied batch"), "history", "Ctrl+H", true},
    {ActionId::ToggleLog, "toggleLog", QT_TRANSLATE_NOOP("emend::ui::Actions", "&Log"),
     QT_TRANSLATE_NOOP("emend::ui::Actions", "Show or hide what happened"), "log", "Ctrl+L", true},
    {ActionId::ThemeSystem, "themeSystem", QT_TRANSLATE_NOOP("emend::ui::Actions", "Theme: as the &system"), "",
     "theme", "", true},
    {ActionId::ThemeLight, "themeLight", QT_TRANSLATE_NOOP("emend::ui::Actions", "Theme: &light"), "", "theme", "",
     true},
    {ActionId::ThemeDark, "themeDark", QT_TRANSLATE_NOOP("emend::ui::Actions", "Theme: &dark"), "", "theme", "", true},
    {ActionId::TextLarger, "textLarger", QT_TRANSLATE_NOOP("emend::ui::Actions", "L&arger text"), "", "",
     "Ctrl++;Ctrl+="},
    {ActionId::TextSmaller, "textSmaller", QT_TRANSLATE_NOOP("emend::ui::Actions", "S&maller text"), "", "", "Ctrl+-"},
    {ActionId::TextReset, "textReset", QT_TRANSLATE_NOOP("emend::ui::Actions", "&Normal text size"), "", "", "Ctrl+0"},
    {ActionId::RestoreLayout, "restoreLayout", QT_TRANSLATE_NOOP("emend::ui::Actions", "&Restore default layout"), "",
     "", ""},
    {ActionId::CommandPalette, "commandPalette", QT_TRANSLATE_NOOP("emend::ui::Actions", "Command &palette…"),
     QT_TRANSLATE_NOOP("emend::ui::Actions", "Find anything that can be done by its name"), "search", "Ctrl+Shift+P"},
    {ActionId::Shortcuts, "shortcuts", QT_TRANSLATE_NOOP("emend::ui::Actions", "&Keyboard shortcuts"), "", "help",
     "F1"},
    {ActionId::About, "about", QT_TRANSLATE_NOOP("emend::ui::Actions", "&About Emend"), "", "", ""},
};
static_assert(std::size(specs) == static_cast<std::size_t>(ActionId::Count));

} // namespace

Actions::Actions(QObject* parent)
    : QObject(parent) {
    for (const Spec& spec : specs) {
        auto* action = new QAction(tr(spec.text), this);
        action->setObjectName(QString::fromLatin1(spec.name));
        QList<QKeySequence> keys;
        for (const QString& key : QString::fromLatin1(spec.shortcuts).split(u';', Qt::SkipEmptyParts))
            keys << QKeySequence(key);
        action->setShortcuts(keys);
        action->setCheckable(spec.checkable);
        QString tip = *spec.tip ? tr(spec.tip) : tr(spec.text).remove(u'&');
        if (!keys.isEmpty())
            tip += QStringLiteral(" (%1)").arg(keys.first().toString(QKeySequence::NativeText));
        action->setToolTip(tip);
        action->setProperty("iconName", QString::fromLatin1(spec.icon));
        m_actions[static_cast<std::size_t>(spec.id)] = action;
    }
    (*this)[ActionId::Quit]->setMenuRole(QAction::QuitRole);
    (*this)[ActionId::About]->setMenuRole(QAction::AboutRole);
    recolor();
}

void Actions::recolor() {
    for (QAction* action : m_actions)
        if (const QString name = action->property("iconName").toString(); !name.isEmpty())
            action->setIcon(themeIcon(name, QApplication::palette()));
}

QStringList Actions::conflicts() const {
    QHash<QKeySequence, QString> taken;
    QStringList found;
    for (const QAction* action : m_actions) {
        for (const QKeySequence& key : action->shortcuts()) {
            if (taken.contains(key))
                found << QStringLiteral("%1: %2, %3").arg(key.toString(), taken[key], action->objectName());
            taken[key] = action->objectName();
        }
    }
    return found;
}

} // namespace emend::ui
