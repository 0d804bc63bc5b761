// SPDX-License-Identifier: GPL-3.0-or-later
// The table as Qt sees it; how rows change their state is in edits_model_states.cpp.
#include "models/edits_model.h"

#include "models/edit_validation.h"
#include "models/text_format.h"
#include "models/verdict.h"

#include <algorithm>

namespace emend::ui {

namespace {

int columnOf(EditField field) {
    switch (field) {
    case EditField::subject:
        return EditsModel::Subject;
    case EditField::prompt:
        return EditsModel::RelationColumn;
    case EditField::object:
        return EditsModel::Object;
    case EditField::none:
        break;
    }
    return EditsModel::State;
}

std::string trimmed(const QVariant& value) {
    return value.toString().simplified().toStdString();
}

} // namespace

EditsModel::EditsModel(QObject* parent)
    : QAbstractTableModel(parent) {}

int EditsModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int EditsModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant EditsModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation == Qt::Vertical)
        return role == Qt::DisplayRole ? QVariant(section + 1) : QVariant();
    static const char* const names[] = {QT_TR_NOOP("Subject"), QT_TR_NOOP("Relation"), QT_TR_NOOP("New object"),
                                        QT_TR_NOOP("Now"),     QT_TR_NOOP("p"),        QT_TR_NOOP("State")};
    static const char* const tips[] = {
        QT_TR_NOOP("What the fact is about"),
        QT_TR_NOOP("A relation of the library, or a prompt with {} where the subject goes"),
        QT_TR_NOOP("What the model should answer"),
        QT_TR_NOOP("What the model answers now"),
        QT_TR_NOOP("How sure the model is of its present answer; of the whole object where it says it"),
        QT_TR_NOOP("Draft, applied, applied but not held, undone or failed")};
    if (section < 0 || section >= ColumnCount)
        return {};
    if (role == Qt::DisplayRole)
        return tr(names[section]);
    if (role == Qt::ToolTipRole || role == Qt::AccessibleDescriptionRole)
        return tr(tips[section]);
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue(Qt::AlignVCenter | (section == Probability ? Qt::AlignRight : Qt::AlignLeft));
    return {};
}

Qt::ItemFlags EditsModel::flags(const QModelIndex& index) const {
    Qt::ItemFlags flags = QAbstractTableModel::flags(index);
    if (index.isValid() && index.column() <= Object && !row(index.row()).isFixed())
        flags |= Qt::ItemIsEditable;
    return flags;
}

QVariant EditsModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const EditRow& row = this->row(index.row());
    switch (role) {
    case Qt::DisplayRole:
        return display(row, index.column());
    case Qt::EditRole:
        if (index.column() == RelationColumn)
            return fromStd(row.request.prompt);
        return display(row, index.column());
    case Qt::ToolTipRole:
        return toolTip(index.row(), index.column());
    case Qt::AccessibleTextRole: {
        const QString problem = problemAt(index.row(), index.column());
        const QString text = display(row, index.column()).toString();
        if (const QString rival = conflictText(row); !rival.isEmpty() && index.column() == Subject)
            return tr("%1, in the way: %2").arg(text, rival);
        return problem.isEmpty() ? text : tr("%1, wrong: %2").arg(text, problem);
    }
    case Qt::TextAlignmentRole:
        return QVariant::fromValue(Qt::AlignVCenter | (index.column() == Probability ? Qt::AlignRight : Qt::AlignLeft));
    case ConflictRole:
        return index.column() == Subject ? conflictText(row) : QString();
    case ProblemRole:
        return problemAt(index.row(), index.column());
    case PlaceholderRole:
        switch (index.column()) {
        case Subject:
            return tr("subject");
        case RelationColumn:
            return tr("relation");
        case Object:
            return tr("new object");
        default:
            return {};
        }
    case ProbabilityRole:
        if (row.answer && !row.answer->present.top.empty())
            return certaintyOf(row.answer->present);
        return {};
    case StateRole:
        return static_cast<int>(row.state);
    case NotHeldRole:
        return row.isNotHeld();
    case RowIdRole:
        return row.id;
    case PendingRole:
        return !row.checked && !validateRequest(row.request);
    default:
        return {};
    }
}

QVariant EditsModel::display(const EditRow& row, int column) const {
    const bool answered = row.answer && !row.answer->present.top.empty();
    switch (column) {
    case Subject:
        return fromStd(row.request.subject);
    case RelationColumn:
        return fromStd(row.request.prompt);
    case Object:
        return fromStd(row.request.object);
    case Answer:
        return answered ? answerOf(row.answer->present, fromStd(row.request.object)) : QString();
    case Probability:
        return answered ? formatProbability(certaintyOf(row.answer->present)) : QString();
    case State:
        return stateText(row);
    default:
        return {};
    }
}

QString EditsModel::stateText(const EditRow& row) const {
    switch (row.state) {
    case EditState::Draft:
        return tr("Draft");
    case EditState::Applying:
        return tr("Applying");
    case EditState::Applied:
        return row.isNotHeld() ? tr("Not held") : tr("Applied");
    case EditState::Undone:
        return tr("Undone");
    case EditState::Failed:
        return tr("Failed: %1").arg(row.reason);
    }
    return {};
}

