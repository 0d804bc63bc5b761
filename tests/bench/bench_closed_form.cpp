// SPDX-License-Identifier: GPL-3.0-or-later
// The closed form for one edit at d_k = 3072 (GPT-2 small) with the factor kept, against forming the inverse of C in
// float64. One thread, so that the ratio is of work and not of cores. With --check: only the ratio, failing below 100.
#include "editing/closed_form.h"
#include "ratio.h"

#include <benchmark/benchmark.h>

#include <ATen/Parallel.h>
#include <cstdlib>
#include <cstring>

using namespace emend;

namespace {

constexpr std::int64_t d_k = 3072;
constexpr std::int64_t d_v = 768;

struct Problem {
    at::Tensor c, key, residual;
};

const Problem& problem() {
    static const Problem made = [] {
        at::manual_seed(1);
        const at::Tensor seen = at::randn({2 * d_k, d_k}, at::kDouble);
        return Problem{at::matmul(seen.t(), seen) / (2.0 * d_k), at::randn({d_k, 1}, at::kDouble),
                       at::randn({d_v, 1}, at::kDouble)};
    }();
    return made;
}

const Metric& kept_metric() {
    static const Metric metric = Metric::factor(problem().c, 1, 1e-4);
    return metric;
}

LayerUpdate by_inverse() {
    at::Tensor c = problem().c.clone();
    c.diagonal().add_(kept_metric().ridge_added());
    const at::Tensor direction = at::matmul(at::linalg_inv(c), problem().key);
    return {0, problem().residual / at::matmul(problem().key.t(), direction), direction.t()};
}

LayerUpdate by_kept_factor() {
    const Solution solution = solve(kept_metric(), problem().key, problem().residual, 0);
    return {0, solution.left, solution.right};
}

void one_edit_with_kept_factor(benchmark::State& state) {
    for (auto _ : state)
        benchmark::DoNotOptimize(by_kept_factor());
}
void factoring_once_per_layer(benchmark::State& state) {
    for (auto _ : state)
        benchmark::DoNotOptimize(Metric::factor(problem().c, 1, 1e-4));
}
void hundred_edits_at_once(benchmark::State& state) {
    const at::Tensor keys = at::randn({d_k, 100}, at::kDouble);
    const at::Tensor residual = at::randn({d_v, 100}, at::kDouble);
    for (auto _ : state)
        benchmark::DoNotOptimize(solve(kept_metric(), keys, residual, 10));
}
BENCHMARK(one_edit_with_kept_factor)->Unit(benchmark::kMillisecond);
BENCHMARK(factoring_once_per_layer)->Unit(benchmark::kMillisecond);
BENCHMARK(hundred_edits_at_once)->Unit(benchmark::kMillisecond);

} // namespace

int main(int argc, char** argv) {
    const NoGrad no_grad;
    at::set_num_threads(1);
    const bool check_only = argc > 1 && std::strcmp(argv[1], "--check") == 0;
    const LayerUpdate inverse = by_inverse();
    const LayerUpdate ours = by_kept_factor();
    const at::Tensor want = at::matmul(inverse.left, inverse.right);
    const double error = ((at::matmul(ours.left, ours.right) - want).norm() / want.norm()).item<double>();
    std::printf("relative difference of the updates %.1e\n", error);
    if (!(error < 1e-9)) {
        std::fprintf(stderr, "the two ways give different updates\n");
        return EXIT_FAILURE;
    }
    const auto ratio = bench::compare([] { by_inverse(); }, [] { by_kept_factor(); }, 3);
    bench::print("closed form, d_k 3072, inverse / kept factor", ratio);
    if (!check_only) {
        benchmark::Initialize(&argc, argv);
        benchmark::RunSpecifiedBenchmarks();
    }
    if (ratio.value() < 100) {
        std::fprintf(stderr, "less than a hundred times as fast\n");
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
