// SPDX-License-Identifier: GPL-3.0-or-later
#include "panels/trial_form.h"

#include "emend/error.h"
#include "models/text_format.h"
#include "panels/panel_parts.h"

#include <QCheckBox>
#include <QGridLayout>
#include <QLineEdit>
#include <QRegularExpression>

namespace emend::ui {

namespace {

constexpr int choicesPerLine = 4;

QString fromView(std::string_view text) {
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

std::vector<std::string> ticked(const QList<QCheckBox*>& boxes) {
    std::vector<std::string> ids;
    for (const QCheckBox* box : boxes)
        if (box->isChecked())
            ids.push_back(box->text().toStdString());
    return ids;
}

std::vector<std::vector<int>> parseSets(const QString& typed) {
    std::vector<std::vector<int>> sets;
    for (const QString& part : typed.split(u';', Qt::SkipEmptyParts))
        if (const QString set = part.trimmed(); !set.isEmpty())
            sets.push_back(parse_layers(set.toStdString()));
    return sets;
}

std::vector<double> parseSoftness(const QString& typed) {
    static const QRegularExpression between(QStringLiteral("[,;\\s]+"));
    std::vector<double> values;
    for (const QString& part : typed.split(between, Qt::SkipEmptyParts)) {
        bool fine = false;
        values.push_back(part.toDouble(&fine));
        if (!fine || values.back() < 0)
            throw Error(TrialForm::tr("“%1” is no softness").arg(part).toStdString(), {},
                        TrialForm::tr("write numbers from 0 on, such as 0, 100, 15000").toStdString());
    }
    return values;
}

} // namespace

TrialForm::TrialForm(QWidget* parent)
    : QWidget(parent)
    , m_layout(new QGridLayout(this))
    , m_problem(new MutedLabel) {
    m_layout->setContentsMargins(0, 0, 0, 0);
    m_layout->setHorizontalSpacing(12);
    m_layout->setVerticalSpacing(6);
    m_layout->setColumnStretch(choicesPerLine, 1);
    QStringList ids;
    QStringList explanations;
    for (const AlgorithmInfo& row : algorithms()) {
        ids << fromView(row.id);
        explanations << fromView(row.explanation);
    }
    m_algorithms = addChoices(tr("Algorithms"), ids, explanations);
    ids.clear();
    explanations.clear();
    for (const DistributionInfo& row : distributions()) {
        if (row.takes_weights) // which ones is a matter of the recipe
            continue;
        ids << fromView(row.id);
        explanations << fromView(row.explanation);
    }
    m_distributions = addChoices(tr("Distributions"), ids, explanations);
    m_layers = addLine(tr("Layers"), "trialLayers", tr("Sets of layers with ; between them: 3-5; 4; 2,3"));
    m_softness = addLine(tr("Softness"), "trialSoftness", tr("Numbers with commas between them: 0, 100, 15000"));
    m_problem->setObjectName(QStringLiteral("trialFormProblem"));
    m_problem->setWordWrap(true);
    m_problem->setAlarm(true);
    m_problem->hide();
    m_layout->addWidget(m_problem, m_layout->rowCount(), 1, 1, choicesPerLine);
    // One click shows what the families differ in.
    for (QCheckBox* box : m_algorithms)
        box->setChecked(box->text() == u"ROME" || box->text() == u"EMMET" || box->text() == u"MEMIT");
}

QList<QCheckBox*> TrialForm::addChoices(const QString& name, const QStringList& ids, const QStringList& explanations) {
    int row = m_layout->rowCount();
    m_layout->addWidget(new QLabel(name), row, 0);
    QList<QCheckBox*> boxes;
    for (qsizetype i = 0; i < ids.size(); ++i) {
        auto* box = new QCheckBox(ids[i]);
        box->setObjectName(QStringLiteral("try_") + ids[i]);
        box->setToolTip(explanations[i]);
        box->setAccessibleDescription(explanations[i]);
        const int column = static_cast<int>(i) % choicesPerLine;
        if (i > 0 && column == 0)
            ++row;
        m_layout->addWidget(box, row, column + 1);
        connect(box, &QCheckBox::toggled, this, &TrialForm::changed);
        boxes << box;
    }
    return boxes;
}

QLineEdit* TrialForm::addLine(const QString& name, const char* object, const QString& explanation) {
    const int row = m_layout->rowCount();
    auto* line = new QLineEdit;
    line->setObjectName(QString::fromLatin1(object));
    line->setToolTip(explanation);
    line->setAccessibleName(name);
    line->setAccessibleDescription(explanation);
    auto* label = new QLabel(name);
    label->setBuddy(line);
    m_layout->addWidget(label, row, 0);
    m_layout->addWidget(line, row, 1, 1, choicesPerLine);
    connect(line, &QLineEdit::textChanged, this, &TrialForm::changed);
    return line;
}

void TrialForm::showRecipe(const Recipe& recipe) {
    m_layers->setPlaceholderText(tr("%1: %2, others: their own; or sets, 3-5; 4; 2,3", "algorithm: its layers")
                                     .arg(fromStd(recipe.algorithm), fromStd(layers_to_text(recipe.layers))));
    m_softness->setPlaceholderText(tr("each algorithm's own; or numbers, 0, 100, 15000"));
}

std::optional<RecipeGrid> TrialForm::grid() {
    RecipeGrid grid;
    try {
        grid.layers = parseSets(m_layers->text());
        grid.softness = parseSoftness(m_softness->text());
    } catch (const Error& error) {
        m_problem->setText(error.hint().empty()
                               ? fromStd(error.message())
                               : QStringLiteral("%1: %2").arg(fromStd(error.message()), fromStd(error.hint())));
        m_problem->show();
        return {};
    }
    m_problem->hide();
    grid.algorithms = ticked(m_algorithms);
    grid.distributions = ticked(m_distributions);
    return grid;
}

} // namespace emend::ui
