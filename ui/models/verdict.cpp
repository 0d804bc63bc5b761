// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/verdict.h"

#include "models/text_format.h"
#include "models/token_list_model.h"

#include <QCoreApplication>

#include <limits>

namespace emend::ui {

QString answerOf(const Prediction& prediction, const QString& object) {
    if (prediction.top.empty())
        return {};
    if (prediction.says_new)
        return object.trimmed();
    const std::string& piece = prediction.top.front().piece;
    const QString text = answerText(piece);
    return beginsObject(piece, object) && text != object.trimmed() ? text + QChar(0x2026) : text;
}

double certaintyOf(const Prediction& prediction) {
    if (prediction.top.empty())
        return std::numeric_limits<double>::quiet_NaN();
    return prediction.says_new ? prediction.p_new : prediction.top.front().probability;
}

QString notHeldText(const QString& object, double p_new, bool stale) {
    const QString text =
        stale ? QCoreApplication::translate(
                    "emend::ui",
                    "Applied, but “%1” is not said: p(new) of the whole object is %2. The weights underneath "
                    "have changed since; solve the batch again in the history.")
              : QCoreApplication::translate(
                    "emend::ui", "Applied, but “%1” is not said: p(new) of the whole object is %2. Undo, then try more "
                                 "steps, a larger clamp or another layer.");
    return text.arg(object, formatProbability(p_new).replace(u' ', QChar(QChar::Nbsp)));
}

} // namespace emend::ui
