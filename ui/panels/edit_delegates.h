// SPDX-License-Identifier: GPL-3.0-or-later
// How the cells of the tables are painted: placeholders and faults, probabilities as bars, states as signs and words.
#pragma once

#include <QStyledItemDelegate>

namespace emend::ui {

// Text; what belongs into an empty cell in muted italics, what is wrong with a full one in red with a mark.
class CellDelegate : public QStyledItemDelegate {
    Q_OBJECT
  public:
    using QStyledItemDelegate::QStyledItemDelegate;
    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;

  protected:
    void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override;
};

// A thin bar under the text; `role` holds the probability as double.
class ProbabilityDelegate : public QStyledItemDelegate {
    Q_OBJECT
  public:
    ProbabilityDelegate(int role, bool accent, QObject* parent);
    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;

  protected:
    // "Buenos Aires  12.0 %": where room is short the words are cut, never the number.
    void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override;

  private:
    int m_role;
    bool m_accent;
};

class StateDelegate : public QStyledItemDelegate {
    Q_OBJECT
  public:
    using QStyledItemDelegate::QStyledItemDelegate;

  protected:
    void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override;
};

// "✓ turned" in green, "✗ changed" in red.
class VerdictDelegate : public QStyledItemDelegate {
    Q_OBJECT
  public:
    using QStyledItemDelegate::QStyledItemDelegate;

  protected:
    void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override;
};

} // namespace emend::ui
