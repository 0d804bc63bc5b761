// SPDX-License-Identifier: GPL-3.0-or-later
// A fault as the window shows it: what, where, what to do next. Made from whatever a job threw, at the job boundary;
// no exception ever crosses threads.
#pragma once

#include "emend/error.h"

#include <QCoreApplication>
#include <QString>

namespace emend::ui {

// The engine has neither a model nor a history any more.
struct NothingOpen : Error {
    using Error::Error;
};

struct Failure {
    Q_DECLARE_TR_FUNCTIONS(emend::ui::Failure)
  public:
    QString what;
    QString where;
    QString hint;
    bool cancelled = false;    // nothing went wrong: somebody asked to stop
    bool foreignModel = false; // a file of another model, which may be forced
    bool nothingOpen = false;  // what was open could not be put back, and is not open any more

    // Only inside a catch block.
    static Failure fromCurrentException();

    // "what. hint" for one line of a row or panel.
    [[nodiscard]] QString summary() const;
    // All of it, one part a line, for the clipboard.
    [[nodiscard]] QString details() const;
};

} // namespace emend::ui
