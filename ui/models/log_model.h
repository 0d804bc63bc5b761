// SPDX-License-Identifier: GPL-3.0-or-later
// What happened, in order: one line each, details for the clipboard. Keeps the last 5000. UI thread only.
#pragma once

#include <QAbstractTableModel>
#include <QDateTime>

#include <deque>

namespace emend::ui {

class LogModel : public QAbstractTableModel {
    Q_OBJECT
  public:
    enum Column { Time, Text, ColumnCount };
    enum Role { LevelRole = Qt::UserRole + 1, DetailsRole };
    enum class Level { Info, Warning, Error };

    explicit LogModel(QObject* parent = nullptr);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    void add(Level level, const QString& text, const QString& details = {});
    void clear();
    [[nodiscard]] QString toText() const;

    static constexpr int capacity = 5000;

  private:
    struct Line {
        QDateTime time;
        Level level;
        QString text;
        QString details;
    };
    std::deque<Line> m_lines;
};

} // namespace emend::ui
