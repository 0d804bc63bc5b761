// SPDX-License-Identifier: GPL-3.0-or-later
// A fault as the window shows it: what, where, what to do next. Made from whatever a job threw, at the job boundary;
// no exception ever crosses threads.
#pragma once

#include <QCoreApplication>
#include <QString>

namespace emend::ui {

struct Failure {
    Q_DECLARE_TR_FUNCTIONS(emend::ui::Failure)
  public:
    QString what;
    QString where;
    QString hint;
    bool cancelled = false; // nothing went wrong: somebody asked to stop

    // Only inside a catch block.
    static Failure fromCurrentException();

    // "what. hint" for one line of a row or panel.
    [[nodiscard]] QString summary() const;
    // All of it, one part a line, for the clipboard.
    [[nodiscard]] QString details() const;
};

} // namespace emend::ui
