// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/diagnosis_model.h"

#include "models/text_format.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>

namespace emend::ui {

namespace {

struct CheckName {
    const char* id;
    const char* name;
};
constexpr CheckName check_names[] = {
    {"object-tokens", QT_TRANSLATE_NOOP("emend::ui::DiagnosisModel", "Object's tokens")},
    {"subject-tokens", QT_TRANSLATE_NOOP("emend::ui::DiagnosisModel", "Subject's tokens")},
    {"prompt-end", QT_TRANSLATE_NOOP("emend::ui::DiagnosisModel", "End of the prompt")},
    {"steps", QT_TRANSLATE_NOOP("emend::ui::DiagnosisModel", "Steps of the search")},
    {"clamp", QT_TRANSLATE_NOOP("emend::ui::DiagnosisModel", "Bound of the change")},
    {"value", QT_TRANSLATE_NOOP("emend::ui::DiagnosisModel", "The value")},
    {"key-edits", QT_TRANSLATE_NOOP("emend::ui::DiagnosisModel", "Keys of other edits")},
    {"condition", QT_TRANSLATE_NOOP("emend::ui::DiagnosisModel", "The system")},
    {"layers", QT_TRANSLATE_NOOP("emend::ui::DiagnosisModel", "What was written")},
    {"key-paraphrases", QT_TRANSLATE_NOOP("emend::ui::DiagnosisModel", "Keys of paraphrases")},
    {"key-contexts", QT_TRANSLATE_NOOP("emend::ui::DiagnosisModel", "Keys of contexts")},
    {"overruled", QT_TRANSLATE_NOOP("emend::ui::DiagnosisModel", "Later layers")},
    {"stale", QT_TRANSLATE_NOOP("emend::ui::DiagnosisModel", "Weights underneath")},
    {"undone-later", QT_TRANSLATE_NOOP("emend::ui::DiagnosisModel", "Later edits")},
};

// Sentences of the engine begin small: they also stand behind a colon.
QString sentence(const std::string& said) {
    QString text = fromStd(said);
    if (text.isEmpty())
        return text;
    text[0] = text[0].toUpper();
    if (text.back().isLetterOrNumber() || text.back() == u'%' || text.back() == u'"' || text.back() == u')')
        text += u'.';
    return text;
}

} // namespace

QString diagnosisCheckName(const std::string& check) {
    for (const CheckName& known : check_names)
        if (check == known.id)
            return DiagnosisModel::tr(known.name);
    QString text = fromStd(check).replace(u'-', u' ');
    if (!text.isEmpty())
        text[0] = text[0].toUpper();
    return text;
}

DiagnosisModel::DiagnosisModel(QObject* parent)
    : QAbstractTableModel(parent) {}

int DiagnosisModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() || !m_diagnosis ? 0 : static_cast<int>(m_diagnosis->verdicts.size());
}

int DiagnosisModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant DiagnosisModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation == Qt::Vertical || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Check:
        return tr("Link of the chain");
    case Mark:
        return tr("Verdict");
    case Finding:
        return tr("Finding");
    case Advice:
        return tr("What to change");
    default:
        return {};
    }
}

QString DiagnosisModel::text(int row, Column column) const {
    const DiagnosisVerdict& is = verdict(row);
    switch (column) {
    case Check:
        return diagnosisCheckName(is.check);
    case Mark:
        if (!is.judged)
            return tr("not judged", "verdict of a diagnosis");
        return is.ok ? tr("ok", "verdict of a diagnosis") : tr("weak", "verdict of a diagnosis");
    case Finding:
        return sentence(is.finding);
    case Advice:
        return isWeak(row) ? sentence(is.advice) : QString();
    case ColumnCount:
        break;
    }
    return {};
}

QVariant DiagnosisModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount() || index.column() >= ColumnCount)
        return {};
    if (role == Qt::DisplayRole || role == Qt::ToolTipRole)
        return text(index.row(), static_cast<Column>(index.column()));
    return {};
}

void DiagnosisModel::setDiagnosis(std::shared_ptr<const Diagnosis> diagnosis, const QString& title) {
    beginResetModel();
    m_diagnosis = std::move(diagnosis);
    m_title = title;
    endResetModel();
}

QString DiagnosisModel::summary() const {
    return m_diagnosis ? sentence(m_diagnosis->summary) : QString();
}

int DiagnosisModel::weakCount() const {
    int weak = 0;
    for (int row = 0; row < rowCount(); ++row)
        weak += isWeak(row) ? 1 : 0;
    return weak;
}

QString DiagnosisModel::toText() const {
    if (!m_diagnosis)
        return {};
    QString told = m_title + u'\n' + summary() + QStringLiteral("\n\n");
    for (int row = 0; row < rowCount(); ++row) {
        told += QStringLiteral("%1 %2 (%3): %4\n")
                    .arg(!verdict(row).judged ? QChar(0x2013) : QChar(isWeak(row) ? 0x2717 : 0x2713))
                    .arg(text(row, Check), text(row, Mark), text(row, Finding));
        if (const QString advice = text(row, Advice); !advice.isEmpty())
            told += QStringLiteral("  → %1\n").arg(advice);
    }
    return told;
}

QString DiagnosisModel::toCsv() const {
    QString csv = QStringLiteral("check,judged,ok,value,bound,finding,advice,setting\n");
    for (int row = 0; row < rowCount(); ++row) {
        const DiagnosisVerdict& is = verdict(row);
        csv += QStringList{csvCell(fromStd(is.check)),
                           is.judged ? QStringLiteral("true") : QStringLiteral("false"),
                           !is.judged ? QString()
                           : is.ok    ? QStringLiteral("true")
                                      : QStringLiteral("false"),
                           csvCell(is.value),
                           csvCell(is.bound),
                           csvCell(fromStd(is.finding)),
                           csvCell(fromStd(is.advice)),
                           csvCell(fromStd(is.setting))}
                   .join(u',') +
               u'\n';
    }
    return csv;
}

