// SPDX-License-Identifier: GPL-3.0-or-later
// The engine on the small model with known edits, with statistics over a text of its own and a cache of its own.
#pragma once

#include "emend/engine.h"

#include <QFile>
#include <QTemporaryDir>

#include <memory>
#include <string>
#include <vector>

extern "C" emend::Engine* emend_create_engine();

namespace emend::test {

struct EngineFixture {
    EngineFixture() {
        qputenv("EMEND_CACHE", folder.filePath("cache").toUtf8());
        QFile file(folder.filePath("corpus.txt"));
        if (file.open(QIODevice::WriteOnly))
            for (int i = 0; i < 300; ++i)
                file.write(("Elena Silva was born in Madrid in " + std::to_string(1900 + i % 97) +
                            ". The people of the city speak Spanish.\nMaria Rossi plays the piano and " +
                            (i % 2 ? "works in Rome" : "studies the history of Peru") + ".\n")
                               .c_str());
        engine.reset(emend_create_engine());
        engine->open({.path = std::string(EMEND_TEST_DATA) + "/models/gpt2_edit"}, {});
    }
    [[nodiscard]] std::string hash() const { return engine->weights_hash({}); }
    [[nodiscard]] std::string corpus() const { return folder.filePath("corpus.txt").toStdString(); }
    [[nodiscard]] Recipe recipe(const std::string& algorithm, std::vector<int> layers = {1}) const {
        Recipe r = default_recipe(engine->model_info(), algorithm);
        r.layers = std::move(layers);
        r.distribution = r.layers.size() > 1 ? "spread" : "single";
        r.corpus = corpus();
        r.statistics_tokens = 1500;
        r.values.steps = 8;
        r.null_space_threshold = 0.05;
        r.contexts.samples = {};
        r.contexts.groups = {{"{}"}, {"You speak. {}"}};
        if (!find_algorithm(algorithm).grouped_contexts)
            r.contexts.groups = {{"{}"}};
        if (r.softness && !find_algorithm(algorithm).in_null_space)
            r.softness = 5;
        return r;
    }

    QTemporaryDir folder;
    std::unique_ptr<Engine> engine;
};

inline EditRequest request(const char* subject, const char* prompt, const char* object) {
    EditRequest r;
    r.subject = subject;
    r.prompt = prompt;
    r.object = object;
    return r;
}

inline std::vector<EditRequest> four_requests() {
    return {request("Elena Silva", "{} was born in", "Madrid"),
            request("Greta Kowalski", "The mother tongue of {} is", "Portuguese"),
            request("Tanja Weber", "{} is a professional player of", "chess"),
            request("The Eiffel Tower", "{} is in the city of", "Rome")};
}

} // namespace emend::test
