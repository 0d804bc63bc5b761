// SPDX-License-Identifier: GPL-3.0-or-later
#include "editing/closed_form.h"

#include "emend/error.h"

#include <array>
#include <cmath>
#include <limits>

namespace emend {

namespace {

// Above this side a softness > 0 is solved by Cholesky on the Gram matrix; singular values take ten times as long and
// are only needed once somebody turns the knob.
constexpr std::int64_t largest_side_with_spectrum = 128;

std::string number(double value) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1e", value);
    return text.data();
}

std::string sizes(const at::Tensor& tensor) {
    std::string text;
    for (const std::int64_t size : tensor.sizes())
        text += (text.empty() ? "[" : ", ") + std::to_string(size);
    return text.empty() ? "[]" : text + "]";
}

// As a float64 matrix on the processor; a vector counts as one column.
at::Tensor columns(const at::Tensor& tensor, const char* name) {
    if (tensor.dim() != 1 && tensor.dim() != 2)
        throw Error(std::string("the ") + name + " are not a matrix but " + sizes(tensor));
    const at::Tensor matrix = (tensor.dim() == 1 ? tensor.unsqueeze(1) : tensor).to(at::kCPU, at::kDouble).contiguous();
    if (!std::isfinite(matrix.sum().item<double>()))
        throw Error(std::string("the ") + name + " hold numbers that are not finite", {},
                    "a precision with more range, such as bfloat16 or float32, may help");
    return matrix;
}

void check_sizes(const Metric& metric, const at::Tensor& keys, const at::Tensor& residual) {
    if (keys.size(0) != metric.size())
        throw Error("keys of length " + std::to_string(keys.size(0)) + " do not fit statistics of size " +
                        std::to_string(metric.size()),
                    {}, "collect statistics for this model");
    if (keys.size(1) != residual.size(1) || keys.size(1) == 0)
        throw Error("keys " + sizes(keys) + " and residual " + sizes(residual) + " do not have one column per edit");
}

void check_softness(double softness) {
    if (!std::isfinite(softness) || softness < 0)
        throw Error("the softness must be 0 or more, not " + number(softness));
}

// "edits 3, 7", or by their names; columns behind those of the edits belong to earlier ones.
std::string list_columns(const std::vector<std::int64_t>& dependent, std::int64_t edits,
                         const std::vector<std::string>& names) {
    constexpr std::size_t shown = 8;
    std::string text;
    std::size_t listed = 0;
    std::size_t earlier = 0;
    for (const std::int64_t column : dependent) {
        if (column >= edits) {
            ++earlier;
            continue;
        }
        if (listed++ < shown)
            text += (text.empty() ? "" : ", ") +
                    (names.empty() ? std::to_string(column + 1) : names[static_cast<std::size_t>(column)]);
    }
    text = (names.empty() ? "edits " : "") + text;
    if (listed > shown)
        text += " and " + std::to_string(listed - shown) + " more";
    if (earlier > 0)
        text += std::string(listed > 0 ? " and " : "") + "of " + std::to_string(earlier) + " earlier edits";
    return text;
}

// What is solved: the edits' columns and, behind them, those of earlier edits.
struct System {
    at::Tensor keys;     // [d_k, n + m]
    at::Tensor residual; // [d_v, n + m]
    std::int64_t edits;  // n
    const std::vector<std::string>& names;
};

void check_sound(Solution& solution) {
    if (!std::isfinite(solution.memorization) || !std::isfinite(solution.preservation))
        throw Error("the update is not finite", {}, "a larger ridge or softness makes the system solvable");
    if (solution.condition > ill_conditioned)
        solution.warnings.push_back("the system is ill-conditioned (" + number(solution.condition) +
                                    "): some edits ask for nearly the same key; a softness above 0 would steady it");
}

// More edits than values have dimensions: D itself is smaller than its factors.
bool keeps_product(const Solution& solution) {
    return solution.left.size(1) > solution.left.size(0);
}

// What a solution from a decomposition ends with.
void finish(Solution& solution, const System& system) {
    if (keeps_product(solution)) {
        solution.right = at::matmul(solution.left, solution.right);
        solution.left = at::eye(solution.left.size(0), at::kDouble);
    }
    const at::Tensor left_over = system.residual - at::matmul(solution.left, at::matmul(solution.right, system.keys));
    const std::int64_t all = left_over.size(1);
    solution.memorization = left_over.slice(1, 0, system.edits).square().sum().item<double>();
    solution.disturbance = left_over.slice(1, system.edits, all).square().sum().item<double>();
    if (solution.system.known())
        solution.preservation = solution.system.preservation(solution.softness);
    check_sound(solution);
}

// By singular values, without squaring the condition. At mu = 0 directions that are nothing but rounding are left out.
void solve_by_spectrum(Solution& solution, const Metric& metric, const System& system) {
    const double mu = solution.softness;
    solution.system = decompose_system(metric, system.keys, system.residual, system.edits);
    const Decomposition& known = solution.system;
    const std::int64_t all = system.keys.size(1);
    std::int64_t kept = known.spectrum.size(0);
    if (mu == 0) {
        kept = (known.spectrum > 0).sum().item<std::int64_t>();
        if (known.vanishing.defined()) {
            for (std::int64_t column = 0; column < all; ++column)
                if (known.vanishing[column].item<double>() > 1e-8)
                    solution.dependent.push_back(column);
            const double cutoff =
                static_cast<double>(std::max(metric.dimensions(), all)) * std::numeric_limits<double>::epsilon();
            solution.warnings.push_back(
                "the keys of " + list_columns(solution.dependent, system.edits, system.names) +
                " are linearly dependent: they share one answer as well as they can (pseudo-inverse, cutoff " +
                number(cutoff) + ")");
        } else if (all > kept) {
            solution.warnings.push_back(std::to_string(all) + " edits have only " + std::to_string(kept) +
                                        " independent keys: not all can be memorized (pseudo-inverse)");
        }
    }
    const at::Tensor used = known.spectrum.slice(0, 0, kept) + mu;
    solution.condition = (used[0] / used[kept - 1]).item<double>();
    solution.left = known.left_at(mu).slice(1, 0, kept);
    solution.right = known.right.slice(0, 0, kept);
}

// For big batches with mu > 0: Cholesky of the smaller Gram matrix, and as little as possible on the large side.
void solve_by_gram(Solution& solution, const Metric& metric, const System& system) {
    const at::Tensor whitened_keys = metric.whiten(system.keys);
    const bool few_edits = whitened_keys.size(1) <= whitened_keys.size(0);
    at::Tensor gram =
        few_edits ? at::matmul(whitened_keys.t(), whitened_keys) : at::matmul(whitened_keys, whitened_keys.t());
    gram.diagonal().add_(solution.softness);
    const auto [factor, info] = at::linalg_cholesky_ex(gram);
    if (info.item<int>() != 0)
        throw Error("the keys of these edits are too alike for this softness", {},
                    "raise the softness or remove repeated edits");
    const at::Tensor pivots = factor.diagonal();
    solution.condition = std::pow((pivots.max() / pivots.min()).item<double>(), 2); // a lower bound
    const auto solved = [&factor = factor](const at::Tensor& rows) {                // rows (L L^T)^-1
        const at::Tensor half = at::linalg_solve_triangular(factor.t(), rows, /*upper=*/true, /*left=*/false);
        return at::linalg_solve_triangular(factor, half, /*upper=*/false, /*left=*/false);
    };
    at::Tensor whitened; // rows before L^-1
    at::Tensor left_over;
    bool whole = true; // the rows are D itself, and left the identity
    if (few_edits) {
        solution.left = solved(system.residual);
        left_over = solution.softness * solution.left; // R - R (G + mu)^-1 G
        whitened = whitened_keys.t();
        whole = keeps_product(solution);
        if (whole) {
            whitened = at::matmul(solution.left, whitened);
            solution.left = at::eye(solution.left.size(0), at::kDouble);
        }
    } else {
        whitened = solved(at::matmul(system.residual, whitened_keys.t()));
        solution.left = at::eye(system.residual.size(0), at::kDouble);
        left_over = system.residual - at::matmul(whitened, whitened_keys);
    }
    solution.right = metric.unwhiten_rows(whitened);
    const std::int64_t all = left_over.size(1);
    solution.memorization = left_over.slice(1, 0, system.edits).square().sum().item<double>();
    solution.disturbance = left_over.slice(1, system.edits, all).square().sum().item<double>();
    if (whole) {
        solution.preservation = metric.trace(whitened, solution.right);
    } else {
        const at::Tensor outer = at::matmul(solution.left.t(), solution.left);
        solution.preservation = std::max(0.0, (outer * metric.products(whitened, solution.right)).sum().item<double>());
    }
    check_sound(solution);
}

} // namespace

