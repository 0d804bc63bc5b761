// SPDX-License-Identifier: GPL-3.0-or-later
// The value search of one edit against the loop that runs the whole model at every step. First both must see the same
// losses, in double precision; then they are timed in single precision. GPT-2-small shape with random weights, or a
// smaller one with --small (for ctest). Fails below three times as fast.
#include "editing/contexts.h"
#include "editing/values.h"
#include "model_fixture.h"
#include "random_model.h"
#include "ratio.h"
#include "straightforward_values.h"

#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdlib>
#include <cstring>

using namespace emend;
using namespace emend::test;

namespace {

struct Case {
    OpenModel model;
    PreparedEdit edit;
    int layer;
    bool at_mlp = true;
    ValueSearch search;
};

// ROME's contexts: the bare prompt and 20 prefixes of 5 or 10 tokens.
Case make_case(const std::filesystem::path& folder, at::ScalarType dtype, int layer, int steps) {
    OpenModel model = open_model(folder.string(), dtype);
    Contexts contexts;
    contexts.groups = {{"{}"}};
    for (int i = 0; i < 10; ++i) {
        contexts.groups[0].push_back("The people in the. {}");
        contexts.groups[0].push_back("Therefore the city in which they live is. {}");
    }
    EditRequest request;
    request.subject = "The Eiffel Tower";
    request.prompt = "{} is located in the city of";
    request.object = "Rome";
    PreparedEdit edit = prepare_edit(model.tokenizer, request, flatten_contexts(contexts));
    ValueSearch search;
    search.steps = steps;
    search.stop_loss = 0; // every step counts
    return {std::move(model), std::move(edit), layer, true, search};
}

ValueResult ours(const Case& c) {
    ValueOptions options;
    options.at_mlp = c.at_mlp;
    return search_values(c.model.decoder, std::span(&c.edit, 1), c.layer, c.search, options, {})[0];
}

StraightforwardValue straightforward(const Case& c) {
    return straightforward_search(c.model.decoder, c.edit, c.layer, c.at_mlp, c.search);
}

bool same_losses(const Case& c) {
    const auto fast = ours(c).loss;
    const auto plain = straightforward(c).loss;
    double largest = fast.size() == plain.size() ? 0 : INFINITY;
    for (std::size_t i = 0; i < std::min(fast.size(), plain.size()); ++i)
        largest = std::max(largest, std::abs(fast[i] - plain[i]) / std::max(1.0, std::abs(plain[i])));
    std::printf("losses of %zu steps differ by at most %.1e\n", plain.size(), largest);
    return largest < 1e-9;
}

} // namespace

int main(int argc, char** argv) {
    bool small = false;
    for (int i = 1; i < argc; ++i)
        small = small || std::strcmp(argv[i], "--small") == 0;
    benchmark::Initialize(&argc, argv);

    RandomShape shape;
    if (small)
        shape = {.layers = 6, .d_model = 128, .heads = 4, .vocab = 4000, .positions = 64};
    const auto folder =
        std::filesystem::temp_directory_path() / (small ? "emend-bench-values-small" : "emend-bench-gpt2");
    write_random_gpt2(folder, shape);
    const int layer = small ? 2 : 5;

    if (!same_losses(make_case(folder, at::kDouble, layer, small ? 6 : 4))) {
        std::fprintf(stderr, "the fast value search is not the straightforward one\n");
        return EXIT_FAILURE;
    }
    const Case timed = make_case(folder, at::kFloat, layer, 5);
    const auto ratio = bench::compare([&] { straightforward(timed); }, [&] { ours(timed); }, 3);
    bench::print("value search of one edit, fast / whole model", ratio);

    if (!small) {
        benchmark::RegisterBenchmark("value_search", [&](benchmark::State& state) {
            for (auto _ : state)
                benchmark::DoNotOptimize(ours(timed));
        })->Unit(benchmark::kMillisecond);
        benchmark::RegisterBenchmark("value_search_whole_model", [&](benchmark::State& state) {
            for (auto _ : state)
                benchmark::DoNotOptimize(straightforward(timed));
        })->Unit(benchmark::kMillisecond);
        benchmark::RunSpecifiedBenchmarks();
    }
    if (ratio.value() < 3) {
        std::fprintf(stderr, "less than three times as fast\n");
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
