// SPDX-License-Identifier: GPL-3.0-or-later
#include "jobs/failure.h"

#include <QStringList>

#include <exception>
#include <new>

namespace emend::ui {

Failure Failure::fromCurrentException() {
    Failure failure;
    try {
        throw;
    } catch (const Cancelled&) {
        failure.what = tr("cancelled");
        failure.cancelled = true;
    } catch (const Error& error) {
        failure.what = QString::fromStdString(error.message());
        failure.where = QString::fromStdString(error.where());
        failure.hint = QString::fromStdString(error.hint());
        failure.foreignModel = dynamic_cast<const ForeignModel*>(&error) != nullptr;
        failure.nothingOpen = dynamic_cast<const NothingOpen*>(&error) != nullptr;
    } catch (const std::bad_alloc&) {
        failure.what = tr("out of memory");
        failure.hint = tr("close other programs, or open a smaller model");
    } catch (const std::exception& error) {
        failure.what = QString::fromUtf8(error.what());
        failure.hint = tr("this is a fault of the program; the log has the details");
    } catch (...) {
        failure.what = tr("an unknown fault");
        failure.hint = tr("this is a fault of the program");
    }
    return failure;
}

QString Failure::summary() const {
    if (hint.isEmpty())
        return what;
    return tr("%1 - %2", "what went wrong - what to do").arg(what, hint);
}

QString Failure::details() const {
    QStringList lines{what};
    if (!where.isEmpty())
        lines << tr("Where: %1").arg(where);
    if (!hint.isEmpty())
        lines << tr("What to do: %1").arg(hint);
    return lines.join(QLatin1Char('\n'));
}

} // namespace emend::ui
