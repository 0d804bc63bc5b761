// SPDX-License-Identifier: GPL-3.0-or-later
// What a recipe is typed into: numbers that step by size, counts, choices, files, a slider over many sizes. None of
// them changes in passing: a wheel turns only what has the focus.
#pragma once

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLineEdit>
#include <QSlider>
#include <QSpinBox>
#include <QStyledItemDelegate>

namespace emend::ui {

// 1-2-5 from `least` to `most`: 0, then the ladder. What a slider and the arrows of a number walk over.
QList<double> sizeLadder(double least, double most);

// A number as people write it ("0.0001", "15000"), with arrows that walk the ladder where sizes matter more than
// differences.
class NumberBox : public QDoubleSpinBox {
    Q_OBJECT
  public:
    NumberBox(double least, double most, double step, QWidget* parent = nullptr);
    void setLadder(const QList<double>& ladder) { m_ladder = ladder; }

    void stepBy(int steps) override;
    [[nodiscard]] QString textFromValue(double value) const override;
    [[nodiscard]] double valueFromText(const QString& text) const override;
    QValidator::State validate(QString& text, int& at) const override;

  protected:
    void wheelEvent(QWheelEvent* event) override;

  private:
    QList<double> m_ladder;
};

// Over a ladder, at the rung nearest to the value; only a hand that moves it says something.
class LadderSlider : public QSlider {
    Q_OBJECT
  public:
    explicit LadderSlider(const QList<double>& ladder, QWidget* parent = nullptr);
    void showValue(double value);

  signals:
    void chosen(double value);

  protected:
    void wheelEvent(QWheelEvent* event) override;

  private:
    QList<double> m_ladder;
    bool m_showing = false;
};

// A path with a button that looks for it; empty is `automatic`.
class FileEdit : public QLineEdit {
    Q_OBJECT
  public:
    explicit FileEdit(const QString& title, QWidget* parent = nullptr);

  protected:
    // A file is meant as its path; recipes are none of ours.
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;
};

QSpinBox* countBox(int least, int most, int step);
QComboBox* choiceBox();

// The rows of a choice's list with what each of them is, in a second line; it is their tool tip.
class ExplainedRows : public QStyledItemDelegate {
    Q_OBJECT
  public:
    using QStyledItemDelegate::QStyledItemDelegate;
    [[nodiscard]] QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

// Calls back when the person, or anybody, changes what the editor says.
template<class Editor, class Call>
void whenEdited(Editor* editor, QObject* context, Call call) {
    if constexpr (std::is_base_of_v<QComboBox, Editor>)
        QObject::connect(editor, &QComboBox::currentIndexChanged, context, call);
    else if constexpr (std::is_base_of_v<QLineEdit, Editor>)
        QObject::connect(editor, &QLineEdit::textChanged, context, call);
    else if constexpr (std::is_base_of_v<QCheckBox, Editor>)
        QObject::connect(editor, &QCheckBox::toggled, context, call);
    else
        QObject::connect(editor, &Editor::valueChanged, context, call);
}

} // namespace emend::ui
