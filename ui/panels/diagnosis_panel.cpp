// SPDX-License-Identifier: GPL-3.0-or-later
#include "panels/diagnosis_panel.h"

#include "models/diagnosis_model.h"
#include "panels/edit_delegates.h"
#include "panels/number_table.h"
#include "panels/panel_parts.h"
#include "panels/verdict_line.h"
#include "plots/chart_export.h"
#include "plots/loss_curve.h"

#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QHeaderView>
#include <QPushButton>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace emend::ui {

namespace {
constexpr int mostLayersShown = 12; // of a deep model the table scrolls
}

DiagnosisPanel::DiagnosisPanel(DiagnosisModel& model, DiagnosisLayersModel& layers, QWidget* parent)
    : QWidget(parent)
    , m_model(model)
    , m_layers(layers)
    , m_stack(new QStackedWidget)
    , m_empty(new EmptyState({}, {}))
    , m_notApplied(new EmptyState({}, {}))
    , m_stopped(new EmptyState(tr("Not looked into"), tr("It was stopped. The model is as it was.")))
    , m_failure(new FailureLine)
    , m_summary(new QLabel)
    , m_caption(new MutedLabel)
    , m_verdicts(new QVBoxLayout)
    , m_table(new NumberTable(layers, tr("What every layer wrote, and what it would answer before and after the edit")))
    , m_loss(new LossCurve) {
    m_empty->setObjectName(QStringLiteral("diagnosisEmpty"));
    m_notApplied->setObjectName(QStringLiteral("diagnosisNotApplied"));
    m_stopped->setObjectName(QStringLiteral("diagnosisStopped"));
    m_failure->setObjectName(QStringLiteral("diagnosisFailure"));
    m_loss->setObjectName(QStringLiteral("lossCurve"));
    makeLayerTable();
    for (QWidget* page : {static_cast<QWidget*>(m_empty), static_cast<QWidget*>(m_notApplied),
                          static_cast<QWidget*>(m_stopped), static_cast<QWidget*>(new TallPage(makePage()))})
        m_stack->addWidget(page);
    auto* outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->setSpacing(0);
    outer->addWidget(m_failure);
    outer->addWidget(m_stack, 1);
    connect(m_loss, &LossCurve::exportFailed, m_failure, &FailureLine::showExportFailure);
    sizeTable();
}

QWidget* DiagnosisPanel::makeHead() {
    m_caption->setObjectName(QStringLiteral("diagnosisCaption"));
    m_caption->setWordWrap(true);
    auto* copy = new QPushButton(tr("Copy"));
    copy->setObjectName(QStringLiteral("diagnosisCopy"));
    copy->setToolTip(tr("Copy all of it as text"));
    connect(copy, &QPushButton::clicked, this, &DiagnosisPanel::copyText);
    auto* save = new QPushButton(tr("Export…"));
    save->setObjectName(QStringLiteral("diagnosisExport"));
    save->setToolTip(tr("Save it as CSV or as text"));
    connect(save, &QPushButton::clicked, this, &DiagnosisPanel::exportTo);
    auto* head = new QWidget;
    auto* layout = new QHBoxLayout(head);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(4);
    layout->addWidget(m_caption, 1);
    for (QPushButton* button : {copy, save}) {
        button->setProperty("quiet", true);
        layout->addWidget(button, 0, Qt::AlignTop);
    }
    return head;
}

QWidget* DiagnosisPanel::makePage() {
    m_summary->setObjectName(QStringLiteral("diagnosisSummary"));
    m_summary->setWordWrap(true);
    m_summary->setTextFormat(Qt::PlainText);
    m_summary->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    QFont font = m_summary->font();
    font.setWeight(QFont::DemiBold);
    m_summary->setFont(font);
    m_verdicts->setSpacing(0);
    auto* page = new QWidget;
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins(12, 8, 12, 8);
    layout->setSpacing(8);
    layout->addWidget(makeHead());
    layout->addWidget(m_summary);
    layout->addLayout(m_verdicts);
    layout->addWidget(sectionTitle(tr("Layer by layer, at the prompt's last token")));
    layout->addWidget(m_table);
    layout->addWidget(sectionTitle(tr("Search for the value")));
    layout->addWidget(m_loss);
    layout->addStretch(1);
    return page;
}

void DiagnosisPanel::makeLayerTable() {
    m_table->setObjectName(QStringLiteral("diagnosisLayers"));
    m_table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    for (const int column :
         {DiagnosisLayersModel::Share, DiagnosisLayersModel::NewBefore, DiagnosisLayersModel::NewAfter})
        m_table->setItemDelegateForColumn(column,
                                          new ProbabilityDelegate(DiagnosisLayersModel::AmountRole,
                                                                  column != DiagnosisLayersModel::NewBefore, m_table));
}

