// SPDX-License-Identifier: GPL-3.0-or-later
// Writes the documents the demo model is trained on: fact sentences, reversed ones, descriptions, short biographies and
// filler, in the shares of the recipe. A document knows where its subjects stand, for the subject bottleneck.
#pragma once

#include "random.h"
#include "world.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace emend::demo {

struct Document {
    std::string text;
    std::vector<std::pair<std::size_t, std::size_t>> subjects; // [begin, end) in bytes
    std::vector<std::pair<std::size_t, std::size_t>> objects;  // where a prompt's object stands
};

// A template with its subject (and object, where the template asks for one) filled in.
[[nodiscard]] Document fill_template(const std::string& text, const Subject& subject, const std::string& object = {});

class DocumentWriter {
  public:
    // Keeps a reference to the world.
    DocumentWriter(const World& world, std::uint64_t seed);

    [[nodiscard]] Document write(Random& random) const;

  private:
    [[nodiscard]] const Fact& pick_fact(Random& random) const;
    [[nodiscard]] Document statement(Random& random, const Fact& fact) const;
    [[nodiscard]] Document fact_sentence(Random& random) const;
    [[nodiscard]] Document biography(Random& random) const;
    [[nodiscard]] Document description(Random& random, const Subject& subject) const;
    [[nodiscard]] std::string filler(Random& random) const;
    [[nodiscard]] std::string expand(Random& random, const std::string& symbol) const;

    const World& world_;
    std::vector<std::vector<std::size_t>> trained_; // per fact: the templates that may state it
    std::vector<std::size_t> draw_;                 // facts, the ones with a unique object twice
};

} // namespace emend::demo
