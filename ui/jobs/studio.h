// SPDX-License-Identifier: GPL-3.0-or-later
// What the window asks of the engine, as signals and slots: open a model, check requests, apply, walk the history, turn
// the knob, collect statistics, compare, generate, read a file of edits. Lives on the UI thread and never waits;
// results arrive as std::shared_ptr<const T>. Invariant: model() and ledger() are what the worker last confirmed.
#pragma once

#include "emend/edits_io.h"
#include "emend/engine.h"
#include "emend/session_report.h"
#include "jobs/failure.h"
#include "jobs/job_queue.h"
#include "jobs/session_checks.h"
#include "jobs/session_keeper.h"

#include <QList>
#include <QObject>
#include <QString>

#include <functional>
#include <memory>
#include <optional>
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
    bool writes = true;         // off: both texts are known, nothing is generated
};

// What the model went on to say, and the state_name of the weights that said it.
struct WrittenText {
    GenerationResult result;
    std::string state;
};

class Studio : public QObject {
    Q_OBJECT
  public:
    explicit Studio(EngineFactory factory, QObject* parent = nullptr);

    [[nodiscard]] JobQueue& jobs() { return m_jobs; }
    [[nodiscard]] const JobQueue& jobs() const { return m_jobs; }
    // Every step of the ledger is in its file before it is told here.
    [[nodiscard]] SessionKeeper& sessions() { return m_sessions; }
    [[nodiscard]] const SessionKeeper& sessions() const { return m_sessions; }
    [[nodiscard]] bool engineReady() const { return m_engineReady; }
    [[nodiscard]] bool isOpening() const { return m_jobs.has(Lane::Model); }
    [[nodiscard]] bool isEditing() const { return m_jobs.has(Lane::Edit); }
    [[nodiscard]] const std::shared_ptr<const ModelInfo>& model() const { return m_model; } // null: none open
    [[nodiscard]] const LedgerState& ledger() const { return m_ledger; }

    // Hashes of all weights, hex: as they are now and as they were opened. Kept where that takes no time: models under
    // 200 MB, and the first after every step through the history; otherwise empty.
    [[nodiscard]] const QString& weightsHash() const { return m_weightsHash; }
    [[nodiscard]] const QString& checkpointHash() const { return m_checkpointHash; }

