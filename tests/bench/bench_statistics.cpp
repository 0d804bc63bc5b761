// SPDX-License-Identifier: GPL-3.0-or-later
// Key statistics of five layers at GPT-2-small shape with random weights: one pass over the text for all of them
// against a pass per layer. Both run the same batches, sum in float64 and must come to the same. Two straightforward
// ways are measured: a plain call of the whole model for every layer, and a call that ends at the layer (as the
// published statistics code has it). --small: a shape that is done in seconds, for ctest.
#include "model/sampler.h"
#include "model_fixture.h"
#include "random_model.h"
#include "ratio.h"
#include "straightforward_statistics.h"

#include <benchmark/benchmark.h>

#include <ATen/Parallel.h>
#include <cstdlib>
#include <string_view>

using namespace emend;
using namespace emend::test;

namespace {

using Rows = std::vector<std::vector<std::int32_t>>;

bool small = false;
std::int64_t tokens = 4096;
int threads = 1;

const Decoder& decoder() {
    static const test::OpenModel model = [] {
        const auto folder = std::filesystem::temp_directory_path() /
                            (small ? "emend-bench-statistics-small" : "emend-bench-statistics");
        write_random_gpt2(folder,
                          small ? RandomShape{.layers = 8, .d_model = 256, .heads = 4, .vocab = 8000} : RandomShape{});
        return open_model(folder.string(), at::kFloat);
    }();
    return model.decoder;
}

// The depth that GPT2-XL's 13 to 17 of 48 have.
std::vector<int> layers() {
    return small ? std::vector<int>{2, 3, 4} : std::vector<int>{3, 4, 5, 6, 7};
}

// Texts of 20 to 250 random tokens, in batches of nearly equal length as a collection makes them.
const std::vector<Rows>& batches() {
    static const std::vector<Rows> made = [] {
        Random random(5);
        Rows texts;
        for (std::int64_t count = 0; count < tokens;) {
            auto& text = texts.emplace_back(static_cast<std::size_t>(20 + random.uniform() * 230));
            for (auto& id : text)
                id = static_cast<std::int32_t>(random.uniform() * decoder().config().vocab);
            count += static_cast<std::int64_t>(text.size());
        }
        std::ranges::sort(texts, {}, &Rows::value_type::size);
        std::vector<Rows> result;
        const auto room = static_cast<std::size_t>(tokens_per_batch(decoder()));
        for (auto& text : texts) {
            if (result.empty() || (result.back().size() + 1) * text.size() > room)
                result.emplace_back();
            result.back().push_back(std::move(text));
        }
        return result;
    }();
    return made;
}

std::vector<LayerStatistics> one_pass() {
    SecondMoments moments(decoder(), layers());
    for (const Rows& rows : batches())
        moments.add(rows);
    return std::move(moments).finish();
}

double difference(const std::vector<LayerStatistics>& a, const std::vector<LayerStatistics>& b) {
    double worst = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double error =
            ((a[i].second_moment - b[i].second_moment).norm() / b[i].second_moment.norm()).item<double>();
        worst = std::max(worst, a[i].layer == b[i].layer && a[i].count == b[i].count ? error : 1.0);
    }
    return worst;
}

void five_layers_in_one_pass(benchmark::State& state) {
    for (auto _ : state)
        benchmark::DoNotOptimize(one_pass());
}
BENCHMARK(five_layers_in_one_pass)->Unit(benchmark::kMillisecond)->Iterations(1);

} // namespace

int main(int argc, char** argv) {
    const NoGrad no_grad;
    benchmark::Initialize(&argc, argv);
    bool only_ours = false; // to be profiled
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument = argv[i];
        only_ours = only_ours || argument == "--ours";
        if (argument == "--small") {
            small = true;
            tokens = 1024;
        }
        if (argument.starts_with("--tokens="))
            tokens = std::atoll(argument.substr(9).data());
        if (argument.starts_with("--threads="))
            threads = std::atoi(argument.substr(10).data());
    }
    at::set_num_threads(threads);
    if (only_ours) {
        static_cast<void>(batches());
        std::printf("%.2f s\n", bench::seconds_of([] { one_pass(); }));
        return EXIT_SUCCESS;
    }
    const auto straightforward = [](Run run) {
        return straightforward_statistics(decoder(), batches(), layers(), run);
    };
    const std::vector<LayerStatistics> ours = one_pass();
    const std::int64_t counted = ours.front().count;
    const double error = difference(ours, straightforward(Run::up_to_the_layer));
    std::printf("relative difference of the second moments %.1e\n", error);
    // Layers are the same floating-point numbers in both; only the sums' order differs.
    if (!(error < 1e-12)) {
        std::fprintf(stderr, "the two ways give different statistics\n");
        return EXIT_FAILURE;
    }
    const auto whole = bench::compare([&] { straightforward(Run::whole_model); }, [] { one_pass(); }, small ? 2 : 1);
    bench::print("statistics, one pass / whole model per layer", whole);
    std::printf("%.0f tokens/s for %zu layers, %d thread(s)\n", static_cast<double>(counted) / whole.fast,
                layers().size(), threads);
    if (small)
        return whole.value() >= 2.5 ? EXIT_SUCCESS : EXIT_FAILURE;
    const auto partly = bench::compare([&] { straightforward(Run::up_to_the_layer); }, [] { one_pass(); }, 1);
    bench::print("statistics, one pass / up to each layer", partly);
    benchmark::RunSpecifiedBenchmarks();
    return EXIT_SUCCESS;
}
