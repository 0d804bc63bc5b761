// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/trials_model.h"

#include "emend/trial_order.h"
#include "models/text_format.h"

#include <QFont>

#include <algorithm>
#include <cmath>

namespace emend::ui {

namespace {

double softnessOf(const Recipe& recipe) {
    return recipe.softness.value_or(find_algorithm(recipe.algorithm).default_softness);
}

std::optional<double> share(const Scores& scores, int column) {
    switch (column) {
    case TrialsModel::Efficacy:
        return scores.efficacy;
    case TrialsModel::Paraphrases:
        return scores.paraphrase;
    case TrialsModel::Neighbours:
        return scores.neighbourhood;
    case TrialsModel::Score:
        return scores.score;
    default:
        return {};
    }
}

QString percent(const std::optional<double>& value) {
    return value ? QStringLiteral("%1%2%").arg(std::round(100 * *value)).arg(QChar(QChar::Nbsp)) : QStringLiteral("–");
}

QString sentence(const std::string& what, const std::string& hint) {
    return hint.empty() ? fromStd(what) : QStringLiteral("%1: %2").arg(fromStd(what), fromStd(hint));
}

constexpr bool isSetting(int column) {
    return column <= TrialsModel::Softness;
}

} // namespace

TrialsModel::TrialsModel(QObject* parent)
    : QAbstractTableModel(parent) {}

int TrialsModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int TrialsModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant TrialsModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation == Qt::Vertical || section < 0 || section >= ColumnCount)
        return {};
    static const char* const names[] = {QT_TR_NOOP("Algorithm"), QT_TR_NOOP("Layers"),   QT_TR_NOOP("Distribution"),
                                        QT_TR_NOOP("Softness"),  QT_TR_NOOP("By layer"), QT_TR_NOOP("Held"),
                                        QT_TR_NOOP("Efficacy"),  QT_TR_NOOP("Paraphr."), QT_TR_NOOP("Neighb."),
                                        QT_TR_NOOP("Score"),     QT_TR_NOOP("|D|/|W|"),  QT_TR_NOOP("Preservation"),
                                        QT_TR_NOOP("Time")};
    static const char* const tips[] = {
        QT_TR_NOOP("★ marks the best recipe so far"),
        QT_TR_NOOP("Layers the recipe chooses"),
        QT_TR_NOOP("How the change is shared among the layers"),
        QT_TR_NOOP("0 takes the edit exactly; more spares other facts"),
        QT_TR_NOOP("|D|/|W| of every layer of the model, on one scale for the whole table"),
        QT_TR_NOOP("Edits whose whole new object the model would say"),
        QT_TR_NOOP("Share of the edits' own prompts where the new object is likelier than the old one"),
        QT_TR_NOOP("The same share of their paraphrases, other wordings of the edit"),
        QT_TR_NOOP("Share of prompts about others, the neighbours, where the old object is still the likelier one"),
        QT_TR_NOOP("Harmonic mean of all three; only where all three could be asked"),
        QT_TR_NOOP("Largest |D|/|W| of any layer: how far the recipe moves the model; less is better"),
        QT_TR_NOOP("Mean |D k|² over ordinary text, summed over the layers: what else is disturbed; less is better"),
        QT_TR_NOOP("What it took; a value that was searched before is not searched again")};
    if (role == Qt::DisplayRole)
        return tr(names[section]);
    if (role == Qt::ToolTipRole)
        return tr(tips[section]);
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue((section > Distribution && section != Norms ? Qt::AlignRight : Qt::AlignLeft) |
                                   Qt::AlignVCenter);
    return {};
}

QString TrialsModel::recipeText(const Recipe& recipe, int column) const {
    switch (column) {
    case Algorithm:
        return fromStd(recipe.algorithm);
    case Layers:
        return fromStd(layers_to_text(recipe.layers));
    case Distribution:
        return fromStd(recipe.distribution);
    default:
        return find_algorithm(recipe.algorithm).fine_tunes ? QStringLiteral("–") : formatSetting(softnessOf(recipe));
    }
}

QString TrialsModel::display(const TrialRow& result, int column) const {
    switch (column) {
    case Held:
        return tr("%1 of %2", "edits that hold, edits tried").arg(result.held).arg(m_edits);
    case RelativeNorm:
        return formatProbability(result.relative_norm);
    case Preservation:
        return formatNumber(result.preservation);
    case Seconds:
        return formatDuration(result.seconds);
    case Norms:
        return {};
    default:
        return percent(share(result.scores, column));
    }
}

