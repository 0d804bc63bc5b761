// SPDX-License-Identifier: GPL-3.0-or-later
// From the slider to new probabilities on the demo model: another softness for an applied batch through the engine, as
// the window asks for it, against undoing and applying again with values that are kept already. Fails when it is not
// faster; the milliseconds are printed.
#include "emend/edits_io.h"
#include "emend/engine.h"
#include "emend/paths.h"
#include "ratio.h"

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

extern "C" emend::Engine* emend_create_engine();

using namespace emend;

namespace {

std::vector<EditRequest> requests() {
    std::vector<EditRequest> made;
    for (const char* subject : {"Eiffel Tower", "Big Ben", "Colosseum", "Louvre", "Brandenburg Gate", "Acropolis",
                                "Statue of Liberty", "Golden Gate Bridge", "Sagrada Familia", "Hagia Sophia"}) {
        EditRequest& request = made.emplace_back();
        request.subject = subject;
        request.prompt = "The {} is located in the city of";
        request.object = made.size() % 2 ? "Oslo" : "Madrid";
    }
    return made;
}

} // namespace

int main() {
    const std::unique_ptr<Engine> engine(emend_create_engine());
    const ModelInfo info = engine->open({.path = demo_model_dir()}, {});
    const auto edits = requests();
    bool sound = true;
    for (const char* algorithm : {"MEMIT", "EMMET"}) {
        Recipe recipe = default_recipe(info, algorithm);
        std::uint64_t id = engine->apply(edits, recipe, {}, {}).batch_id;
        double softness = 10;
        SoftnessRequest request{.batch_id = id, .softness = softness, .settle = false, .watch = {edits[0]}};
        const auto again = [&] {
            engine->undo();
            recipe.softness = softness *= 1.01;
            request.batch_id = engine->apply(edits, recipe, {}, {}).batch_id;
        };
        again(); // the values are kept from here on
        const auto ratio = bench::compare(
            again,
            [&] {
                request.softness = softness *= 1.01;
                static_cast<void>(engine->set_softness(request, {}));
            },
            9);
        const std::string what = std::string(algorithm) + ", 10 edits, layers " + layers_to_text(recipe.layers);
        bench::print(what.c_str(), ratio);
        std::printf("  slider to new probabilities: %.1f ms\n", 1000 * ratio.fast);
        sound = sound && ratio.value() > 2;
        engine->undo();
    }
    if (!sound)
        std::fprintf(stderr, "turning the knob is not faster than applying again\n");
    return sound ? EXIT_SUCCESS : EXIT_FAILURE;
}
