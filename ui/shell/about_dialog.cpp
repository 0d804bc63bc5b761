// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/about_dialog.h"

#include <QApplication>
#include <QDialogButtonBox>
#include <QIcon>
#include <QLabel>
#include <QVBoxLayout>

namespace emend::ui {

AboutDialog::AboutDialog(QWidget* parent)
    : QDialog(parent) {
    setWindowTitle(tr("About Emend"));
    setObjectName(QStringLiteral("aboutDialog"));
    auto* icon = new QLabel;
    icon->setPixmap(QIcon(QStringLiteral(":/icons/emend.svg")).pixmap(64, 64));
    icon->setAccessibleName(tr("The sign of Emend"));
    auto* text = new QLabel(
        tr("<h3>Emend %1</h3>"
           "<p>A desktop studio for editing what a language model knows.</p>"
           "<p>It finds where a model keeps a fact, writes another one there with as little change as possible, shows "
           "what became of it, and takes it back exactly. It works offline.</p>"
           "<p>The method: Gupta, Sajnani and Anumanchipalli, <i>A Unified Framework for Model Editing</i>, 2024; "
           "ROME and MEMIT: Meng and others, 2022.</p>"
           "<p>Free software under the GNU General Public License, version 3 or later. It stands on Qt %2, QCustomPlot "
           "and LibTorch.</p>")
            .arg(QApplication::applicationVersion(), QString::fromLatin1(qVersion())));
    text->setWordWrap(true);
    text->setMinimumWidth(fontMetrics().averageCharWidth() * 60);
    text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto* top = new QHBoxLayout;
    top->setSpacing(16);
    top->addWidget(icon, 0, Qt::AlignTop);
    top->addWidget(text, 1);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(16, 16, 16, 16);
    layout->addLayout(top);
    layout->addWidget(buttons);
}

} // namespace emend::ui
