// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/trials_model.h"

#include "emend/trial_order.h"
#include "models/text_format.h"

#include <QFont>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace emend::ui {

namespace {

constexpr bool isSetting(int column) {
    return column <= TrialsModel::Softness;
}

} // namespace

double TrialsModel::softnessOf(const Recipe& recipe) {
    return recipe.softness.value_or(find_algorithm(recipe.algorithm).default_softness);
}

std::optional<double> TrialsModel::share(const Scores& scores, int column) {
    switch (column) {
    case Efficacy:
        return scores.efficacy;
    case Paraphrases:
        return scores.paraphrase;
    case Neighbours:
        return scores.neighbourhood;
    case Score:
        return scores.score;
    default:
        return {};
    }
}

// Whole ones: a column has room for no more, and the description has the rest.
QString TrialsModel::percent(const std::optional<double>& value) {
    return value ? QStringLiteral("%1%2%").arg(std::round(100 * *value)).arg(QChar(QChar::Nbsp)) : QStringLiteral("–");
}

TrialsModel::TrialsModel(QObject* parent)
    : QAbstractTableModel(parent) {}

int TrialsModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : first() + static_cast<int>(m_rows.size());
}

int TrialsModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant TrialsModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation == Qt::Vertical || section < 0 || section >= ColumnCount)
        return {};
    struct Header {
        const char* name; // as short as it can be
        const char* full;
        const char* tip;
    };
    static const Header headers[] = {
        {QT_TR_NOOP("Algorithm"), QT_TR_NOOP("Algorithm"),
         QT_TR_NOOP("★ marks the best recipe so far: the one with the highest score. Of equal ones that of which more "
                    "edits hold, then the one with the smaller preservation (or |D|/|W|, without statistics)")},
        {QT_TR_NOOP("Layers"), QT_TR_NOOP("Layers"), QT_TR_NOOP("Layers the recipe chooses")},
        {QT_TR_NOOP("Share"), QT_TR_NOOP("Distribution"), QT_TR_NOOP("How the change is shared among the layers")},
        {QT_TR_NOOP("Soft."), QT_TR_NOOP("Softness"), QT_TR_NOOP("0 takes the edit exactly; more spares other facts")},
        {QT_TR_NOOP("By layer"), QT_TR_NOOP("Bars by layer"),
         QT_TR_NOOP("|D|/|W| of every layer of the model, on one scale for the whole table; the numbers are in the "
                    "copied and the exported table")},
        {QT_TR_NOOP("Held"), QT_TR_NOOP("Held"), QT_TR_NOOP("Edits whose whole new object the model would say")},
        {QT_TR_NOOP("p(new)"), QT_TR_NOOP("p(new)"),
         QT_TR_NOOP("Probability of the whole new object, mean over the edits")},
        {QT_TR_NOOP("Eff."), QT_TR_NOOP("Efficacy"),
         QT_TR_NOOP("Share of the edits' own prompts where the new object is likelier than the old one")},
        {QT_TR_NOOP("Para."), QT_TR_NOOP("Paraphrases"),
         QT_TR_NOOP("The same share of their paraphrases, other wordings of the edit")},
        {QT_TR_NOOP("Neigh."), QT_TR_NOOP("Neighbours"),
         QT_TR_NOOP("Share of prompts about others, the neighbours, where the old object is still the likelier one")},
        {QT_TR_NOOP("Score"), QT_TR_NOOP("Score"),
         QT_TR_NOOP("Harmonic mean of efficacy, paraphrases and neighbours; only where all three could be asked")},
        {QT_TR_NOOP("|D|/|W|"), QT_TR_NOOP("|D|/|W|"),
         QT_TR_NOOP("Largest |D|/|W| of any layer: how far the recipe moves the model; less is better")},
        {QT_TR_NOOP("Preserv."), QT_TR_NOOP("Preservation"),
         QT_TR_NOOP("Mean |D k|² over ordinary text, summed over the layers: what else is disturbed; less is better")},
        {QT_TR_NOOP("Memor."), QT_TR_NOOP("Memorization error"),
         QT_TR_NOOP("|R − D K|², what was asked for and not taken, summed over the layers: 0 is exact")},
        {QT_TR_NOOP("Time"), QT_TR_NOOP("Time"),
         QT_TR_NOOP("What it took; a value that was searched before is not searched again")}};
    static_assert(std::size(headers) == ColumnCount);
    if (role == Qt::DisplayRole)
        return tr(headers[section].name);
    if (role == Qt::AccessibleTextRole)
        return tr(headers[section].full);
    if (role == Qt::ToolTipRole)
        return QStringLiteral("%1: %2").arg(tr(headers[section].full), tr(headers[section].tip));
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
        return tr("%1/%2", "edits that hold, edits tried").arg(result.held).arg(m_edits);
    case PNew:
        return percent(result.p_new);
    case RelativeNorm:
        return formatProbability(result.relative_norm);
    case Preservation:
        return formatNumber(result.preservation);
    case Memorization:
        return formatNumber(result.memorization);
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
    if (isUnedited(index.row()))
        return uneditedData(column, role);
    const State is = state(index.row());
    const TrialRow* came = result(index.row());
    switch (role) {
    case Qt::DisplayRole:
        if (column == Algorithm && index.row() == best())
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
        if (index.row() == best()) {
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
        return index.row() == best();
    case BarsRole:
        return column == Norms && is == State::Done ? QVariant::fromValue(bars(*came)) : QVariant();
    default:
        return {};
    }
}