Solution solve(const Metric& metric, const at::Tensor& keys, const at::Tensor& residual, const SolveOptions& options) {
    const NoGrad no_grad;
    System system{columns(keys, "keys"), columns(residual, "residuals"), 0, options.names};
    check_sizes(metric, system.keys, system.residual);
    check_softness(options.softness);
    check_softness(options.alpha.value_or(0));
    system.edits = system.keys.size(1);
    if (options.earlier_keys.defined() && options.earlier_keys.size(1) > 0) {
        const at::Tensor earlier = columns(options.earlier_keys, "keys of earlier edits");
        const at::Tensor nothing = at::zeros({system.residual.size(0), earlier.size(1)}, at::kDouble);
        check_sizes(metric, earlier, nothing);
        system.keys = at::cat({system.keys, earlier}, 1);
        system.residual = at::cat({system.residual, nothing}, 1);
    }
    Solution solution;
    solution.softness = options.softness + (system.edits > 1 ? options.alpha.value_or(0) : 0);
    solution.warnings = metric.warnings();
    const bool big = std::min(metric.dimensions(), system.keys.size(1)) > largest_side_with_spectrum;
    if (big && solution.softness > 0) {
        solve_by_gram(solution, metric, system);
        if (options.decompose)
            solution.system = decompose_system(metric, system.keys, system.residual, system.edits);
    } else {
        solve_by_spectrum(solution, metric, system);
        finish(solution, system);
    }
    return solution;
}

