// SPDX-License-Identifier: GPL-3.0-or-later
// The edits table: what a person wants the model to say, what it says now, and how far each edit got.
// Rows keep an id for life; answers of the model find their row by id and revision, so a late answer for an older text
// is dropped. Applied rows are fixed until they are undone. UI thread only.
#pragma once

#include "emend/relations.h"
#include "emend/report.h"
#include "emend/session.h"
#include "models/edit_row.h"
#include "models/row_paste.h"

#include <QAbstractTableModel>
#include <QHash>

#include <memory>
#include <vector>

namespace emend::ui {

class EditsModel : public QAbstractTableModel {
    Q_OBJECT
  public:
    enum Column { Subject, RelationColumn, Object, Answer, Probability, State, ColumnCount };
    enum Role {
        ProblemRole = Qt::UserRole + 1, // QString: why this cell is wrong; empty when it is not
        PlaceholderRole,                // QString: what belongs here
        ProbabilityRole,                // double, of the present answer; invalid when unknown
        StateRole,                      // int, EditState
        NotHeldRole,                    // bool: applied, and its object is not said
        RowIdRole,                      // quint64
        PendingRole,                    // bool: the model has not answered for this text yet
        ConflictRole                    // QString: which other row is in this one's way; empty when none is
    };

    explicit EditsModel(QObject* parent = nullptr);

    // --- as Qt sees it
    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    [[nodiscard]] Qt::ItemFlags flags(const QModelIndex& index) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role = Qt::EditRole) override;
    bool removeRows(int row, int count, const QModelIndex& parent = {}) override;

    // --- relations
    void setLibrary(std::shared_ptr<const RelationLibrary> library);
    [[nodiscard]] const RelationLibrary* library() const { return m_library.get(); }
    // Objects to offer while typing: those of the row's relation, and what the row said before.
    [[nodiscard]] QStringList objectsFor(int row) const;

    // --- rows. Each returns the first new row, or -1.
    int addBlank();
    int addRequests(std::vector<EditRequest> requests);
    int addPasted(const QList<PastedRow>& rows);
    int duplicate(QList<int> rows); // as drafts, below the last of them
    // Applied and running rows stay; returns how many went.
    int remove(QList<int> rows);
    [[nodiscard]] const EditRow& row(int index) const { return m_rows[static_cast<std::size_t>(index)]; }
    [[nodiscard]] int indexOf(quint64 id) const; // -1: gone
    // Why the row cannot be applied as it is; unset when nothing is known against it.
    [[nodiscard]] std::optional<EditProblem> problem(int row) const;
    [[nodiscard]] bool canApply(int row) const;
    [[nodiscard]] bool canRemove(int row) const { return !this->row(row).isFixed(); }

    // --- what the model says
    struct Unchecked {
        quint64 id;
        int revision;
        EditRequest request;
    };
    // The next rows without an answer, from `first` on and around the end; at most `limit`.
    [[nodiscard]] std::vector<Unchecked> unchecked(int first, int limit) const;
    void setCheck(quint64 id, int revision, const EditCheck& check);
    // The weights changed: every answer is asked for again, and the old one is shown until then.
    void invalidateAnswers();
    void forgetAnswers(); // another model

    // --- how far they got
    void setApplying(const QList<quint64>& ids);
    // `report`: its edits are those of `ids`, in their order; null: the model's answers come later.
    void setApplied(const QList<quint64>& ids, quint64 batch, const EditReport* report = nullptr);
    // What to watch in a comparison. No part of the edit: an applied row stays what it is. False: no such row, or busy.
    bool setWatch(quint64 id, std::vector<std::string> paraphrases, std::vector<std::string> neighbours);
    void setFailed(const QList<quint64>& ids, const QString& reason, const QString& hint);
    void setDraft(const QList<quint64>& ids); // a cancelled edit
    // Applied and undone as the ledger has it; batches without a row get their rows back.
    void syncLedger(const LedgerState& ledger);

    // --- as a session keeps them (edits_model_session.cpp)
    [[nodiscard]] std::vector<SessionEdit> toSession() const;
    // All of them instead of those there are. Rows that were kept before their batch was find it in the ledger.
    void setRows(const std::vector<SessionEdit>& edits, const LedgerState& ledger);
    [[nodiscard]] size_t contentHash() const;      // of what toSession() gives, as long as the program runs
    bool setNote(quint64 id, const QString& note); // false: no such row

    // --- edits in each other's way, among those that wait to be applied
    enum class SolvedTogether { No, Yes, Merged }; // as the recipe has it
    // `batch`: so many at a time, in their order; 0: all.
    void setSolvedTogether(SolvedTogether together, int batch = 0);
    // What the engine found for these rows; holds until one of the two is changed.
    void setNearKeys(const QList<quint64>& ids, const std::vector<EditConflict>& conflicts);
    struct Conflicts {
        int same_subject = 0; // rows, also when they are merged
        int near_keys = 0;
        bool operator==(const Conflicts&) const = default;
    };
    [[nodiscard]] const Conflicts& conflicts() const { return m_conflicts; }
    [[nodiscard]] SolvedTogether solvedTogether() const { return m_together; }
    [[nodiscard]] int nextConflict(int after) const; // the next row with one, around the end; -1: none

  signals:
    void conflictsChanged();
    // A request is new or changed: somebody should ask the model.
    void checksNeeded();

  private:
    void insert(int at, std::vector<EditRow> rows);
    void changed(int row);
    void touch(EditRow& row);
    static void noteAnswer(EditRow& row, const Prediction& prediction);
    void setStates(const QList<quint64>& ids, EditState state);
    [[nodiscard]] EditRow makeRow(EditRequest request);
    void setSubject(EditRow& row, std::string subject) const;
    void setRelation(EditRow& row, const std::string& text) const;
    [[nodiscard]] const Relation* relationFrom(const std::string& text) const;
    [[nodiscard]] QString stateText(const EditRow& row) const;
    [[nodiscard]] QVariant display(const EditRow& row, int column) const;
    [[nodiscard]] QVariant toolTip(int row, int column) const;
    [[nodiscard]] QString problemAt(int row, int column) const;
    void noteConflicts(); // looked for once, at the end of the turn
    void findConflicts();
    [[nodiscard]] QString conflictText(const EditRow& row) const;

    std::vector<EditRow> m_rows;
    std::shared_ptr<const RelationLibrary> m_library;
    quint64 m_lastId = 0;
    struct NearKey {
        int revision;
        quint64 rival;
        int rivalRevision;
        double cosine;
    };
    QHash<quint64, NearKey> m_nearKeys; // by row
    SolvedTogether m_together = SolvedTogether::No;
    int m_batch = 0;
    Conflicts m_conflicts;
    bool m_conflictsStale = false;
};

} // namespace emend::ui
