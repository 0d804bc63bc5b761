// SPDX-License-Identifier: GPL-3.0-or-later
// What to take along, in which shape, and where to; says what it takes before anything is written, and what stands in
// its way. Accepting starts the job and closes the dialog.
#pragma once

#include "shell/exporting.h"

#include <QDialog>
#include <QTimer>

#include <array>
#include <functional>

class QBoxLayout;
class QCheckBox;
class QComboBox;
class QDialogButtonBox;
class QLabel;
class QLineEdit;
class QRadioButton;
class QSpinBox;

namespace emend::ui {

class FailureLine;
class MutedLabel;

class ExportDialog : public QDialog {
    Q_OBJECT
  public:
    // A place for the choice; empty: none was taken.
    using Browse = std::function<QString(QWidget*, const ExportChoice&)>;

    ExportDialog(Exporting& exporting, Browse browse, QWidget* parent = nullptr);
    [[nodiscard]] ExportChoice choice() const;
    void accept() override;
    void done(int result) override;

  private:
    void buildKinds(QBoxLayout* layout);
    void buildPlace(QBoxLayout* layout);
    void buildState(QBoxLayout* layout);
    void buildReport(QBoxLayout* layout);
    void buildRank(QBoxLayout* layout);
    void listStates();
    void nameReport(); // by the format that was chosen
    void followName(); // the format, by what the name says
    void setKind(ExportKind kind);
    void ask(); // soon: somebody may be typing
    void showPlan(const ExportPlan& plan);
    void showRank(const ExportPlan& plan);
    void showProblem(const QString& what, const QString& hint);

    Exporting& m_exporting;
    Browse m_browse;
    ExportKind m_kind;
    std::array<QString, exportKinds> m_paths; // of the kinds that are not shown
    std::array<QRadioButton*, exportKinds> m_kinds{};
    QLineEdit* m_path;
    QWidget* m_stateLine;
    QComboBox* m_state;
    QWidget* m_reportLine;
    QComboBox* m_report;
    QWidget* m_rankLine;
    QSpinBox* m_rank;
    MutedLabel* m_rankText;
    QCheckBox* m_verify;
    QCheckBox* m_replace;
    MutedLabel* m_estimate;
    MutedLabel* m_warnings;
    FailureLine* m_problem;
    QDialogButtonBox* m_buttons;
    QTimer m_askTimer;
};

} // namespace emend::ui
