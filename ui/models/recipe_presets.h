// SPDX-License-Identifier: GPL-3.0-or-later
// The user's own recipes, one JSON file each in presets_dir(), and recipes in files of any place: ours, or the
// reference implementations' hparams. Every function throws Error naming the file. Small files: read where asked.
#pragma once

#include "emend/recipe.h"

#include <QList>
#include <QString>

namespace emend::ui {

// Names, as people gave them, in the order of the alphabet. A folder that is not there yet holds none.
QStringList presetNames();
QString presetFile(const QString& name); // throws when no file can be called that
// Written beside and renamed; the folder is made when missing.
void savePreset(const QString& name, const Recipe& recipe);
void removePreset(const QString& name);

// What the file leaves out has the model's defaults for the file's algorithm.
Recipe readRecipe(const QString& file, const ModelInfo& model);
void writeRecipe(const QString& file, const Recipe& recipe);

} // namespace emend::ui
