// SPDX-License-Identifier: GPL-3.0-or-later
// What tests of sessions share: a model folder that is really there, the window on it, a look into a file by a second
// connection.
#pragma once

#include "emend/session.h"
#include "fake_window.h"
#include "panels/recipe_panel.h"

#include <QDir>

namespace emend::test {

struct SessionFixture {
    explicit SessionFixture(ui::Theme& theme, ui::Questions questions = {}, const QString& open = {})
        : script(std::make_shared<FakeScript>())
        , window(std::make_unique<WindowFixture>(theme, fakeFactory(script), withFiles(std::move(questions)))) {
        QDir(folder.path()).mkdir(QStringLiteral("demo_model"));
        window->window.session().setDelay(std::chrono::milliseconds(20));
        window->edits().setLibrary(
            std::make_shared<const RelationLibrary>(RelationLibrary::from_json(fakeLibraryJson(), "test")));
        if (open.isEmpty()) {
            window->workbench.addEdits({fakeDrafts(), {}, "test"}, QStringLiteral("Drafts"));
            window->window.begin(false);
            window->window.openModel(modelFolder());
        } else {
            window->window.begin(false);
            window->window.openSession(open);
        }
        settle();
    }

    ui::Questions withFiles(ui::Questions questions) {
        if (!questions.chooseSessionTarget)
            questions.chooseSessionTarget = [this](QWidget*, const QString&) { return target; };
        if (!questions.leaveSession)
            questions.leaveSession = [this](QWidget*, const QString& text, bool named) {
                asked << text;
                askedOfNamed = named;
                return leave;
            };
        if (!questions.chooseAnotherModel)
            questions.chooseAnotherModel = [this](QWidget*, const QString& text, const QStringList& lines) {
                asked << text;
                differences = lines;
                return !chosenModel.isEmpty();
            };
        if (!questions.chooseModelFolder)
            questions.chooseModelFolder = [this](QWidget*, const QString&) { return std::exchange(chosenModel, {}); };
        return questions;
    }

    void settle() {
        if (!window->settle())
            qFatal("the window did not settle");
    }
    // Also what is saved a moment later.
    void rest() {
        QTest::qWait(40);
        settle();
    }
    void apply(int row) {
        window->workbench.apply({row});
        settle();
    }
    void saveAs(const QString& file) {
        target = file;
        window->action(ui::ActionId::SaveSessionAs)->trigger();
        rest();
    }
    [[nodiscard]] bool close() {
        window->window.close();
        return QTest::qWaitFor([this] { return !window->window.isVisible(); });
    }
    [[nodiscard]] const ui::DocumentState& state() const { return window->workbench.studio().sessions().state(); }
    [[nodiscard]] QString file() const { return state().path; }
    [[nodiscard]] QString modelFolder() const { return folder.filePath(QStringLiteral("demo_model")); }
    [[nodiscard]] QString path(const char* name) const { return folder.filePath(QString::fromLatin1(name)); }
    [[nodiscard]] const Recipe& recipe() { return window->get<ui::RecipePanel>("recipePanel")->recipe(); }
    [[nodiscard]] QString line() { return window->get<QLabel>("sessionLineText")->text(); }

    QTemporaryDir folder;
    QString target, chosenModel;
    QStringList asked, differences;
    bool askedOfNamed = false; // the last one
    ui::Questions::Leave leave = ui::Questions::Leave::Keep;
    std::shared_ptr<FakeScript> script;
    std::unique_ptr<WindowFixture> window;
};

inline std::unique_ptr<Session> look(const QString& file) {
    return Session::open(file.toStdString(), Session::Access::read_only);
}

// One file and nothing beside it.
inline QStringList filesLike(const QString& file) {
    const QFileInfo info(file);
    return QDir(info.absolutePath()).entryList({info.fileName() + QStringLiteral("*")}, QDir::Files | QDir::Hidden);
}

} // namespace emend::test
