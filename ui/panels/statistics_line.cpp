// SPDX-License-Identifier: GPL-3.0-or-later
#include "panels/statistics_line.h"

#include "emend/recipe.h"
#include "models/text_format.h"
#include "panels/panel_parts.h"

#include <QFileDialog>
#include <QFileInfo>
#include <QGridLayout>
#include <QProgressBar>
#include <QPushButton>

#include <algorithm>
#include <cmath>

namespace emend::ui {

namespace {

QString layersText(const std::vector<int>& layers) {
    const QString numbers = fromStd(layers_to_text(layers));
    return layers.size() == 1 ? StatisticsLine::tr("layer %1").arg(numbers)
                              : StatisticsLine::tr("layers %1").arg(numbers);
}

QString sourceName(const std::string& source) {
    return source.empty() ? StatisticsLine::tr("the corpus") : QFileInfo(fromStd(source)).fileName();
}

// "7.7 k tokens, condition 3.1e4, rank 212": of the layer that is worst off.
QString qualityText(const std::vector<StatisticsStatus::Layer>& layers) {
    std::int64_t tokens = -1;
    double condition = 0;
    double rank = 0;
    for (const auto& layer : layers) {
        if (!layer.present)
            continue;
        tokens = tokens < 0 ? layer.tokens : std::min(tokens, layer.tokens);
        condition = std::max(condition, layer.condition);
        if (layer.effective_rank > 0)
            rank = rank > 0 ? std::min(rank, layer.effective_rank) : layer.effective_rank;
    }
    QString text = StatisticsLine::tr("%1 tokens").arg(formatCount(std::max<std::int64_t>(tokens, 0)));
    if (condition > 0)
        text += std::isfinite(condition) ? StatisticsLine::tr(", condition %1").arg(formatNumber(condition))
                                         : StatisticsLine::tr(", singular");
    if (rank > 0)
        text += StatisticsLine::tr(", effective rank %1").arg(std::lround(rank));
    return text;
}

// A path is one long word: it may break behind its slashes, or it would widen the panel.
QString breakable(QString text) {
    return text.replace(u'/', QStringLiteral("/\u200b"));
}

} // namespace

StatisticsLine::StatisticsLine(QWidget* parent)
    : QWidget(parent)
    , m_state(new MutedLabel)
    , m_detail(new MutedLabel)
    , m_button(new QPushButton)
    , m_bar(new QProgressBar) {
    m_state->setObjectName(QStringLiteral("statisticsState"));
    m_detail->setObjectName(QStringLiteral("statisticsDetail"));
    m_detail->setWordWrap(true);
    m_button->setObjectName(QStringLiteral("statisticsButton"));
    m_bar->setObjectName(QStringLiteral("statisticsProgress"));
    m_bar->setAccessibleName(tr("Progress of the statistics"));
    m_bar->setTextVisible(false);
    m_bar->setFixedHeight(4);
    // It must never ask for more width than the panel has.
    m_state->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
    m_button->setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed);
    auto* layout = new QGridLayout(this);
    layout->setContentsMargins(0, 8, 8, 0);
    layout->setHorizontalSpacing(8);
    layout->setVerticalSpacing(4);
    layout->addWidget(sectionTitle(tr("Statistics")), 0, 0);
    layout->addWidget(m_state, 0, 1);
    layout->addWidget(m_bar, 1, 0, 1, 2);
    layout->addWidget(m_detail, 2, 0, 1, 2);
    layout->addWidget(m_button, 3, 0, 1, 2);
    layout->setColumnStretch(1, 1);
    connect(m_button, &QPushButton::clicked, this, &StatisticsLine::clicked);
    setAttribute(Qt::WA_StyledBackground); // for the line above it
    setWaiting(true);
}

void StatisticsLine::say(const QString& state, const QString& detail, bool alarm, Offer offer) {
    m_offer = offer;
    m_state->setText(state);
    m_state->setToolTip(state);
    m_detail->setAlarm(alarm);
    m_detail->setText(breakable(detail));
    m_bar->setVisible(offer == Offer::Cancel);
    m_button->setVisible(offer != Offer::Nothing);
    m_button->setEnabled(true);
    switch (offer) {
    case Offer::Nothing:
        break;
    case Offer::Collect:
        m_button->setText(tr("Collect"));
        m_button->setAccessibleName(tr("Collect the missing statistics"));
        break;
    case Offer::Retry:
        m_button->setText(tr("Try again"));
        m_button->setAccessibleName(tr("Collect the statistics again"));
        break;
    case Offer::Cancel:
        m_button->setText(tr("Cancel"));
        m_button->setAccessibleName(tr("Stop collecting statistics; what is done is kept"));
        break;
    case Offer::ChooseText:
        m_button->setText(tr("Choose a text…"));
        m_button->setAccessibleName(tr("Choose a text to collect statistics from"));
        break;
    case Offer::ChooseFile:
        m_button->setText(tr("Choose a file…"));
        m_button->setAccessibleName(tr("Choose another file of statistics"));
        break;
    }
    setAccessibleName(text());
}

