// SPDX-License-Identifier: GPL-3.0-or-later
// The world the demo model learns: facts (facts.csv), sentence templates per relation (templates.json) and the language
// around them (language.json). Immutable after load; every fault in the files is an Error with file and place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace emend::demo {

struct Relation {
    std::string id;
    std::string name;                  // "is in the city of"
    std::vector<std::string> train;    // prompts, the object comes last: "{T}{S} is located in the city of"
    std::vector<std::string> held_out; // prompts that no document ever uses
    std::vector<std::string> reversed; // whole sentences, the object before the subject
};

struct Fact {
    std::size_t relation = 0; // index into World::relations
    std::size_t subject = 0;  // index into World::subjects
    std::string object;
};

struct Subject {
    std::string name;
    bool article = false; // "the Eiffel Tower", but "Big Ben"
    std::string kind;     // "tower", "person"
    std::vector<std::size_t> facts;
};

struct Language {
    std::vector<std::string> prefixes;
    std::vector<std::string> tails;
    std::vector<std::string> descriptions;
    std::vector<std::string> person_descriptions;
    std::map<std::string, std::vector<std::string>> filler; // a small grammar; "S" is its start
};

struct World {
    std::vector<Relation> relations;
    std::vector<Subject> subjects;
    std::vector<Fact> facts;
    Language language;

    [[nodiscard]] const Relation& relation_of(const Fact& fact) const { return relations[fact.relation]; }
    [[nodiscard]] const Subject& subject_of(const Fact& fact) const { return subjects[fact.subject]; }
    // The index of the fact, or facts.size().
    [[nodiscard]] std::size_t find(std::string_view relation, std::string_view subject) const;
};

// Reads facts.csv, templates.json and language.json from the folder.
[[nodiscard]] World load_world(const std::filesystem::path& folder);

// The parts of load_world, for tests: texts in, file names for the messages.
[[nodiscard]] World parse_world(std::string_view facts_csv, std::string_view templates_json,
                                std::string_view language_json);

// Whether documents may state this fact with training template number `index`: a fixed 70 % of the pairs.
[[nodiscard]] bool is_trained_pair(const World& world, const Fact& fact, std::size_t index, std::uint64_t seed);

} // namespace emend::demo