DiagnosisLayersModel::DiagnosisLayersModel(QObject* parent)
    : QAbstractTableModel(parent) {}

int DiagnosisLayersModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int DiagnosisLayersModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant DiagnosisLayersModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation == Qt::Vertical || section < 0 || section >= ColumnCount)
        return {};
    static const char* const names[] = {QT_TR_NOOP("Layer"),  QT_TR_NOOP("Wrote"), QT_TR_NOOP("Before"),
                                        QT_TR_NOOP("p(new)"), QT_TR_NOOP("After"), QT_TR_NOOP("p(new)")};
    static const char* const tips[] = {
        QT_TR_NOOP("Block of the model, from 0"),
        QT_TR_NOOP("Of the residual before the first layer was written, what this layer took away; together they "
                   "should come to 100 %"),
        QT_TR_NOOP("What this layer would answer at the prompt's last token, before the edit (logit lens)"),
        QT_TR_NOOP("Probability of the new object's first token there, before the edit"),
        QT_TR_NOOP("What this layer would answer at the prompt's last token now (logit lens)"),
        QT_TR_NOOP("Probability of the new object's first token there, now")};
    if (role == Qt::DisplayRole)
        return tr(names[section]);
    if (role == Qt::ToolTipRole)
        return tr(tips[section]);
    return {};
}

QVariant DiagnosisLayersModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const Row& is = row(index.row());
    const LensLayer* lens = index.column() == SaysBefore || index.column() == NewBefore ? is.before : is.after;
    const QString none = QStringLiteral("–");
    switch (role) {
    case Qt::DisplayRole:
        switch (index.column()) {
        case Layer:
            return QString::number(is.layer);
        case Share:
            return is.written ? QStringLiteral("%1 %").arg(std::round(100 * is.written->share)) : none;
        case SaysBefore:
        case SaysAfter:
            return lens && !lens->top.empty() ? answerText(lens->top.front().piece) : none;
        default:
            return lens ? formatProbability(lens->p_new) : none;
        }
    case Qt::ToolTipRole:
        return describe(index.row());
    case AmountRole:
        if (index.column() == Share && is.written)
            return std::clamp(is.written->share, 0.0, 1.0);
        if ((index.column() == NewBefore || index.column() == NewAfter) && lens)
            return lens->p_new;
        return {};
    case TurnedRole:
        return is.before && is.after && !is.before->top.empty() && !is.after->top.empty() &&
               is.before->top.front().piece != is.after->top.front().piece;
    default:
        return {};
    }
}

void DiagnosisLayersModel::setDiagnosis(std::shared_ptr<const Diagnosis> diagnosis) {
    beginResetModel();
    m_diagnosis = std::move(diagnosis);
    m_rows.clear();
    if (m_diagnosis) {
        std::size_t layers = std::max(m_diagnosis->lens.before.size(), m_diagnosis->lens.after.size());
        for (const DiagnosisLayer& written : m_diagnosis->layers)
            layers = std::max(layers, static_cast<std::size_t>(written.layer) + 1);
        m_rows.resize(layers);
        for (std::size_t i = 0; i < layers; ++i) {
            m_rows[i].layer = static_cast<int>(i);
            m_rows[i].before = i < m_diagnosis->lens.before.size() ? &m_diagnosis->lens.before[i] : nullptr;
            m_rows[i].after = i < m_diagnosis->lens.after.size() ? &m_diagnosis->lens.after[i] : nullptr;
        }
        for (const DiagnosisLayer& written : m_diagnosis->layers)
            m_rows[static_cast<std::size_t>(written.layer)].written = written;
    }
    endResetModel();
}

QString DiagnosisLayersModel::describe(int index) const {
    const Row& is = row(index);
    QStringList told{tr("Layer %1").arg(is.layer)};
    if (is.written)
        told << tr("wrote %1 % of the residual: |z − h| from %2 to %3")
                    .arg(std::round(100 * is.written->share))
                    .arg(formatNumber(is.written->residual), formatNumber(is.written->left));
    else
        told << tr("not written");
    const auto lens = [&](const QString& when, const LensLayer* layer) {
        QStringList likeliest;
        for (const TokenProbability& token : layer->top)
            likeliest << QStringLiteral("%1 %2").arg(answerText(token.piece), formatProbability(token.probability));
        told
            << tr("%1: %2; p(new) %3").arg(when, likeliest.join(QStringLiteral(", ")), formatProbability(layer->p_new));
    };
    if (is.before)
        lens(tr("before"), is.before);
    if (is.after)
        lens(tr("after"), is.after);
    return told.join(u'\n');
}

QString DiagnosisLayersModel::toCsv() const {
    QString csv = QStringLiteral("layer,residual,left,share,says_before,p_new_before,says_after,p_new_after\n");
    for (const Row& is : m_rows) {
        QStringList cells{QString::number(is.layer)};
        for (double DiagnosisLayer::*number :
             {&DiagnosisLayer::residual, &DiagnosisLayer::left, &DiagnosisLayer::share})
            cells << (is.written ? csvCell(*is.written.*number) : QString());
        for (const LensLayer* lens : {is.before, is.after})
            cells << (lens && !lens->top.empty() ? csvCell(fromStd(lens->top.front().piece)) : QString())
                  << (lens ? csvCell(lens->p_new) : QString());
        csv += cells.join(u',') + u'\n';
    }
    return csv;
}

} // namespace emend::ui
