// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/recipe_presets.h"

#include "emend/error.h"
#include "emend/paths.h"
#include "models/text_format.h"

#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QSaveFile>

#include <algorithm>

namespace emend::ui {

namespace {

constexpr qint64 largestRecipe = 16 << 20; // contexts can be many; more is another kind of file

std::string tr(const char* text) {
    return QCoreApplication::translate("emend::ui::presets", text).toStdString();
}

[[noreturn]] void refuse(const char* what, const QString& where, const QString& hint) {
    throw Error(tr(what), where.toStdString(), hint.toStdString());
}

} // namespace

QStringList presetNames() {
    QStringList names;
    for (const QFileInfo& file : QDir(fromStd(presets_dir())).entryInfoList({QStringLiteral("*.json")}, QDir::Files))
        names << file.completeBaseName();
    std::sort(names.begin(), names.end(), [](const QString& a, const QString& b) {
        return a.toCaseFolded().localeAwareCompare(b.toCaseFolded()) < 0;
    });
    return names;
}

QString presetFile(const QString& name) {
    const bool fine = !name.trimmed().isEmpty() && name.size() <= 100 && !name.startsWith(u'.') &&
                      std::none_of(name.begin(), name.end(),
                                   [](QChar c) { return c < u' ' || QStringView(u"/\\:*?\"<>|").contains(c); });
    if (!fine)
        refuse(QT_TRANSLATE_NOOP("emend::ui::presets", "a preset cannot have this name"), name,
               fromStd(tr(QT_TRANSLATE_NOOP("emend::ui::presets", "leave out / \\ : * ? \" < > | and a leading dot"))));
    return QDir(fromStd(presets_dir())).filePath(name.trimmed() + QStringLiteral(".json"));
}

void savePreset(const QString& name, const Recipe& recipe) {
    const QString file = presetFile(name);
    if (const QString folder = QFileInfo(file).path(); !QDir().mkpath(folder))
        refuse(QT_TRANSLATE_NOOP("emend::ui::presets", "the folder for presets cannot be made"), folder,
               fromStd(tr(QT_TRANSLATE_NOOP("emend::ui::presets", "make it yourself, or set EMEND_CONFIG"))));
    writeRecipe(file, recipe);
}

void removePreset(const QString& name) {
    QFile file(presetFile(name));
    if (!file.remove())
        refuse(QT_TRANSLATE_NOOP("emend::ui::presets", "the preset cannot be deleted"), file.fileName(),
               file.errorString());
}

Recipe readRecipe(const QString& path, const ModelInfo& model) {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        refuse(QT_TRANSLATE_NOOP("emend::ui::presets", "the recipe cannot be read"), path, file.errorString());
    if (file.size() > largestRecipe)
        refuse(QT_TRANSLATE_NOOP("emend::ui::presets", "this is too large for a recipe"), path,
               fromStd(tr(QT_TRANSLATE_NOOP("emend::ui::presets", "choose a recipe or an hparams file"))));
    const std::string text = file.readAll().toStdString();
    const std::string name = path.toStdString(); // hparams files are known by their folder, too
    // Twice: the defaults depend on the algorithm that the file names.
    const Recipe first = recipe_from_json(text, default_recipe(model), name);
    return recipe_from_json(text, default_recipe(model, first.algorithm), name);
}

void writeRecipe(const QString& path, const Recipe& recipe) {
    QSaveFile file(path);
    const QByteArray text = QByteArray::fromStdString(recipe_to_json(recipe)) + '\n';
    if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size() || !file.commit())
        refuse(QT_TRANSLATE_NOOP("emend::ui::presets", "the recipe cannot be written"), path, file.errorString());
}

} // namespace emend::ui
