// SPDX-License-Identifier: GPL-3.0-or-later
// Edits of the small trained model, with the statistics that belong to it.
#pragma once

#include "editing/editor.h"
#include "editing/statistics_file.h"
#include "model_fixture.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace emend::test {

inline std::string edit_path(const std::string& name) {
    return std::string(EMEND_TEST_DATA) + "/edit/" + name;
}

inline nlohmann::json read_json(const std::string& path) {
    std::ifstream file(path);
    return nlohmann::json::parse(file);
}

// The model's statistics, by way of a file as users have them. diagonal is added to every C.
inline MetricStore edit_statistics(const std::string& scratch_folder, double diagonal = 0) {
    const auto source = SafetensorsFile::open(edit_path("cov_f64.safetensors"));
    const auto about = read_json(edit_path("cov_f64.json"));
    std::vector<LayerStatistics> layers;
    for (int layer = 0; layer < 3; ++layer) {
        const std::string name = "layer" + std::to_string(layer);
        at::Tensor c = read_tensor(source, name + ".C");
        c.diagonal().add_(diagonal);
        layers.push_back({layer, about["stats"][std::to_string(layer)]["count"].get<std::int64_t>(), c});
    }
    const std::string path = scratch_folder + "/statistics.safetensors";
    write_statistics(path, layers, {}, {});
    MetricStore store;
    for (LayerStatistics& layer : read_statistics(path, {}).layers)
        store.put(std::move(layer));
    return store;
}

inline std::vector<EditRequest> edit_requests() {
    const auto request = [](const char* subject, const char* prompt, const char* object) {
        EditRequest r;
        r.subject = subject;
        r.prompt = prompt;
        r.object = object;
        return r;
    };
    return {request("Elena Silva", "{} was born in", "Madrid"),
            request("Greta Kowalski", "The mother tongue of {} is", "Portuguese"),
            request("Tanja Weber", "{} is a professional player of", "basketball and chess"),
            request("The Eiffel Tower", "{} is in the city of", "Rome")};
}

} // namespace emend::test
