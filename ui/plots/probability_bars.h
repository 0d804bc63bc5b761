// SPDX-License-Identifier: GPL-3.0-or-later
// Bars from 0 to 100 %: each object before (grey) and after (accent) the edit, with the number beside the bar.
#pragma once

#include <QList>
#include <QString>
#include <QWidget>

#include <optional>

namespace emend::ui {

class ProbabilityBars : public QWidget {
    Q_OBJECT
  public:
    struct Entry {
        QString object; // "Rome"
        QString role;   // "new object"
        std::optional<double> before;
        std::optional<double> after;
    };

    explicit ProbabilityBars(QWidget* parent = nullptr);

    // `after` false: one bar an object, "now".
    void setEntries(const QList<Entry>& entries, bool after);
    [[nodiscard]] const QList<Entry>& entries() const { return m_entries; }

    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

  protected:
    void paintEvent(QPaintEvent* event) override;
    void changeEvent(QEvent* event) override;

  private:
    [[nodiscard]] int barHeight() const;
    [[nodiscard]] int entryHeight() const;

    QList<Entry> m_entries;
    bool m_after = false;
};

} // namespace emend::ui
