// SPDX-License-Identifier: GPL-3.0-or-later
#include "world.h"

#include "emend/error.h"
#include "random.h"

#include <nlohmann/json.hpp>

#include <fstream>
#include <sstream>
#include <unordered_map>

namespace emend::demo {
namespace {

using nlohmann::json;

constexpr double kTrainedShare = 0.7;

std::string read_text(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in)
        throw Error("The file cannot be read", path.string(),
                    "Give the folder with facts.csv, templates.json and language.json");
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

json parse_json(std::string_view text, const char* file) {
    try {
        return json::parse(text);
    } catch (const json::exception& fault) {
        throw Error(std::string("Not valid JSON: ") + fault.what(), file);
    }
}

std::vector<std::string> strings(const json& object, const char* key, const std::string& where, bool may_be_empty) {
    const auto it = object.find(key);
    if (it == object.end() || !it->is_array())
        throw Error(std::string("\"") + key + "\" must be a list of texts", where);
    std::vector<std::string> out;
    for (const json& item : *it) {
        if (!item.is_string() || item.get_ref<const std::string&>().empty())
            throw Error(std::string("\"") + key + "\" holds something that is not a text", where);
        out.push_back(item.get<std::string>());
    }
    if (out.empty() && !may_be_empty)
        throw Error(std::string("\"") + key + "\" is empty", where);
    return out;
}

std::size_t count_of(std::string_view text, std::string_view part) {
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1))
        ++count;
    return count;
}

void check_templates(const std::vector<std::string>& templates, bool with_object, const std::string& where) {
    for (const std::string& text : templates) {
        if (count_of(text, "{S}") != 1)
            throw Error("A template must name the subject {S} exactly once: \"" + text + "\"", where);
        if (count_of(text, "{O}") != (with_object ? 1U : 0U))
            throw Error(with_object ? "A reversed template must name the object {O} exactly once: \"" + text + "\""
                                    : "The object follows the prompt; {O} must not stand in it: \"" + text + "\"",
                        where);
        if (!with_object && text.back() == ' ')
            throw Error("A prompt must not end with a space: \"" + text + "\"", where);
    }
}

std::vector<std::string> split(const std::string& line) {
    std::vector<std::string> cells(1);
    for (const char c : line) {
        if (c == ',')
            cells.emplace_back();
        else
            cells.back().push_back(c);
    }
    return cells;
}

void parse_templates(World& world, std::string_view text) {
    const char* file = "templates.json";
    const json root = parse_json(text, file);
    if (!root.is_object() || !root.contains("relations") || !root["relations"].is_array())
        throw Error("\"relations\" must be a list", file);
    for (const json& item : root["relations"]) {
        Relation relation;
        if (!item.is_object() || !item.contains("id") || !item["id"].is_string())
            throw Error("A relation has no \"id\"", file);
        relation.id = item["id"].get<std::string>();
        const std::string where = std::string(file) + ", relation " + relation.id;
        for (const Relation& other : world.relations)
            if (other.id == relation.id)
                throw Error("The relation stands there twice", where);
        if (!item.contains("name") || !item["name"].is_string())
            throw Error("The relation has no \"name\"", where);
        relation.name = item["name"].get<std::string>();
        relation.train = strings(item, "train", where, false);
        relation.held_out = strings(item, "held_out", where, false);
        relation.reversed = strings(item, "reversed", where, false);
        check_templates(relation.train, false, where);
        check_templates(relation.held_out, false, where);
        check_templates(relation.reversed, true, where);
        world.relations.push_back(std::move(relation));
    }
}

