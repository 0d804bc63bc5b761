// SPDX-License-Identifier: GPL-3.0-or-later
// The closed form at d_k = 3072 (GPT-2 small) with the factor kept, against what published code does in float64: for
// one edit the inverse of C, for n edits a full solve of lambda C + K K^T. And another softness after a solve, against
// solving again. One thread, so that the ratio is of work and not of cores. With --check: only the cheap ones, failing
// below what is promised. --large: 10,000 edits, and the memory they take.
#include "editing/closed_form.h"
#include "ratio.h"

#include <benchmark/benchmark.h>

#include <ATen/Parallel.h>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

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
        const at::Tensor seen = at::randn({d_k / 8, d_k}, at::kDouble);
        at::Tensor c = at::matmul(seen.t(), seen) / static_cast<double>(d_k / 8);
        c.diagonal().add_(0.5);
        return Problem{c, at::randn({d_k, 1}, at::kDouble), at::randn({d_v, 1}, at::kDouble)};
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

struct Edits {
    at::Tensor keys, residual;
};

Edits edits(std::int64_t n) {
    at::manual_seed(static_cast<std::uint64_t>(n));
    return {at::randn({d_k, n}, at::kDouble), at::randn({d_v, n}, at::kDouble)};
}

constexpr double lambda = 10;

// MEMIT as it is published: adj_k = solve(lambda C + K K^T, K), D = R adj_k^T.
at::Tensor by_full_solve(const Edits& e) {
    at::Tensor system = lambda * problem().c + at::matmul(e.keys, e.keys.t());
    system.diagonal().add_(lambda * kept_metric().ridge_added());
    return at::matmul(e.residual, at::linalg_solve(system, e.keys).t());
}

// Fails below `promised`, and when the two ways differ.
bool report(const char* what, const bench::Ratio& ratio, double promised) {
    bench::print(what, ratio);
    if (ratio.value() >= promised)
        return true;
    std::fprintf(stderr, "%s: less than %g times as fast\n", what, promised);
    return false;
}

bool many_edits(std::int64_t n, double promised, int rounds) {
    const Edits e = edits(n);
    Solution ours;
    at::Tensor want;
    const bench::Ratio ratio = bench::compare([&] { want = by_full_solve(e); },
                                              [&] { ours = solve(kept_metric(), e.keys, e.residual, lambda); }, rounds);
    const double error = ((at::matmul(ours.left, ours.right) - want).norm() / want.norm()).item<double>();
    if (!(error < 1e-9)) {
        std::fprintf(stderr, "%lld edits: the two ways give different updates (%.1e)\n", static_cast<long long>(n),
                     error);
        return false;
    }
    const std::string what = "closed form, n " + std::to_string(n) + ", full solve / kept factor";
    return report(what.c_str(), ratio, promised);
}

bool another_softness(std::int64_t n, int rounds) {
    const Edits e = edits(n);
    SolveOptions options;
    options.softness = lambda;
    options.decompose = true;
    const Solution solved = solve(kept_metric(), e.keys, e.residual, options);
    const Solution again = solve(kept_metric(), e.keys, e.residual, 3 * lambda);
    const at::Tensor want = at::matmul(again.left, again.right);
    const at::Tensor moved = at::matmul(solved.system.left_at(3 * lambda), solved.system.right);
    if (!((moved - want).norm() < 1e-9 * want.norm()).item<bool>()) {
        std::fprintf(stderr, "another softness gives another update than solving again\n");
        return false;
    }
    double sum = 0;
    const auto ratio = bench::compare([&] { solve(kept_metric(), e.keys, e.residual, 3 * lambda); },
                                      [&] {
                                          sum += solved.system.left_at(3 * lambda)[0][0].item<double>();
                                          sum += solved.system.preservation(3 * lambda);
                                          sum += solved.system.memorization(3 * lambda);
                                      },
                                      rounds);
    benchmark::DoNotOptimize(sum);
    const std::string what = "another softness, n " + std::to_string(n) + ", solving again / the kept system";
    return report(what.c_str(), ratio, 100);
}

// VmHWM: the most memory this process ever had, in MB.
double peak_megabytes() {
    std::ifstream status("/proc/self/status");
    std::string line;
    while (std::getline(status, line))
        if (line.starts_with("VmHWM:"))
            return std::stod(line.substr(6)) / 1024;
    return 0;
}

bool ten_thousand() {
    at::set_num_threads(2);
    const Edits e = edits(10000);
    const double seconds = bench::seconds_of([&] { solve(kept_metric(), e.keys, e.residual, lambda); });
    std::printf("closed form, n 10000: %.1f s with 2 threads, peak memory of the process %.0f MB\n", seconds,
                peak_megabytes());
    return peak_megabytes() < 6000;
}

bool one_edit(int rounds) {
    LayerUpdate inverse;
    LayerUpdate ours = by_kept_factor(); // the factor is made before anything is timed
    const bench::Ratio ratio =
        bench::compare([&] { inverse = by_inverse(); }, [&] { ours = by_kept_factor(); }, rounds);
    const at::Tensor want = at::matmul(inverse.left, inverse.right);
    const double error = ((at::matmul(ours.left, ours.right) - want).norm() / want.norm()).item<double>();
    std::printf("relative difference of the updates %.1e\n", error);
    if (!(error < 1e-9)) {
        std::fprintf(stderr, "the two ways give different updates\n");
        return false;
    }
    return report("closed form, n 1, inverse / kept factor", ratio, 100);
}

} // namespace

int main(int argc, char** argv) {
    const NoGrad no_grad;
    at::set_num_threads(1);
    const auto asked = [&](const char* flag) { return argc > 1 && std::strcmp(argv[1], flag) == 0; };
    if (asked("--large"))
        return ten_thousand() ? EXIT_SUCCESS : EXIT_FAILURE;
    bool sound = one_edit(asked("--check") ? 1 : 3);
    sound = many_edits(10, 20, 3) && sound;
    sound = another_softness(100, 3) && sound;
    if (!asked("--check")) {
        sound = many_edits(100, 8, 3) && sound;
        sound = many_edits(1000, 2, 3) && sound;
        sound = another_softness(1000, 3) && sound;
    }
    return sound ? EXIT_SUCCESS : EXIT_FAILURE;
}
