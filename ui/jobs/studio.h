// SPDX-License-Identifier: GPL-3.0-or-later
// What the window asks of the engine, as signals and slots: open a model, check requests, apply, undo, redo, compare,
// generate, read a file of edits. Lives on the UI thread and never waits; results arrive as std::shared_ptr<const T>.
// Invariant: model() and ledger() are what the worker last confirmed.
#pragma once

#include "emend/edits_io.h"
#include "emend/engine.h"
#include "jobs/failure.h"
#include "jobs/job_queue.h"

#include <QList>
#include <QObject>
#include <QString>

#include <memory>
#include <vector>

namespace emend::ui {

// A request with the row it came from; `revision` tells an answer for an older text of the row.
struct CheckItem {
    quint64 row = 0;
    int revision = 0;
    EditRequest request;
};
struct CheckAnswer {
    quint64 row = 0;
    int revision = 0;
    EditCheck check;
};

enum class Side { Before, After };

// One edit to look at: its probabilities and, from the same seed, what the model goes on to say.
struct CompareTask {
    ComparisonRequest comparison;
    GenerateRequest generation; // `at` is filled in per side
    bool has_after = false;     // an edit that was not applied has only a present
};

class Studio : public QObject {
    Q_OBJECT
  public:
    explicit Studio(EngineFactory factory, QObject* parent = nullptr);

    [[nodiscard]] JobQueue& jobs() { return m_jobs; }
    [[nodiscard]] const JobQueue& jobs() const { return m_jobs; }
    [[nodiscard]] bool engineReady() const { return m_engineReady; }
    [[nodiscard]] bool isOpening() const { return m_jobs.has(Lane::Model); }
    [[nodiscard]] bool isEditing() const { return m_jobs.has(Lane::Edit); }
    [[nodiscard]] const std::shared_ptr<const ModelInfo>& model() const { return m_model; } // null: none open
    [[nodiscard]] const LedgerState& ledger() const { return m_ledger; }

    void openModel(const LoadOptions& options);
    // Answers come as checked(); a call replaces the one before.
    void check(std::vector<CheckItem> items);
    void cancelChecks() { m_jobs.supersede(Lane::Check); }
    // `rows` come back with the outcome. Looking at edits stops for it, and starts again when somebody asks.
    void apply(std::vector<EditRequest> requests, const Recipe& recipe, QList<quint64> rows);
    void undo();
    void redo();
    // Answers come as compared(), token() and generated() with the same tag; a call replaces the one before.
    void compare(const CompareTask& task, quint64 tag);
    void stopComparing();
    void readEdits(const QString& file);
    // The user's Cancel: whatever runs now.
    void cancel() { m_jobs.stopCurrent(); }

  signals:
    void engineStarted();
    void engineFailed(const emend::ui::Failure& failure);
    void modelOpening(const QString& path);
    void modelOpened(const std::shared_ptr<const emend::ModelInfo>& model);
    void modelFailed(const QString& path, const emend::ui::Failure& failure);
    void checked(const std::shared_ptr<const std::vector<emend::ui::CheckAnswer>>& answers);
    void checkFailed(const emend::ui::Failure& failure);
    void applyStarted(const QList<quint64>& rows);
    void applied(const QList<quint64>& rows, const std::shared_ptr<const emend::EditReport>& report);
    void applyFailed(const QList<quint64>& rows, const emend::ui::Failure& failure);
    void ledgerFailed(const emend::ui::Failure& failure); // undo or redo
    void ledgerChanged(const emend::LedgerState& ledger);
    void compared(quint64 tag, const std::shared_ptr<const emend::Comparison>& comparison);
    void compareFailed(quint64 tag, const emend::ui::Failure& failure);
    void token(quint64 tag, emend::ui::Side side, const emend::GeneratedToken& token);
    void generated(quint64 tag, emend::ui::Side side, const std::shared_ptr<const emend::GenerationResult>& result);
    void generateFailed(quint64 tag, emend::ui::Side side, const emend::ui::Failure& failure);
    void editsRead(const QString& file, const std::shared_ptr<const emend::EditsFile>& edits);
    void editsFailed(const QString& file, const emend::ui::Failure& failure);

  private:
    void move(const QString& title, LedgerState (Engine::*step)());
    void generate(const GenerateRequest& request, quint64 tag, Side side);
    void setLedger(const LedgerState& ledger);

    JobQueue m_jobs;
    bool m_engineReady = false;
    std::shared_ptr<const ModelInfo> m_model;
    LedgerState m_ledger;
};

} // namespace emend::ui
