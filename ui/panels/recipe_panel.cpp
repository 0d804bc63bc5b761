// SPDX-License-Identifier: GPL-3.0-or-later
#include "panels/recipe_panel.h"

#include "panels/panel_parts.h"
#include "panels/preset_bar.h"
#include "panels/recipe_applies.h"
#include "panels/recipe_form.h"
#include "panels/statistics_line.h"

#include <QDragEnterEvent>
#include <QFileInfo>
#include <QMimeData>
#include <QPushButton>
#include <QScrollBar>
#include <QVBoxLayout>

namespace emend::ui {

namespace {

QString recipeFileOf(const QMimeData* data) {
    for (const QUrl& url : data->urls())
        if (QFileInfo(url.toLocalFile()).suffix().toLower() == u"json")
            return url.toLocalFile();
    return {};
}

} // namespace

RecipePanel::RecipePanel(QWidget* parent)
    : QWidget(parent)
    , m_header(new PanelHeader(tr("Recipe")))
    , m_presets(new PresetBar)
    , m_failure(new FailureLine)
    , m_empty(new EmptyState(tr("No model yet"), tr("The recipe's defaults come from the model.")))
    , m_form(new RecipeForm)
    , m_scroll(new TallPage(m_form))
    , m_statistics(new StatisticsLine)
    , m_resetAll(new QPushButton(tr("Reset all"))) {
    setAcceptDrops(true);
    m_failure->setObjectName(QStringLiteral("recipeFailure"));
    m_failure->setNarrow();
    m_statistics->setObjectName(QStringLiteral("statisticsLine"));
    m_resetAll->setObjectName(QStringLiteral("recipeResetAll"));
    m_resetAll->setProperty("quiet", true);
    m_header->addWidget(m_resetAll);

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(8, 8, 4, 8);
    layout->setSpacing(8);
    layout->addWidget(m_header);
    layout->addWidget(m_presets);
    layout->addWidget(m_failure);
    layout->addWidget(m_empty, 1);
    layout->addWidget(m_scroll, 1);
    layout->addWidget(m_statistics);
    for (QWidget* later : {static_cast<QWidget*>(m_presets), static_cast<QWidget*>(m_scroll),
                           static_cast<QWidget*>(m_statistics), static_cast<QWidget*>(m_resetAll)})
        later->hide();                                                // until there is a model
    m_header->setMinimumWidth(fontMetrics().averageCharWidth() * 36); // or what the fields need

    connect(m_resetAll, &QPushButton::clicked, this, &RecipePanel::resetAll);
    connect(m_form, &RecipeForm::recipeChanged, this, &RecipePanel::follow);
    connect(m_form, &RecipeForm::layerHovered, this, &RecipePanel::layerHovered);
    connect(m_presets, &PresetBar::defaultsChosen, m_form, &RecipeForm::resetAll);
    connect(m_presets, &PresetBar::recipeChosen, m_form, &RecipeForm::setRecipe);
    connect(m_presets, &PresetBar::failed, m_failure, &FailureLine::showFailure);
    connect(m_presets, &PresetBar::succeeded, m_failure, &FailureLine::clear);
    connect(m_statistics, &StatisticsLine::textChosen, this, [this](const QString& file) {
        m_form->change(QStringLiteral("corpus"), [&](Recipe& recipe) { recipe.corpus = file.toStdString(); });
    });
    connect(m_statistics, &StatisticsLine::statisticsChosen, this, [this](const QString& file) {
        m_form->change(QStringLiteral("statistics_file"),
                       [&](Recipe& recipe) { recipe.statistics_file = file.toStdString(); });
    });
}

const Recipe& RecipePanel::recipe() const {
    return m_form->recipe();
}

bool RecipePanel::isValid() const {
    return m_form->isValid();
}

// Hiding in ~QWidget makes the layer under the mouse say that it is left, to a panel that is none any more.
RecipePanel::~RecipePanel() {
    disconnect(m_form, nullptr, this, nullptr);
}

void RecipePanel::setModel(const ModelInfo& model) {
    m_empty->hide();
    for (QWidget* shown :
         {static_cast<QWidget*>(m_presets), static_cast<QWidget*>(m_scroll), static_cast<QWidget*>(m_statistics)})
        shown->show();
    m_failure->clear();
    m_presets->setModel(model);
    m_form->setModel(model);
}

void RecipePanel::setRecipe(const Recipe& recipe) {
    m_form->setRecipe(recipe);
}

void RecipePanel::setMergeSubjects(bool merge) {
    m_form->change(QStringLiteral("merge_subjects"), [merge](Recipe& recipe) { recipe.merge_subjects = merge; });
}

void RecipePanel::highlightLayer(int layer) {
    emit m_form->layerHighlighted(layer);
}

QString RecipePanel::fieldName(const QString& setting) const {
    const RecipeField* field = m_form->fieldFor(setting);
    return field ? field->binding().name : QString();
}

void RecipePanel::focusField(const QString& setting) {
    RecipeField* field = m_form->fieldFor(setting);
    if (!field)
        return;
    RecipeForm::focusField(*field);
    m_form->layout()->activate(); // an opened fold has its place by now
    m_scroll->ensureWidgetVisible(field);
}

std::vector<int> RecipePanel::setLayers(std::vector<int> layers) {
    if (layers.empty() || !m_form->model())
        return {};
    if (writes_one_layer(find_algorithm(m_form->recipe().algorithm)))
        layers = {layers[(layers.size() - 1) / 2]};
    m_form->change(QStringLiteral("layers"), [&](Recipe& recipe) { recipe.layers = layers; });
    return layers;
}

void RecipePanel::resetAll() {
    m_failure->clear();
    m_form->resetAll();
}

void RecipePanel::follow() {
    m_resetAll->setVisible(m_form->isChanged());
    m_presets->showRecipe(m_form->recipe(), m_form->isChanged(), m_form->isValid());
    emit recipeChanged();
}

void RecipePanel::dragEnterEvent(QDragEnterEvent* event) {
    if (!recipeFileOf(event->mimeData()).isEmpty())
        event->acceptProposedAction();
}

void RecipePanel::dropEvent(QDropEvent* event) {
    const QString file = recipeFileOf(event->mimeData());
    if (file.isEmpty())
        return;
    event->acceptProposedAction();
    m_presets->openFile(file);
}

} // namespace emend::ui
