// SPDX-License-Identifier: GPL-3.0-or-later
// Rows from a spreadsheet's clipboard: tab separated (quotes as spreadsheets write them) or, without a tab, comma
// separated. Columns are subject, relation or prompt, new object, true object; a header may name and reorder them.
#pragma once

#include <QList>
#include <QString>
#include <QStringList>

namespace emend::ui {

struct PastedRow {
    QString subject;
    QString relation; // id, name or prompt
    QString object;
    QString true_object;
};

QList<PastedRow> parseRows(const QString& text);

// The cells alone; doubled quotes and line ends inside quotes are understood.
QList<QStringList> parseCells(const QString& text, QChar separator);

} // namespace emend::ui
