// SPDX-License-Identifier: GPL-3.0-or-later
// Generation with a key/value cache against running the whole text for every token; GPT-2-small shape, random weights.
#include "model/generate.h"
#include "model_fixture.h"
#include "random_model.h"
#include "ratio.h"

#include <benchmark/benchmark.h>

#include <cstdlib>

using namespace emend;
using namespace emend::test;

namespace {

GenerationResult generate(const test::OpenModel& model, bool use_cache, int tokens) {
    GenerateRequest request;
    request.prompt = "The people who live in the city of";
    request.max_tokens = tokens;
    request.use_cache = use_cache;
    return generate_text(model.decoder, model.tokenizer, request, {}, {});
}

const test::OpenModel& small_gpt2() {
    static const test::OpenModel model = [] {
        const auto folder = std::filesystem::temp_directory_path() / "emend-bench-gpt2";
        write_random_gpt2(folder, {});
        return open_model(folder.string(), at::kFloat);
    }();
    return model;
}

void cached(benchmark::State& state) {
    for (auto _ : state)
        generate(small_gpt2(), true, 32);
}
void uncached(benchmark::State& state) {
    for (auto _ : state)
        generate(small_gpt2(), false, 32);
}
BENCHMARK(cached)->Unit(benchmark::kMillisecond);
BENCHMARK(uncached)->Unit(benchmark::kMillisecond);

} // namespace

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    if (generate(small_gpt2(), true, 64).ids != generate(small_gpt2(), false, 64).ids) {
        std::fprintf(stderr, "cached and uncached generation differ\n");
        return EXIT_FAILURE;
    }
    const auto ratio =
        bench::compare([] { generate(small_gpt2(), false, 64); }, [] { generate(small_gpt2(), true, 64); }, 3);
    bench::print("generation of 64 tokens, cache / no cache", ratio);
    benchmark::RunSpecifiedBenchmarks();
    return EXIT_SUCCESS;
}
