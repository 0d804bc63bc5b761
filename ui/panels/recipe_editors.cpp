// SPDX-License-Identifier: GPL-3.0-or-later
#include "panels/recipe_editors.h"

#include "plots/theme_colors.h"

#include <QAction>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QLocale>
#include <QMimeData>
#include <QPainter>
#include <QStyle>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>

namespace emend::ui {

namespace {

template<class Base>
class Still : public Base {
  public:
    using Base::Base;

  protected:
    void wheelEvent(QWheelEvent* event) override {
        if (this->hasFocus())
            Base::wheelEvent(event);
        else
            event->ignore();
    }
};

// Locale's own sign or a point: both are typed.
bool toNumber(const QLocale& locale, const QString& text, double& value) {
    bool fine = false;
    value = locale.toDouble(text, &fine);
    if (!fine)
        value = text.toDouble(&fine);
    return fine && std::isfinite(value);
}

QString droppedFile(const QMimeData* data) {
    const QList<QUrl> urls = data->urls();
    const QString file = urls.size() == 1 ? urls.front().toLocalFile() : QString();
    return file.endsWith(QStringLiteral(".json"), Qt::CaseInsensitive) ? QString() : file;
}

} // namespace

QList<double> sizeLadder(double least, double most) {
    QList<double> ladder{0};
    for (int power = static_cast<int>(std::floor(std::log10(least))); std::pow(10.0, power) <= most * 1.001; ++power) {
        for (const int digit : {1, 2, 5}) {
            // Through text: 5e-4 shall be the number that is typed as 0.0005.
            const double rung = QStringLiteral("%1e%2").arg(digit).arg(power).toDouble();
            if (rung >= least * 0.999 && rung <= most * 1.001)
                ladder << rung;
        }
    }
    return ladder;
}

NumberBox::NumberBox(double least, double most, double step, QWidget* parent)
    : QDoubleSpinBox(parent) {
    setFocusPolicy(Qt::StrongFocus);
    setDecimals(12);
    setRange(least, most);
    setSingleStep(step);
    setKeyboardTracking(false);
}

void NumberBox::stepBy(int steps) {
    if (m_ladder.isEmpty()) {
        QDoubleSpinBox::stepBy(steps);
        return;
    }
    double next = value();
    for (; steps > 0; --steps) {
        const auto above = std::upper_bound(m_ladder.begin(), m_ladder.end(), next * (1 + 1e-9));
        next = above == m_ladder.end() ? next : *above;
    }
    for (; steps < 0; ++steps) {
        const auto from = std::lower_bound(m_ladder.begin(), m_ladder.end(), next * (1 - 1e-9));
        next = from == m_ladder.begin() ? m_ladder.front() : *std::prev(from);
    }
    setValue(next);
    selectAll();
}

QString NumberBox::textFromValue(double value) const {
    QLocale plain = locale();
    plain.setNumberOptions(QLocale::OmitGroupSeparator | QLocale::OmitLeadingZeroInExponent);
    return plain.toString(value, 'g', 8);
}

double NumberBox::valueFromText(const QString& text) const {
    double number = 0;
    return toNumber(locale(), text.trimmed(), number) ? number : value();
}

QValidator::State NumberBox::validate(QString& text, int&) const {
    double number = 0;
    const QString typed = text.trimmed();
    if (typed == specialValueText() ||
        (toNumber(locale(), typed, number) && number >= minimum() && number <= maximum()))
        return QValidator::Acceptable;
    const bool digits = std::all_of(typed.begin(), typed.end(),
                                    [](QChar c) { return c.isDigit() || QStringView(u"eE+-.,").contains(c); });
    return digits || specialValueText().startsWith(typed) ? QValidator::Intermediate : QValidator::Invalid;
}

void NumberBox::wheelEvent(QWheelEvent* event) {
    if (hasFocus())
        QDoubleSpinBox::wheelEvent(event);
    else
        event->ignore();
}

LadderSlider::LadderSlider(const QList<double>& ladder, QWidget* parent)
    : QSlider(Qt::Horizontal, parent)
    , m_ladder(ladder) {
    setRange(0, static_cast<int>(ladder.size()) - 1);
    setPageStep(3); // a power of ten
    setFocusPolicy(Qt::StrongFocus);
    connect(this, &QSlider::valueChanged, this, [this](int rung) {
        if (!m_showing)
            emit chosen(m_ladder[rung]);
    });
}

void LadderSlider::showValue(double value) {
    const auto above = std::lower_bound(m_ladder.begin(), m_ladder.end(), value);
    auto nearest = above == m_ladder.end() ? std::prev(above) : above;
    if (nearest != m_ladder.begin() && value < (*nearest + *std::prev(nearest)) / 2)
        --nearest;
    m_showing = true;
    setValue(static_cast<int>(nearest - m_ladder.begin()));
    m_showing = false;
}

void LadderSlider::wheelEvent(QWheelEvent* event) {
    if (hasFocus())
        QSlider::wheelEvent(event);
    else
        event->ignore();
}

FileEdit::FileEdit(const QString& title, QWidget* parent)
    : QLineEdit(parent) {
    setPlaceholderText(tr("automatic"));
    const QAction* browse = addAction(style()->standardIcon(QStyle::SP_DirOpenIcon), QLineEdit::TrailingPosition);
    connect(browse, &QAction::triggered, this, [this, title] {
        const QString file = QFileDialog::getOpenFileName(window(), title, text());
        if (!file.isEmpty())
            setText(file);
    });
}

void FileEdit::dragEnterEvent(QDragEnterEvent* event) {
    if (!droppedFile(event->mimeData()).isEmpty())
        event->acceptProposedAction();
    else
        event->ignore(); // whoever is behind may want it
}

void FileEdit::dropEvent(QDropEvent* event) {
    const QString file = droppedFile(event->mimeData());
    if (file.isEmpty())
        return event->ignore();
    event->acceptProposedAction();
    setText(file);
}

QSize ExplainedRows::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const {
    const QFontMetrics metrics(option.font);
    const QString told = index.data(Qt::ToolTipRole).toString();
    return {std::max(metrics.horizontalAdvance(told), metrics.horizontalAdvance(index.data().toString())) + 40,
            (told.isEmpty() ? 1 : 2) * metrics.height() + 10};
}

void ExplainedRows::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
    const ThemeColors& colors = ThemeColors::of(option.palette);
    const bool chosen = option.state & (QStyle::State_Selected | QStyle::State_MouseOver);
    painter->save();
    painter->fillRect(option.rect, chosen ? colors.accentSoft : colors.surface);
    const QRect text = option.rect.adjusted(12, 5, -12, -5);
    QFont font = option.font;
    font.setWeight(QFont::DemiBold);
    painter->setFont(font);
    painter->setPen(colors.text);
    painter->drawText(text, Qt::AlignLeft | Qt::AlignTop, index.data().toString());
    painter->setFont(option.font);
    painter->setPen(colors.muted);
    painter->drawText(text, Qt::AlignLeft | Qt::AlignBottom, index.data(Qt::ToolTipRole).toString());
    painter->restore();
}

QSpinBox* countBox(int least, int most, int step) {
    auto* box = new Still<QSpinBox>;
    box->setFocusPolicy(Qt::StrongFocus);
    box->setRange(least, most);
    box->setSingleStep(step);
    box->setKeyboardTracking(false);
    return box;
}

QComboBox* choiceBox() {
    auto* box = new Still<QComboBox>;
    box->setFocusPolicy(Qt::StrongFocus);
    return box;
}

} // namespace emend::ui
