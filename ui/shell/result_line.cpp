// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/result_line.h"

#include <QApplication>
#include <QClipboard>
#include <QDesktopServices>
#include <QDir>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>
#include <QUrl>

namespace emend::ui {

ResultLine::ResultLine(QWidget* parent)
    : QFrame(parent)
    , m_text(new QLabel) {
    m_text->setObjectName(QStringLiteral("resultText"));
    m_text->setWordWrap(true);
    m_text->setTextFormat(Qt::PlainText);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(8, 4, 4, 4);
    layout->setSpacing(4);
    layout->addWidget(m_text, 1);
    const auto add = [&](const char* name, const QString& text) {
        auto* button = new QToolButton;
        button->setObjectName(QString::fromLatin1(name));
        button->setText(text);
        layout->addWidget(button);
        layout->setAlignment(button, Qt::AlignTop);
        return button;
    };
    connect(add("resultOpen", tr("Open folder")), &QToolButton::clicked, this, &ResultLine::openFolder);
    connect(add("resultCopy", tr("Copy path")), &QToolButton::clicked, this,
            [this] { QApplication::clipboard()->setText(QDir::toNativeSeparators(m_path)); });
    connect(add("resultDismiss", tr("Dismiss")), &QToolButton::clicked, this, &QWidget::hide);
    hide();
}

void ResultLine::showResult(const QString& text, const QString& path) {
    m_path = path;
    // A path is one long word: it may break behind its slashes.
    QString shown = text;
    m_text->setText(shown.replace(u'/', QStringLiteral("/\u200b")));
    m_text->setAccessibleName(text);
    show();
}

QString ResultLine::text() const {
    return m_text->accessibleName();
}

void ResultLine::openFolder() {
    const QFileInfo info(m_path);
    QDesktopServices::openUrl(QUrl::fromLocalFile(info.isDir() ? info.filePath() : info.absolutePath()));
}

} // namespace emend::ui
