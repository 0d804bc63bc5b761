// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/questions.h"

#include <QFileDialog>
#include <QMessageBox>
#include <QPushButton>

namespace emend::ui {

namespace {

Questions::Leave askLeave(QWidget* parent, const QString& text, bool named) {
    QMessageBox box(QMessageBox::Question, Questions::tr("Emend"), text, QMessageBox::NoButton, parent);
    box.setObjectName(QStringLiteral("leaveSession"));
    box.setInformativeText(named ? Questions::tr("Its file is as it was last written. Emend can try to write it again.")
                                 : Questions::tr("Kept for later, it is offered again when Emend starts."));
    QPushButton* save = box.addButton(Questions::tr("&Save as…"), QMessageBox::AcceptRole);
    QPushButton* keep = box.addButton(named ? Questions::tr("&Write it again") : Questions::tr("&Keep for later"),
                                      QMessageBox::AcceptRole);
    QPushButton* discard = box.addButton(named ? Questions::tr("&Leave it as written") : Questions::tr("&Discard"),
                                         QMessageBox::DestructiveRole);
    box.addButton(QMessageBox::Cancel);
    box.setDefaultButton(keep);
    box.exec();
    if (box.clickedButton() == save)
        return Questions::Leave::Save;
    if (box.clickedButton() == keep)
        return Questions::Leave::Keep;
    return box.clickedButton() == discard ? Questions::Leave::Discard : Questions::Leave::Cancel;
}

bool askForAnotherModel(QWidget* parent, const QString& text, const QStringList& differences) {
    QMessageBox box(QMessageBox::Question, Questions::tr("Emend"), text, QMessageBox::NoButton, parent);
    box.setObjectName(QStringLiteral("modelWanted"));
    box.setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    box.setInformativeText(differences.join(u'\n'));
    QPushButton* choose = box.addButton(Questions::tr("Choose its &folder…"), QMessageBox::AcceptRole);
    box.addButton(QMessageBox::Cancel);
    box.setDefaultButton(choose);
    box.exec();
    return box.clickedButton() == choose;
}

bool askAboutForeignDelta(QWidget* parent, const QString& what) {
    QMessageBox box(QMessageBox::Warning, Questions::tr("Emend"),
                    Questions::tr("This delta was made for another model. Apply it anyway?"), QMessageBox::NoButton,
                    parent);
    box.setObjectName(QStringLiteral("foreignDelta"));
    box.setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    box.setInformativeText(what + u'\n' +
                           Questions::tr("That is right only where the two are alike, such as copies of one model. It "
                                         "can be undone."));
    QPushButton* apply = box.addButton(Questions::tr("&Apply anyway"), QMessageBox::AcceptRole);
    box.setDefaultButton(box.addButton(QMessageBox::Cancel));
    box.exec();
    return box.clickedButton() == apply;
}

} // namespace

Questions Questions::fromUser() {
    const auto filter = [] { return tr("Emend sessions (*.emend);;All files (*)"); };
    return {.chooseModelFolder =
                [](QWidget* parent, const QString& folder) {
                    return QFileDialog::getExistingDirectory(parent, tr("Open a model: a Hugging Face folder"), folder);
                },
            .chooseEditsFile =
                [](QWidget* parent, const QString& folder) {
                    return QFileDialog::getOpenFileName(parent, tr("Import edits"), folder,
                                                        tr("Edits (*.json *.csv);;All files (*)"));
                },
            .chooseDeltaFile =
                [](QWidget* parent, const QString& folder) {
                    return QFileDialog::getOpenFileName(parent, tr("Import a delta"), folder,
                                                        tr("Deltas (*.safetensors);;All files (*)"));
                },
            .chooseExportPlace = &Questions::askExportPlace,
            .chooseSession =
                [filter](QWidget* parent, const QString& folder) {
                    return QFileDialog::getOpenFileName(parent, tr("Open a session"), folder, filter());
                },
            .chooseSessionTarget =
                [filter](QWidget* parent, const QString& proposed) {
                    QFileDialog dialog(parent, tr("Save the session as"), proposed, filter());
                    dialog.setAcceptMode(QFileDialog::AcceptSave);
                    dialog.setDefaultSuffix(QStringLiteral("emend")); // before it asks whether to replace
                    dialog.selectFile(proposed);
                    return dialog.exec() == QDialog::Accepted ? dialog.selectedFiles().value(0) : QString();
                },
            .confirmLoss =
                [](QWidget* parent, const QString& text) {
                    return QMessageBox::question(parent, tr("Emend"), text, QMessageBox::Discard | QMessageBox::Cancel,
                                                 QMessageBox::Cancel) == QMessageBox::Discard;
                },
            .leaveSession = askLeave,
            .chooseAnotherModel = askForAnotherModel,
            .takeForeignDelta = askAboutForeignDelta};
}

} // namespace emend::ui