// What the scores are where nothing is edited: what every recipe is measured against.
QVariant TrialsModel::uneditedData(int column, int role) const {
    switch (role) {
    case Qt::DisplayRole:
        if (column == Algorithm)
            return tr("no edit");
        return column >= Efficacy && column <= Score ? percent(share(*m_unedited, column)) : QString();
    case Qt::ToolTipRole:
    case Qt::AccessibleDescriptionRole:
        return describe(0);
    case Qt::TextAlignmentRole:
        return headerData(column, Qt::Horizontal, role);
    case Qt::FontRole: {
        QFont font;
        font.setItalic(true);
        return font;
    }
    case AmountRole: {
        const auto known = share(*m_unedited, column);
        return known ? QVariant(*known) : QVariant();
    }
    case StateRole:
        return static_cast<int>(State::Unedited);
    case BestRole:
        return false;
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
    case Memorization:
        key = came.memorization;
        break;
    case PNew:
        key = came.p_new;
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
    if (column == PNew)
        return result(row)->p_new;
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

void TrialsModel::start(const GridRecipes& grid, int layers, std::size_t edits) {
    beginResetModel();
    m_rows.clear();
    m_unedited.reset();
    m_skipped = grid.skipped;
    for (const Recipe& recipe : grid.recipes)
        m_rows.push_back({recipe, nullptr});
    m_done = 0;
    m_layers = layers;
    m_edits = edits;
    m_best = -1;
    m_largestNorm = 0;
    endResetModel();
}

void TrialsModel::setUnedited(const Scores& scores) {
    if (m_unedited || m_rows.empty())
        return;
    beginInsertRows({}, 0, 0);
    m_unedited = scores;
    endInsertRows();
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
    if (m_done == 0)
        return start({}, 0, 0); // nothing to measure against either
    beginRemoveRows({}, first() + static_cast<int>(m_done), rowCount() - 1);
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
    if (isUnedited(row))
        return State::Unedited;
    if (const TrialRow* came = result(row))
        return came->problem.empty() ? State::Done : State::Failed;
    return row - first() == static_cast<int>(m_done) ? State::Running : State::Waiting;
}

const Recipe& TrialsModel::shown(int row) const {
    const Row& of = tried(row);
    return of.result ? of.result->recipe : of.recipe;
}

int TrialsModel::count(State wanted) const {
    int found = 0;
    for (int row = 0; row < rowCount(); ++row)
        found += state(row) == wanted ? 1 : 0;
    return found;
}

TrialsSorted::TrialsSorted(TrialsModel& model, QObject* parent)
    : QSortFilterProxyModel(parent) {
    setSourceModel(&model);
    setSortRole(TrialsModel::SortRole);
    setDynamicSortFilter(true);
}

bool TrialsSorted::lessThan(const QModelIndex& left, const QModelIndex& right) const {
    // What all are measured against stays on top.
    const int unedited = static_cast<int>(TrialsModel::State::Unedited);
    for (const bool first : {true, false})
        if ((first ? left : right).data(TrialsModel::StateRole).toInt() == unedited)
            return first == (sortOrder() == Qt::AscendingOrder);
    const QVariant a = left.data(TrialsModel::SortRole);
    const QVariant b = right.data(TrialsModel::SortRole);
    if (a.isValid() != b.isValid())
        return a.isValid() == (sortOrder() == Qt::AscendingOrder);
    return QSortFilterProxyModel::lessThan(left, right);
}

} // namespace emend::ui
