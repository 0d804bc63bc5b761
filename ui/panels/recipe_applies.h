// SPDX-License-Identifier: GPL-3.0-or-later
// Which fields a recipe's algorithm and distribution use, and which keep their meaning from one algorithm to another.
// Fields by the ids of recipe_fields.cpp. Pure functions over the tables of core.
#pragma once

#include "emend/recipe.h"

#include <QString>

namespace emend::ui {

bool usesField(const Recipe& recipe, const QString& id);
// A number set for one algorithm says the same to the other: a softness of 15000 is soft for MEMIT and senseless for
// AlphaEdit.
bool sameMeaning(const QString& id, const AlgorithmInfo& a, const AlgorithmInfo& b);

} // namespace emend::ui
