// SPDX-License-Identifier: GPL-3.0-or-later
// Whatever a test of the window keeps goes into a folder of its own, from before main() on: nobody's home is written.
#pragma once

#include <QTemporaryDir>
#include <QtGlobal>

namespace emend::test {

struct OwnData {
    OwnData() { qputenv("EMEND_DATA", dir.path().toUtf8()); }
    [[nodiscard]] QString sessions() const { return dir.filePath(QStringLiteral("sessions")); }
    QTemporaryDir dir;
};

inline const OwnData own_data;

} // namespace emend::test
