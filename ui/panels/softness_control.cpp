// SPDX-License-Identifier: GPL-3.0-or-later
#include "panels/softness_control.h"

#include "models/text_format.h"
#include "panels/panel_parts.h"
#include "plots/theme_colors.h"

#include <QDoubleSpinBox>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QPainter>
#include <QSignalBlocker>
#include <QStyleOptionSlider>
#include <QToolButton>

#include <algorithm>
#include <chrono>
#include <cmath>

namespace emend::ui {

using namespace std::chrono_literals;

namespace {

constexpr int tickHeight = 4;   // between the groove and the numbers
constexpr int firstDecade = 24; // steps between 0 and the smallest softness above it

// As many digits as somebody would type, and a step that fits the size of the number.
class SoftnessField : public QDoubleSpinBox {
  public:
    using QDoubleSpinBox::QDoubleSpinBox;

    [[nodiscard]] QString textFromValue(double value) const override { return formatSetting(value); }
    [[nodiscard]] double valueFromText(const QString& text) const override {
        bool fine = false;
        const double value = locale().toDouble(text.trimmed(), &fine);
        return fine ? value : QLocale::c().toDouble(text.trimmed());
    }
    QValidator::State validate(QString& text, int&) const override {
        bool fine = false;
        bool finePoint = false;
        const double value = locale().toDouble(text.trimmed(), &fine);
        const double other = QLocale::c().toDouble(text.trimmed(), &finePoint);
        if (!fine && !finePoint)
            return QValidator::Intermediate;
        return (fine ? value : other) >= 0 ? QValidator::Acceptable : QValidator::Invalid;
    }
};

QString powerOfTen(int exponent) {
    if (exponent >= -2 && exponent <= 4)
        return formatSetting(std::pow(10.0, exponent));
    static const QString digits = QStringLiteral("⁰¹²³⁴⁵⁶⁷⁸⁹");
    QString raised;
    for (const QChar digit : QString::number(std::abs(exponent)))
        raised += digits[digit.digitValue()];
    return QStringLiteral("10") + (exponent < 0 ? QStringLiteral("⁻") : QString()) + raised;
}

} // namespace

SoftnessSlider::SoftnessSlider(QWidget* parent)
    : QSlider(Qt::Horizontal, parent) {
    setRange(0, steps);
    setSingleStep(4);
    setPageStep(32);
    setAccessibleName(tr("Softness"));
    setToolTip(tr("0 memorizes exactly (ROME, EMMET); larger values leave ordinary text alone (MEMIT and beyond)"));
}

void SoftnessSlider::setDecades(double least, double most) {
    m_least = least;
    m_most = std::max(most, 10 * least);
    update();
}

double SoftnessSlider::softnessAt(int step) const {
    if (step <= 0)
        return 0;
    const double t = std::max(0, step - firstDecade) / static_cast<double>(steps - firstDecade);
    return step < firstDecade ? m_least * step / firstDecade : m_least * std::pow(m_most / m_least, t);
}

int SoftnessSlider::stepOf(double softness) const {
    if (!(softness > 0))
        return 0;
    if (softness < m_least)
        return std::max(1, static_cast<int>(std::lround(firstDecade * softness / m_least)));
    const double t = std::min(1.0, std::log(softness / m_least) / std::log(m_most / m_least));
    return firstDecade + static_cast<int>(std::lround(t * (steps - firstDecade)));
}

QSize SoftnessSlider::sizeHint() const {
    const QSize bare = QSlider::sizeHint();
    return {std::max(bare.width(), 240), bare.height() + fontMetrics().height() + tickHeight};
}

QSize SoftnessSlider::minimumSizeHint() const {
    return {90, sizeHint().height()};
}

void SoftnessSlider::initStyleOption(QStyleOptionSlider* option) const {
    QSlider::initStyleOption(option);
    option->rect.setBottom(option->rect.bottom() - fontMetrics().height() - tickHeight);
}

void SoftnessSlider::changeEvent(QEvent* event) {
    QSlider::changeEvent(event);
    if (event->type() == QEvent::FontChange)
        updateGeometry();
}

void SoftnessSlider::paintEvent(QPaintEvent* event) {
    QSlider::paintEvent(event);
    QStyleOptionSlider option;
    initStyleOption(&option);
    const QRect handle = style()->subControlRect(QStyle::CC_Slider, &option, QStyle::SC_SliderHandle, this);
    const int length = style()->pixelMetric(QStyle::PM_SliderLength, &option, this);
    const ThemeColors& colors = ThemeColors::of(palette());
    QPainter painter(this);
    painter.setPen(isEnabled() ? colors.muted : palette().color(QPalette::Disabled, QPalette::Text));
    int free = -1000; // where the last label ended
    const auto label = [&](int step, const QString& text) {
        const int x = QStyle::sliderPositionFromValue(minimum(), maximum(), step, width() - length) + length / 2;
        const int wide = fontMetrics().horizontalAdvance(text);
        const int left = std::clamp(x - wide / 2, 0, width() - wide);
        if (left < free + 8)
            return;
        painter.drawText(left, height() - fontMetrics().descent() - 1, text);
        painter.drawLine(x, handle.bottom() + 1, x, handle.bottom() + tickHeight - 1);
        free = left + wide;
    };
    label(0, QStringLiteral("0"));
    const int low = static_cast<int>(std::ceil(std::log10(m_least) - 1e-9));
    const int high = static_cast<int>(std::floor(std::log10(m_most) + 1e-9));
    for (int exponent = low; exponent <= high; ++exponent)
        label(stepOf(std::pow(10.0, exponent)), powerOfTen(exponent));
}

SoftnessControl::SoftnessControl(QWidget* parent)
    : QWidget(parent)
    , m_slider(new SoftnessSlider)
    , m_field(new SoftnessField)
    , m_reset(new QToolButton) {
    m_slider->setObjectName(QStringLiteral("softnessSlider"));
    m_field->setObjectName(QStringLiteral("softnessField"));
    m_field->setAccessibleName(tr("Softness, as a number"));
    m_field->setRange(0, 1e15);
    m_field->setDecimals(12);
    m_field->setStepType(QAbstractSpinBox::AdaptiveDecimalStepType);
    m_field->setKeyboardTracking(false);
    m_reset->setObjectName(QStringLiteral("softnessReset"));
    m_reset->setText(tr("Reset"));
    m_rest.setSingleShot(true);
    m_rest.setInterval(450ms);

    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(8);
    row->addWidget(sectionTitle(tr("Softness")), 0, Qt::AlignTop);
    row->addWidget(m_slider, 1);
    row->addWidget(m_field, 0, Qt::AlignTop);
    row->addWidget(m_reset, 0, Qt::AlignTop);
    m_field->setFixedWidth(fontMetrics().averageCharWidth() * 13);

    connect(m_slider, &QSlider::valueChanged, this, [this](int step) {
        if (!m_showing)
            moveTo(m_slider->softnessAt(step));
    });
    connect(m_slider, &QSlider::sliderReleased, this, [this] {
        if (m_rest.isActive())
            choose(m_softness);
    });
    connect(m_field, &QDoubleSpinBox::valueChanged, this, [this](double value) {
        if (!m_showing)
            moveTo(value);
    });
    connect(m_field, &QDoubleSpinBox::editingFinished, this, [this] {
        if (m_rest.isActive())
            choose(m_softness);
    });
    connect(m_reset, &QToolButton::clicked, this, [this] { choose(m_recipe); });
    connect(&m_rest, &QTimer::timeout, this, [this] {
        if (m_slider->isSliderDown())
            m_rest.start(); // held still
        else
            choose(m_softness);
    });
    display(0);
}

bool SoftnessControl::isHeld() const {
    return m_slider->isSliderDown() || m_rest.isActive();
}

void SoftnessControl::letGo() {
    m_rest.stop();
}

void SoftnessControl::setDecades(double least, double most) {
    m_slider->setDecades(least, most);
    display(m_softness);
}

void SoftnessControl::setSoftness(double softness) {
    if (!isHeld())
        display(softness);
}

void SoftnessControl::setRecipeSoftness(double softness) {
    m_recipe = softness;
    m_reset->setToolTip(tr("Back to the recipe's softness, %1").arg(formatSetting(softness)));
    m_reset->setAccessibleName(m_reset->toolTip());
    display(m_softness);
}

void SoftnessControl::moveTo(double softness) {
    if (softness == m_softness)
        return;
    display(softness);
    m_rest.start();
    emit moved(softness);
}

void SoftnessControl::choose(double softness) {
    m_rest.stop();
    display(softness);
    emit chosen(softness);
}

void SoftnessControl::display(double softness) {
    m_showing = true;
    m_softness = softness;
    // A slider that is held keeps to the hand, which moves in whole steps.
    if (!m_slider->isSliderDown())
        m_slider->setValue(m_slider->stepOf(softness));
    if (m_field->value() != softness)
        m_field->setValue(softness);
    m_reset->setEnabled(std::abs(softness - m_recipe) > 1e-9 * std::max(1.0, m_recipe));
    m_showing = false;
}

} // namespace emend::ui
