// SPDX-License-Identifier: GPL-3.0-or-later
#include "panels/watch_dialog.h"

#include "models/text_format.h"
#include "panels/panel_parts.h"

#include <QDialogButtonBox>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QVBoxLayout>

namespace emend::ui {

namespace {

QString joined(const std::vector<std::string>& prompts) {
    QStringList lines;
    for (const std::string& prompt : prompts)
        lines << fromStd(prompt).simplified();
    return lines.join(u'\n');
}

std::vector<std::string> linesOf(const QPlainTextEdit* edit) {
    std::vector<std::string> prompts;
    for (const QString& line : edit->toPlainText().split(u'\n'))
        if (const QString prompt = line.simplified(); !prompt.isEmpty())
            prompts.push_back(prompt.toStdString());
    return prompts;
}

} // namespace

WatchDialog::WatchDialog(const EditRequest& request, QWidget* parent)
    : QDialog(parent)
    , m_paraphrases(new QPlainTextEdit(joined(request.paraphrases)))
    , m_neighbours(new QPlainTextEdit(joined(request.neighbours)))
    , m_problem(new MutedLabel)
    , m_buttons(new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel)) {
    setObjectName(QStringLiteral("watchDialog"));
    setWindowTitle(tr("Prompts to watch"));
    resize(fontMetrics().averageCharWidth() * 76, fontMetrics().height() * 24);
    m_paraphrases->setObjectName(QStringLiteral("watchParaphrases"));
    m_neighbours->setObjectName(QStringLiteral("watchNeighbours"));
    m_problem->setObjectName(QStringLiteral("watchProblem"));
    m_problem->setWordWrap(true);
    m_problem->setAlarm(true);
    const QString subject = fromStd(request.subject);
    const QString gap = QStringLiteral("{}");
    m_paraphrases->setPlaceholderText(tr("%1 can be found in the city of", "example prompt").arg(gap));
    m_neighbours->setPlaceholderText(tr("Big Ben is located in the city of", "example prompt"));

    auto* layout = new QVBoxLayout(this);
    const auto add = [&](QPlainTextEdit* edit, const QString& title, const QString& caption) {
        auto* label = new QLabel(title);
        label->setBuddy(edit);
        auto* told = new MutedLabel(caption);
        told->setWordWrap(true);
        edit->setTabChangesFocus(true);
        edit->setLineWrapMode(QPlainTextEdit::NoWrap);
        edit->setAccessibleDescription(caption);
        layout->addWidget(label);
        layout->addWidget(told);
        layout->addWidget(edit, 1);
        connect(edit, &QPlainTextEdit::textChanged, this, &WatchDialog::refresh);
    };
    add(m_paraphrases, tr("&Other wordings, one a line"),
        tr("They mean the same, so their answers should turn too. %1 stands for %2.").arg(gap, subject));
    add(m_neighbours, tr("&Neighbours, one a line"),
        tr("Prompts about other subjects, named in full. Their answers should stay as they are."));
    layout->addWidget(m_problem);
    layout->addWidget(m_buttons);
    connect(m_buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(m_buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    refresh();
    (request.paraphrases.empty() ? m_paraphrases : m_neighbours)->setFocus();
}

std::vector<std::string> WatchDialog::paraphrases() const {
    return linesOf(m_paraphrases);
}

std::vector<std::string> WatchDialog::neighbours() const {
    return linesOf(m_neighbours);
}

QString WatchDialog::problem() const {
    const auto gaps = [](const std::string& prompt) { return fromStd(prompt).count(QStringLiteral("{}")); };
    for (const std::string& prompt : paraphrases())
        if (gaps(prompt) > 1)
            return tr("More than one {} in: %1").arg(fromStd(prompt));
    for (const std::string& prompt : neighbours())
        if (gaps(prompt) > 0)
            return tr("A neighbour names its own subject, without {}: %1").arg(fromStd(prompt));
    return {};
}

void WatchDialog::refresh() {
    const QString found = problem();
    m_problem->setText(found);
    m_buttons->button(QDialogButtonBox::Ok)->setEnabled(found.isEmpty());
}

} // namespace emend::ui
