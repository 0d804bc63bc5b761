// SPDX-License-Identifier: GPL-3.0-or-later
// The relation library: ready-made prompts for common relations, with paraphrases and a question form.
#pragma once

#include "emend/edit.h"

#include <string>
#include <string_view>
#include <vector>

namespace emend {

struct Relation {
    std::string id;                       // "city"
    std::string name;                     // "is in the city of"
    std::string prompt;                   // "{} is located in the city of"
    std::string question;                 // "In which city is {}?"
    std::vector<std::string> paraphrases; // with {}
    std::vector<std::string> objects;     // examples, offered while typing
};

// A guess from the subject's last word: "Eiffel Tower" is spoken of with "the", "Marie Curie" is not.
bool subject_takes_article(std::string_view subject);

class RelationLibrary {
  public:
    // Throws Error naming file, relation and key.
    static RelationLibrary load(const std::string& path);
    static RelationLibrary from_json(std::string_view json, std::string_view where);

    [[nodiscard]] const std::vector<Relation>& relations() const { return relations_; }
    [[nodiscard]] const Relation* find(std::string_view id) const; // null when unknown

    // Prompt and paraphrases of the relation put into the request. Subjects that take "the" ("the Eiffel Tower") are
    // given with it: "The {} …" at the start, "the {}" inside.
    void fill(EditRequest& request, std::string_view relation_id, bool with_the) const;

  private:
    std::vector<Relation> relations_;
};

} // namespace emend
