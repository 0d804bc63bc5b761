// SPDX-License-Identifier: GPL-3.0-or-later
// What the model's answer means for an object that may be several tokens long: its first token alone says nothing.
#pragma once

#include "emend/edit.h"

#include <QString>

namespace emend::ui {

// "Buenos Aires" where all of the object is said, "Buenos…" where only its beginning is, else the likeliest token.
QString answerOf(const Prediction& prediction, const QString& object);
// Of what answerOf() shows: of the whole object where it is said, else of the likeliest token. NaN without an answer.
double certaintyOf(const Prediction& prediction);
// An edit is in the weights and its object is not said: how near it is, and what to try. `stale`: it was solved on
// other weights than are underneath now.
QString notHeldText(const QString& object, double p_new, bool stale);

} // namespace emend::ui
