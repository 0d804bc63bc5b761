// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/export_json.h"

#include "base/json_text.h"
#include "emend/error.h"
#include "engine/batch_solver.h"

#include <filesystem>

namespace emend {

using nlohmann::json;

namespace {

json to_json(const EditRequest& request) {
    json object{{"subject", request.subject}, {"prompt", request.prompt}, {"object", request.object}};
    if (!request.relation.empty())
        object["relation"] = request.relation;
    if (request.true_object)
        object["true_object"] = *request.true_object;
    if (!request.paraphrases.empty())
        object["paraphrases"] = request.paraphrases;
    if (!request.neighbours.empty())
        object["neighbours"] = request.neighbours;
    return object;
}

// Files of this machine are nobody else's business: their names say which text it was.
Recipe without_folders(Recipe recipe) {
    recipe.corpus = std::filesystem::path(recipe.corpus).filename().string();
    recipe.statistics_file = std::filesystem::path(recipe.statistics_file).filename().string();
    return recipe;
}

template<typename T>
T field(const json& object, const char* name, const std::string& where) {
    const auto found = object.find(name);
    if (found == object.end())
        return {};
    try {
        return found->get<T>();
    } catch (const json::exception&) {
        throw Error(std::string("\"") + name + "\" is " + json_kind(*found) + ", which cannot be", where,
                    "the file is damaged, or of another program");
    }
}

EditRequest request_of(const json& object, const std::string& where) {
    if (!object.is_object())
        throw Error("a request is " + json_kind(object) + " instead of an object", where, "the file is damaged");
    EditRequest request;
    request.subject = field<std::string>(object, "subject", where);
    request.relation = field<std::string>(object, "relation", where);
    request.prompt = field<std::string>(object, "prompt", where);
    request.object = field<std::string>(object, "object", where);
    if (object.contains("true_object"))
        request.true_object = field<std::string>(object, "true_object", where);
    request.paraphrases = field<std::vector<std::string>>(object, "paraphrases", where);
    request.neighbours = field<std::vector<std::string>>(object, "neighbours", where);
    return request;
}

} // namespace

std::string program_version() {
    return EMEND_VERSION;
}

std::string json_text(const json& value, int indent) {
    return value.dump(indent, ' ', false, json::error_handler_t::replace);
}

std::vector<std::size_t> active_batches(const OpenModel& open, std::size_t position) {
    std::vector<std::size_t> batches;
    for (std::size_t index = 0; index < position; ++index)
        if (open.ledger.batch(index).active)
            batches.push_back(index);
    return batches;
}

json batches_json(const OpenModel& open, const std::vector<std::size_t>& batches) {
    json list = json::array();
    for (const std::size_t index : batches) {
        const LedgerEntry& entry = open.entries[index];
        json requests = json::array();
        for (const EditRequest& request : requests_of(*entry.report))
            requests.push_back(to_json(request));
        json layers = json::array();
        for (const LayerReport& layer : entry.report->layers)
            layers.push_back({{"layer", layer.layer},
                              {"rank", layer.rank},
                              {"update_norm", layer.update_norm},
                              {"relative_norm", layer.relative_norm}});
        list.push_back({{"title", entry.title},
                        {"note", entry.note},
                        {"hash", open.ledger.batch(index).hash},
                        {"requests", std::move(requests)},
                        {"recipe", json::parse(recipe_to_json(without_folders(entry.report->recipe)))},
                        {"layers", std::move(layers)}});
    }
    return list;
}

json provenance_json(const OpenModel& open, const ExportRequest& request, std::size_t position) {
    const ModelInfo& model = open.info;
    json file{{"program", "Emend " + program_version()},
              {"format", to_text(request.format)},
              {"model",
               {{"name", model.name},
                {"family", model.family},
                {"fingerprint", model.fingerprint},
                {"checkpoint_dtype", model.checkpoint_dtype},
                {"matrix", model.editable_matrix}}},
              {"computed_in", model.dtype},
              {"batches", batches_json(open, active_batches(open, position))}};
    if (!request.provenance.empty()) {
        json session = parse_json(request.provenance, "provenance");
        if (!session.is_object())
            throw Error("the provenance is " + json_kind(session) + " instead of an object", "provenance");
        file["session"] = std::move(session);
    }
    return file;
}

DescribedBatch described_batch(const json& object, const Recipe& base, const std::string& where) {
    if (!object.is_object())
        throw Error("the batch is " + json_kind(object) + " instead of an object", where, "the file is damaged");
    DescribedBatch batch;
    batch.title = field<std::string>(object, "title", where);
    batch.note = field<std::string>(object, "note", where);
    batch.hash = field<std::string>(object, "hash", where);
    const auto requests = object.find("requests");
    if (requests == object.end() || !requests->is_array() || requests->empty())
        throw Error("the batch does not say which edits it makes", where,
                    "only delta files that name their edits can be read");
    for (const json& request : *requests)
        batch.requests.push_back(request_of(request, where));
    batch.recipe = recipe_from_json(json_text(object.value("recipe", json::object())), base, where);
    for (std::string* file : {&batch.recipe.corpus, &batch.recipe.statistics_file}) {
        std::error_code none; // names of another machine's files, for people to read
        if (!std::filesystem::exists(*file, none))
            file->clear();
    }
    return batch;
}

} // namespace emend