    void openModel(const LoadOptions& options, Unsaved end = Unsaved::Keep); // `end`: of the session there is
    // Answers: sessionRestoring, modelOpened, sessionOpened; or those of SessionKeeper::open.
    void openSession(const OpenSessionRequest& request);
    // Answers come as checked(); a call replaces the one before.
    void check(std::vector<CheckItem> items);
    void cancelChecks() { m_jobs.supersede(Lane::Check); }
    // `rows` come back with the outcome. Looking at edits stops for it, and starts again when somebody asks.
    void apply(std::vector<EditRequest> requests, const Recipe& recipe, QList<quint64> rows);
    void undo();
    void redo();
    void goTo(std::size_t position);
    void switchBatch(std::uint64_t batch, bool active, bool resolve_later);
    // Answer: frontierReady or frontierFailed; a call replaces the one before.
    void frontier(std::uint64_t batch);
    // Solves the edits under another recipe and keeps nothing. Answers with the same tag: frontierOfReady or
    // frontierOfFailed. Shares its lane with frontier(): a call of either replaces the one before.
    void frontierOf(const FrontierRequest& request, quint64 tag);
    // Of every applied batch. Answer: normHistoryReady or normHistoryFailed; a call replaces the one before.
    void normHistory();
    // A slider asks more often than anyone can answer: what runs is finished, of what waits only the newest is kept.
    // Answers: softened for each that ran; ledgerChanged once the last is through. A settling request is never dropped.
    // `row`, whose edit is watched, comes back with the answer.
    void setSoftness(const SoftnessRequest& request, quint64 row = 0);
    // Solved again with what was kept, at the softness it has: the same as setSoftness with `settle`.
    void settle(SoftnessRequest request, quint64 row = 0);
    [[nodiscard]] bool isSoftening() const { return m_jobs.has(Lane::Knob) || m_nextSoftness.has_value(); }
    // What the recipe would find. Answer: statisticsKnown or statisticsUnknown; a call replaces the one before.
    void statisticsStatus(const Recipe& recipe);
    // Progress comes with the jobs' status, in Lane::Statistics.
    void collectStatistics(const StatisticsRequest& request);
    void cancelStatistics(); // running or waiting
    [[nodiscard]] bool isCollecting() const { return m_jobs.has(Lane::Statistics); }
    // `rows` come back with the answer: conflictsFound or conflictsFailed; a call replaces the one before.
    void findConflicts(std::vector<EditRequest> requests, const Recipe& recipe, QList<quint64> rows);
    // Answers come as compared(), token() and generated() with the same tag; a call replaces the one before.
    void compare(const CompareTask& task, quint64 tag);
    void stopComparing();
    // Answers: traceGrew while it runs, then traceReady or traceFailed, with the same tag. Traces wait for each other.
    // A whole one is kept in the session with the name of the weights it was really traced on.
    void trace(const TraceRequest& request, quint64 tag);
    void stopTrace() { m_jobs.supersede(Lane::Trace); } // running or waiting; they do not answer any more
    // Answer: lensReady or lensFailed with the same tag; a call replaces the one before.
    void lens(const LensRequest& request, quint64 tag);
    // Answer: diagnosed or diagnoseFailed; a call replaces the one before.
    void diagnose(std::uint64_t batch, std::size_t edit, quint64 tag);
    void stopDiagnosing() { m_jobs.supersede(Lane::Diagnose); }
    // The scores without an edit are told first, as unedited(); every recipe is told as trialRow() when it is through,
    // then trialsDone or trialsFailed. What was told stays true when the rest is cancelled. A call replaces the one
    // before.
    void tryRecipes(std::vector<EditRequest> requests, std::vector<Recipe> recipes, quint64 tag);
    void cancelTrials() { endTrials({}); } // running or waiting; what was told stays
    [[nodiscard]] bool isTrying() const { return m_jobs.has(Lane::Try); }
    // --- how batches score (studio_scores.cpp)
    // Of a batch of more edits only the first ones are asked: the model is wanted for other things, too.
    static constexpr std::size_t scored_edits = 200;
    // Something can be measured: an edit's true object is known.
    [[nodiscard]] static bool canScore(const LedgerEntry& batch);
    // On the weights right below the batch and right behind it, after everything else that is wanted; what is found is
    // kept in the session. Answer: scored or scoreFailed; a call replaces the one before.
    void score(const LedgerEntry& batch);
    void stopScoring() { m_jobs.supersede(Lane::Score); }
    [[nodiscard]] bool isScoring() const { return m_jobs.has(Lane::Score); }
    void readEdits(const QString& file);
    // --- taking it along (studio_export.cpp, studio_report.cpp)
    // What an export or a report would write; nothing is written. Answer: exportPlanned or planFailed with the same
    // tag; a call of either replaces the one before.
    void planExport(const ExportRequest& request, quint64 tag);
    void planReport(const QString& file, bool replace, quint64 tag);
    void stopPlanning() { m_jobs.supersede(Lane::Plan); }
    void exportEdits(const ExportRequest& request); // answer: exported or exportFailed
    // With what the session and the engine know. `edits`: the rows as they are, `versions`: of the program, `chosen`:
    // unset, as the file's ending says. Answer: reportWritten or exportFailed.
    void writeReport(const QString& file, std::vector<SessionEdit> edits, std::vector<std::string> versions,
                     std::optional<ReportFormat> chosen = {});
    [[nodiscard]] bool isExporting() const { return m_jobs.has(Lane::Export); }
    // `force`: also one of another model. Answer: deltaImported and ledgerChanged, or deltaFailed.
    void importDelta(const QString& file, bool force = false);
    // How the history shows a batch; the weights stay. Answer: ledgerChanged or ledgerFailed.
    void annotate(std::uint64_t batch, const QString& title, const QString& note);
    // --- the session against the model (studio_checks.cpp): afterwards model, history and file are as before
    // Answer: ledgerChanged and sessionVerified or sessionReplayed; otherwise sessionCheckFailed.
    void verifySession();
    void replaySession(const QString& file = {}); // of another session; empty: the one that is open
    [[nodiscard]] bool isChecking() const { return m_jobs.has(Lane::Verify); }
    // As a new session without a name, which is not opened. Answer: replayKept or sessionCheckFailed.
    void keepReplayed(std::shared_ptr<const ReplayedSession> replayed);
    // What can still be read of a damaged file, as another one. Answer: sessionRescued or sessionCheckFailed.
    void rescueSession(const QString& from, const QString& to);
    void cancel(); // the user's: whatever runs now, where that can be stopped
    [[nodiscard]] bool canCancel() const;

