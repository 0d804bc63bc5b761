// SPDX-License-Identifier: GPL-3.0-or-later
// How the demo model takes edits, measured through the engine that users edit with: efficacy, paraphrase and
// neighbourhood scores (METHOD.md section 7), and beside them what those hide: whether the new object is really the
// most likely answer, and how many facts nobody edited are still known.
#pragma once

#include "random.h"
#include "vocabulary.h"
#include "world.h"

#include "emend/engine.h"
#include "emend/relations.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace emend::demo {

struct Share {
    std::size_t hits = 0;
    std::size_t all = 0;
    void count(bool hit) {
        hits += hit ? 1 : 0;
        ++all;
    }
    void add(const Share& other) {
        hits += other.hits;
        all += other.all;
    }
    [[nodiscard]] double percent() const {
        return all == 0 ? 0.0 : 100.0 * static_cast<double>(hits) / static_cast<double>(all);
    }
};

struct EditScores {
    Share efficacy;        // P(new) > P(true) after the edit's own prompt
    Share paraphrase;      // the same after the paraphrases
    Share neighbourhood;   // P(true) > P(new) for other subjects with the same object
    Share efficacy_argmax; // the new object is the most likely answer
    Share paraphrase_argmax;
    Share neighbourhood_argmax; // the true object is still the most likely answer
    Share unrelated;            // facts nobody edited: the object is the most likely answer
    double seconds = 0;         // of applying, all together
};

class EditMeter {
  public:
    // Keeps references to all of them. engine has the demo model open.
    EditMeter(Engine& engine, const World& world, const Vocabulary& vocabulary, const RelationLibrary& library,
              std::uint64_t seed);

    // `count` edits of distinct subjects whose facts the model knows, from the half of the facts to tune on or the
    // other; each to a random other object of its relation.
    [[nodiscard]] std::vector<EditRequest> draw_edits(std::size_t count, bool tune, std::uint64_t stream) const;

    // Applies the edits `batch` at a time, scores every batch and takes it back.
    [[nodiscard]] EditScores measure(const std::vector<EditRequest>& edits, const Recipe& recipe, std::size_t batch,
                                     std::size_t unrelated_facts) const;

    // All tokens of the object are the most likely ones after the prompt.
    [[nodiscard]] bool answers(const std::string& prompt, const std::string& object) const;
    // How many of the objects the model answers, all prompts at once; throws Error for one that cannot be asked.
    [[nodiscard]] Share known(const std::vector<EditRequest>& facts) const;
    [[nodiscard]] EditRequest request(const Fact& fact, const std::string& object, Random& random) const;

  private:
    void score(const EditRequest& edit, EditScores& scores) const;
    [[nodiscard]] double per_token(double probability, const std::string& object) const;

    Engine& engine_;
    const World& world_;
    const Vocabulary& vocabulary_;
    const RelationLibrary& library_;
    std::uint64_t seed_;
};

} // namespace emend::demo
