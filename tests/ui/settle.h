// SPDX-License-Identifier: GPL-3.0-or-later
// Waiting for a workbench. Nobody types in a test: what waits for a pause of the keys begins at once, in the order in
// which it would have begun.
#pragma once

#include "shell/workbench.h"

#include <QDeadlineTimer>
#include <QTimer>
#include <QtTest>

namespace emend::test {

// Lets the owner's timer that would end next end now; false when none is waiting.
inline bool hurry(const QObject& owner) {
    QTimer* next = nullptr;
    for (QTimer* timer : owner.findChildren<QTimer*>(Qt::FindDirectChildrenOnly))
        if (timer->isActive() && (!next || timer->remainingTime() < next->remainingTime()))
            next = timer;
    if (!next)
        return false;
    const int interval = next->interval();
    next->setInterval(0);
    QCoreApplication::processEvents();
    next->setInterval(interval);
    return true;
}

[[nodiscard]] inline bool settled(const ui::Workbench& workbench, int timeout_ms = 20000) {
    const QDeadlineTimer deadline(timeout_ms);
    while (true) {
        QCoreApplication::processEvents();
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
        // It must hold for a whole turn: a timer may just have fired.
        if (workbench.isSettled() && (QCoreApplication::processEvents(), workbench.isSettled()))
            return true;
        if (deadline.hasExpired())
            return false;
        if (!hurry(workbench))
            QTest::qSleep(1);
    }
}

} // namespace emend::test