Solution solve_rome(const Metric& metric, const at::Tensor& direction_key, const at::Tensor& divisor_key,
                    const at::Tensor& residual, double softness) {
    const NoGrad no_grad;
    const at::Tensor direction = columns(direction_key, "keys");
    const at::Tensor divisor = columns(divisor_key, "keys");
    const at::Tensor r = columns(residual, "residuals");
    check_sizes(metric, direction, r);
    check_sizes(metric, divisor, r);
    check_softness(softness);
    if (r.size(1) != 1)
        throw Error("ROME writes one edit at a time, not " + std::to_string(r.size(1)));

    const at::Tensor whitened = metric.whiten(direction).t();
    const at::Tensor row = metric.unwhiten_rows(whitened); // (M^-1 direction)^T
    const double length = row.norm().item<double>();
    const double along = at::matmul(row, divisor).item<double>();
    const double scale = length * divisor.norm().item<double>();
    if (!(std::abs(along) > 1e-10 * scale))
        throw Error("the key of the bare prompt has nothing in common with the mean key over the contexts", {},
                    "use R-ROME, which takes one key for both");
    Solution solution;
    solution.softness = softness;
    solution.warnings = metric.warnings();
    if (const double agreement = along / at::matmul(row, direction).item<double>(); agreement < 0.05)
        solution.warnings.push_back("the bare prompt's key lies far from the mean key (" + number(agreement) +
                                    " of it): the update is large; R-ROME would be steadier");
    solution.left = r * (length / (along + softness));
    solution.right = row / length;
    if (along > 0) { // otherwise a softness would drive it the wrong way, and there is nothing to choose
        Decomposition& system = solution.system;
        system.spectrum = at::full({1}, along, at::kDouble);
        system.gain = at::full({1}, length, at::kDouble);
        system.left = r;
        system.right = solution.right;
        system.asked = r.square().sum().reshape({1});
        system.residual = system.asked.item<double>();
        system.moved = system.asked.reshape({1, 1});
        system.preserved = system.moved * metric.products(whitened / length, solution.right);
    }
    static const std::vector<std::string> no_names;
    if (!solution.system.known())
        solution.preservation = metric.quadratic(solution.left, solution.right);
    finish(solution, {divisor, r, 1, no_names});
    return solution;
}

} // namespace emend
