// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/edit_validation.h"

#include <QCoreApplication>

#include <algorithm>
#include <array>

namespace emend::ui {

namespace {

std::string tr(const char* text) {
    return QCoreApplication::translate("emend::ui::edits", text).toStdString();
}

bool isBlank(const std::string& text) {
    return text.find_first_not_of(" \t\n") == std::string::npos;
}

int gaps(const std::string& prompt) {
    int count = 0;
    for (std::size_t at = prompt.find("{}"); at != std::string::npos; at = prompt.find("{}", at + 2))
        ++count;
    return count;
}

} // namespace

std::optional<EditProblem> validateRequest(const EditRequest& request) {
    const auto problem = [](EditField field, const char* what, const char* hint) {
        return EditProblem{field, tr(what), tr(hint)};
    };
    if (isBlank(request.subject))
        return problem(EditField::subject, QT_TRANSLATE_NOOP("emend::ui::edits", "the subject is empty"),
                       QT_TRANSLATE_NOOP("emend::ui::edits", "type the name the prompt is about"));
    if (isBlank(request.prompt))
        return problem(EditField::prompt, QT_TRANSLATE_NOOP("emend::ui::edits", "there is no relation"),
                       QT_TRANSLATE_NOOP("emend::ui::edits", "choose one, or type a prompt with {} for the subject"));
    const int count = gaps(request.prompt);
    if (count == 0)
        return problem(EditField::prompt, QT_TRANSLATE_NOOP("emend::ui::edits", "the prompt has no {}"),
                       QT_TRANSLATE_NOOP("emend::ui::edits", "write {} where the subject goes"));
    if (count > 1)
        return problem(EditField::prompt, QT_TRANSLATE_NOOP("emend::ui::edits", "the prompt has {} more than once"),
                       QT_TRANSLATE_NOOP("emend::ui::edits", "keep one {}: the edit needs one place for its subject"));
    if (isBlank(request.object))
        return problem(EditField::object, QT_TRANSLATE_NOOP("emend::ui::edits", "the new object is empty"),
                       QT_TRANSLATE_NOOP("emend::ui::edits", "type what the model should answer"));
    return std::nullopt;
}

std::string promptFromSentence(std::string sentence, const std::string& subject) {
    if (subject.empty() || sentence.find("{}") != std::string::npos)
        return sentence;
    const std::size_t at = sentence.find(subject);
    if (at != std::string::npos && sentence.find(subject, at + 1) == std::string::npos)
        sentence.replace(at, subject.size(), "{}");
    return sentence;
}

} // namespace emend::ui
