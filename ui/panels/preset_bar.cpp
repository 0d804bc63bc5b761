// SPDX-License-Identifier: GPL-3.0-or-later
#include "panels/preset_bar.h"

#include "emend/error.h"
#include "models/recipe_presets.h"
#include "panels/recipe_editors.h"

#include <QAction>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QInputDialog>
#include <QMenu>
#include <QMessageBox>
#include <QSignalBlocker>
#include <QToolButton>

namespace emend::ui {

PresetQuestions PresetQuestions::fromUser() {
    const auto sure = [](QWidget* parent, const QString& text, QMessageBox::StandardButton yes) {
        return QMessageBox::question(parent, PresetBar::tr("Presets"), text, yes | QMessageBox::Cancel,
                                     QMessageBox::Cancel) == yes;
    };
    const QString filter = PresetBar::tr("Recipes (*.json);;All files (*)");
    return {.askName =
                [](QWidget* parent, const QString& suggestion) {
                    return QInputDialog::getText(parent, PresetBar::tr("Save as a preset"), PresetBar::tr("Name:"),
                                                 QLineEdit::Normal, suggestion);
                },
            .confirmReplace =
                [sure](QWidget* parent, const QString& name) {
                    return sure(parent, PresetBar::tr("Replace the preset “%1”?").arg(name), QMessageBox::Save);
                },
            .confirmDelete =
                [sure](QWidget* parent, const QString& name) {
                    return sure(parent, PresetBar::tr("Delete the preset “%1”?").arg(name), QMessageBox::Discard);
                },
            .chooseOpen =
                [filter](QWidget* parent) {
                    return QFileDialog::getOpenFileName(parent, PresetBar::tr("Open a recipe or an hparams file"), {},
                                                        filter);
                },
            .chooseSave =
                [filter](QWidget* parent, const QString& suggestion) {
                    return QFileDialog::getSaveFileName(parent, PresetBar::tr("Save the recipe"), suggestion, filter);
                }};
}

PresetBar::PresetBar(QWidget* parent)
    : QWidget(parent)
    , m_choice(choiceBox())
    , m_more(new QToolButton) {
    m_choice->setObjectName(QStringLiteral("presetChoice"));
    m_choice->setAccessibleName(tr("Preset"));
    m_choice->setToolTip(tr("The model's defaults, or a recipe you saved"));
    m_choice->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
    m_more->setObjectName(QStringLiteral("presetMenu"));
    m_more->setText(QStringLiteral("⋯"));
    m_more->setAccessibleName(tr("Save, open and delete recipes"));
    m_more->setToolTip(tr("Save, open and delete recipes"));
    m_more->setPopupMode(QToolButton::InstantPopup);
    m_more->setFocusPolicy(Qt::TabFocus);
    auto* menu = new QMenu(m_more);
    const auto add = [&](const QString& name, const QString& text, void (PresetBar::*call)()) {
        QAction* action = menu->addAction(text);
        action->setObjectName(name);
        connect(action, &QAction::triggered, this, call);
    };
    add(QStringLiteral("save"), tr("&Save as preset…"), &PresetBar::saveAs);
    QAction* open = menu->addAction(tr("&Open recipe or hparams file…"));
    open->setObjectName(QStringLiteral("open"));
    connect(open, &QAction::triggered, this, [this] {
        if (const QString file = m_questions.chooseOpen(window()); !file.isEmpty())
            openFile(file);
    });
    add(QStringLiteral("export"), tr("Save to &file…"), &PresetBar::exportTo);
    menu->addSeparator();
    add(QStringLiteral("delete"), tr("&Delete preset…"), &PresetBar::removeCurrent);
    m_more->setMenu(menu);
    // Somebody may have put a file there.
    connect(menu, &QMenu::aboutToShow, this, &PresetBar::refill);

    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(4);
    layout->addWidget(m_choice, 1);
    layout->addWidget(m_more);
    connect(m_choice, &QComboBox::activated, this, [this](int index) {
        if (index == 0) {
            m_taken.reset();
            m_name.clear();
            emit succeeded();
            emit defaultsChosen();
        } else if (index > 0) {
            load(m_choice->itemText(index));
        }
        refresh();
    });
}

QAction* PresetBar::action(const QString& name) const {
    return m_more->menu()->findChild<QAction*>(name);
}

template<class Call>
bool PresetBar::attempt(Call call) {
    try {
        call();
        emit succeeded();
        return true;
    } catch (...) {
        emit failed(Failure::fromCurrentException());
        return false;
    }
}

void PresetBar::setModel(const ModelInfo& model) {
    m_model = model;
    m_taken.reset();
    m_name.clear();
    refill();
}

void PresetBar::showRecipe(const Recipe& recipe, bool changed, bool valid) {
    m_recipe = recipe;
    m_changed = changed;
    m_valid = valid;
    refresh();
}

void PresetBar::refill() {
    const QSignalBlocker quiet(m_choice);
    m_choice->clear();
    m_choice->addItem(tr("Defaults for this model"));
    try {
        m_choice->addItems(presetNames());
    } catch (...) {
        emit failed(Failure::fromCurrentException());
    }
    refresh();
}

void PresetBar::refresh() {
    const QSignalBlocker quiet(m_choice);
    if (m_taken && *m_taken == m_recipe)
        m_choice->setCurrentIndex(m_choice->findText(m_name));
    else
        m_choice->setCurrentIndex(m_changed ? -1 : 0);
    if (m_choice->currentIndex() < 0)
        m_choice->setPlaceholderText(m_name.isEmpty()                  ? tr("Own settings")
                                     : m_taken && *m_taken == m_recipe ? m_name // a file
                                                                       : tr("%1, changed").arg(m_name));
    action(QStringLiteral("save"))->setEnabled(m_valid);
    action(QStringLiteral("export"))->setEnabled(m_valid);
    QAction* remove = action(QStringLiteral("delete"));
    const bool preset = !m_name.isEmpty() && m_choice->findText(m_name) > 0;
    remove->setEnabled(preset);
    remove->setText(preset ? tr("&Delete preset “%1”…").arg(m_name) : tr("&Delete preset…"));
}

void PresetBar::take(const QString& name, const Recipe& recipe) {
    m_name = name;
    m_taken = recipe;
    emit recipeChosen(recipe);
}

void PresetBar::load(const QString& name) {
    attempt([&] { take(name, readRecipe(presetFile(name), *m_model)); });
}

void PresetBar::openFile(const QString& file) {
    attempt([&] {
        if (!m_model)
            throw Error(tr("no model is open").toStdString(), file.toStdString(),
                        tr("open one first: a recipe's defaults come from it").toStdString());
        take(QFileInfo(file).fileName(), readRecipe(file, *m_model));
    });
    refresh();
}

void PresetBar::saveAs() {
    const bool preset = m_choice->findText(m_name) > 0;
    const QString name = m_questions.askName(window(), preset ? m_name : QString()).trimmed();
    if (name.isEmpty())
        return;
    attempt([&] {
        if (QFileInfo::exists(presetFile(name)) && !m_questions.confirmReplace(window(), name))
            return;
        savePreset(name, m_recipe);
        m_name = name;
        m_taken = m_recipe;
    });
    refill();
}

void PresetBar::exportTo() {
    const QString file = m_questions.chooseSave(
        window(),
        (m_name.isEmpty() ? QStringLiteral("recipe") : QFileInfo(m_name).completeBaseName()) + QStringLiteral(".json"));
    if (!file.isEmpty())
        attempt([&] { writeRecipe(file, m_recipe); });
}

void PresetBar::removeCurrent() {
    if (m_choice->findText(m_name) <= 0 || !m_questions.confirmDelete(window(), m_name))
        return;
    attempt([&] {
        removePreset(m_name);
        m_name.clear();
        m_taken.reset();
    });
    refill();
}

} // namespace emend::ui
