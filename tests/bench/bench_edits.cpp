// SPDX-License-Identifier: GPL-3.0-or-later
// Many edits: preparing ten thousand requests, searching the values of a batch against the whole model at every step
// for one edit after the other, and the memory that an edit takes. GPT-2-small shape with random weights, or a smaller
// one with --small (for ctest). --edits N: how many in the batch, 32 unless said. --steps N: of the search, 20 unless said (what
// MEMIT's published settings use).
#include "editing/contexts.h"
#include "editing/editor.h"
#include "model_fixture.h"
#include "random_model.h"
#include "ratio.h"
#include "straightforward_values.h"

#include <ATen/Parallel.h>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

using namespace emend;
using namespace emend::test;

namespace {

Contexts memit_contexts() {
    Contexts contexts;
    contexts.groups = {{"{}"}, {}};
    for (const char* word : {"The people of", "Therefore they say", "Because it was", "I have seen", "You know that"})
        contexts.groups[1].push_back(std::string(word) + " the city in which many of them live. {}");
    return contexts;
}

std::vector<EditRequest> requests(std::size_t count) {
    std::vector<EditRequest> made;
    for (std::size_t i = 0; i < count; ++i) {
        EditRequest& request = made.emplace_back();
        request.subject = "The tower number " + std::to_string(i);
        request.prompt = i % 2 ? "{} is located in the city of" : "Everybody knows that {} was built in";
        request.object = i % 3 ? "Rome" : "New York City";
    }
    return made;
}

// A number of bytes that /proc/self/status gives in kB.
double megabytes(const char* key) {
    std::ifstream status("/proc/self/status");
    std::string line;
    while (std::getline(status, line))
        if (line.starts_with(key))
            return std::stod(line.substr(std::strlen(key) + 1)) / 1024;
    return 0;
}

bool preparing(const Tokenizer& tokenizer) {
    const auto many = requests(10000);
    const auto contexts = flatten_contexts(memit_contexts());
    std::size_t rows = 0;
    const double seconds = bench::seconds_of([&] {
        for (const PreparedEdit& edit : prepare_edits(tokenizer, many, contexts, 0))
            rows += edit.rows.size();
    });
    std::printf("preparing 10,000 requests (%zu texts): %.2f s\n", rows, seconds);
    return rows == 60000;
}

bool batch(const std::filesystem::path& folder, int layer, std::size_t count, int steps, double promised) {
    ValueSearch search;
    search.stop_loss = 0; // every step counts
    search.steps = steps;
    const auto texts = flatten_contexts(memit_contexts());
    {
        const OpenModel model = open_model(folder.string(), at::kDouble);
        const auto edits = prepare_edits(model.tokenizer, requests(3), texts, 0);
        ValueSearch short_search = search;
        short_search.steps = 3;
        const auto ours = search_values(model.decoder, edits, layer, short_search, {}, {});
        double largest = 0;
        for (std::size_t i = 0; i < edits.size(); ++i) {
            const auto plain = straightforward_search(model.decoder, edits[i], layer, false, short_search);
            for (std::size_t step = 0; step < plain.loss.size(); ++step)
                largest = std::max(largest, std::abs(plain.loss[step] - ours[i].loss[step]) / plain.loss[step]);
        }
        std::printf("losses of the batch and of one by one differ by at most %.1e\n", largest);
        if (!(largest < 1e-9))
            return false;
    }
    const OpenModel model = open_model(folder.string(), at::kFloat);
    const auto edits = prepare_edits(model.tokenizer, requests(count), texts, 0);
    // One by one takes the same for each of its edits: two are timed for all.
    const double each =
        bench::seconds_of([&] {
            for (std::size_t i = 0; i < 2; ++i)
                static_cast<void>(straightforward_search(model.decoder, edits[i], layer, false, search));
        }) /
        2;
    const double together =
        bench::seconds_of([&] { static_cast<void>(search_values(model.decoder, edits, layer, search, {}, {})); });
    const bench::Ratio ratio{each, together / static_cast<double>(count)};
    const std::string what = "value search, one of a batch of " + std::to_string(count);
    bench::print(what.c_str(), ratio);
    return ratio.value() >= promised;
}

// One MEMIT edit at a layer, with statistics of the model's size.
struct Footprint {
    double model = 0; // MB
    double statistics = 0;
};
Footprint edit_once(const std::filesystem::path& folder, int layer, const Contexts& contexts) {
    OpenModel model = open_model(folder.string(), at::kFloat);
    Footprint footprint;
    for (const auto& [name, tensor] : model.decoder.weights().named())
        footprint.model += static_cast<double>(tensor.nbytes()) / 1048576;
    const at::Tensor c = at::eye(model.decoder.config().d_mlp, at::kDouble);
    const Metric metric = Metric::factor(c, 1, 1e-4);
    footprint.statistics = 2 * static_cast<double>(c.nbytes()) / 1048576; // C and its factor
    Recipe recipe;
    recipe.algorithm = "MEMIT";
    recipe.layers = {layer};
    recipe.softness = 10;
    recipe.values.steps = 3;
    recipe.contexts = contexts;
    Ledger ledger(model.decoder.weights());
    Ledger::Draft draft(ledger);
    static_cast<void>(
        run_edits({model.decoder, model.tokenizer, draft, [&](int) { return metric; }}, requests(1), recipe, {}, {}));
    draft.commit();
    return footprint;
}

bool memory(const std::filesystem::path& folder, int layer) {
    // A tiny model first: what the libraries themselves take is the program's, not the edit's.
    Contexts bare;
    bare.groups = {{"{}"}};
    static_cast<void>(edit_once(std::string(EMEND_TEST_DATA) + "/models/gpt2_edit", 1, bare));
    const double before = megabytes("VmRSS:");
    const Footprint edit = edit_once(folder, layer, memit_contexts());
    const double peak = megabytes("VmHWM:") - before;
    const double ratio = (peak - edit.statistics) / edit.model;
    std::printf(
        "memory of one edit: peak %.0f MB over a program that runs (%.0f MB); model %.0f MB, statistics %.0f MB: "
        "%.2f times the model beside statistics\n",
        peak, before, edit.model, edit.statistics, ratio);
    return ratio < 1.3;
}

} // namespace

