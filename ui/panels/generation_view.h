// SPDX-License-Identifier: GPL-3.0-or-later
// What the model goes on to say, before and after the edit, from the same seed and side by side. Tokens stream in;
// those that are not on the other side are marked. Texts of earlier are there at once, marked word by word.
#pragma once

#include "emend/engine.h"
#include "jobs/studio.h"

#include <QWidget>

#include <array>
#include <memory>
#include <vector>

class QTextEdit;

namespace emend::ui {

class MutedLabel;

class GenerationView : public QWidget {
    Q_OBJECT
  public:
    explicit GenerationView(QWidget* parent = nullptr);

    // Empties both sides; `both` false: only a present is to come.
    void start(const QString& prompt, bool both);
    void add(Side side, const GeneratedToken& token);
    void finish(Side side, const GenerationResult& result);
    void fail(Side side, const QString& reason);
    void showKept(const QString& before, const QString& after); // written earlier, with the same weights and seed
    void outdate(Side side);                                    // what is there is of weights that have moved since
    [[nodiscard]] QString text(Side side) const;                // generated so far, without the prompt
    [[nodiscard]] int marked(Side side) const;                  // how many tokens are marked as different

  protected:
    void changeEvent(QEvent* event) override;

  private:
    struct Column {
        QWidget* box;
        QTextEdit* view;
        MutedLabel* caption;
        MutedLabel* note;
        std::vector<std::int32_t> ids;
        std::vector<QString> texts;
        std::vector<bool> differs;
        bool finished = false;
        bool outdated = false;
    };
    [[nodiscard]] Column& column(Side side) { return m_columns[side == Side::Before ? 0 : 1]; }
    [[nodiscard]] const Column& column(Side side) const { return m_columns[side == Side::Before ? 0 : 1]; }
    void compare();
    void render(Column& column);

    QString m_prompt;
    bool m_both = false;
    std::array<Column, 2> m_columns;
};

} // namespace emend::ui
