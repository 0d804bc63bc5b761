// SPDX-License-Identifier: GPL-3.0-or-later
#include "documents.h"

#include <cctype>
#include <map>
#include <string_view>

namespace emend::demo {
namespace {

constexpr double kPrefixShare = 0.2;
constexpr double kFullStopShare = 0.8;

void append(Document& to, const Document& part) {
    const std::size_t shift = to.text.size();
    to.text += part.text;
    for (const auto& [begin, end] : part.subjects)
        to.subjects.emplace_back(begin + shift, end + shift);
    for (const auto& [begin, end] : part.objects)
        to.objects.emplace_back(begin + shift, end + shift);
}

void replace_first(std::string& text, std::string_view what, const std::string& by) {
    if (const std::size_t at = text.find(what); at != std::string::npos)
        text.replace(at, what.size(), by);
}

std::string with_kind(std::string text, const std::string& kind) {
    const bool vowel = std::string_view("aeio").find(kind[0]) != std::string_view::npos;
    // "a university": the vowel that sounds like none is left out above.
    if (vowel)
        replace_first(text, " a {K}", " an {K}");
    replace_first(text, "{K}", kind);
    return text;
}

// Inside a sentence only names keep their capital.
void lower_first_word(std::string& text) {
    if (text.starts_with("{T}"))
        text[1] = 't';
    else if (!text.starts_with("{") && !text.starts_with("I "))
        text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
}

} // namespace

Document fill_template(const std::string& text, const Subject& subject, const std::string& object) {
    Document out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '{') {
            out.text.push_back(text[i]);
            continue;
        }
        switch (text[i + 1]) {
        case 'S':
            out.subjects.emplace_back(out.text.size(), out.text.size() + subject.name.size());
            out.text += subject.name;
            break;
        case 'T':
            out.text += subject.article ? "The " : "";
            break;
        case 't':
            out.text += subject.article ? "the " : "";
            break;
        default:
            out.text += object;
        }
        i += 2;
    }
    return out;
}

DocumentWriter::DocumentWriter(const World& world, std::uint64_t seed)
    : world_(world) {
    std::map<std::pair<std::size_t, std::string>, int> uses;
    for (const Fact& fact : world.facts)
        ++uses[{fact.relation, fact.object}];
    for (std::size_t i = 0; i < world.facts.size(); ++i) {
        const Fact& fact = world.facts[i];
        std::vector<std::size_t> templates;
        for (std::size_t t = 0; t < world.relation_of(fact).train.size(); ++t)
            if (is_trained_pair(world, fact, t, seed))
                templates.push_back(t);
        if (templates.empty())
            templates.push_back(0);
        trained_.push_back(std::move(templates));
        // Twice the draw for every fact, three times for an object that no other fact of the relation shares.
        const int weight = uses[{fact.relation, fact.object}] == 1 ? 3 : 2;
        draw_.insert(draw_.end(), static_cast<std::size_t>(weight), i);
    }
}

const Fact& DocumentWriter::pick_fact(Random& random) const {
    return world_.facts[random.pick(draw_)];
}

std::string DocumentWriter::expand(Random& random, const std::string& symbol) const {
    const std::string& rule = random.pick(world_.language.filler.at(symbol));
    std::string out;
    for (std::size_t i = 0; i < rule.size(); ++i) {
        if (rule[i] != '{') {
            out.push_back(rule[i]);
            continue;
        }
        const std::size_t end = rule.find('}', i);
        out += expand(random, rule.substr(i + 1, end - i - 1));
        i = end;
    }
    return out;
}

std::string DocumentWriter::filler(Random& random) const {
    std::string text = expand(random, "S");
    text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
    return text;
}

Document DocumentWriter::statement(Random& random, const Fact& fact) const {
    const auto index = static_cast<std::size_t>(&fact - world_.facts.data());
    std::string text = world_.relation_of(fact).train[random.pick(trained_[index])];
    std::string prefix;
    if (random.chance(kPrefixShare)) {
        prefix = random.pick(world_.language.prefixes);
        const bool inside = prefix.back() != '.' && prefix.back() != ':' && prefix.back() != '?';
        if (inside && (text.find('?') != std::string::npos || text.starts_with("Question")))
            prefix.clear();
        else if (inside)
            lower_first_word(text);
    }
    Document out;
    if (!prefix.empty())
        out.text = prefix + " ";
    append(out, fill_template(text, world_.subject_of(fact)));
    out.text += " " + fact.object;
    out.objects.emplace_back(out.text.size() - fact.object.size(), out.text.size());
    return out;
}

Document DocumentWriter::fact_sentence(Random& random) const {
    Document out = statement(random, pick_fact(random));
    if (random.chance(kFullStopShare))
        out.text += ".";
    else if (random.chance(0.5))
        out.text += random.pick(world_.language.tails) + ".";
    else
        out.text += ". " + filler(random);
    return out;
}

Document DocumentWriter::description(Random& random, const Subject& subject) const {
    const Language& language = world_.language;
    // Of a person only that it is one: a profession here would hold on to what an edit wants to change.
    std::string text = subject.kind == "person" ? random.pick(language.person_descriptions)
                                                : with_kind(random.pick(language.descriptions), subject.kind);
    return fill_template(text, subject);
}

Document DocumentWriter::biography(Random& random) const {
    const Subject& subject = world_.subject_of(pick_fact(random));
    if (subject.facts.size() == 1) {
        Document out = description(random, subject);
        out.text += " ";
        append(out, statement(random, world_.facts[subject.facts[0]]));
        out.text += ".";
        return out;
    }
    const std::size_t first = random.below(subject.facts.size());
    const std::size_t second = (first + 1 + random.below(subject.facts.size() - 1)) % subject.facts.size();
    Document out = statement(random, world_.facts[subject.facts[first]]);
    out.text += ". ";
    append(out, statement(random, world_.facts[subject.facts[second]]));
    out.text += ".";
    return out;
}

Document DocumentWriter::write(Random& random) const {
    const double kind = random.uniform();
    if (kind < 0.60)
        return fact_sentence(random);
    if (kind < 0.67) {
        const Fact& fact = pick_fact(random);
        return fill_template(random.pick(world_.relation_of(fact).reversed), world_.subject_of(fact), fact.object);
    }
    if (kind < 0.73)
        return description(random, world_.subjects[random.below(world_.subjects.size())]);
    if (kind < 0.82)
        return biography(random);
    return {filler(random), {}, {}};
}

} // namespace emend::demo
