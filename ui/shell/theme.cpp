// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/theme.h"

#include "plots/theme_colors.h"

#include <QApplication>
#include <QFile>
#include <QPainter>
#include <QStyleFactory>
#include <QSvgRenderer>

#include <algorithm>

namespace emend::ui {

namespace {

// What the palette cannot say: restrained borders, flat buttons, a visible focus.
QString sheet(const ThemeColors& c) {
    QString text = QStringLiteral(R"(
QToolBar { background: @window; border: none; border-bottom: 1px solid @border; padding: 4px 8px; spacing: 4px; }
QToolBar::separator { background: @border; width: 1px; margin: 4px 4px; }
QMenuBar { background: @window; }
QMenuBar::item { padding: 4px 8px; background: transparent; }
QMenuBar::item:selected { background: @accentSoft; color: @text; }
QMenu { background: @surface; border: 1px solid @border; padding: 4px 0; }
QMenu::item { padding: 4px 24px 4px 12px; }
QMenu::icon { padding-left: 8px; }
QMenu::item:selected { background: @accentSoft; color: @text; }
QMenu::item:disabled { color: @muted; }
QMenu::separator { height: 1px; background: @grid; margin: 4px 0; }
QToolTip { background: @surface; color: @text; border: 1px solid @border; padding: 4px; }
QMainWindow::separator { background: @border; width: 1px; height: 1px; }
QSplitter::handle { background: @border; }
QToolButton { border: 1px solid transparent; border-radius: 4px; padding: 3px 6px; color: @text; }
QToolButton:hover { background: @grid; }
QToolButton:pressed, QToolButton:checked { background: @border; }
QToolButton:focus { border-color: @accent; }
QToolButton:disabled { color: @muted; }
QToolButton::menu-indicator { image: none; }
QToolButton[fold="true"] { text-align: left; padding-left: 0; font-weight: 600; }
QToolButton[fold="true"]:checked { background: transparent; }
QPushButton, QToolButton[outlined="true"] { background: @raised; border: 1px solid @border; border-radius: 4px; padding: 4px 12px; }
QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }
QPushButton:hover, QToolButton[outlined="true"]:hover { border-color: @muted; }
QPushButton:pressed { background: @grid; }
QPushButton:focus, QToolButton[outlined="true"]:focus { border-color: @accent; }
QPushButton:disabled { color: @muted; }
QPushButton[quiet="true"] { background: transparent; border-color: transparent; color: @accent; padding: 3px 6px; }
QPushButton[quiet="true"]:hover { background: @grid; }
QPushButton[quiet="true"]:focus { border-color: @accent; }
QToolButton[primary="true"] { background: @accent; color: @onAccent; border-color: @accent; padding: 4px 12px; font-weight: 600; }
QToolButton[primary="true"]:hover { background: @accentHover; }
QToolButton[primary="true"]:focus { border: 2px solid @text; padding: 3px 11px; }
QToolButton[primary="true"]:disabled { background: @grid; color: @muted; border-color: @border; font-weight: 600; }
QTableView, QTreeView, QTextEdit, QListView { background: @surface; border: 1px solid @border; border-radius: 4px;
    selection-background-color: @accentSoft; selection-color: @text; }
QTextEdit { selection-background-color: @accent; selection-color: @onAccent; }
QTableView:focus, QTreeView:focus, QTextEdit:focus, QListView:focus { border-color: @accent; }
QTableView::item { border: none; border-bottom: 1px solid @grid; padding: 0 3px; }
QTableView::item:selected { background: @accentSoft; }
QHeaderView { background: @raised; border: none; border-top-left-radius: 4px; border-top-right-radius: 4px; }
QHeaderView::section { background: @raised; color: @muted; border: none; border-bottom: 1px solid @border; padding: 5px 6px; }
QTableView QTableCornerButton::section { background: @raised; border: none; }
QTabWidget::pane { border: none; border-top: 1px solid @border; }
QTabWidget::tab-bar { left: 8px; }
QTabBar::tab { padding: 7px 12px 6px 12px; border: none; border-bottom: 2px solid transparent; color: @muted; background: transparent; }
QTabBar::tab:selected { color: @text; border-bottom-color: @accent; }
QTabBar::tab:hover { color: @text; }
QTabBar::tab:selected:focus { background: @accentSoft; }
QTabBar { background: transparent; }
QDockWidget { titlebar-close-icon: none; }
QDockWidget::title { background: @window; padding: 6px 8px; border-top: 1px solid @border; }
QComboBox, QAbstractSpinBox, QLineEdit { background: @surface; border: 1px solid @border; border-radius: 4px; padding: 3px 6px;
    selection-background-color: @accent; selection-color: @onAccent; }
QComboBox:hover, QAbstractSpinBox:hover, QLineEdit:hover { border-color: @muted; }
QComboBox:focus, QAbstractSpinBox:focus, QLineEdit:focus { border-color: @accent; }
QComboBox:disabled, QAbstractSpinBox:disabled, QLineEdit:disabled { color: @muted; background: @window; }
QComboBox::drop-down { border: none; width: 20px; }
QComboBox::down-arrow { image: url(:/icons/chevron-down.svg); width: 12px; height: 12px; }
QComboBox QAbstractItemView { border: 1px solid @border; border-radius: 0; outline: none; }
QComboBox QLineEdit { border: none; padding: 0; }
QAbstractSpinBox::up-button { subcontrol-origin: border; subcontrol-position: top right; width: 20px; border: none; }
QAbstractSpinBox::down-button { subcontrol-origin: border; subcontrol-position: bottom right; width: 20px; border: none; }
QAbstractSpinBox::up-arrow { image: url(:/icons/chevron-up.svg); width: 10px; height: 10px; }
QAbstractSpinBox::down-arrow { image: url(:/icons/chevron-down.svg); width: 10px; height: 10px; }
QTableView QLineEdit, QTableView QComboBox { border: 1px solid @accent; border-radius: 0; padding: 0 4px; }
QTableView QComboBox QLineEdit { border: none; padding: 0; }
QCheckBox { spacing: 6px; }
QCheckBox::indicator, QTableView::indicator { width: 14px; height: 14px; border: 1px solid @muted; border-radius: 3px; background: @surface; }
QCheckBox::indicator:hover, QCheckBox::indicator:focus, QTableView::indicator:hover { border-color: @accent; }
QCheckBox::indicator:checked, QTableView::indicator:checked { background: @accent; border-color: @accent; image: url(:/icons/@checkmark.svg); }
QCheckBox::indicator:disabled, QTableView::indicator:disabled { border-color: @neutral; background: @window; }
QCheckBox::indicator:checked:disabled, QTableView::indicator:checked:disabled { background: @neutral; border-color: @neutral; }
QRadioButton { spacing: 6px; }
QRadioButton::indicator { width: 14px; height: 14px; border: 1px solid @muted; border-radius: 8px; background: @surface; }
QRadioButton::indicator:hover, QRadioButton::indicator:focus { border-color: @accent; }
QRadioButton::indicator:checked { width: 6px; height: 6px; border: 5px solid @accent; background: @onAccent; }
QSplitter#updateSplitter::handle { background: transparent; }
QScrollArea { background: transparent; border: none; }
QScrollArea > QWidget > QWidget { background: transparent; }
QProgressBar { background: @border; border: none; border-radius: 3px; }
QProgressBar::chunk { background: @accent; border-radius: 3px; }
emend--ui--OfferLine, emend--ui--ResultLine, emend--ui--SessionLine { background: @raised; border: 1px solid @border; border-left: 4px solid @accent; border-radius: 4px; }
emend--ui--StatisticsLine { border-top: 1px solid @border; }
emend--ui--SessionLine[alarm="true"] { border-left: 4px solid @danger; }
emend--ui--FailureLine { background: @surface; border: 1px solid @danger; border-left: 4px solid @danger; border-radius: 4px; }
QStatusBar { background: @window; border-top: 1px solid @border; }
QStatusBar::item { border: none; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle { background: @border; border-radius: 4px; margin: 1px; }
QScrollBar::handle:vertical { min-height: 24px; }
QScrollBar::handle:horizontal { min-width: 24px; }
QScrollBar::handle:hover { background: @muted; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QAbstractScrollArea::corner { background: transparent; border: none; }
)");
    const QColor hover = c.dark ? c.accent.lighter(110) : c.accent.darker(112);
    text.replace(QLatin1String("@checkmark"), QLatin1String(c.dark ? "check-dark" : "check-light"));
    // Longer names first: @accent is the beginning of @accentSoft.
    const std::pair<const char*, QColor> names[] = {{"@accentSoft", c.accentSoft},
                                                    {"@accentHover", hover},
                                                    {"@accent", c.accent},
                                                    {"@onAccent", c.onAccent},
                                                    {"@window", c.window},
                                                    {"@surface", c.surface},
                                                    {"@raised", c.raised},
                                                    {"@border", c.border},
                                                    {"@grid", c.grid},
                                                    {"@text", c.text},
                                                    {"@muted", c.muted},
                                                    {"@neutral", c.neutralBar},
                                                    {"@danger", c.danger}};
    for (const auto& [name, color] : names)
        text.replace(QLatin1String(name), color.name());
    return text;
}

} // namespace

ThemeMode themeModeFrom(const QString& name) {
    if (name == u"light")
        return ThemeMode::Light;
    return name == u"dark" ? ThemeMode::Dark : ThemeMode::System;
}

QString themeModeName(ThemeMode mode) {
    switch (mode) {
    case ThemeMode::Light:
        return QStringLiteral("light");
    case ThemeMode::Dark:
        return QStringLiteral("dark");
    case ThemeMode::System:
        break;
    }
    return QStringLiteral("system");
}

Theme::Theme(QObject* parent)
    : QObject(parent)
    , m_systemDark(QApplication::palette().color(QPalette::Window).lightness() < 128)
    , m_systemFont(QApplication::font()) {
    QApplication::setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
    apply();
}

bool Theme::isDark() const {
    return m_mode == ThemeMode::Dark || (m_mode == ThemeMode::System && m_systemDark);
}

void Theme::setMode(ThemeMode mode) {
    if (mode == m_mode)
        return;
    m_mode = mode;
    apply();
}

void Theme::setTextStep(int step) {
    step = std::clamp(step, least_step, most_step);
    if (step == m_step)
        return;
    m_step = step;
    apply();
}

void Theme::apply() {
    const ThemeColors& colors = isDark() ? ThemeColors::darkOnes() : ThemeColors::light();
    QFont font = m_systemFont;
    if (font.pointSizeF() > 0)
        font.setPointSizeF(std::max(6.0, font.pointSizeF() + m_step));
    else
        font.setPixelSize(std::max(8, font.pixelSize() + m_step));
    QApplication::setFont(font);
    QApplication::setPalette(colors.palette());
    qApp->setStyleSheet(sheet(colors));
    emit changed();
}

SheetPause::SheetPause()
    : m_sheet(qApp->styleSheet()) {
    qApp->setStyleSheet({});
}

SheetPause::~SheetPause() {
    qApp->setStyleSheet(m_sheet);
}

QIcon themeIcon(const QString& name, const QPalette& palette) {
    QFile file(QStringLiteral(":/icons/%1.svg").arg(name));
    if (!file.open(QIODevice::ReadOnly))
        return {};
    const QByteArray drawing = file.readAll();
    const ThemeColors& colors = ThemeColors::of(palette);
    QIcon icon;
    const auto add = [&](QIcon::Mode mode, const QColor& color) {
        QByteArray tinted = drawing;
        tinted.replace("#000", color.name().toLatin1());
        QSvgRenderer renderer(tinted);
        for (const int size : {16, 24, 32, 48}) {
            QPixmap pixmap(size, size);
            pixmap.fill(Qt::transparent);
            QPainter painter(&pixmap);
            renderer.render(&painter);
            painter.end();
            icon.addPixmap(pixmap, mode);
        }
    };
    add(QIcon::Normal, colors.text);
    const QColor flat = colors.window;
    // SVG colours carry no alpha: blend by hand.
    const auto mix = [&](float a, float b) { return a * 0.55F + b * 0.45F; };
    add(QIcon::Disabled,
        QColor::fromRgbF(mix(colors.muted.redF(), flat.redF()), mix(colors.muted.greenF(), flat.greenF()),
                         mix(colors.muted.blueF(), flat.blueF())));
    return icon;
}

} // namespace emend::ui
