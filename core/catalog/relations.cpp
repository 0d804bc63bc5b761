// SPDX-License-Identifier: GPL-3.0-or-later
#include "emend/relations.h"

#include "base/file.h"
#include "catalog/json_fields.h"

#include <algorithm>
#include <array>
#include <set>

namespace emend {

namespace {

using catalog::Json;

void check_one_gap(const std::string& prompt, const std::string& where) {
    const std::size_t at = prompt.find("{}");
    if (at == std::string::npos || prompt.find("{}", at + 2) != std::string::npos) {
        throw Error("\"" + prompt + "\" must hold {} once, where the subject goes", where,
                    "for example \"{} is located in the city of\"");
    }
}

std::vector<std::string> texts(const Json& entry, const std::string& key, const std::string& where) {
    std::vector<std::string> out;
    const std::string place = where + ", " + key;
    if (entry.contains(key))
        for (const Json& value : catalog::array(entry[key], place))
            out.push_back(catalog::text(value, place));
    return out;
}

Relation read_relation(const Json& entry, std::string where) {
    if (!entry.is_object())
        catalog::wrong_type(entry, where, "an object");
    const auto required = [&](const char* key) {
        if (!entry.contains(key))
            throw Error(std::string("the key \"") + key + "\" is missing", where, "every relation needs one");
        std::string value = catalog::text(entry[key], where + ", " + key);
        if (value.empty())
            throw Error(std::string("the key \"") + key + "\" is empty", where, "every relation needs one");
        return value;
    };
    Relation relation;
    relation.id = required("id");
    where += " (" + relation.id + ")";
    relation.name = required("name");
    relation.prompt = required("prompt");
    check_one_gap(relation.prompt, where + ", prompt");
    if (entry.contains("question")) {
        relation.question = catalog::text(entry["question"], where + ", question");
        if (!relation.question.empty())
            check_one_gap(relation.question, where + ", question");
    }
    relation.paraphrases = texts(entry, "paraphrases", where);
    for (const std::string& paraphrase : relation.paraphrases)
        check_one_gap(paraphrase, where + ", paraphrases");
    relation.objects = texts(entry, "objects", where);
    return relation;
}

// "the" goes before the subject unless the prompt has it already; capital where a sentence begins.
std::string with_article(const std::string& prompt) {
    const std::size_t at = prompt.find("{}");
    if (at == std::string::npos)
        return prompt;
    const std::string before = prompt.substr(0, at);
    if (before.ends_with("the ") || before.ends_with("The "))
        return prompt;
    const bool begins = before.empty() || before.ends_with(". ") || before.ends_with("? ") || before.ends_with("! ") ||
                        before.ends_with('\n');
    return before + (begins ? "The " : "the ") + prompt.substr(at);
}

} // namespace

RelationLibrary RelationLibrary::load(const std::string& path) {
    return from_json(read_file(path, std::uint64_t{16} << 20), path);
}

bool subject_takes_article(std::string_view subject) {
    static constexpr std::array<std::string_view, 14> nouns{
        "Tower",    "Museum",    "Gallery",  "Theatre",   "Temple", "Bazaar", "Monument",
        "Memorial", "Colosseum", "Pantheon", "Parthenon", "River",  "Statue", "Canal"};
    const std::size_t space = subject.rfind(' ');
    const std::string_view last = space == std::string_view::npos ? subject : subject.substr(space + 1);
    return std::find(nouns.begin(), nouns.end(), last) != nouns.end();
}

RelationLibrary RelationLibrary::from_json(std::string_view json, std::string_view where) {
    const Json document = catalog::parse_object(json, where);
    if (!document.contains("relations"))
        throw Error("the key \"relations\" is missing", std::string(where), "it holds the list of relations");
    RelationLibrary library;
    std::set<std::string> seen;
    for (const Json& entry : catalog::array(document["relations"], std::string(where) + ": relations")) {
        const std::string place = std::string(where) + ": relation " + std::to_string(library.relations_.size() + 1);
        Relation relation = read_relation(entry, place);
        if (!seen.insert(relation.id).second)
            throw Error("there are two relations \"" + relation.id + "\"", place, "give each its own id");
        library.relations_.push_back(std::move(relation));
    }
    return library;
}

const Relation* RelationLibrary::find(std::string_view id) const {
    const auto found =
        std::find_if(relations_.begin(), relations_.end(), [&](const Relation& r) { return r.id == id; });
    return found == relations_.end() ? nullptr : &*found;
}

void RelationLibrary::fill(EditRequest& request, std::string_view relation_id, bool with_the) const {
    const Relation* relation = find(relation_id);
    if (!relation) {
        throw Error("there is no relation \"" + std::string(relation_id) + "\" in the library",
                    "relation of " + (request.subject.empty() ? std::string("an edit") : request.subject),
                    "choose one of the list, or write a prompt with {}");
    }
    const auto worded = [&](const std::string& prompt) { return with_the ? with_article(prompt) : prompt; };
    request.relation = relation->id;
    request.prompt = worded(relation->prompt);
    request.paraphrases.clear();
    for (const std::string& paraphrase : relation->paraphrases)
        request.paraphrases.push_back(worded(paraphrase));
}

} // namespace emend