QVariant TrialsModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const int column = index.column();
    const State is = state(index.row());
    const TrialRow* came = result(index.row());
    switch (role) {
    case Qt::DisplayRole:
        if (column == Algorithm && index.row() == m_best)
            return QStringLiteral("★ ") + recipeText(shown(index.row()), column);
        if (isSetting(column))
            return recipeText(shown(index.row()), column);
        if (is == State::Done)
            return display(*came, column);
        if (column != Held)
            return {};
        return is == State::Failed ? tr("✗ failed") : is == State::Running ? tr("running …") : tr("waits");
    case Qt::ToolTipRole:
    case Qt::AccessibleDescriptionRole:
        return describe(index.row());
    case Qt::TextAlignmentRole:
        return headerData(column, Qt::Horizontal, role);
    case Qt::FontRole:
        if (index.row() == m_best) {
            QFont font;
            font.setWeight(QFont::DemiBold);
            return font;
        }
        return {};
    case SortRole:
        return sortKey(index.row(), column);
    case AmountRole:
        return amount(index.row(), column);
    case StateRole:
        return static_cast<int>(is);
    case BestRole:
        return index.row() == m_best;
    case BarsRole:
        return column == Norms && is == State::Done ? QVariant::fromValue(bars(*came)) : QVariant();
    default:
        return {};
    }
}

QVariant TrialsModel::sortKey(int row, int column) const {
    const Recipe& of = shown(row);
    if (column == Softness)
        return softnessOf(of);
    if (column == Layers) // 4 before 10, and one layer before several that begin with it
        return of.layers.empty() ? 0.0 : of.layers.front() + 1e-3 * static_cast<double>(of.layers.size());
    if (isSetting(column))
        return recipeText(of, column);
    if (state(row) != State::Done)
        return {};
    const TrialRow& came = *result(row);
    double key = 0;
    switch (column) {
    case Held:
        key = static_cast<double>(came.held);
        break;
    case RelativeNorm:
    case Norms:
        key = came.relative_norm;
        break;
    case Preservation:
        key = came.preservation;
        break;
    case Seconds:
        key = came.seconds;
        break;
    default:
        if (const auto known = share(came.scores, column))
            return *known;
        return {};
    }
    return std::isfinite(key) ? QVariant(key) : QVariant();
}

QVariant TrialsModel::amount(int row, int column) const {
    if (state(row) != State::Done)
        return {};
    if (column == Held && m_edits > 0)
        return static_cast<double>(result(row)->held) / static_cast<double>(m_edits);
    const auto known = share(result(row)->scores, column);
    return known ? QVariant(*known) : QVariant();
}

QList<double> TrialsModel::bars(const TrialRow& came) const {
    QList<double> heights(m_layers, 0.0);
    for (const LayerReport& layer : came.layers)
        if (layer.layer >= 0 && layer.layer < m_layers && m_largestNorm > 0)
            heights[layer.layer] = layer.relative_norm / m_largestNorm;
    return heights;
}

void TrialsModel::start(const std::vector<Recipe>& recipes, int layers, std::size_t edits) {
    beginResetModel();
    m_rows.clear();
    for (const Recipe& recipe : recipes)
        m_rows.push_back({recipe, nullptr});
    m_done = 0;
    m_layers = layers;
    m_edits = edits;
    m_best = -1;
    m_largestNorm = 0;
    endResetModel();
}

void TrialsModel::add(std::shared_ptr<const TrialRow> row) {
    if (m_done >= m_rows.size())
        return;
    if (row->problem.empty()) {
        for (const LayerReport& layer : row->layers)
            m_largestNorm = std::max(m_largestNorm, layer.relative_norm);
    }
    m_rows[m_done++].result = std::move(row);
    m_best = findBest();
    // The scale of the bars and the mark of the best may have changed everywhere.
    emit dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
}

void TrialsModel::finish() {
    if (m_done == m_rows.size())
        return;
    beginRemoveRows({}, static_cast<int>(m_done), rowCount() - 1);
    m_rows.resize(m_done);
    endRemoveRows();
}

int TrialsModel::findBest() const {
    std::vector<TrialRow> done;
    for (std::size_t i = 0; i < m_done; ++i)
        done.push_back(*m_rows[i].result);
    for (const std::size_t i : best_first(done))
        if (done[i].problem.empty() && done[i].held > 0)
            return static_cast<int>(i);
    return -1;
}

TrialsModel::State TrialsModel::state(int row) const {
    const auto at = static_cast<std::size_t>(row);
    if (const TrialRow* came = m_rows[at].result.get())
        return came->problem.empty() ? State::Done : State::Failed;
    return at == m_done ? State::Running : State::Waiting;
}

const Recipe& TrialsModel::shown(int row) const {
    const Row& of = m_rows[static_cast<std::size_t>(row)];
    return of.result ? of.result->recipe : of.recipe;
}

