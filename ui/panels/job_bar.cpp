// SPDX-License-Identifier: GPL-3.0-or-later
#include "panels/job_bar.h"

#include "models/text_format.h"
#include "panels/panel_parts.h"

#include <QAction>
#include <QHBoxLayout>
#include <QProgressBar>
#include <QToolButton>

#include <algorithm>
#include <chrono>

namespace emend::ui {

using namespace std::chrono_literals;

JobBar::JobBar(QWidget* parent)
    : QWidget(parent)
    , m_text(new MutedLabel)
    , m_bar(new QProgressBar)
    , m_time(new MutedLabel)
    , m_cancel(new QToolButton)
    , m_model(new QLabel)
    , m_device(new MutedLabel)
    , m_memory(new MutedLabel) {
    m_text->setObjectName(QStringLiteral("statusText"));
    m_time->setObjectName(QStringLiteral("statusTime"));
    m_model->setObjectName(QStringLiteral("statusModel"));
    m_device->setObjectName(QStringLiteral("statusDevice"));
    m_memory->setObjectName(QStringLiteral("statusMemory"));
    m_bar->setObjectName(QStringLiteral("statusProgress"));
    m_bar->setAccessibleName(tr("Progress"));
    m_bar->setTextVisible(false);
    m_bar->setFixedSize(160, 6);
    m_text->setTextFormat(Qt::PlainText);
    m_text->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_text->setMinimumWidth(fontMetrics().averageCharWidth() * 30);
    m_cancel->setAutoRaise(true);
    m_cancel->setObjectName(QStringLiteral("statusCancel"));
    m_model->setAccessibleName(tr("Model"));
    m_device->setToolTip(tr("Device and precision of the computation"));
    m_memory->setToolTip(tr("Memory the model and one edit need, and what is free on the device"));

    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(12, 2, 12, 2);
    layout->setSpacing(8);
    layout->addWidget(m_text, 1);
    layout->addWidget(m_bar);
    layout->addWidget(m_time);
    layout->addWidget(m_cancel);
    layout->addSpacing(8);
    layout->addWidget(m_model);
    layout->addSpacing(4);
    layout->addWidget(m_device);
    layout->addSpacing(4);
    layout->addWidget(m_memory);
    setMinimumHeight(30);

    m_appear.setSingleShot(true);
    m_appear.setInterval(150ms);
    m_tick.setInterval(500ms);
    connect(&m_appear, &QTimer::timeout, this, &JobBar::refresh);
    connect(&m_tick, &QTimer::timeout, this, &JobBar::refresh);
    setModel(nullptr);
    setStatus({});
}

void JobBar::setCancelAction(QAction* action) {
    m_cancel->setDefaultAction(action);
    m_cancel->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
}

void JobBar::setStatus(const JobStatus& status) {
    const bool another = status.id != m_status.id;
    m_status = status;
    if (status.id == 0) {
        m_appear.stop();
        m_tick.stop();
        refresh();
        return;
    }
    if (another) {
        m_elapsed.start();
        m_tick.start();
        m_appear.start();
    }
    if (!m_appear.isActive())
        refresh();
}

void JobBar::setMessage(const QString& message, bool alarm) {
    m_message = message;
    m_alarm = alarm;
    refresh();
}

void JobBar::refresh() {
    const bool running = m_status.id != 0 && !m_appear.isActive();
    m_bar->setVisible(running);
    m_time->setVisible(running);
    m_cancel->setVisible(running);
    if (!running) {
        m_text->setAlarm(m_alarm);
        m_text->setText(m_message);
        m_text->setToolTip(m_message);
        return;
    }
    m_text->setAlarm(false);
    QStringList parts{m_status.stopping ? tr("Stopping: %1").arg(m_status.title) : m_status.title};
    for (const QString& part : {m_status.phase, m_status.detail})
        if (!part.isEmpty())
            parts << part;
    m_text->setText(parts.join(QStringLiteral("  ·  ")));
    m_text->setToolTip(m_text->text());
    const bool known = m_status.fraction >= 0;
    m_bar->setRange(0, known ? 1000 : 0);
    m_bar->setValue(known ? static_cast<int>(1000 * std::min(1.0, m_status.fraction)) : 0);
    const QString elapsed = formatSeconds(static_cast<double>(m_elapsed.elapsed()) / 1000);
    m_time->setText(m_status.seconds_left >= 0
                        ? tr("%1, %2 left", "elapsed, left").arg(elapsed, formatSeconds(m_status.seconds_left))
                        : elapsed);
}

void JobBar::setModel(const ModelInfo* model) {
    m_device->setVisible(model);
    m_memory->setVisible(model);
    if (!model) {
        m_model->setText(tr("No model"));
        m_model->setToolTip({});
        return;
    }
    m_model->setText(fromStd(model->name));
    m_model->setToolTip(tr("%1\n%2, %3 parameters, %4 layers of width %5\nstored as %6")
                            .arg(fromStd(model->path), fromStd(model->family), formatCount(model->parameters))
                            .arg(model->layers)
                            .arg(model->d_model)
                            .arg(fromStd(model->checkpoint_dtype)));
    m_device->setText(QStringLiteral("%1 · %2").arg(fromStd(model->device), fromStd(model->dtype)));
    m_memory->setText(tr("%1 of %2 free").arg(formatBytes(model->bytes_needed), formatBytes(model->bytes_available)));
}

QString JobBar::text() const {
    return m_text->text();
}

} // namespace emend::ui