void DiagnosisPanel::sizeTable() {
    const int row = fontMetrics().height() + 8;
    m_table->verticalHeader()->setDefaultSectionSize(row);
    QHeaderView* header = m_table->horizontalHeader();
    header->setSectionResizeMode(QHeaderView::Stretch);
    header->setSectionResizeMode(DiagnosisLayersModel::Layer, QHeaderView::ResizeToContents);
    const int shown = std::clamp(m_layers.rowCount(), 1, mostLayersShown);
    m_table->setFixedHeight(header->sizeHint().height() + shown * row + 2 * m_table->frameWidth());
}

void DiagnosisPanel::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::FontChange)
        sizeTable();
}

void DiagnosisPanel::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    emit becameVisible();
}

void DiagnosisPanel::hideEvent(QHideEvent* event) {
    QWidget::hideEvent(event);
    emit becameHidden();
}

void DiagnosisPanel::setApplyAction(QAction* action) {
    m_notApplied->addAction(action);
}

void DiagnosisPanel::setAgainAction(QAction* action) {
    m_stopped->addAction(action);
}

void DiagnosisPanel::setSettingNames(std::function<QString(const QString&)> name) {
    m_settingName = std::move(name);
}

void DiagnosisPanel::showNothing(const QString& title, const QString& hint) {
    m_failure->clear();
    m_empty->setText(title, hint);
    m_stack->setCurrentWidget(m_empty);
}

void DiagnosisPanel::showNotApplied(const QString& title, const QString& hint) {
    m_failure->clear();
    m_notApplied->setText(title, hint);
    m_stack->setCurrentWidget(m_notApplied);
}

void DiagnosisPanel::showStopped() {
    m_stopped->setText(tr("Not looked into"), tr("It was stopped. The model is as it was."));
    m_stack->setCurrentWidget(m_stopped);
}

void DiagnosisPanel::showFailure(const Failure& failure) {
    m_failure->showFailure(failure);
    m_stopped->setText(tr("The edit could not be looked into"), tr("The model is as it was."));
    m_stack->setCurrentWidget(m_stopped);
}

void DiagnosisPanel::showDiagnosis(double goodEnough) {
    m_failure->clear();
    m_caption->setText(m_model.title());
    m_summary->setText(
        QStringLiteral("%1 %2").arg(m_model.diagnosis()->holds ? QChar(0x2713) : QChar(0x25B3)).arg(m_model.summary()));
    fillVerdicts();
    m_loss->setLoss(m_model.diagnosis()->loss, goodEnough, m_model.title());
    sizeTable();
    m_stack->setCurrentIndex(m_stack->count() - 1);
}

bool DiagnosisPanel::isShowing() const {
    return m_stack->currentIndex() == m_stack->count() - 1;
}

void DiagnosisPanel::fillVerdicts() {
    while (QLayoutItem* item = m_verdicts->takeAt(0)) {
        item->widget()->deleteLater();
        delete item;
    }
    for (int row = 0; row < m_model.rowCount(); ++row) {
        const auto text = [&](DiagnosisModel::Column column) { return m_model.text(row, column); };
        using Judgement = VerdictLine::Judgement;
        const Judgement judgement = !m_model.verdict(row).judged ? Judgement::None
                                    : m_model.isWeak(row)        ? Judgement::Weak
                                                                 : Judgement::Good;
        VerdictLine::Content content{judgement,
                                     text(DiagnosisModel::Mark),
                                     text(DiagnosisModel::Check),
                                     text(DiagnosisModel::Finding),
                                     text(DiagnosisModel::Advice),
                                     {}};
        const QString setting = QString::fromStdString(m_model.verdict(row).setting);
        const QString name = m_settingName && !setting.isEmpty() ? m_settingName(setting) : QString();
        if (judgement == Judgement::Weak && setting == u"history")
            content.button = tr("Solve again");
        else if (judgement == Judgement::Weak && !name.isEmpty())
            content.button = tr("Change %1…", "a field of the recipe").arg(name);
        auto* line = new VerdictLine(content);
        line->setObjectName(QStringLiteral("verdict_") + QString::fromStdString(m_model.verdict(row).check));
        connect(line, &VerdictLine::changeRequested, this, [this, setting] { emit settingRequested(setting); });
        m_verdicts->addWidget(line);
    }
}

void DiagnosisPanel::copyText() {
    QApplication::clipboard()->setText(m_model.toText());
}

void DiagnosisPanel::exportTo() {
    QString path = QFileDialog::getSaveFileName(this, tr("Export the diagnosis"), QStringLiteral("diagnosis.csv"),
                                                tr("Verdicts (*.csv);;Layers (*.layers.csv);;Text (*.txt)"));
    if (path.isEmpty())
        return;
    if (QFileInfo(path).suffix().isEmpty())
        path += QStringLiteral(".csv");
    const QString text = path.endsWith(QStringLiteral(".layers.csv"))   ? m_layers.toCsv()
                         : QFileInfo(path).suffix().toLower() == u"csv" ? m_model.toCsv()
                                                                        : m_model.toText();
    if (const QString reason = writeFile(path, text.toUtf8()); !reason.isEmpty())
        m_failure->showExportFailure(tr("%1 could not be written: %2").arg(path, reason));
}

} // namespace emend::ui