int main(int argc, char** argv) {
    const NoGrad no_grad;
    bool small = false;
    bool memory_only = false;
    std::size_t count = 32;
    int steps = 20;
    for (int i = 1; i < argc; ++i) {
        small = small || std::strcmp(argv[i], "--small") == 0;
        memory_only = memory_only || std::strcmp(argv[i], "--memory") == 0;
        if (std::strcmp(argv[i], "--edits") == 0 && i + 1 < argc)
            count = static_cast<std::size_t>(std::atoi(argv[++i]));
        else if (std::strcmp(argv[i], "--steps") == 0 && i + 1 < argc)
            steps = std::atoi(argv[++i]);
    }
    at::set_num_threads(memory_only || small ? 1 : 2);
    RandomShape shape;
    if (small)
        shape = {.layers = 6, .d_model = 128, .heads = 4, .vocab = 4000, .positions = 128};
    const auto folder =
        std::filesystem::temp_directory_path() / (small ? "emend-bench-edits-small" : "emend-bench-gpt2");
    const int layer = small ? 2 : 5;
    if (const pid_t child = ::fork(); child == 0) { // the memory that takes is not the edit's
        write_random_gpt2(folder, shape);
        ::_exit(0);
    } else {
        ::waitpid(child, nullptr, 0);
    }
    if (memory_only) // by itself: the peak is that of the whole process
        return memory(folder, layer) ? EXIT_SUCCESS : EXIT_FAILURE;
    bool sound = preparing(Tokenizer::load(folder));
    sound = batch(folder, layer, small ? 8 : count, small ? 6 : steps, small ? 2 : 8) && sound;
    if (!sound)
        std::fprintf(stderr, "less than promised\n");
    return sound ? EXIT_SUCCESS : EXIT_FAILURE;
}
