// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/row_paste.h"

#include <algorithm>
#include <array>

namespace emend::ui {

namespace {

enum Target { Subject, Relation, Object, TrueObject, TargetCount, Ignored };

Target targetOf(const QString& header) {
    const QString name = header.trimmed().toLower();
    if (name == u"subject")
        return Subject;
    if (name == u"relation" || name == u"prompt")
        return Relation;
    if (name == u"object" || name == u"new object" || name == u"target" || name == u"target_new")
        return Object;
    if (name == u"true object" || name == u"true_object" || name == u"target_true" || name == u"old object")
        return TrueObject;
    return Ignored;
}

} // namespace

QList<QStringList> parseCells(const QString& text, QChar separator) {
    QList<QStringList> lines;
    QStringList cells;
    QString cell;
    bool quoted = false;
    bool cellStart = true;
    const auto endCell = [&] {
        cells << cell;
        cell.clear();
        cellStart = true;
    };
    const auto endLine = [&] {
        endCell();
        if (std::any_of(cells.cbegin(), cells.cend(), [](const QString& c) { return !c.trimmed().isEmpty(); }))
            lines << cells;
        cells.clear();
    };
    for (qsizetype i = 0; i < text.size(); ++i) {
        const QChar c = text[i];
        if (quoted) {
            if (c != u'"')
                cell += c;
            else if (i + 1 < text.size() && text[i + 1] == u'"')
                cell += text[++i];
            else
                quoted = false;
        } else if (c == u'"' && cellStart) {
            quoted = true;
            cellStart = false;
        } else if (c == separator) {
            endCell();
        } else if (c == u'\n') {
            endLine();
        } else if (c != u'\r') {
            cell += c;
            cellStart = false;
        }
    }
    if (!cell.isEmpty() || !cells.isEmpty())
        endLine();
    return lines;
}

QList<PastedRow> parseRows(const QString& text) {
    QList<QStringList> lines = parseCells(text, text.contains(u'\t') ? u'\t' : u',');
    if (lines.isEmpty())
        return {};
    QList<Target> targets{Subject, Relation, Object, TrueObject};
    QList<Target> named;
    for (const QString& header : std::as_const(lines.first()))
        named << targetOf(header);
    if (named.contains(Subject) && named.contains(Object)) {
        targets = named;
        lines.removeFirst();
    }
    QList<PastedRow> rows;
    for (const QStringList& line : std::as_const(lines)) {
        std::array<QString, TargetCount> values;
        for (qsizetype i = 0; i < std::min(line.size(), targets.size()); ++i)
            if (targets[i] != Ignored)
                values[static_cast<std::size_t>(targets[i])] = line[i].trimmed();
        rows << PastedRow{values[Subject], values[Relation], values[Object], values[TrueObject]};
    }
    return rows;
}

} // namespace emend::ui
