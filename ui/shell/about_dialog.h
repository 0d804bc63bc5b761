// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>

namespace emend::ui {

// What this is, its version and licence, and whose work it stands on.
class AboutDialog : public QDialog {
    Q_OBJECT
  public:
    explicit AboutDialog(QWidget* parent);
};

} // namespace emend::ui
