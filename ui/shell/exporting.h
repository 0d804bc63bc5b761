// SPDX-License-Identifier: GPL-3.0-or-later
// Edits on their way out and in, without a dialog: what is asked for, what it would take, and what is said when it has
// happened. UI thread only.
#pragma once

#include "jobs/studio.h"
#include "models/log_model.h"
#include "shell/settings.h"

#include <QObject>
#include <QString>
#include <QStringList>

#include <array>
#include <optional>

namespace emend::ui {

class Workbench;

enum class ExportKind { Folder, Delta, Lora, Report };
inline constexpr std::size_t exportKinds = 4;

struct ExportChoice {
    ExportKind kind = ExportKind::Folder;
    QString out;
    LedgerPosition at; // of the history, unset: as now; a report is of the whole session
    int rank = 0;      // LoRA: the largest; 0: as needed
    bool verify = true;
    bool replace = false;
    std::optional<ReportFormat> report; // unset: as the ending says
};

class Exporting : public QObject {
    Q_OBJECT
  public:
    Exporting(Workbench& workbench, Settings& settings, QObject* parent = nullptr);

    [[nodiscard]] bool canExport() const; // a model is open and nothing is being written, neither weights nor files
    [[nodiscard]] bool canImport() const;
    // What the dialog begins with: the last kind, and for every kind a place of its own.
    [[nodiscard]] ExportKind lastKind() const { return m_lastKind; }
    [[nodiscard]] QString suggestedPath(ExportKind kind) const;

    // What can be taken along: "After batch 2: Paris", by how many batches are in it.
    [[nodiscard]] QStringList states() const;

    // Answer: planned or planFailed, for the newest call only.
    void plan(const ExportChoice& choice);
    void stopPlanning();
    void run(const ExportChoice& choice);
    // `force`: even when it was made for another model. Answer: what is said of it, or foreignDelta.
    void importDelta(const QString& file, bool force = false);

  signals:
    void planned(const std::shared_ptr<const emend::ExportPlan>& plan);
    void planFailed(const emend::ui::Failure& failure);
    void finished(const QString& text, const QString& path); // path: what was written
    void message(const QString& text, bool alarm);
    void failed(const emend::ui::Failure& failure);
    void foreignDelta(const QString& file, const emend::ui::Failure& failure); // can be forced
    void recovered(); // what failed() said does not hold any more
    void weightsChanged();

  private:
    void tell(const ExportReport& report);
    void fail(const Failure& failure);
    void deltaFailed(const QString& file, const Failure& failure);

    Workbench& m_workbench;
    Studio& m_studio;
    Settings& m_settings;
    ExportKind m_lastKind = ExportKind::Folder;
    std::array<QString, exportKinds> m_paths; // as they were used last
    quint64 m_tag = 0;                        // of the newest plan
    bool m_forcing = false;                   // the delta that is coming in
};

} // namespace emend::ui
