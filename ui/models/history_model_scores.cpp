// SPDX-License-Identifier: GPL-3.0-or-later
// How batches score, as the history tells it.
#include "models/history_model.h"
#include "models/text_format.h"

#include <QStringList>

#include <optional>

namespace emend::ui {

void HistoryModel::setScores(const QHash<quint64, SessionScores>& scores) {
    m_scores = scores;
    emit dataChanged(index(0, Score), index(rowCount() - 1, Score));
}

QString HistoryModel::scores(int row) const {
    return scoresText(row, false);
}

QString HistoryModel::scoresBeside(int row) const {
    return scoresText(row, true);
}

QString HistoryModel::scoresText(int row, bool beside) const {
    const LedgerEntry* of = entry(row);
    const auto known = of ? m_scores.constFind(of->id) : m_scores.cend();
    if (known == m_scores.cend())
        return {};
    QStringList parts;
    const auto add = [&](const QString& name, std::optional<double> Scores::*share) {
        const std::optional<double>& after = known->after.*share;
        const std::optional<double> before = known->before && beside ? *known->before.*share : std::nullopt;
        if (after)
            parts
                << (before
                        ? QStringLiteral("%1 %2 → %3").arg(name, formatProbability(*before), formatProbability(*after))
                        : QStringLiteral("%1 %2").arg(name, formatProbability(*after)));
    };
    add(tr("efficacy"), &Scores::efficacy);
    add(tr("paraphrases"), &Scores::paraphrase);
    add(tr("neighbours"), &Scores::neighbourhood);
    QString told = parts.join(beside ? QStringLiteral("\n") : QStringLiteral(", "));
    if (!told.isEmpty() && known->edits > 0)
        told += (beside ? u'\n' : u' ') + tr("of the first %n edit(s)", nullptr, static_cast<int>(known->edits));
    return told;
}

} // namespace emend::ui
