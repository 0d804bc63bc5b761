// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/export_dialog.h"

#include "models/text_format.h"
#include "panels/panel_parts.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QDir>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRadioButton>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QStyle>
#include <QVBoxLayout>

#include <algorithm>
#include <chrono>

namespace emend::ui {

using namespace std::chrono_literals;

namespace {

struct KindText {
    ExportKind kind;
    const char* name; // object name
    const char* title;
    const char* told;
};

constexpr KindText kindTexts[] = {
    {ExportKind::Folder, "exportFolder", QT_TRANSLATE_NOOP("emend::ui::ExportDialog", "&Model folder"),
     QT_TRANSLATE_NOOP("emend::ui::ExportDialog",
                       "The whole edited model, as a Hugging Face folder that anything can open.")},
    {ExportKind::Delta, "exportDelta", QT_TRANSLATE_NOOP("emend::ui::ExportDialog", "&Delta"),
     QT_TRANSLATE_NOOP("emend::ui::ExportDialog",
                       "The change alone, exact and small; Emend or a few lines of Python apply it.")},
    {ExportKind::Lora, "exportLora", QT_TRANSLATE_NOOP("emend::ui::ExportDialog", "&LoRA adapter"),
     QT_TRANSLATE_NOOP("emend::ui::ExportDialog", "The change as an adapter for PEFT, vLLM and converters.")},
    {ExportKind::Report, "exportReport", QT_TRANSLATE_NOOP("emend::ui::ExportDialog", "Rep&ort"),
     QT_TRANSLATE_NOOP("emend::ui::ExportDialog", "A page for people, or its numbers for programs and spreadsheets.")},
};
static_assert(std::size(kindTexts) == exportKinds);

struct ReportText {
    ReportFormat format;
    const char* suffix;
    const char* text;
};

constexpr ReportText reportTexts[] = {
    {ReportFormat::html, "html", QT_TRANSLATE_NOOP("emend::ui::ExportDialog", "Page (.html)")},
    {ReportFormat::markdown, "md", QT_TRANSLATE_NOOP("emend::ui::ExportDialog", "Markdown (.md)")},
    {ReportFormat::json, "json", QT_TRANSLATE_NOOP("emend::ui::ExportDialog", "All numbers (.json)")},
    {ReportFormat::csv_edits, "csv", QT_TRANSLATE_NOOP("emend::ui::ExportDialog", "Edits as a table (.csv)")},
    {ReportFormat::csv_layers, "csv", QT_TRANSLATE_NOOP("emend::ui::ExportDialog", "Layers as a table (.csv)")},
};
constexpr int asNow = -1;

} // namespace

ExportDialog::ExportDialog(Exporting& exporting, Browse browse, QWidget* parent)
    : QDialog(parent)
    , m_exporting(exporting)
    , m_browse(std::move(browse))
    , m_kind(exporting.lastKind())
    , m_path(new QLineEdit)
    , m_stateLine(new QWidget)
    , m_state(new QComboBox)
    , m_reportLine(new QWidget)
    , m_report(new QComboBox)
    , m_rankLine(new QWidget)
    , m_rank(new QSpinBox)
    , m_rankText(new MutedLabel)
    , m_verify(new QCheckBox(tr("&Verify: read back and compare with the model here")))
    , m_replace(new QCheckBox(tr("Re&place what is there, once the new one is whole")))
    , m_estimate(new MutedLabel)
    , m_warnings(new MutedLabel)
    , m_problem(new FailureLine)
    , m_buttons(new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel)) {
    setObjectName(QStringLiteral("exportDialog"));
    setWindowTitle(tr("Export"));
    m_path->setObjectName(QStringLiteral("exportPath"));
    m_state->setObjectName(QStringLiteral("exportState"));
    m_report->setObjectName(QStringLiteral("exportReportFormat"));
    m_rank->setObjectName(QStringLiteral("exportRank"));
    m_rankText->setObjectName(QStringLiteral("exportRankText"));
    m_verify->setObjectName(QStringLiteral("exportVerify"));
    m_replace->setObjectName(QStringLiteral("exportReplace"));
    m_estimate->setObjectName(QStringLiteral("exportEstimate"));
    m_warnings->setObjectName(QStringLiteral("exportWarnings"));
    m_problem->setObjectName(QStringLiteral("exportProblem"));
    for (const KindText& text : kindTexts)
        m_paths[static_cast<std::size_t>(text.kind)] = exporting.suggestedPath(text.kind);
    m_verify->setChecked(true);
    m_warnings->setWordWrap(true);
    m_estimate->setWordWrap(true);
    m_buttons->button(QDialogButtonBox::Ok)->setText(tr("&Export"));

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(16, 16, 16, 16);
    layout->setSpacing(4);
    buildKinds(layout);
    layout->addSpacing(12);
    buildState(layout);
    buildReport(layout);
    buildPlace(layout);
    buildRank(layout);
    layout->addWidget(m_verify);
    layout->addWidget(m_replace);
    layout->addSpacing(8);
    layout->addWidget(m_estimate);
    layout->addWidget(m_warnings);
    layout->addWidget(m_problem);
    layout->addStretch(1);
    layout->addSpacing(8);
    layout->addWidget(m_buttons);
    setMinimumWidth(fontMetrics().averageCharWidth() * 88);

    m_askTimer.setSingleShot(true);
    m_askTimer.setParent(this); // found by whoever will not wait
    m_askTimer.setInterval(200ms);
    connect(&m_askTimer, &QTimer::timeout, this, [this] { m_exporting.plan(choice()); });
    connect(m_path, &QLineEdit::textChanged, this, &ExportDialog::followName);
    connect(m_path, &QLineEdit::textChanged, this, &ExportDialog::ask);
    connect(m_state, &QComboBox::currentIndexChanged, this, &ExportDialog::ask);
    connect(m_report, &QComboBox::activated, this, &ExportDialog::nameReport);
    connect(m_rank, &QSpinBox::valueChanged, this, &ExportDialog::ask);
    connect(m_verify, &QCheckBox::toggled, this, &ExportDialog::ask);
    connect(m_replace, &QCheckBox::toggled, this, &ExportDialog::ask);
    connect(&exporting, &Exporting::weightsChanged, this, [this] {
        listStates();
        ask();
    });
    connect(&exporting, &Exporting::planned, this,
            [this](const std::shared_ptr<const ExportPlan>& plan) { showPlan(*plan); });
    connect(&exporting, &Exporting::planFailed, this, [this](const Failure& failure) {
        m_estimate->clear();
        m_problem->showFailure(failure);
    });
    connect(m_buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(m_buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    setKind(m_kind);
    m_kinds[static_cast<std::size_t>(m_kind)]->setFocus();
}

void ExportDialog::buildKinds(QBoxLayout* layout) {
    for (const KindText& text : kindTexts) {
        auto* button = new QRadioButton(tr(text.title));
        button->setObjectName(QString::fromLatin1(text.name));
        button->setAccessibleDescription(tr(text.told));
        button->setChecked(text.kind == m_kind);
        m_kinds[static_cast<std::size_t>(text.kind)] = button;
        auto* told = new MutedLabel(tr(text.told));
        told->setWordWrap(true);
        told->setIndent(style()->pixelMetric(QStyle::PM_ExclusiveIndicatorWidth) + 8);
        layout->addWidget(button);
        layout->addWidget(told);
        layout->addSpacing(4);
        connect(button, &QRadioButton::toggled, this, [this, kind = text.kind](bool chosen) {
            if (chosen)
                setKind(kind);
        });
    }
}

void ExportDialog::buildPlace(QBoxLayout* layout) {
    auto* label = new QLabel(tr("Write &to"));
    label->setBuddy(m_path);
    auto* browse = new QPushButton(tr("&Browse…"));
    browse->setObjectName(QStringLiteral("exportBrowse"));
    browse->setAutoDefault(false);
    auto* line = new QHBoxLayout;
    line->setSpacing(8);
    line->addWidget(m_path, 1);
    line->addWidget(browse);
    layout->addWidget(label);
    layout->addLayout(line);
    connect(browse, &QPushButton::clicked, this, [this] {
        if (const QString place = m_browse(this, choice()); !place.isEmpty())
            m_path->setText(QDir::toNativeSeparators(place));
    });
}

void ExportDialog::buildState(QBoxLayout* layout) {
    auto* label = new QLabel(tr("&State"));
    label->setBuddy(m_state);
    m_state->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon); // a title may be a sentence
    m_state->setToolTip(tr("What the history had made of the model at that point"));
    listStates();
    auto* line = new QHBoxLayout(m_stateLine);
    line->setContentsMargins(0, 0, 0, 4);
    line->setSpacing(8);
    line->addWidget(label);
    line->addWidget(m_state, 1);
    layout->addWidget(m_stateLine);
}

// What was chosen stays where it is still there, whatever its number is by now.
void ExportDialog::listStates() {
    const QString before = m_state->currentText();
    const QStringList states = m_exporting.states();
    const QSignalBlocker quiet(m_state);
    m_state->clear();
    m_state->addItem(tr("As now"), asNow);
    for (int position = 0; position < states.size(); ++position)
        m_state->addItem(states[position], position);
    m_state->setCurrentIndex(std::max(0, m_state->findText(before)));
}

void ExportDialog::buildReport(QBoxLayout* layout) {
    auto* label = new QLabel(tr("&Format"));
    label->setBuddy(m_report);
    for (const ReportText& text : reportTexts)
        m_report->addItem(tr(text.text), static_cast<int>(text.format));
    auto* line = new QHBoxLayout(m_reportLine);
    line->setContentsMargins(0, 0, 0, 4);
    line->setSpacing(8);
    line->addWidget(label);
    line->addWidget(m_report);
    line->addStretch(1);
    layout->addWidget(m_reportLine);
}

void ExportDialog::nameReport() {
    QString name = m_path->text().trimmed();
    if (report_format_of(name.toStdString()))
        name.truncate(name.lastIndexOf(u'.'));
    const QString suffix = QString::fromLatin1(reportTexts[m_report->currentIndex()].suffix);
    m_path->setText(name + u'.' + suffix);
    ask(); // also where only the table is another one
}

void ExportDialog::followName() {
    const auto format = report_format_of(m_path->text().trimmed().toStdString());
    const auto chosen = static_cast<ReportFormat>(m_report->currentData().toInt());
    if (m_kind != ExportKind::Report || !format)
        return;
    if (*format == ReportFormat::csv_edits && chosen == ReportFormat::csv_layers)
        return; // the ending says no more than that it is a table
    m_report->setCurrentIndex(m_report->findData(static_cast<int>(*format)));
}

void ExportDialog::buildRank(QBoxLayout* layout) {
    constexpr int mostRank = 65536;
    m_rank->setRange(0, mostRank);
    m_rank->setSpecialValueText(tr("as needed"));
    m_rankText->setWordWrap(true);
    auto* rankLabel = new QLabel(tr("Largest &rank of a layer"));
    rankLabel->setBuddy(m_rank);
    auto* rank = new QHBoxLayout(m_rankLine);
    rank->setContentsMargins(0, 4, 0, 0);
    rank->setSpacing(8);
    rank->addWidget(rankLabel);
    rank->addWidget(m_rank);
    rank->addWidget(m_rankText, 1);
    layout->addWidget(m_rankLine);
    layout->addSpacing(8);
}

ExportChoice ExportDialog::choice() const {
    ExportChoice choice{.kind = m_kind,
                        .out = QDir::fromNativeSeparators(m_path->text().trimmed()),
                        .at = {},
                        .rank = m_rank->value(),
                        .verify = m_verify->isChecked(),
                        .replace = m_replace->isChecked(),
                        .report = {}};
    if (m_kind == ExportKind::Report)
        choice.report = static_cast<ReportFormat>(m_report->currentData().toInt());
    else if (const int position = m_state->currentData().toInt(); position != asNow)
        choice.at = static_cast<std::size_t>(position);
    return choice;
}

void ExportDialog::setKind(ExportKind kind) {
    if (kind != m_kind)
        m_paths[static_cast<std::size_t>(m_kind)] = m_path->text();
    m_kind = kind;
    m_path->setText(m_paths[static_cast<std::size_t>(kind)]);
    m_stateLine->setVisible(kind != ExportKind::Report); // a report is of the whole session
    m_reportLine->setVisible(kind == ExportKind::Report);
    followName();
    m_rankLine->setVisible(kind == ExportKind::Lora);
    m_verify->setVisible(kind != ExportKind::Report); // a page is not read back
    ask();
}

void ExportDialog::ask() {
    m_problem->clear();
    m_warnings->hide();
    m_estimate->setText(tr("Measuring…"));
    m_buttons->button(QDialogButtonBox::Ok)->setEnabled(false);
    m_exporting.stopPlanning(); // an answer for what was chosen before helps nobody
    m_askTimer.start();
}

void ExportDialog::showPlan(const ExportPlan& plan) {
    QStringList parts;
    if (m_kind == ExportKind::Report)
        parts << tr("One file with everything inside");
    else
        parts << tr("%n file(s), %1", nullptr, static_cast<int>(plan.files.size())).arg(formatBytes(plan.bytes));
    if (plan.seconds_estimate >= 0)
        parts << tr("about %1").arg(formatDuration(plan.seconds_estimate));
    if (plan.bytes_free > 0)
        parts << tr("%1 free there").arg(formatBytes(plan.bytes_free));
    m_estimate->setText(parts.join(QStringLiteral("  ·  ")));
    QStringList warnings;
    for (const std::string& warning : plan.warnings)
        warnings << QStringLiteral("⚠ ") + fromStd(warning);
    m_warnings->setText(warnings.join(u'\n'));
    m_warnings->setVisible(!warnings.isEmpty());
    showRank(plan);
    if (!plan.problem.empty())
        showProblem(fromStd(plan.problem), fromStd(plan.hint));
    m_buttons->button(QDialogButtonBox::Ok)->setEnabled(plan.problem.empty());
}

void ExportDialog::showRank(const ExportPlan& plan) {
    int needed = 0;
    for (const ExportPlan::Layer& layer : plan.layers)
        needed = std::max(needed, layer.rank);
    const auto cut = std::count_if(plan.layers.begin(), plan.layers.end(),
                                   [this](const ExportPlan::Layer& layer) { return layer.rank > m_rank->value(); });
    if (plan.layers.empty())
        m_rankText->clear();
    else if (m_rank->value() == 0 || cut == 0)
        m_rankText->setText(tr("%1 is needed: nothing is lost.").arg(needed));
    else
        m_rankText->setText(tr("%1 is needed: %n layer(s) will be cut. What that costs is measured while exporting.",
                               nullptr, static_cast<int>(cut))
                                .arg(needed));
}

void ExportDialog::showProblem(const QString& what, const QString& hint) {
    Failure failure;
    failure.what = what;
    failure.hint = hint;
    m_problem->showFailure(failure);
}

void ExportDialog::accept() {
    if (!m_buttons->button(QDialogButtonBox::Ok)->isEnabled())
        return;
    const ExportChoice chosen = choice();
    QDialog::accept();
    m_exporting.run(chosen);
}

void ExportDialog::done(int result) {
    m_askTimer.stop();
    m_exporting.stopPlanning();
    QDialog::done(result);
}

} // namespace emend::ui
