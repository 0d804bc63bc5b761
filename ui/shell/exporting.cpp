// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/exporting.h"

#include "models/text_format.h"
#include "shell/workbench.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>

#include <algorithm>

namespace emend::ui {

namespace {

ExportRequest requestOf(const ExportChoice& choice) {
    ExportRequest request;
    request.format = choice.kind == ExportKind::Delta  ? ExportFormat::delta
                     : choice.kind == ExportKind::Lora ? ExportFormat::lora
                                                       : ExportFormat::folder;
    request.out = choice.out.toStdString();
    request.at = choice.at;
    request.rank = choice.kind == ExportKind::Lora ? choice.rank : 0;
    request.force = choice.replace;
    request.verify = choice.verify;
    return request;
}

// What a smaller rank has cost; empty where nothing was cut.
QString lossText(const ExportReport& report) {
    const auto cut = std::count_if(report.layers.begin(), report.layers.end(),
                                   [](const ExportReport::Layer& layer) { return layer.rank < layer.rank_needed; });
    if (cut == 0)
        return {};
    double lost = 0;
    for (const ExportReport::Layer& layer : report.layers)
        lost = std::max(lost, layer.norm_lost);
    QString text = Exporting::tr("%n layer(s) cut, up to %1 of the change lost", nullptr, static_cast<int>(cut))
                       .arg(formatProbability(lost));
    if (report.held_before && report.held_after)
        text += Exporting::tr("; %1 of the edits hold, %2 before the cut")
                    .arg(formatProbability(*report.held_after), formatProbability(*report.held_before));
    return text;
}

} // namespace

Exporting::Exporting(Workbench& workbench, Settings& settings, QObject* parent)
    : QObject(parent)
    , m_workbench(workbench)
    , m_studio(workbench.studio())
    , m_settings(settings) {
    connect(&m_studio, &Studio::exportPlanned, this,
            [this](quint64 tag, const std::shared_ptr<const ExportPlan>& plan) {
                if (tag == m_tag)
                    emit planned(plan);
            });
    connect(&m_studio, &Studio::planFailed, this, [this](quint64 tag, const Failure& failure) {
        if (tag == m_tag)
            emit planFailed(failure);
    });
    connect(&m_studio, &Studio::exported, this,
            [this](const std::shared_ptr<const ExportReport>& report) { tell(*report); });
    connect(&m_studio, &Studio::reportWritten, this, [this](const QString& file, quint64 bytes) {
        emit finished(tr("Wrote a report of %1 to %2").arg(formatBytes(bytes), QDir::toNativeSeparators(file)), file);
    });
    connect(&m_studio, &Studio::exportFailed, this, &Exporting::fail);
    connect(&m_studio, &Studio::deltaFailed, this, &Exporting::deltaFailed);
    connect(&m_studio, &Studio::deltaImported, this, [this](const QString& file) {
        const QString text = tr("Imported the edits of %1").arg(QFileInfo(file).fileName());
        m_workbench.log().add(LogModel::Level::Info, text);
        emit recovered();
        emit message(text, false);
    });
    connect(&m_studio, &Studio::ledgerChanged, this, &Exporting::weightsChanged);
    connect(&m_studio, &Studio::modelOpened, this, [this] { m_paths = {}; }); // they name the model before
    connect(this, &Exporting::finished, this, [this](const QString& text) {
        m_workbench.log().add(LogModel::Level::Info, text);
        emit recovered();
        emit message(text, false);
    });
}

bool Exporting::canExport() const {
    return m_studio.model() && !m_studio.isOpening() && !m_studio.isEditing() && !m_studio.isExporting();
}

bool Exporting::canImport() const {
    return m_studio.model() && !m_studio.isOpening() && !m_studio.isEditing() && !m_studio.isSoftening();
}

QStringList Exporting::states() const {
    QStringList states{tr("As the checkpoint, without edits")};
    for (const LedgerEntry& entry : m_studio.ledger().entries)
        states << tr("After batch %1: %2").arg(states.size()).arg(fromStd(entry.title));
    return states;
}

QString Exporting::suggestedPath(ExportKind kind) const {
    if (const QString& used = m_paths[static_cast<std::size_t>(kind)]; !used.isEmpty())
        return used;
    QString name = m_studio.model() ? fromStd(m_studio.model()->name) : tr("model");
    switch (kind) {
    case ExportKind::Folder:
        name += QStringLiteral("-edited");
        break;
    case ExportKind::Delta:
        name += QStringLiteral("-delta.safetensors");
        break;
    case ExportKind::Lora:
        name += QStringLiteral("-lora");
        break;
    case ExportKind::Report:
        name += QStringLiteral("-edits.html");
        break;
    }
    const QString folder = m_settings.get(Setting::LastExport).toString();
    return QDir::toNativeSeparators(QDir(folder.isEmpty() ? QDir::homePath() : folder).filePath(name));
}

void Exporting::plan(const ExportChoice& choice) {
    ++m_tag;
    if (choice.kind == ExportKind::Report)
        m_studio.planReport(choice.out, choice.replace, m_tag);
    else
        m_studio.planExport(requestOf(choice), m_tag);
}

void Exporting::stopPlanning() {
    ++m_tag;
    m_studio.stopPlanning();
}

void Exporting::run(const ExportChoice& choice) {
    m_lastKind = choice.kind;
    m_paths[static_cast<std::size_t>(choice.kind)] = choice.out;
    m_settings.set(Setting::LastExport, QFileInfo(choice.out).absolutePath());
    m_workbench.log().add(LogModel::Level::Info, tr("Exporting to %1").arg(QDir::toNativeSeparators(choice.out)));
    if (choice.kind != ExportKind::Report) {
        m_studio.exportEdits(requestOf(choice));
        return;
    }
    const QString version = QStringLiteral("Emend ") + QCoreApplication::applicationVersion();
    m_studio.writeReport(choice.out, m_workbench.edits().toSession(), {version.trimmed().toStdString()}, choice.report);
}

void Exporting::importDelta(const QString& file, bool force) {
    if (file.isEmpty() || !canImport())
        return;
    m_workbench.log().add(LogModel::Level::Info, tr("Importing %1").arg(QDir::toNativeSeparators(file)));
    m_forcing = force;
    m_studio.importDelta(file, force);
}

void Exporting::tell(const ExportReport& report) {
    const QString path = fromStd(report.out);
    QStringList parts{(report.verified ? tr("Wrote %1 to %2 (verified)") : tr("Wrote %1 to %2 (not verified)"))
                          .arg(formatBytes(report.bytes), QDir::toNativeSeparators(path))};
    if (const QString loss = lossText(report); !loss.isEmpty())
        parts << loss;
    for (const std::string& warning : report.warnings) {
        m_workbench.log().add(LogModel::Level::Warning, fromStd(warning));
        parts << fromStd(warning);
    }
    emit finished(parts.join(QStringLiteral("  ·  ")), path);
}

void Exporting::deltaFailed(const QString& file, const Failure& failure) {
    // What a person may know better.
    if (!m_forcing && !failure.cancelled && failure.foreignModel)
        return emit foreignDelta(file, failure);
    fail(failure);
}

void Exporting::fail(const Failure& failure) {
    if (failure.cancelled) {
        emit message(tr("Stopped: nothing was written"), false);
        return;
    }
    m_workbench.log().add(LogModel::Level::Error, failure.summary());
    emit failed(failure);
}

} // namespace emend::ui
