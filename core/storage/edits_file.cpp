// SPDX-License-Identifier: GPL-3.0-or-later
// All kinds of edits files are read alike: a record is an object whose fields go by several names. CSV rows become such
// objects.
#include "base/file.h"
#include "base/json_text.h"
#include "base/utf8.h"
#include "emend/edits_io.h"
#include "emend/error.h"
#include "storage/csv.h"
#include "text/subject_locator.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <initializer_list>

namespace emend {
namespace {

using nlohmann::json;

constexpr std::uint64_t edits_file_limit = std::uint64_t{1} << 30;
constexpr const char* shape_hint =
    "a list of {\"subject\", \"prompt\", \"target_new\": {\"str\"}}, CounterFact, zsRE or "
    "EasyEdit records, or CSV with a header (subject, prompt or relation, object)";

using Names = std::initializer_list<const char*>;
constexpr Names subject_names = {"subject"};
constexpr Names prompt_names = {"prompt", "src"};
constexpr Names object_names = {"target_new", "object", "alt"};
constexpr Names true_names = {"target_true", "true_object", "ground_truth"};
constexpr Names answer_names = {"answers"}; // zsRE: the true answer, or the object where no other is given
constexpr Names paraphrase_names = {"paraphrases", "paraphrase_prompts", "rephrase_prompt", "rephrase"};
constexpr Names neighbour_names = {"neighbours", "neighborhood_prompts"};
constexpr Names unrelated_names = {"locality_prompt", "loc"}; // with an answer of their own
constexpr Names unrelated_answer_names = {"locality_ground_truth", "loc_ans"};
constexpr Names locality_names = {"locality"}; // EasyEdit: {kind: [{"prompt", "ground_truth"}]}

// The first of the names that is there and not null.
const json* find_in(const json& object, Names names) {
    for (const char* name : names)
        if (const auto found = object.find(name); found != object.end() && !found->is_null())
            return &*found;
    return nullptr;
}

// A record's fields; CounterFact keeps some of them in an object inside.
struct Record {
    const json& outer;
    const json* rewrite;

