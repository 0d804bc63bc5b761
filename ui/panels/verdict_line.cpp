// SPDX-License-Identifier: GPL-3.0-or-later
#include "panels/verdict_line.h"

#include "panels/panel_parts.h"
#include "plots/theme_colors.h"

#include <QApplication>
#include <QEvent>
#include <QGridLayout>
#include <QPainter>
#include <QPushButton>

namespace emend::ui {

namespace {

using Judgement = VerdictLine::Judgement;

// "✓ ok" in green, "✗ weak" in red, "not judged" grey and without a sign: colour, sign and word say the same, whatever
// the palette becomes.
class MarkLabel : public QLabel {
  public:
    MarkLabel(Judgement judgement, const QString& word)
        : QLabel(judgement == Judgement::None ? word : signOf(judgement) + u' ' + word)
        , m_judgement(judgement) {
        recolor();
    }

  protected:
    void changeEvent(QEvent* event) override {
        QLabel::changeEvent(event);
        if (event->type() == QEvent::PaletteChange || event->type() == QEvent::ApplicationPaletteChange)
            recolor();
    }

  private:
    static QChar signOf(Judgement judgement) { return judgement == Judgement::Good ? QChar(0x2713) : QChar(0x2717); }
    void recolor() {
        const ThemeColors& colors = ThemeColors::of(QApplication::palette());
        const QColor& color = m_judgement == Judgement::Good   ? colors.success
                              : m_judgement == Judgement::Weak ? colors.danger
                                                               : colors.muted;
        if (palette().color(QPalette::WindowText) == color)
            return;
        QPalette mine;
        mine.setColor(QPalette::WindowText, color);
        setPalette(mine);
    }
    Judgement m_judgement;
};

} // namespace

VerdictLine::VerdictLine(const Content& content, QWidget* parent)
    : QWidget(parent) {
    auto* mark = new MarkLabel(content.judgement, content.mark);
    mark->setObjectName(QStringLiteral("verdictMark"));
    auto* layout = new QGridLayout(this);
    layout->setContentsMargins(0, 6, 0, 6);
    layout->setHorizontalSpacing(12);
    layout->setVerticalSpacing(2);
    layout->setColumnMinimumWidth(0, fontMetrics().horizontalAdvance(QStringLiteral("not judged")) + 8);
    layout->setColumnStretch(1, 1);
    layout->addWidget(mark, 0, 0, Qt::AlignTop);
    setAccessibleName(QStringLiteral("%1: %2").arg(content.name, content.mark));
    setAccessibleDescription(content.finding + u' ' + content.advice);
    if (content.judgement != Judgement::Weak) { // no more than needs to be said
        auto* said = new MutedLabel(
            QStringLiteral("<b>%1</b>&nbsp; %2").arg(content.name.toHtmlEscaped(), content.finding.toHtmlEscaped()));
        said->setObjectName(QStringLiteral("verdictFinding"));
        said->setTextFormat(Qt::RichText);
        said->setWordWrap(true);
        said->setTextInteractionFlags(Qt::TextSelectableByMouse);
        layout->addWidget(said, 0, 1);
        return;
    }
    layout->addWidget(sectionTitle(content.name), 0, 1, Qt::AlignTop);
    const auto wrapped = [&](QLabel* label, const char* object) {
        label->setObjectName(QString::fromLatin1(object));
        label->setTextFormat(Qt::PlainText);
        label->setWordWrap(true);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse);
        layout->addWidget(label, layout->rowCount(), 1, 1, 2);
    };
    wrapped(new QLabel(content.finding), "verdictFinding");
    if (!content.advice.isEmpty())
        wrapped(new QLabel(QStringLiteral("→ ") + content.advice), "verdictAdvice");
    if (!content.button.isEmpty()) {
        auto* change = new QPushButton(content.button);
        change->setObjectName(QStringLiteral("verdictChange"));
        change->setProperty("quiet", true);
        change->setAccessibleDescription(content.advice);
        connect(change, &QPushButton::clicked, this, &VerdictLine::changeRequested);
        layout->addWidget(change, 0, 2, Qt::AlignRight | Qt::AlignTop);
    }
}

// A hair line below each of them.
void VerdictLine::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setPen(ThemeColors::of(palette()).grid);
    painter.drawLine(rect().bottomLeft(), rect().bottomRight());
}

} // namespace emend::ui
