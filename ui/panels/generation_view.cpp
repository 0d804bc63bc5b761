// SPDX-License-Identifier: GPL-3.0-or-later
#include "panels/generation_view.h"

#include "emend/tokens.h"
#include "models/text_format.h"
#include "panels/panel_parts.h"
#include "plots/theme_colors.h"

#include <QEvent>
#include <QHash>
#include <QHBoxLayout>
#include <QLocale>
#include <QRegularExpression>
#include <QTextCursor>
#include <QTextEdit>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace emend::ui {

GenerationView::GenerationView(QWidget* parent)
    : QWidget(parent) {
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(12);
    for (const Side side : {Side::Before, Side::After}) {
        const bool before = side == Side::Before;
        Column& made = column(side);
        made.box = new QWidget;
        made.view = new QTextEdit;
        made.view->setReadOnly(true);
        made.view->setTabChangesFocus(true);
        made.view->setObjectName(before ? QStringLiteral("generationBefore") : QStringLiteral("generationAfter"));
        made.view->setAccessibleName(before ? tr("Continuation before the edit") : tr("Continuation after the edit"));
        made.view->document()->setDocumentMargin(6);
        made.caption = new MutedLabel;
        made.note = new MutedLabel;
        auto* head = new QHBoxLayout;
        head->addWidget(made.caption);
        head->addStretch(1);
        head->addWidget(made.note);
        auto* box = new QVBoxLayout(made.box);
        box->setContentsMargins(0, 0, 0, 0);
        box->setSpacing(4);
        box->addLayout(head);
        box->addWidget(made.view, 1);
        layout->addWidget(made.box, 1);
    }
    start({}, false);
}

void GenerationView::start(const QString& prompt, bool both) {
    m_prompt = prompt;
    m_both = both;
    for (Column& column : m_columns) {
        column.ids.clear();
        column.texts.clear();
        column.differs.clear();
        column.finished = false;
        column.outdated = false;
        column.note->clear();
        column.note->setToolTip({});
        render(column);
    }
    m_columns[0].caption->setText(both ? tr("Before") : tr("Now"));
    m_columns[1].caption->setText(tr("After"));
    m_columns[1].box->setVisible(both);
}

void GenerationView::add(Side side, const GeneratedToken& token) {
    Column& column = this->column(side);
    column.ids.push_back(token.id);
    column.texts.push_back(fromStd(token.text));
    column.differs.push_back(false);
    if (side == Side::After)
        compare();
    else
        render(column);
}

void GenerationView::finish(Side side, const GenerationResult& result) {
    Column& column = this->column(side);
    column.finished = true;
    column.note->setText(tr("%1 tokens/s").arg(QLocale().toString(result.tokens_per_second, 'f', 0)));
    column.note->setToolTip(tr("Greedy; ended by: %1").arg(fromStd(result.ended_by)));
    compare();
}

// Tokens are not kept: words are compared instead.
void GenerationView::showKept(const QString& before, const QString& after) {
    static const QRegularExpression word(QStringLiteral("\\s*\\w+|\\s*[^\\w\\s]+|\\s+$"),
                                         QRegularExpression::UseUnicodePropertiesOption);
    QHash<QString, std::int32_t> ids;
    const auto fill = [&](Column& column, const QString& text) {
        for (const QRegularExpressionMatch& match : word.globalMatch(text)) {
            const QString piece = match.captured();
            if (!ids.contains(piece))
                ids.insert(piece, static_cast<std::int32_t>(ids.size()));
            column.ids.push_back(ids[piece]);
            column.texts.push_back(piece);
            column.differs.push_back(false);
        }
        column.finished = true;
        column.note->setText(tr("written earlier"));
        column.note->setToolTip(tr("Written earlier, with the same weights and seed"));
    };
    fill(m_columns[0], before);
    fill(m_columns[1], after);
    compare();
}

void GenerationView::fail(Side side, const QString& reason) {
    column(side).note->setText(reason);
}

void GenerationView::outdate(Side side) {
    Column& column = this->column(side);
    if (column.texts.empty() || std::exchange(column.outdated, true))
        return;
    column.note->setText(tr("of the softness before"));
    column.note->setToolTip(tr("Written before the softness was changed; written anew when the knob rests"));
    render(column);
}

// While the right side grows only it is marked: the left is simply ahead.
void GenerationView::compare() {
    if (m_both && !m_columns[1].ids.empty()) {
        auto [before, after] = token_difference(m_columns[0].ids, m_columns[1].ids);
        if (m_columns[1].finished)
            m_columns[0].differs = std::move(before);
        m_columns[1].differs = std::move(after);
    }
    for (Column& column : m_columns)
        render(column);
}

void GenerationView::render(Column& column) {
    const ThemeColors& colors = ThemeColors::of(palette());
    column.view->clear();
    QTextCursor cursor(column.view->document());
    QTextCharFormat prompt;
    prompt.setForeground(colors.muted);
    QTextCharFormat plain;
    plain.setForeground(column.outdated ? colors.muted : colors.text);
    QTextCharFormat marked = plain;
    if (!column.outdated)
        marked.setBackground(colors.mark);
    marked.setFontWeight(QFont::DemiBold);
    cursor.insertText(m_prompt, prompt);
    for (std::size_t i = 0; i < column.texts.size(); ++i)
        cursor.insertText(column.texts[i], column.differs[i] ? marked : plain);
}

QString GenerationView::text(Side side) const {
    QString text;
    for (const QString& piece : column(side).texts)
        text += piece;
    return text;
}

int GenerationView::marked(Side side) const {
    const auto& differs = column(side).differs;
    return static_cast<int>(std::count(differs.begin(), differs.end(), true));
}

void GenerationView::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        for (Column& column : m_columns)
            render(column);
}

} // namespace emend::ui
