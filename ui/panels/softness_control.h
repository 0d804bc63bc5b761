// SPDX-License-Identifier: GPL-3.0-or-later
// The knob: a slider that is logarithmic but begins at 0, a field for the exact number, a way back to the recipe's.
// While the hand moves, moved() tells every value; when it rests, chosen() tells the last one once. UI thread only.
#pragma once

#include <QSlider>
#include <QTimer>
#include <QWidget>

class QDoubleSpinBox;
class QToolButton;

namespace emend::ui {

class MutedLabel;

// Step 0 is softness 0, the other steps are even on a logarithmic scale. Decades are written below.
class SoftnessSlider : public QSlider {
    Q_OBJECT
  public:
    explicit SoftnessSlider(QWidget* parent = nullptr);

    static constexpr int steps = 400;
    void setDecades(double least, double most); // the smallest softness above 0, the largest
    [[nodiscard]] double softnessAt(int step) const;
    [[nodiscard]] int stepOf(double softness) const; // beyond the ends: the ends
    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

  protected:
    void initStyleOption(QStyleOptionSlider* option) const override; // the groove lies above the decades
    void paintEvent(QPaintEvent* event) override;
    void changeEvent(QEvent* event) override;

  private:
    double m_least = 1;
    double m_most = 1e8;
};

class SoftnessControl : public QWidget {
    Q_OBJECT
  public:
    explicit SoftnessControl(QWidget* parent = nullptr);

    // Shows a value without telling anybody; not while the hand is on it.
    void setSoftness(double softness);
    [[nodiscard]] double softness() const { return m_softness; }
    void setRecipeSoftness(double softness); // what reset goes back to
    void setDecades(double least, double most);
    // A value from elsewhere, the chart, as if the slider had been moved.
    void moveTo(double softness);
    void choose(double softness);
    [[nodiscard]] bool isHeld() const; // by the hand, or a pause too short to be sure
    void letGo();                      // what is pending is dropped

  signals:
    void moved(double softness);
    void chosen(double softness);

  private:
    void display(double softness);

    SoftnessSlider* m_slider;
    QDoubleSpinBox* m_field;
    QToolButton* m_reset;
    QTimer m_rest; // keys and wheel have no release
    double m_softness = 0;
    double m_recipe = 0;
    bool m_showing = false;
};

} // namespace emend::ui
