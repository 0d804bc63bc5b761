// SPDX-License-Identifier: GPL-3.0-or-later
// Why one edit took or not: the chain of verdicts as a table, and beside it what every layer did and would answer.
// Both hold what the engine said and word it; they judge nothing. UI thread only.
#pragma once

#include "emend/diagnosis.h"

#include <QAbstractTableModel>

#include <memory>
#include <optional>

namespace emend::ui {

class DiagnosisModel : public QAbstractTableModel {
    Q_OBJECT
  public:
    enum Column { Check, Mark, Finding, Advice, ColumnCount };

    explicit DiagnosisModel(QObject* parent = nullptr);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    // Null: nothing to show. `title`: the edit and its recipe, for copies and exports.
    void setDiagnosis(std::shared_ptr<const Diagnosis> diagnosis, const QString& title);
    [[nodiscard]] const std::shared_ptr<const Diagnosis>& diagnosis() const { return m_diagnosis; }
    [[nodiscard]] const QString& title() const { return m_title; }
    [[nodiscard]] const DiagnosisVerdict& verdict(int row) const {
        return m_diagnosis->verdicts[static_cast<std::size_t>(row)];
    }
    // A link that was judged, and badly; one behind a broken link says nothing.
    [[nodiscard]] bool isWeak(int row) const { return verdict(row).judged && !verdict(row).ok; }
    [[nodiscard]] QString text(int row, Column column) const;
    [[nodiscard]] QString summary() const; // the first thing that went wrong, or that all is well
    [[nodiscard]] int weakCount() const;
    [[nodiscard]] QString toText() const; // to be pasted into a mail
    [[nodiscard]] QString toCsv() const;  // full precision, header first

  private:
    std::shared_ptr<const Diagnosis> m_diagnosis;
    QString m_title;
};

// A row a layer of the model: what of the residual it took away, and what it would answer before and after.
class DiagnosisLayersModel : public QAbstractTableModel {
    Q_OBJECT
  public:
    enum Column { Layer, Share, SaysBefore, NewBefore, SaysAfter, NewAfter, ColumnCount };
    enum Role {
        AmountRole = Qt::UserRole + 1, // double, 0 to 1: what a bar in the cell shows; invalid: no bar
        TurnedRole                     // bool: this layer answers something else than before the edit
    };

    explicit DiagnosisLayersModel(QObject* parent = nullptr);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    void setDiagnosis(std::shared_ptr<const Diagnosis> diagnosis);
    [[nodiscard]] QString describe(int row) const;
    [[nodiscard]] QString toCsv() const;

  private:
    struct Row {
        int layer = 0;
        std::optional<DiagnosisLayer> written;
        const LensLayer* before = nullptr; // of m_diagnosis
        const LensLayer* after = nullptr;
    };
    [[nodiscard]] const Row& row(int index) const { return m_rows[static_cast<std::size_t>(index)]; }

    std::shared_ptr<const Diagnosis> m_diagnosis;
    std::vector<Row> m_rows;
};

// "object-tokens" as people say it; what nobody knows is shown as it is, without hyphens.
QString diagnosisCheckName(const std::string& check);

} // namespace emend::ui
