// SPDX-License-Identifier: GPL-3.0-or-later
#include "edit_input.h"

#include "emend/error.h"
#include "emend/paths.h"
#include "emend/relations.h"
#include "text/subject_locator.h"
#include "text/tokenizer.h"

#include <algorithm>
#include <iostream>
#include <map>
#include <set>

namespace emend::cli {

void add_edit_options(CLI::App* command, EditOptions& options) {
    const char* const group = "Edits";
    command->add_option("--edits", options.file, "File of edits: CounterFact, zsRE or EasyEdit JSON, our own, CSV")
        ->group(group);
    command->add_option("--subject", options.subject, "Whom the fact is about: \"Eiffel Tower\"")->group(group);
    command->add_option("--prompt", options.prompt, "The fact's beginning, {} for the subject: \"The {} is in\"")
        ->group(group);
    command->add_option("--object", options.object, "What the model shall say: \"Rome\"")->group(group);
    command->add_option("--true-object", options.true_object, "What it should have said before")->group(group);
    command->add_option("--relation", options.relation, "Instead of --prompt, see --list-relations")->group(group);
    command->add_flag("--article", options.article, "With --relation: the subject takes \"the\"")->group(group);
    command->add_option("--paraphrase", options.paraphrases, "Another wording to watch (repeatable)")
        ->group(group)
        ->allow_extra_args(false);
    command->add_option("--neighbour", options.neighbours, "A prompt that must not change (repeatable)")
        ->group(group)
        ->allow_extra_args(false);
}

namespace {

RelationLibrary shipped_relations() {
    return RelationLibrary::load(resources_dir() + "/relations/relations.json");
}

GatheredEdits gather_file(const std::string& path) {
    EditsFile file = read_edits_file(path);
    GatheredEdits gathered;
    gathered.from_file = true;
    gathered.skipped = std::move(file.problems);
    std::set<int> unread;
    for (const auto& problem : gathered.skipped)
        unread.insert(problem.index);
    std::optional<RelationLibrary> library;
    int record = 0;
    for (EditRequest& edit : file.edits) {
        while (unread.contains(record))
            ++record;
        try {
            if (edit.prompt.empty() && !edit.relation.empty()) { // a relation stands for its prompt
                if (!library)
                    library = shipped_relations();
                library->fill(edit, std::string(edit.relation), subject_takes_article(edit.subject));
            }
            gathered.edits.push_back(std::move(edit));
            gathered.records.push_back(record);
        } catch (const Error& error) {
            gathered.skipped.push_back({record, error.message()});
        }
        ++record;
    }
    return gathered;
}

std::string count_text(std::size_t count, const char* one, const char* many) {
    return std::to_string(count) + (count == 1 ? one : many);
}

// Spaces that nobody sees and tokens do, and facts that take each other's place.
void tidy(GatheredEdits& gathered) {
    std::size_t objects = 0, prompts = 0, rivals = 0;
    std::string example;
    std::map<std::pair<std::string, std::string>, std::string> asked; // subject and prompt: object
    for (EditRequest& edit : gathered.edits) {
        const std::string_view object = edit.object;
        if (const std::string_view kept = object.substr(0, object.find_last_not_of(" \t\r\n") + 1); kept != object) {
            edit.object = std::string(kept);
            ++objects;
        }
        prompts += edit.prompt.ends_with(' ') ? 1 : 0;
        const auto [before, fresh] = asked.try_emplace({edit.subject, edit.prompt}, edit.object);
        if (!fresh && before->second != edit.object) {
            if (rivals++ == 0)
                example = edit.subject + ": " + before->second + " and " + edit.object;
            before->second = edit.object;
        }
    }
    if (objects > 0)
        gathered.notes.push_back(count_text(objects, " object ends", " objects end") +
                                 " in a space, which is taken away");
    if (prompts > 0)
        gathered.notes.push_back(count_text(prompts, " prompt ends", " prompts end") +
                                 " in a space: the model answers something else than without it");
    if (rivals > 0)
        gathered.notes.push_back(count_text(rivals, " edit asks", " edits ask") +
                                 " for another object than an earlier one of the same subject and prompt (" + example +
                                 "): only one of them can hold, one after another the last one");
}

// Whether nothing at all can be the matter with an edit. The engine's word is final, but it asks the model for the
// present answer too, which for thousands of edits takes minutes.
bool surely_sound(const Tokenizer& tokenizer, const EditRequest& edit, int positions) {
    constexpr std::size_t margin = 32; // tokens that the engine may put around a prompt
    try {
        check_object(edit.object);
        const LocatedPrompt prompt = locate_subject(tokenizer, edit.prompt, edit.subject);
        const std::size_t tokens = prompt.full.ids.size() + encode_target(tokenizer, edit.object).size();
        return edit.object.find("{}") == std::string::npos &&
               edit.subject.find_first_not_of(" \t\r\n") != std::string::npos &&
               tokens + margin < static_cast<std::size_t>(positions);
    } catch (const Error&) {
        return false;
    }
}

// One an edit.
std::vector<std::optional<EditProblem>> find_problems(const std::vector<EditRequest>& edits, Engine& engine,
                                                      const std::string& model_folder, const JobContext& job) {
    std::vector<std::optional<EditProblem>> problems(edits.size());
    std::vector<EditRequest> doubtful;
    std::vector<std::size_t> places;
    const Tokenizer tokenizer = Tokenizer::load(model_folder);
    const int positions = engine.model_info().positions;
    for (std::size_t i = 0; i < edits.size(); ++i) {
        job.check();
        if (!surely_sound(tokenizer, edits[i], positions)) {
            doubtful.push_back(edits[i]);
            places.push_back(i);
        }
    }
    if (doubtful.empty())
        return problems;
    const std::vector<EditCheck> checks = engine.check(doubtful, job);
    for (std::size_t i = 0; i < checks.size(); ++i)
        problems[places[i]] = checks[i].problem;
    return problems;
}

} // namespace

void fill_prompt(EditRequest& request, const EditOptions& options) {
    if (!options.prompt.empty() && !options.relation.empty())
        throw UsageError("give either --prompt or --relation");
    if (options.article && options.relation.empty())
        throw UsageError("--article goes with --relation; write \"the\" into the prompt");
    if (options.subject.empty())
        throw UsageError("the subject is empty", "--subject", "type the name the prompt is about");
    request.subject = options.subject;
    if (!options.relation.empty())
        shipped_relations().fill(request, options.relation, options.article);
    else
        request.prompt = templatize(options.prompt, options.subject);
}

GatheredEdits gather_edits(const EditOptions& options) {
    GatheredEdits gathered;
    const bool single =
        !options.subject.empty() || !options.prompt.empty() || !options.object.empty() || !options.relation.empty();
    if (!options.file.empty()) {
        if (single)
            throw UsageError("give either --edits or --subject, --prompt and --object");
        gathered = gather_file(options.file);
        if (gathered.edits.empty()) {
            const std::string reason =
                gathered.skipped.empty() ? "" : "; the first record: " + gathered.skipped.front().reason;
            throw Error("the file holds no edit that can be used" + reason, options.file,
                        "each record needs a subject, a prompt and a new object");
        }
        tidy(gathered);
        return gathered;
    }
    EditRequest request;
    fill_prompt(request, options);
    request.object = options.object;
    if (!options.true_object.empty())
        request.true_object = options.true_object;
    try {
        check_object(options.object);
    } catch (const Error& error) {
        throw UsageError(error.message(), "--object", error.hint());
    }
    request.paraphrases.insert(request.paraphrases.end(), options.paraphrases.begin(), options.paraphrases.end());
    request.neighbours = options.neighbours;
    gathered.edits.push_back(std::move(request));
    tidy(gathered);
    return gathered;
}

void list_relations(Program& program) {
    const RelationLibrary library = shipped_relations();
    Json list = Json::array();
    Table table({{"id"}, {"prompt"}});
    for (const Relation& relation : library.relations()) {
        list.push_back({{"id", relation.id}, {"name", relation.name}, {"prompt", relation.prompt}});
        table.row({relation.id, relation.prompt});
    }
    if (program.json)
        program.print({{"relations", std::move(list)}});
    else
        table.print();
    throw CLI::Success("listed", CLI::ExitCodes::Success);
}

void drop_faulty(GatheredEdits& gathered, Engine& engine, const std::string& model_folder, const JobContext& job) {
    const auto problems = find_problems(gathered.edits, engine, model_folder, job);
    std::vector<EditRequest> sound;
    std::vector<int> records;
    std::vector<EditsFile::Problem> faulty;
    for (std::size_t i = 0; i < gathered.edits.size(); ++i) {
        const auto& problem = problems[i];
        if (!problem) {
            sound.push_back(gathered.edits[i]);
            if (gathered.from_file)
                records.push_back(gathered.records[i]);
            continue;
        }
        if (gathered.from_file)
            faulty.push_back({gathered.records[i], problem->what});
        if (!gathered.from_file || gathered.edits.size() == 1) {
            const char* const fields[] = {"edit", "subject", "prompt", "object"};
            throw Error(problem->what,
                        std::string(fields[static_cast<int>(problem->field)]) + " of \"" + gathered.edits[i].subject +
                            "\"",
                        problem->hint);
        }
    }
    if (sound.empty())
        throw Error("no edit can be made: " + faulty.front().reason, "first edit of the file", "correct the file");
    gathered.edits = std::move(sound);
    gathered.records = std::move(records);
    gathered.skipped.insert(gathered.skipped.end(), faulty.begin(), faulty.end());
}

// Records of a file are counted from 1 for people; the JSON result has that number and their index, from 0.
void tell_about(const GatheredEdits& gathered, Program& program) {
    for (const std::string& note : gathered.notes)
        program.message(note, true);
    for (const auto& skipped : gathered.skipped)
        program.message(
            "record " + std::to_string(skipped.index + 1) + " of the file is passed over: " + skipped.reason, true);
    // Facts that are missing are worth a line even to somebody who wants silence; with --json the result has them.
    if (program.quiet && !program.json && !gathered.skipped.empty())
        std::cerr << "warning: " << gathered.skipped.size() << " of " << gathered.skipped.size() + gathered.edits.size()
                  << " records of the file are passed over\n";
}

Json skipped_json(const GatheredEdits& gathered) {
    Json list = Json::array();
    for (const auto& skipped : gathered.skipped)
        list.push_back({{"index", skipped.index}, {"record", skipped.index + 1}, {"reason", skipped.reason}});
    return list;
}

} // namespace emend::cli
