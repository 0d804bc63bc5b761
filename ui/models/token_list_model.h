// SPDX-License-Identifier: GPL-3.0-or-later
// The most likely next tokens after one prompt, best first. UI thread only.
#pragma once

#include "emend/edit.h"

#include <QAbstractTableModel>

#include <vector>

namespace emend::ui {

class TokenListModel : public QAbstractTableModel {
    Q_OBJECT
  public:
    enum Column { Token, Probability, ColumnCount };
    enum Role {
        ProbabilityRole = Qt::UserRole + 1, // double
        AnswerRole                          // int, Answer: which object the token begins, for marking it
    };
    enum Answer { Other, NewObject, OldObject };

    explicit TokenListModel(QObject* parent = nullptr);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    void setTokens(const std::vector<TokenProbability>& tokens, const QString& newObject, const QString& oldObject);
    void clear() { setTokens({}, {}, {}); }

  private:
    std::vector<TokenProbability> m_tokens;
    QString m_new;
    QString m_old;
};

// Whether a token begins this object: " Ro" begins "Rome".
bool beginsObject(const std::string& piece, const QString& object);

} // namespace emend::ui
