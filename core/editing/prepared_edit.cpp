// SPDX-License-Identifier: GPL-3.0-or-later
#include "editing/prepared_edit.h"

#include "emend/error.h"
#include "text/subject_locator.h"

#include <algorithm>
#include <span>

namespace emend {
namespace {

constexpr std::string_view bare_context = "{}";

// The tokens the tokenizer's template puts behind a text would stand between the prompt and its continuation.
void drop_suffix(const Tokenizer& tokenizer, std::vector<std::int32_t>& ids) {
    const std::size_t suffix = std::min(tokenizer.template_suffix().size(), ids.size());
    ids.resize(ids.size() - suffix);
}

PreparedRow prepare_row(const Tokenizer& tokenizer, const std::string& prompt, const std::string& subject,
                        const std::string& context, const std::string& tail, std::span<const std::int32_t> tail_ids) {
    LocatedPrompt located = locate_subject(tokenizer, prompt + tail, subject, context);
    PreparedRow row{std::move(located.full.ids), located.last_subject_token, 0};
    drop_suffix(tokenizer, row.ids);
    // Tokenised again as one text, the object's first tokens nearly always come out as they were. Where they do not
    // (half a character, a merge across the border) the loss would look for tokens in the wrong places, so they are
    // put behind the prompt as they are.
    const bool same =
        row.ids.size() >= tail_ids.size() && std::equal(tail_ids.rbegin(), tail_ids.rend(), row.ids.rbegin());
    if (!same) {
        located = locate_subject(tokenizer, prompt, subject, context);
        row = {std::move(located.full.ids), located.last_subject_token, 0};
        drop_suffix(tokenizer, row.ids);
        row.ids.insert(row.ids.end(), tail_ids.begin(), tail_ids.end());
    }
    row.target_begin = static_cast<int>(row.ids.size()) - 1 - static_cast<int>(tail_ids.size());
    return row;
}

PreparedEdit prepare(const Tokenizer& tokenizer, const EditRequest& request, const std::vector<std::string>& contexts,
                     const PrepareOptions& options) {
    PreparedEdit edit;
    edit.request = request;
    edit.label = options.label.empty() ? request.subject : options.label;
    edit.target_ids = options.target_ids.empty() ? encode_target(tokenizer, request.object) : options.target_ids;
    const std::span<const std::int32_t> tail_ids(edit.target_ids.data(), edit.target_ids.size() - 1);
    const std::string tail = tokenizer.decode(tail_ids);
    if (tail.find("{}") != std::string::npos)
        throw Error("the object has {} in it", {}, "{} stands for the subject and belongs in the prompt only");
    edit.request.prompt = templatize(request.prompt, request.subject);

    edit.contexts = contexts.size();
    edit.bare = contexts.size();
    for (std::size_t i = 0; i < contexts.size(); ++i) {
        if (contexts[i] == bare_context && edit.bare == contexts.size())
            edit.bare = i;
        edit.rows.push_back(prepare_row(tokenizer, edit.request.prompt, request.subject, contexts[i], tail, tail_ids));
    }
    if (edit.bare == contexts.size())
        edit.rows.push_back(
            prepare_row(tokenizer, edit.request.prompt, request.subject, std::string(bare_context), tail, tail_ids));
    edit.essence = prepare_row(tokenizer, "{} is a", request.subject, std::string(bare_context), {}, {});

    std::size_t longest = edit.essence.ids.size();
    for (const PreparedRow& row : edit.rows)
        longest = std::max(longest, row.ids.size());
    if (options.positions > 0 && longest > static_cast<std::size_t>(options.positions))
        throw Error("the prompt with its context and object has " + std::to_string(longest) +
                        " tokens, but the model takes at most " + std::to_string(options.positions),
                    {}, "shorten the prompt");
    return edit;
}

} // namespace

PreparedEdit prepare_edit(const Tokenizer& tokenizer, const EditRequest& request,
                          const std::vector<std::string>& contexts, const PrepareOptions& options) {
    try {
        return prepare(tokenizer, request, contexts, options);
    } catch (const Error& error) {
        const std::string& label = options.label.empty() ? request.subject : options.label;
        throw Error(error.message(), error.where().empty() ? label : label + ", " + error.where(), error.hint());
    }
}

std::vector<PreparedEdit> prepare_edits(const Tokenizer& tokenizer, const std::vector<EditRequest>& requests,
                                        const std::vector<std::string>& contexts, int positions) {
    std::vector<PreparedEdit> edits;
    edits.reserve(requests.size());
    for (std::size_t i = 0; i < requests.size(); ++i) {
        PrepareOptions options;
        options.positions = positions;
        options.label = "edit " + std::to_string(i + 1);
        if (!requests[i].subject.empty())
            options.label += " (" + requests[i].subject + ")";
        edits.push_back(prepare_edit(tokenizer, requests[i], contexts, options));
    }
    return edits;
}

std::optional<EditProblem> find_problem(const Tokenizer& tokenizer, const EditRequest& request, int positions) {
    EditField field = EditField::subject;
    try {
        if (request.subject.find_first_not_of(" \t\r\n") == std::string::npos)
            throw Error("the subject is empty", {}, "type the name the prompt is about");
        field = EditField::prompt;
        (void)fill_template(templatize(request.prompt, request.subject), request.subject);
        field = EditField::object;
        check_object(request.object);
        if (request.object.find("{}") != std::string::npos)
            throw Error("the object has {} in it", {}, "{} stands for the subject and belongs in the prompt only");
        field = EditField::prompt;
        (void)prepare(tokenizer, request, {std::string(bare_context)}, {{}, positions, {}});
    } catch (const Error& error) {
        return EditProblem{field, error.message(), error.hint()};
    }
    return std::nullopt;
}

} // namespace emend
