// SPDX-License-Identifier: GPL-3.0-or-later
// What came of a session that was verified or replayed, a row a finding, as texts: a sign and a word first, then what
// was looked at, what was found and numbers. UI thread only.
#pragma once

#include "emend/session_work.h"

#include <QAbstractTableModel>
#include <QList>
#include <QString>
#include <QStringList>

#include <vector>

namespace emend::ui {

class CheckModel : public QAbstractTableModel {
    Q_OBJECT
  public:
    enum class Outcome { Good, Bad, Neutral };
    struct Column {
        QString title;
        QString tip;
        bool isNumber = false;
        bool stretches = false; // takes the room that is left
    };
    struct Row {
        Outcome outcome = Outcome::Good;
        QStringList cells;
        QString whole; // in full, for the line below the table
    };

    // Titles of batches from `ledger`.
    static CheckModel* ofChecks(const std::vector<SessionCheck>& checks, const LedgerState& ledger,
                                QObject* parent = nullptr);
    // A row an edit; of a batch that could not be replayed one row that says why.
    static CheckModel* ofReplay(const std::vector<ReplayedBatch>& batches, QObject* parent = nullptr);

    // A row a thing that was lost.
    static CheckModel* ofRescue(const SessionRescue& rescue, QObject* parent = nullptr);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    [[nodiscard]] bool isGood() const { return m_good; } // all of it
    [[nodiscard]] const QString& summary() const { return m_summary; }
    [[nodiscard]] const Column& column(int at) const { return m_columns[at]; }
    [[nodiscard]] QString describe(int row) const; // a sentence; empty without such a row
    [[nodiscard]] int firstBad() const;            // 0 when there is none
    // Summary, then a line a row with tabs between the cells.
    [[nodiscard]] QString toText() const;

  private:
    CheckModel(QList<Column> columns, QObject* parent);

    QList<Column> m_columns;
    QList<Row> m_rows;
    QString m_summary;
    bool m_good = true;
};

} // namespace emend::ui