void parse_facts(World& world, std::string_view text) {
    std::istringstream in{std::string(text)};
    std::string line;
    std::getline(in, line);
    if (line != "relation,subject,article,object,kind")
        throw Error("The first line must be \"relation,subject,article,object,kind\"", "facts.csv, line 1");
    std::unordered_map<std::string, std::size_t> relations;
    for (std::size_t i = 0; i < world.relations.size(); ++i)
        relations[world.relations[i].id] = i;
    std::unordered_map<std::string, std::size_t> subjects;
    std::size_t number = 1;
    while (std::getline(in, line)) {
        ++number;
        const std::string where = "facts.csv, line " + std::to_string(number);
        const std::vector<std::string> cells = split(line);
        if (cells.size() != 5)
            throw Error("A fact has 5 columns, here are " + std::to_string(cells.size()), where);
        const auto relation = relations.find(cells[0]);
        if (relation == relations.end())
            throw Error("Unknown relation \"" + cells[0] + "\"", where, "Relations are named in templates.json");
        if (cells[1].empty() || cells[3].empty() || cells[4].empty())
            throw Error("Subject, object and kind must not be empty", where);
        if (!cells[2].empty() && cells[2] != "the")
            throw Error("The article is \"the\" or nothing, not \"" + cells[2] + "\"", where);
        for (const char c : line)
            if (static_cast<unsigned char>(c) >= 128 || c == '\r')
                throw Error("Facts are written in ASCII with plain line ends", where);
        const auto [it, added] = subjects.try_emplace(cells[1], world.subjects.size());
        if (added)
            world.subjects.push_back({cells[1], !cells[2].empty(), cells[4], {}});
        Subject& subject = world.subjects[it->second];
        if (subject.article != !cells[2].empty() || subject.kind != cells[4])
            throw Error("\"" + cells[1] + "\" has another article or kind than before", where);
        for (const std::size_t other : subject.facts)
            if (world.facts[other].relation == relation->second)
                throw Error("\"" + cells[1] + "\" has this relation twice", where);
        subject.facts.push_back(world.facts.size());
        world.facts.push_back({relation->second, it->second, cells[3]});
    }
    if (world.facts.empty())
        throw Error("No fact in the file", "facts.csv");
}

void check_grammar(const Language& language) {
    for (const auto& [symbol, rules] : language.filler)
        for (const std::string& rule : rules)
            for (std::size_t at = rule.find('{'); at != std::string::npos; at = rule.find('{', at + 1)) {
                const std::size_t end = rule.find('}', at);
                if (end == std::string::npos || !language.filler.contains(rule.substr(at + 1, end - at - 1)))
                    throw Error("The grammar has no such symbol: \"" + rule + "\"", "language.json, " + symbol);
            }
    if (!language.filler.contains("S"))
        throw Error("The grammar has no start \"S\"", "language.json");
}

} // namespace

World parse_world(std::string_view facts_csv, std::string_view templates_json, std::string_view language_json) {
    World world;
    parse_templates(world, templates_json);
    const json root = parse_json(language_json, "language.json");
    if (!root.is_object())
        throw Error("The file must hold an object", "language.json");
    world.language.prefixes = strings(root, "prefixes", "language.json", false);
    world.language.tails = strings(root, "tails", "language.json", false);
    world.language.descriptions = strings(root, "descriptions", "language.json", false);
    world.language.person_descriptions = strings(root, "person_descriptions", "language.json", false);
    if (!root.contains("filler") || !root["filler"].is_object())
        throw Error("\"filler\" must be a grammar", "language.json");
    for (const auto& [symbol, rules] : root["filler"].items())
        world.language.filler[symbol] = strings(root["filler"], symbol.c_str(), "language.json, filler", false);
    check_grammar(world.language);
    parse_facts(world, facts_csv);
    return world;
}

World load_world(const std::filesystem::path& folder) {
    return parse_world(read_text(folder / "facts.csv"), read_text(folder / "templates.json"),
                       read_text(folder / "language.json"));
}

std::size_t World::find(std::string_view relation, std::string_view subject) const {
    for (std::size_t i = 0; i < facts.size(); ++i)
        if (relations[facts[i].relation].id == relation && subjects[facts[i].subject].name == subject)
            return i;
    return facts.size();
}

bool is_trained_pair(const World& world, const Fact& fact, std::size_t index, std::uint64_t seed) {
    const Relation& relation = world.relation_of(fact);
    const std::string name = relation.id + "|" + world.subject_of(fact).name + "|" + relation.train[index];
    return Random(seed, hash_text(name)).uniform() < kTrainedShare;
}

} // namespace emend::demo