  signals:
    void engineStarted();
    void engineFailed(const emend::ui::Failure& failure);
    void modelOpening(const QString& path);
    void modelOpened(const std::shared_ptr<const emend::ModelInfo>& model);
    void modelFailed(const QString& path, const emend::ui::Failure& failure);
    // Of a session: before the ledger and the model are told, and after.
    void sessionRestoring(const std::shared_ptr<const emend::ui::OpenedSession>& session);
    void sessionOpened(const std::shared_ptr<const emend::ui::OpenedSession>& session);
    void checked(const std::shared_ptr<const std::vector<emend::ui::CheckAnswer>>& answers);
    void checkFailed(const emend::ui::Failure& failure);
    void applyStarted(const QList<quint64>& rows);
    void applied(const QList<quint64>& rows, const std::shared_ptr<const emend::EditReport>& report);
    void applyFailed(const QList<quint64>& rows, const emend::ui::Failure& failure);
    void ledgerFailed(const emend::ui::Failure& failure); // undo, redo, going somewhere, switching
    void ledgerChanged(const emend::LedgerState& ledger);
    void frontierReady(const std::shared_ptr<const emend::Frontier>& frontier);
    void frontierFailed(quint64 batch, const emend::ui::Failure& failure);
    void frontierOfReady(quint64 tag, const std::shared_ptr<const emend::Frontier>& frontier);
    void frontierOfFailed(quint64 tag, const emend::ui::Failure& failure);
    void normHistoryReady(const std::shared_ptr<const emend::NormHistory>& history);
    void normHistoryFailed(const emend::ui::Failure& failure);
    void softened(quint64 batch, const std::shared_ptr<const emend::SoftnessResult>& result, bool settled, quint64 row);
    void softenFailed(quint64 batch, const emend::ui::Failure& failure);
    void statisticsKnown(const std::shared_ptr<const emend::StatisticsStatus>& status);
    void statisticsUnknown(const emend::ui::Failure& failure);
    void statisticsStarted();
    void statisticsCollected(const std::shared_ptr<const emend::StatisticsReport>& report);
    void statisticsFailed(const emend::ui::Failure& failure);
    void conflictsFound(const QList<quint64>& rows,
                        const std::shared_ptr<const std::vector<emend::EditConflict>>& conflicts);
    void conflictsFailed(const emend::ui::Failure& failure);
    void compared(quint64 tag, const std::shared_ptr<const emend::Comparison>& comparison);
    void compareFailed(quint64 tag, const emend::ui::Failure& failure);
    void token(quint64 tag, emend::ui::Side side, const emend::GeneratedToken& token);
    void generated(quint64 tag, emend::ui::Side side, const std::shared_ptr<const emend::ui::WrittenText>& text);
    void generateFailed(quint64 tag, emend::ui::Side side, const emend::ui::Failure& failure);
    void traceGrew(quint64 tag, const std::shared_ptr<const emend::TraceResult>& cells);
    void traceReady(quint64 tag, const std::shared_ptr<const emend::SessionTrace>& trace);
    void traceFailed(quint64 tag, const emend::ui::Failure& failure);
    void lensReady(quint64 tag, const std::shared_ptr<const emend::LensResult>& lens);
    void lensFailed(quint64 tag, const emend::ui::Failure& failure);
    void diagnosed(quint64 tag, const std::shared_ptr<const emend::Diagnosis>& diagnosis);
    void diagnoseFailed(quint64 tag, const emend::ui::Failure& failure);
    void unedited(quint64 tag, const std::shared_ptr<const emend::Scores>& scores); // before the first trialRow
    void trialRow(quint64 tag, const std::shared_ptr<const emend::TrialRow>& row);
    void trialsDone(quint64 tag);
    void trialsFailed(quint64 tag, const emend::ui::Failure& failure);
    void scored(const std::shared_ptr<const emend::SessionScores>& scores);
    void scoreFailed(quint64 batch, const emend::ui::Failure& failure);
    // The model is about to be edited: what looked at it (comparison, trace, lens, norms, diagnosis, frontiers,
    // statistics, conflicts, scores) was given up and does not answer. Told while the edit waits already, and only
    // where something was given up.
    void lookingStopped();
    void editsRead(const QString& file, const std::shared_ptr<const emend::EditsFile>& edits);
    void editsFailed(const QString& file, const emend::ui::Failure& failure);
    void exportPlanned(quint64 tag, const std::shared_ptr<const emend::ExportPlan>& plan);
    void planFailed(quint64 tag, const emend::ui::Failure& failure);
    void exported(const std::shared_ptr<const emend::ExportReport>& report);
    void reportWritten(const QString& file, quint64 bytes);
    void exportFailed(const emend::ui::Failure& failure);
    void deltaImported(const QString& file);
    void deltaFailed(const QString& file, const emend::ui::Failure& failure);
    void sessionVerified(const std::shared_ptr<const emend::ui::VerifiedSession>& verified);
    void sessionReplayed(const std::shared_ptr<const emend::ui::ReplayedSession>& replayed);
    void replayKept(const QString& path);
    void sessionRescued(const std::shared_ptr<const emend::ui::RescuedSession>& rescued);
    void sessionCheckFailed(const emend::ui::Failure& failure);