QString EditsModel::problemAt(int row, int column) const {
    const std::optional<EditProblem> found = problem(row);
    return found && columnOf(found->field) == column ? fromStd(found->what) : QString();
}

QVariant EditsModel::toolTip(int row, int column) const {
    const EditRow& entry = this->row(row);
    if (column == State && entry.state == EditState::Failed)
        return entry.hint.isEmpty() ? entry.reason : entry.reason + u'\n' + entry.hint;
    if (column == State && entry.isNotHeld())
        return notHeldText(fromStd(entry.request.object), entry.pNew, entry.stale);
    if (const auto found = problem(row); found && columnOf(found->field) == column)
        return fromStd(found->what) + u'\n' + fromStd(found->hint);
    if (column == Subject && (entry.rival != 0 || !entry.note.isEmpty())) {
        QStringList lines{fromStd(entry.request.subject)};
        if (entry.rival != 0)
            lines << conflictText(entry);
        if (!entry.note.isEmpty())
            lines << tr("Note: %1").arg(entry.note);
        return lines.join(u'\n');
    }
    if (column == Answer && entry.answer) {
        QStringList lines;
        for (const TokenProbability& token : entry.answer->present.top)
            lines << QStringLiteral("%1  %2").arg(visiblePiece(token.piece), formatProbability(token.probability));
        lines << tr("p(new) of the whole object: %1").arg(formatProbability(entry.answer->present.p_new));
        return lines.join(u'\n');
    }
    return display(entry, column);
}

bool EditsModel::setData(const QModelIndex& index, const QVariant& value, int role) {
    if (role != Qt::EditRole || !index.isValid() || !(flags(index) & Qt::ItemIsEditable))
        return false;
    EditRow& row = m_rows[static_cast<std::size_t>(index.row())];
    const EditRow old = row;
    const std::string text = trimmed(value);
    if (index.column() == Subject)
        setSubject(row, text);
    else if (index.column() == RelationColumn)
        setRelation(row, text);
    else
        row.request.object = text;
    const auto same = [](const EditRequest& a, const EditRequest& b) {
        return a.subject == b.subject && a.prompt == b.prompt && a.object == b.object && a.relation == b.relation;
    };
    if (same(row.request, old.request)) // as before: not an edit
        return true;
    if (index.column() != Object) {
        // Another fact: what was known about the old one does not hold for it.
        row.request.true_object.reset();
        row.request.neighbours.clear();
        std::erase_if(row.request.paraphrases, // sentences about the old subject
                      [](const std::string& prompt) { return prompt.find("{}") == std::string::npos; });
        row.answer.reset();
    }
    touch(row);
    changed(index.row());
    noteConflicts();
    emit checksNeeded();
    return true;
}

void EditsModel::touch(EditRow& row) {
    ++row.revision;
    row.checked = false;
    row.state = EditState::Draft;
    row.batch.reset();
    row.reason.clear();
    row.hint.clear();
    row.said.reset();
}

void EditsModel::setSubject(EditRow& row, std::string subject) const {
    const bool withThe = subject.starts_with("the ") || subject.starts_with("The ");
    const Relation* relation = m_library ? m_library->find(row.request.relation) : nullptr;
    if (withThe && relation) {
        subject.erase(0, 4);
        row.article = true;
    } else if (row.request.subject != subject) {
        row.article = subject_takes_article(subject);
    }
    row.request.subject = std::move(subject);
    if (relation)
        m_library->fill(row.request, relation->id, row.article);
}

void EditsModel::setRelation(EditRow& row, const std::string& text) const {
    if (text == row.request.prompt)
        return;
    if (const Relation* relation = relationFrom(text)) {
        m_library->fill(row.request, relation->id, row.article);
        return;
    }
    row.request.relation.clear();
    row.request.paraphrases.clear();
    row.request.prompt = promptFromSentence(text, row.request.subject);
}

const Relation* EditsModel::relationFrom(const std::string& text) const {
    if (!m_library)
        return nullptr;
    for (const Relation& relation : m_library->relations())
        if (relation.id == text || relation.name == text || relation.prompt == text)
            return &relation;
    return nullptr;
}

void EditsModel::setLibrary(std::shared_ptr<const RelationLibrary> library) {
    m_library = std::move(library);
}

QStringList EditsModel::objectsFor(int index) const {
    QStringList objects;
    if (const Relation* relation = m_library ? m_library->find(row(index).request.relation) : nullptr)
        for (const std::string& object : relation->objects)
            objects << fromStd(object);
    return objects;
}

int EditsModel::indexOf(quint64 id) const {
    const auto found = std::find_if(m_rows.begin(), m_rows.end(), [id](const EditRow& row) { return row.id == id; });
    return found == m_rows.end() ? -1 : static_cast<int>(found - m_rows.begin());
}

void EditsModel::changed(int row) {
    emit dataChanged(index(row, 0), index(row, ColumnCount - 1));
}

} // namespace emend::ui
