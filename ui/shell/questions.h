// SPDX-License-Identifier: GPL-3.0-or-later
// Dialogs that wait for a person: a test cannot click them and brings its own answers. UI thread only.
#pragma once

#include <QCoreApplication>
#include <QString>
#include <QStringList>

#include <functional>

class QWidget;

namespace emend::ui {

struct ExportChoice;

struct Questions {
    Q_DECLARE_TR_FUNCTIONS(emend::ui::Questions)
  public:
    enum class Leave { Save, Keep, Discard, Cancel };

    // Files and folders: empty when nothing was chosen.
    std::function<QString(QWidget*, const QString& folder)> chooseModelFolder;
    std::function<QString(QWidget*, const QString& folder)> chooseEditsFile;
    std::function<QString(QWidget*, const QString& folder)> chooseDeltaFile;
    std::function<QString(QWidget*, const ExportChoice&)> chooseExportPlace;
    std::function<QString(QWidget*, const QString& folder)> chooseSession;
    std::function<QString(QWidget*, const QString& proposed)> chooseSessionTarget; // replacing is agreed to
    std::function<bool(QWidget*, const QString& text)> confirmLoss;                // go on?
    // A session nobody gave a name, or a named one with steps that could not be written.
    std::function<Leave(QWidget*, const QString& text, bool named)> leaveSession;
    // The session's model is not there, or another one is: choose again?
    std::function<bool(QWidget*, const QString& text, const QStringList& differences)> chooseAnotherModel;

    // A delta of another model: apply it all the same?
    std::function<bool(QWidget*, const QString& what)> takeForeignDelta;

    static Questions fromUser();

  private:
    static QString askExportPlace(QWidget* parent, const ExportChoice& choice); // main_window_export.cpp
};

} // namespace emend::ui
