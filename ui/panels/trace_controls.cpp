// SPDX-License-Identifier: GPL-3.0-or-later
#include "panels/trace_controls.h"

#include "panels/panel_parts.h"
#include "panels/recipe_editors.h"

#include <QAction>
#include <QGridLayout>
#include <QStandardItemModel>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace emend::ui {

namespace {

constexpr int mostLayers = 1000;
constexpr int mostSamples = 1000;
constexpr double mostNoise = 1000;

const std::vector<TraceKind>& allKinds() {
    static const std::vector<TraceKind> kinds{TraceKind::hidden, TraceKind::mlp, TraceKind::attention};
    return kinds;
}

} // namespace

TraceControls::TraceControls(QWidget* parent)
    : QWidget(parent)
    , m_settings(new QWidget)
    , m_kind(choiceBox())
    , m_object(choiceBox())
    , m_weights(choiceBox())
    , m_window(countBox(1, mostLayers, 1))
    , m_samples(countBox(1, mostSamples, 1))
    , m_noise(new NumberBox(0, mostNoise, 0.05))
    , m_more(new QToolButton)
    , m_run(new QToolButton) {
    m_kind->setObjectName(QStringLiteral("traceKind"));
    m_kind->setAccessibleName(tr("What is put back"));
    m_kind->setToolTip(tr("What is put back, one token and layer at a time, after noise hid the subject"));
    for (const TraceKind kind : allKinds())
        m_kind->addItem(kindName(kind));
    m_kind->addItem(tr("All three"));
    m_object->setObjectName(QStringLiteral("traceObject"));
    m_object->setAccessibleName(tr("Whose probability is read"));
    m_object->setToolTip(tr("Whose probability is read"));
    m_object->addItems({tr("Its own answer"), {}, {}});
    setObjects({}, {});
    m_object->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_object->setMinimumContentsLength(6);
    m_more->setObjectName(QStringLiteral("traceSettingsButton"));
    m_more->setText(tr("Settings"));
    m_more->setCheckable(true);
    m_more->setToolTip(tr("Weights, samples, noise, window"));
    m_run->setObjectName(QStringLiteral("traceRun"));
    m_run->setToolButtonStyle(Qt::ToolButtonTextOnly);
    for (QToolButton* button : {m_more, m_run})
        button->setFocusPolicy(Qt::StrongFocus);
    m_run->setProperty("outlined", true);
    buildSettings();

    auto* row = new QHBoxLayout;
    row->setSpacing(8);
    row->addWidget(m_kind);
    row->addWidget(m_object, 1);
    row->addWidget(m_more);
    row->addWidget(m_run);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(8);
    layout->addLayout(row);
    layout->addWidget(m_settings);
    connect(m_more, &QToolButton::toggled, m_settings, &QWidget::setVisible);
    for (QComboBox* box : {m_kind, m_object, m_weights})
        connect(box, &QComboBox::currentIndexChanged, this, &TraceControls::changed);
    for (QSpinBox* box : {m_window, m_samples})
        connect(box, &QSpinBox::valueChanged, this, &TraceControls::changed);
    connect(m_noise, &QDoubleSpinBox::valueChanged, this, &TraceControls::changed);
}

void TraceControls::buildSettings() {
    const TraceRequest byDefault;
    m_settings->setObjectName(QStringLiteral("traceSettings"));
    m_weights->setObjectName(QStringLiteral("traceWeights"));
    m_weights->addItems({tr("As they are now"), tr("As in the checkpoint")});
    m_samples->setObjectName(QStringLiteral("traceSamples"));
    m_samples->setValue(byDefault.samples);
    m_window->setObjectName(QStringLiteral("traceWindow"));
    m_window->setValue(byDefault.window);
    m_noise->setObjectName(QStringLiteral("traceNoise"));
    m_noise->setSpecialValueText(tr("automatic"));
    const struct {
        QString name, tip;
        QWidget* editor;
    } fields[] = {
        {tr("Weights"), tr("Which weights are looked into"), m_weights},
        {tr("Samples"), tr("How often the noise is drawn; cells are means over the samples"), m_samples},
        {tr("Window"), tr("MLP and attention: so many layers around the one are put back together"), m_window},
        {tr("Noise"),
         tr("Standard deviation of the noise on the subject's embedding; automatic: three times that of the embedding"),
         m_noise}};
    auto* grid = new QGridLayout(m_settings);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(8);
    grid->setVerticalSpacing(4);
    int place = 0;
    for (const auto& field : fields) {
        auto* name = new MutedLabel(field.name);
        name->setBuddy(field.editor);
        field.editor->setAccessibleName(field.name);
        field.editor->setToolTip(field.tip);
        grid->addWidget(name, place / 2, place % 2 * 2);
        grid->addWidget(field.editor, place / 2, place % 2 * 2 + 1);
        grid->setColumnStretch(place % 2 * 2 + 1, 1);
        ++place;
    }
    m_settings->hide();
}

TraceChoice TraceControls::choice() const {
    TraceChoice choice;
    const int kind = m_kind->currentIndex();
    choice.kinds = kind < static_cast<int>(allKinds().size())
                       ? std::vector<TraceKind>{allKinds()[static_cast<std::size_t>(kind)]}
                       : allKinds();
    choice.object = static_cast<TracedObject>(m_object->currentIndex());
    choice.unedited = m_weights->currentIndex() == 1;
    choice.window = m_window->value();
    choice.samples = m_samples->value();
    if (m_noise->value() > 0)
        choice.noise = m_noise->value();
    return choice;
}

void TraceControls::setKinds(const std::vector<TraceKind>& kinds) {
    m_kind->setCurrentIndex(kinds.size() == 1 ? static_cast<int>(kinds.front()) : m_kind->count() - 1);
}

void TraceControls::setObject(TracedObject object) {
    m_object->setCurrentIndex(static_cast<int>(object));
}

void TraceControls::setActions(QAction* run, QAction* cancel) {
    m_runAction = run;
    m_cancelAction = cancel;
    setRunning(false);
}

void TraceControls::setObjects(const QString& newObject, const QString& trueObject) {
    auto* items = qobject_cast<QStandardItemModel*>(m_object->model());
    const auto offer = [&](TracedObject object, const QString& text, const QString& none) {
        const int index = static_cast<int>(object);
        m_object->setItemText(index, text.isEmpty() ? none : text);
        items->item(index)->setEnabled(!text.isEmpty());
        if (text.isEmpty() && m_object->currentIndex() == index)
            m_object->setCurrentIndex(0);
    };
    offer(TracedObject::New, newObject.isEmpty() ? QString() : tr("New: %1").arg(newObject), tr("New object"));
    offer(TracedObject::True, trueObject.isEmpty() ? QString() : tr("True: %1").arg(trueObject), tr("True object"));
}

void TraceControls::setLayers(int layers) {
    m_window->setMaximum(std::max(1, layers));
    m_window->setValue(std::clamp(layers / 2, 1, TraceRequest().window));
}

void TraceControls::setRunning(bool running) {
    QAction* shown = running ? m_cancelAction : m_runAction;
    QAction* other = running ? m_runAction : m_cancelAction;
    if (!shown || m_run->defaultAction() == shown)
        return;
    m_run->removeAction(other);
    m_run->setDefaultAction(shown);
}

} // namespace emend::ui