int TrialsModel::count(State wanted) const {
    int found = 0;
    for (int row = 0; row < rowCount(); ++row)
        found += state(row) == wanted ? 1 : 0;
    return found;
}

QString TrialsModel::describe(int row) const {
    const Recipe& of = shown(row);
    QStringList told{recipeText(of, Algorithm), tr("layers %1").arg(recipeText(of, Layers)),
                     recipeText(of, Distribution)};
    if (!find_algorithm(of.algorithm).fine_tunes)
        told << tr("softness %1").arg(recipeText(of, Softness));
    QString text = told.join(QStringLiteral(", "));
    switch (state(row)) {
    case State::Waiting:
        return tr("%1: waits").arg(text);
    case State::Running:
        return tr("%1: running").arg(text);
    case State::Failed:
        return tr("%1: failed, %2").arg(text, sentence(result(row)->problem, result(row)->hint));
    case State::Done:
        break;
    }
    const TrialRow& came = *result(row);
    if (row == m_best)
        text = tr("%1: the best so far").arg(text);
    QStringList layers;
    for (const LayerReport& layer : came.layers)
        layers << tr("layer %1 %2").arg(layer.layer).arg(formatProbability(layer.relative_norm));
    return text + u'\n' +
           tr("%1 edits held; efficacy %2, paraphrases %3, neighbours %4, score %5")
               .arg(display(came, Held), display(came, Efficacy), display(came, Paraphrases), display(came, Neighbours),
                    display(came, Score)) +
           u'\n' +
           tr("|D|/|W|: %1; preservation %2, memorization error %3; %4")
               .arg(layers.join(QStringLiteral(", ")), display(came, Preservation), formatNumber(came.memorization),
                    display(came, Seconds));
}

QString TrialsModel::summary() const {
    QStringList told;
    if (m_best >= 0)
        told << tr("★ Best so far: %1").arg(describe(m_best).section(u'\n', 0, 0).section(u':', 0, 0));
    else if (count(State::Done) > 0)
        told << tr("No recipe made an edit hold.");
    QStringList reasons;
    for (int row = 0; row < rowCount(); ++row)
        if (state(row) == State::Failed)
            reasons << QStringLiteral("%1 - %2").arg(recipeText(shown(row), Algorithm), fromStd(result(row)->problem));
    reasons.removeDuplicates();
    if (!reasons.isEmpty())
        told << tr("✗ Failed: %1").arg(reasons.join(QStringLiteral("; ")));
    return told.join(u'\n');
}

QString TrialsModel::toCsv() const {
    QString csv =
        QStringLiteral("algorithm,layers,distribution,softness,held,edits,efficacy,paraphrases,neighbours,"
                       "score,relative_norm,preservation,memorization,seconds,relative_norm_by_layer,problem\n");
    for (int row = 0; row < rowCount(); ++row) {
        const Recipe& of = shown(row);
        QStringList cells{recipeText(of, Algorithm), csvCell(recipeText(of, Layers)), recipeText(of, Distribution),
                          csvCell(softnessOf(of))};
        const TrialRow* came = result(row);
        if (state(row) == State::Done) {
            cells << QString::number(came->held) << QString::number(m_edits);
            for (const int column : {Efficacy, Paraphrases, Neighbours, Score}) {
                const auto known = share(came->scores, column);
                cells << (known ? csvCell(*known) : QString());
            }
            QStringList layers;
            for (const LayerReport& layer : came->layers)
                layers << QStringLiteral("%1:%2").arg(layer.layer).arg(csvCell(layer.relative_norm));
            cells << csvCell(came->relative_norm) << csvCell(came->preservation) << csvCell(came->memorization)
                  << csvCell(came->seconds) << layers.join(u' ') << QString();
        } else {
            for (int empty = 0; empty < 11; ++empty)
                cells << QString();
            cells << (came ? csvCell(fromStd(came->problem)) : QString());
        }
        csv += cells.join(u',') + u'\n';
    }
    return csv;
}

TrialsSorted::TrialsSorted(TrialsModel& model, QObject* parent)
    : QSortFilterProxyModel(parent) {
    setSourceModel(&model);
    setSortRole(TrialsModel::SortRole);
    setDynamicSortFilter(true);
}

bool TrialsSorted::lessThan(const QModelIndex& left, const QModelIndex& right) const {
    const QVariant a = left.data(TrialsModel::SortRole);
    const QVariant b = right.data(TrialsModel::SortRole);
    if (a.isValid() != b.isValid())
        return a.isValid() == (sortOrder() == Qt::AscendingOrder);
    return QSortFilterProxyModel::lessThan(left, right);
}

} // namespace emend::ui