    [[nodiscard]] const json* find(Names names) const {
        const json* inside = rewrite ? find_in(*rewrite, names) : nullptr;
        return inside ? inside : find_in(outer, names);
    }
};

// A text, also as {"str": …} (CounterFact), {"prompt": …} or the first of a list (EasyEdit). Throws Error naming the
// field.
std::string text_of(const json& value, const std::string& field) {
    if (value.is_string())
        return value.get<std::string>();
    if (value.is_object())
        if (const json* inner = find_in(value, {"str", "prompt"}); inner && inner->is_string())
            return inner->get<std::string>();
    if (value.is_array() && !value.empty() && value.front().is_string())
        return value.front().get<std::string>();
    throw Error("\"" + field + "\" is " + json_excerpt(value) + " instead of a text");
}

std::string find_text(const Record& record, Names names) {
    const json* value = record.find(names);
    return value ? text_of(*value, *names.begin()) : std::string();
}

std::vector<std::string> find_texts(const Record& record, Names names) {
    const json* value = record.find(names);
    std::vector<std::string> texts;
    if (value && value->is_array())
        for (const json& item : *value)
            texts.push_back(text_of(item, *names.begin()));
    else if (value)
        texts.push_back(text_of(*value, *names.begin()));
    std::erase_if(texts, [](const std::string& text) { return trim_white_space(text).empty(); });
    return texts;
}

// The first text in it, however deep in lists; empty when there is none.
std::string first_text(const json& value) {
    if (value.is_string())
        return value.get<std::string>();
    return value.is_array() && !value.empty() ? first_text(value.front()) : std::string();
}

// Prompts about others that come with an answer. A neighbour is one whose answer is what the edit calls true: the score
// asks whether the model still prefers that to the new object, which says nothing of a prompt with another answer.
std::vector<std::string> find_unrelated(const Record& record, const std::optional<std::string>& true_object) {
    std::vector<std::string> texts;
    const auto add = [&](const json& prompt, const json* answer) {
        const std::string text = text_of(prompt, "locality");
        if (!text.empty() && answer && true_object && first_text(*answer) == *true_object)
            texts.push_back(text);
    };
    if (const json* prompt = record.find(unrelated_names))
        add(*prompt, record.find(unrelated_answer_names));
    const json* kinds = record.find(locality_names);
    if (!kinds || !kinds->is_object())
        return texts;
    for (const json& kind : *kinds) // EasyEdit's, of every kind there is
        for (const json& item : kind.is_array() ? kind : json::array({kind})) {
            if (!item.is_object() || !item.contains("prompt"))
                continue;
            const json prompts = item["prompt"].is_array() ? item["prompt"] : json::array({item["prompt"]});
            const json* answers = find_in(item, {"ground_truth"});
            for (std::size_t i = 0; i < prompts.size(); ++i)
                add(prompts[i],
                    answers && answers->is_array() && answers->size() == prompts.size() ? &(*answers)[i] : answers);
        }
    return texts;
}

// zsRE's unrelated questions carry the name of the data set they come from, and no question mark.
std::string clean_neighbour(std::string prompt) {
    constexpr std::string_view prefix = "nq question: ";
    return prompt.starts_with(prefix) ? prompt.substr(prefix.size()) + "?" : prompt;
}

// Throws Error with the reason when the record cannot be used.
EditRequest read_record(const json& given) {
    if (!given.is_object())
        throw Error("the record is " + json_kind(given) + " instead of an object");
    const json* rewrite = find_in(given, {"requested_rewrite"});
    if (rewrite && !rewrite->is_object())
        throw Error("\"requested_rewrite\" is " + json_excerpt(*rewrite) + " instead of an object");
    const Record record{given, rewrite};
    EditRequest edit;
    edit.subject = find_text(record, subject_names);
    if (trim_white_space(edit.subject).empty())
        throw Error("no subject");
    edit.object = find_text(record, object_names);
    const std::string answer = find_text(record, answer_names);
    std::string true_object = find_text(record, true_names);
    if (edit.object.empty())
        edit.object = answer;
    else if (true_object.empty())
        true_object = answer;
    if (trim_white_space(edit.object).empty())
        throw Error("no object");
    if (!true_object.empty())
        edit.true_object = std::move(true_object);

    if (const std::string prompt = find_text(record, prompt_names); !prompt.empty()) {
        edit.prompt = templatize(prompt, edit.subject);
        // Beside a prompt the relation only says which one it was worded from.
        if (const json* relation = record.find({"relation"}); relation && relation->is_string())
            edit.relation = relation->get<std::string>();
    } else if (edit.relation = find_text(record, {"relation"}); edit.relation.empty()) {
        throw Error("no prompt and no relation");
    }
    edit.paraphrases = find_texts(record, paraphrase_names);
    edit.neighbours = find_texts(record, neighbour_names);
    std::ranges::move(find_unrelated(record, edit.true_object), std::back_inserter(edit.neighbours));
    std::ranges::transform(edit.neighbours, edit.neighbours.begin(), clean_neighbour);
    return edit;
}

// The name of a kind by a record of it; empty when it is none.
std::string kind_of(const json& record) {
    if (!record.is_object())
        return {};
    if (record.contains("requested_rewrite"))
        return "CounterFact";
    if (record.contains("src"))
        return "zsRE";
    if (record.contains("ground_truth") || record.contains("rephrase_prompt"))
        return "EasyEdit";
    if (record.contains("target_new"))
        return "edit requests";
    if (record.contains("subject"))
        return "Emend records";
    return {};
}

void read_records(const json& records, EditsFile& file) {
    int index = 0;
    for (const json& record : records) {
        try {
            file.edits.push_back(read_record(record));
        } catch (const Error& error) {
            file.problems.push_back({index, error.message()});
        }
        ++index;
    }
}

std::string column_name(std::string_view header) {
    std::string name(trim_white_space(header));
    std::ranges::transform(name, name.begin(), [](char c) {
        return c == ' ' || c == '-' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    });
    return name;
}

json split_list(std::string_view field) {
    json list = json::array();
    while (!field.empty()) {
        const auto bar = field.find('|');
        if (const auto part = trim_white_space(field.substr(0, bar)); !part.empty())
            list.push_back(part);
        field = bar == std::string_view::npos ? std::string_view{} : field.substr(bar + 1);
    }
    return list;
}

// first_line: of the file, where the text begins.
EditsFile read_csv(std::string_view text, const std::string& where, std::size_t first_line) {
    std::vector<std::size_t> lines;
    const auto rows = parse_csv(text, where, &lines);
    std::vector<std::string> columns;
    if (!rows.empty())
        std::ranges::transform(rows.front(), std::back_inserter(columns), column_name);
    const auto has_any = [&](Names names) {
        return std::ranges::any_of(names, [&](const char* name) { return std::ranges::count(columns, name) > 0; });
    };
    if (!has_any(subject_names) || !has_any(object_names) || !(has_any(prompt_names) || has_any({"relation"})))
        throw Error("the header needs the columns subject, object, and prompt or relation",
                    where + ", line " + std::to_string(first_line), shape_hint);
    const auto is_list = [](const std::string& column) {
        const auto equal = [&](const char* name) { return column == name; };
        return std::ranges::any_of(paraphrase_names, equal) || std::ranges::any_of(neighbour_names, equal);
    };

    EditsFile file;
    file.kind = "CSV";
    for (std::size_t r = 1; r < rows.size(); ++r) {
        try {
            if (rows[r].size() != columns.size())
                throw Error(std::to_string(rows[r].size()) + " fields instead of " + std::to_string(columns.size()));
            json record = json::object();
            for (std::size_t c = 0; c < columns.size(); ++c)
                if (const auto field = trim_white_space(rows[r][c]); !field.empty())
                    record[columns[c]] = is_list(columns[c]) ? split_list(field) : json(field);
            file.edits.push_back(read_record(record));
        } catch (const Error& error) {
            const std::string line = std::to_string(first_line + lines[r] - 1);
            file.problems.push_back({static_cast<int>(r - 1), "line " + line + ": " + error.message()});
        }
    }
    return file;
}

EditsFile read_json(std::string_view text, const std::string& where) {
    const json document = parse_json(text, where);
    const json* records = &document;
    if (document.is_object())
        if (const json* inner = find_in(document, {"edits", "requests", "records"}); inner && inner->is_array())
            records = inner;
    const json single = records->is_object() ? json::array({*records}) : json();
    if (!single.is_null())
        records = &single;

    EditsFile file;
    if (records->is_array())
        for (const json& record : *records)
            if (file.kind = kind_of(record); !file.kind.empty())
                break;
    if (file.kind.empty())
        throw Error("no edits are recognised in the file", where, shape_hint);
    read_records(*records, file);
    return file;
}

} // namespace

EditsFile parse_edits(std::string_view text, const std::string& where) {
    if (text.find('\0') != std::string_view::npos || !is_valid_utf8(text))
        throw Error("the file is not a text in UTF-8", where, shape_hint);
    const std::string_view content = trim_white_space(text.starts_with("\xEF\xBB\xBF") ? text.substr(3) : text);
    if (content.empty())
        throw Error("the file is empty", where, shape_hint);
    const auto first_line =
        static_cast<std::size_t>(1 + std::count(text.data(), content.data(), '\n')); // blank lines before it
    EditsFile file = content.front() == '[' || content.front() == '{' ? read_json(content, where)
                                                                      : read_csv(content, where, first_line);
    if (file.edits.empty() && file.problems.empty())
        throw Error("the file holds no edits", where, shape_hint);
    return file;
}

EditsFile read_edits_file(const std::string& path) {
    return parse_edits(read_file(path, edits_file_limit), path);
}

} // namespace emend