  private:
    void connectSessions();                // studio_session.cpp
    void noteLost(const Failure& failure); // the engine has nothing open any more, if it says so
    void leaveModel();                     // whatever asks something of the model that goes
    void stopLooking();                    // whatever only looks at the model stands back
    void makeRoom();                       // stopLooking(), and a grid of trials ends with the rows it has
    void endTrials(const QString& why);    // `why` is told as the failure's hint; empty: the user wanted it
    void move(const QString& title, std::function<LedgerState(const Workplace&)> step);
    struct KnobStep {
        SoftnessRequest request;
        quint64 row = 0; // whose edit it watches
    };
    void soften(const KnobStep& step);
    void softenNext();
    void restKnob();
    void generate(const GenerateRequest& request, quint64 tag, Side side);
    void setLedger(const LedgerState& ledger, const QString& hash = {});
    void noteChecked(const CheckedState& left); // studio_checks.cpp

    JobQueue m_jobs;
    SessionKeeper m_sessions{m_jobs};
    bool m_engineReady = false;
    std::shared_ptr<const ModelInfo> m_model;
    LedgerState m_ledger;
    QString m_weightsHash;
    QString m_checkpointHash;
    quint64 m_trialTag = 0;
    QString m_trialsWhy;                    // why they were stopped, where it was not the user
    std::optional<KnobStep> m_nextSoftness; // while another is on its way
};

} // namespace emend::ui
