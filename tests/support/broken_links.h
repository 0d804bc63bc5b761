// SPDX-License-Identifier: GPL-3.0-or-later
// The checks of a diagnosis that are not ok, in order.
#pragma once

#include "emend/diagnosis.h"

#include <QStringList>

namespace emend::test {

inline QStringList broken(const Diagnosis& diagnosis) {
    QStringList checks;
    for (const DiagnosisVerdict& verdict : diagnosis.verdicts)
        if (!verdict.ok)
            checks << QString::fromStdString(verdict.check);
    return checks;
}

} // namespace emend::test