QString StatisticsLine::text() const {
    return m_state->text() + u'\n' + m_detail->text();
}

// What stands in the way is the file or the text that was named, that there is none, or, for once, something else.
StatisticsLine::Offer StatisticsLine::wayOut(const StatisticsStatus& status, const Recipe& recipe) {
    if (!recipe.statistics_file.empty())
        return Offer::ChooseFile;
    return status.source.empty() || !recipe.corpus.empty() ? Offer::ChooseText : Offer::Retry;
}

void StatisticsLine::setWaiting(bool valid) {
    if (!isCollecting())
        say({}, valid ? tr("Looking for what this recipe needs…") : tr("Told once the recipe has no fault"), false,
            Offer::Nothing);
}

void StatisticsLine::setStatus(const StatisticsStatus& status, const Recipe& recipe) {
    if (isCollecting())
        return; // comes again when that is over
    std::vector<int> all;
    std::vector<int> missing;
    for (const auto& layer : status.layers) {
        all.push_back(layer.layer);
        if (!layer.present)
            missing.push_back(layer.layer);
    }
    if (!status.needed) {
        say(tr("not used"), tr("This recipe goes without them."), false, Offer::Nothing);
    } else if (!status.problem.empty()) {
        const QString hint = status.hint.empty() ? QString() : QStringLiteral(" - ") + fromStd(status.hint);
        say(tr("✗ none to be had"), fromStd(status.problem) + hint, true, wayOut(status, recipe));
    } else if (missing.empty()) {
        say(tr("✓ %1").arg(layersText(all)),
            tr("%1, from %2").arg(qualityText(status.layers), sourceName(status.source)), false, Offer::Nothing);
    } else {
        QString detail = tr("Collected before the next edit, or now: %1 tokens of %2")
                             .arg(formatCount(status.tokens_wanted), sourceName(status.source));
        if (status.seconds_estimate >= 0)
            detail += tr(", about %1").arg(formatSeconds(status.seconds_estimate));
        say(tr("○ missing for %1").arg(layersText(missing)), detail, false, Offer::Collect);
    }
    setToolTip(fromStd(status.source));
}

void StatisticsLine::setFailure(const Failure& failure) {
    if (failure.cancelled)
        say(tr("○ stopped"), tr("What was read is kept; collecting goes on from there."), false, Offer::Collect);
    else
        say(tr("✗ failed"), failure.summary(), true, Offer::Retry);
    setToolTip(failure.details());
}

void StatisticsLine::setCollecting() {
    say(tr("collecting"), tr("waits for its turn"), false, Offer::Cancel);
    m_bar->setRange(0, 0);
}

void StatisticsLine::setCollected() {
    say({}, tr("Looking at what was collected…"), false, Offer::Nothing);
}

void StatisticsLine::setProgress(const JobStatus& status) {
    if (!isCollecting())
        return;
    QStringList parts;
    for (const QString& part : {status.phase, status.detail})
        if (!part.isEmpty())
            parts << part;
    if (status.seconds_left >= 0 && status.fraction > 0)
        parts << tr("%1 left").arg(formatSeconds(status.seconds_left));
    m_detail->setText(status.stopping ? tr("stopping…") : parts.join(QStringLiteral(", ")));
    m_button->setEnabled(!status.stopping);
    m_bar->setRange(0, status.fraction < 0 ? 0 : 1000);
    m_bar->setValue(static_cast<int>(std::clamp(status.fraction, 0.0, 1.0) * 1000));
}

void StatisticsLine::clicked() {
    const auto choose = [this](const QString& title, const QString& filter) {
        return QFileDialog::getOpenFileName(window(), title, {}, filter);
    };
    switch (m_offer) {
    case Offer::Nothing:
        break;
    case Offer::Collect:
    case Offer::Retry:
        emit collectRequested();
        break;
    case Offer::Cancel:
        emit cancelRequested();
        break;
    case Offer::ChooseText:
        if (const QString file =
                choose(tr("Choose a text to collect statistics from"), tr("Texts (*.txt *.md *.jsonl);;All files (*)"));
            !file.isEmpty())
            emit textChosen(file);
        break;
    case Offer::ChooseFile:
        if (const QString file =
                choose(tr("Choose a file of statistics"), tr("Statistics (*.safetensors *.npz);;All files (*)"));
            !file.isEmpty())
            emit statisticsChosen(file);
        break;
    }
}

} // namespace emend::ui
