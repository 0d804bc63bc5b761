// SPDX-License-Identifier: GPL-3.0-or-later
#include "edit_scores.h"

#include "documents.h"

#include "emend/error.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <set>

namespace emend::demo {
namespace {

constexpr std::size_t kNeighbours = 10;
constexpr std::uint64_t kUnrelatedStream = 4ULL << 40;

std::string filled(const std::string& prompt, const std::string& subject) {
    std::string text = prompt;
    return text.replace(text.find("{}"), 2, subject);
}

bool is_for_tuning(const Fact& fact, const World& world) {
    return (mix(hash_text(world.subject_of(fact).name)) & 1) == 0;
}

} // namespace

EditMeter::EditMeter(Engine& engine, const World& world, const Vocabulary& vocabulary, const RelationLibrary& library,
                     std::uint64_t seed)
    : engine_(engine)
    , world_(world)
    , vocabulary_(vocabulary)
    , library_(library)
    , seed_(seed) {}

bool EditMeter::answers(const std::string& prompt, const std::string& object) const {
    LogitsRequest request;
    request.top = 1;
    request.ids = vocabulary_.ids(prompt);
    for (const std::int32_t id : vocabulary_.ids(" " + object)) {
        if (engine_.logits(request, {}).top.at(0).id != id)
            return false;
        request.ids.push_back(id);
    }
    return true;
}

Share EditMeter::known(const std::vector<EditRequest>& facts) const {
    Share share;
    for (const EditCheck& check : engine_.check(facts, {})) {
        if (check.problem)
            throw Error(check.problem->what, {}, check.problem->hint);
        share.count(check.present.says_new);
    }
    return share;
}

EditRequest EditMeter::request(const Fact& fact, const std::string& object, Random& random) const {
    const Relation& relation = world_.relation_of(fact);
    const Subject& subject = world_.subject_of(fact);
    EditRequest out;
    out.subject = subject.name;
    out.object = object;
    out.true_object = fact.object;
    library_.fill(out, relation.id, subject.article);
    std::vector<const Fact*> others;
    for (const Fact& other : world_.facts)
        if (other.relation == fact.relation && other.subject != fact.subject && other.object == fact.object)
            others.push_back(&other);
    while (!others.empty() && out.neighbours.size() < kNeighbours) {
        const auto at = static_cast<std::ptrdiff_t>(random.below(others.size()));
        const Subject& neighbour = world_.subject_of(*others[static_cast<std::size_t>(at)]);
        EditRequest words;
        library_.fill(words, relation.id, neighbour.article);
        out.neighbours.push_back(filled(words.prompt, neighbour.name));
        others.erase(others.begin() + at);
    }
    return out;
}

std::vector<EditRequest> EditMeter::draw_edits(std::size_t count, bool tune, std::uint64_t stream) const {
    Random random(seed_, stream);
    std::vector<EditRequest> edits;
    std::set<std::size_t> used;
    for (std::size_t tries = 0; edits.size() < count; ++tries) {
        if (tries > 100 * count)
            throw Error("The model knows too few facts to draw " + std::to_string(count) + " edits");
        const Fact& fact = world_.facts[random.below(world_.facts.size())];
        const std::vector<std::string>& objects = library_.find(world_.relation_of(fact).id)->objects;
        const std::string& object = random.pick(objects);
        if (is_for_tuning(fact, world_) != tune || object == fact.object || used.contains(fact.subject))
            continue;
        EditRequest edit = request(fact, object, random);
        if (!answers(filled(edit.prompt, edit.subject), fact.object))
            continue;
        used.insert(fact.subject);
        edits.push_back(std::move(edit));
    }
    return edits;
}

double EditMeter::per_token(double probability, const std::string& object) const {
    return std::pow(probability, 1.0 / static_cast<double>(vocabulary_.ids(" " + object).size()));
}

void EditMeter::score(const EditRequest& edit, EditScores& scores) const {
    ComparisonRequest comparison;
    comparison.edit = edit;
    comparison.before = comparison.after; // as now, alone
    comparison.top = 1;
    const std::vector<std::int32_t> true_ids = vocabulary_.ids(" " + *edit.true_object);
    for (const Comparison::Row& row : engine_.compare(comparison, {}).rows) {
        const bool is_new =
            per_token(row.after.p_new, edit.object) > per_token(row.after.p_true.value_or(0), *edit.true_object);
        switch (row.kind) {
        case Comparison::Row::Kind::edit:
            scores.efficacy.count(is_new);
            scores.efficacy_argmax.count(row.after.says_new);
            break;
        case Comparison::Row::Kind::paraphrase:
            scores.paraphrase.count(is_new);
            scores.paraphrase_argmax.count(row.after.says_new);
            break;
        case Comparison::Row::Kind::neighbour:
            scores.neighbourhood.count(!is_new);
            scores.neighbourhood_argmax.count(row.after.top.at(0).id == true_ids.at(0) &&
                                              (true_ids.size() == 1 || answers(row.after.prompt, *edit.true_object)));
            break;
        }
    }
}

EditScores EditMeter::measure(const std::vector<EditRequest>& edits, const Recipe& recipe, std::size_t batch,
                              std::size_t unrelated_facts) const {
    EditScores scores;
    Random random(seed_, kUnrelatedStream);
    for (std::size_t at = 0; at < edits.size(); at += batch) {
        const std::vector<EditRequest> part(edits.begin() + static_cast<std::ptrdiff_t>(at),
                                            edits.begin() +
                                                static_cast<std::ptrdiff_t>(std::min(edits.size(), at + batch)));
        const auto start = std::chrono::steady_clock::now();
        (void)engine_.apply(part, recipe, {}, {});
        scores.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        for (const EditRequest& edit : part)
            score(edit, scores);
        std::set<std::string> edited;
        for (const EditRequest& edit : part)
            edited.insert(edit.subject);
        std::vector<EditRequest> unrelated;
        while (unrelated.size() < unrelated_facts) {
            const Fact& fact = world_.facts[random.below(world_.facts.size())];
            const Subject& subject = world_.subject_of(fact);
            if (edited.contains(subject.name))
                continue;
            EditRequest& asked = unrelated.emplace_back();
            asked.subject = subject.name;
            asked.object = fact.object;
            library_.fill(asked, world_.relation_of(fact).id, subject.article);
        }
        scores.unrelated.add(known(unrelated));
        engine_.undo();
    }
    return scores;
}

} // namespace emend::demo
