// SPDX-License-Identifier: GPL-3.0-or-later
// Generation with a key/value cache against running the whole text for every token; GPT-2-small shape, random weights.
#include "model/generate.h"
#include "model_fixture.h"
#include "random_model.h"
#include "ratio.h"

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string_view>

using namespace emend;
using namespace emend::test;

namespace {

// --small: a shape that is done in seconds, for ctest.
bool small = false;

GenerationResult generate(const test::OpenModel& model, bool use_cache, int tokens) {
    GenerateRequest request;
    request.prompt = "The people who live in the city of";
    request.max_tokens = tokens;
    request.use_cache = use_cache;
    return generate_text(model.decoder, model.tokenizer, request, {}, {});
}

const test::OpenModel& random_model() {
    static const test::OpenModel model = [] {
        const auto folder =
            std::filesystem::temp_directory_path() / (small ? "emend-bench-generate-small" : "emend-bench-generate");
        write_random_gpt2(folder,
                          small ? RandomShape{.layers = 4, .d_model = 256, .heads = 4, .vocab = 957} : RandomShape{});
        return open_model(folder.string(), at::kFloat);
    }();
    return model;
}

void cached(benchmark::State& state) {
    for (auto _ : state)
        generate(random_model(), true, 32);
}
void uncached(benchmark::State& state) {
    for (auto _ : state)
        generate(random_model(), false, 32);
}
BENCHMARK(cached)->Unit(benchmark::kMillisecond);
BENCHMARK(uncached)->Unit(benchmark::kMillisecond);

} // namespace

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    small = argc > 1 && std::string_view(argv[1]) == "--small";
    constexpr int tokens = 64;
    if (generate(random_model(), true, tokens).ids != generate(random_model(), false, tokens).ids) {
        std::fprintf(stderr, "cached and uncached generation differ\n");
        return EXIT_FAILURE;
    }
    const auto ratio = bench::compare([] { generate(random_model(), false, tokens); },
                                      [] { generate(random_model(), true, tokens); }, 3);
    bench::print("generation of 64 tokens, cache / no cache", ratio);
    if (small)
        return ratio.value() >= 1.5 ? EXIT_SUCCESS : EXIT_FAILURE;
    benchmark::RunSpecifiedBenchmarks();
    return EXIT_SUCCESS;
}
