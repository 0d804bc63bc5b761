// SPDX-License-Identifier: GPL-3.0-or-later
#include "editing/closed_form.h"

#include "emend/error.h"

#include <array>
#include <cmath>
#include <limits>

namespace emend {

namespace {

// Above this side a softness > 0 is solved by Cholesky on the Gram matrix: singular values would take minutes.
constexpr std::int64_t largest_side_with_spectrum = 1024;
constexpr double ill_conditioned = 1e12;

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

std::string list_columns(const std::vector<std::int64_t>& dependent) {
    constexpr std::size_t shown = 8;
    std::string text;
    for (std::size_t i = 0; i < dependent.size() && i < shown; ++i)
        text += (i ? ", " : "") + std::to_string(dependent[i] + 1);
    return dependent.size() > shown ? text + " and " + std::to_string(dependent.size() - shown) + " more" : text;
}

// Fills in what every way of solving ends with. `whitened` [r, d_k] are the rows before L^-1.
void finish(Solution& solution, const Metric& metric, at::Tensor whitened, const at::Tensor& keys,
            const at::Tensor& residual) {
    if (solution.left.size(1) > solution.left.size(0)) { // more edits than values have dimensions: keep D itself
        whitened = at::matmul(solution.left, whitened);
        solution.left = at::eye(solution.left.size(0), at::kDouble);
    }
    solution.right = metric.unwhiten_rows(whitened);
    const at::Tensor outer = at::matmul(solution.left.t(), solution.left);
    const at::Tensor in_metric = at::matmul(whitened, whitened.t());
    const at::Tensor plain = at::matmul(solution.right, solution.right.t());
    // tr(D C D^T) from tr(D M D^T) without touching a d_k x d_k matrix again: C = M / weight - ridge.
    const double weighted = (outer * in_metric).sum().item<double>() / metric.weight();
    const double of_ridge = metric.ridge_added() * (outer * plain).sum().item<double>();
    solution.preservation = std::max(0.0, weighted - of_ridge);
    const at::Tensor left_over = residual - at::matmul(solution.left, at::matmul(solution.right, keys));
    solution.memorization = left_over.square().sum().item<double>();
    if (!std::isfinite(solution.memorization) || !std::isfinite(solution.preservation))
        throw Error("the update is not finite", {}, "a larger ridge or softness makes the system solvable");
    if (solution.condition > ill_conditioned)
        solution.warnings.push_back("the system is ill-conditioned (" + number(solution.condition) +
                                    "): some edits ask for nearly the same key; a softness above 0 would steady it");
}

// Kw = U S V^T: D = R V (S / (S^2 + mu)) U^T L^-1, on the smaller side by itself, without squaring the condition.
at::Tensor solve_by_spectrum(Solution& solution, const at::Tensor& whitened_keys, const at::Tensor& residual) {
    const double mu = solution.softness;
    const auto [u, values, vh] = at::linalg_svd(whitened_keys, /*full_matrices=*/false);
    const std::int64_t dimensions = whitened_keys.size(0);
    const std::int64_t edits = whitened_keys.size(1);
    const std::int64_t count = values.size(0);
    const double largest = values[0].item<double>();
    if (!(largest > 0))
        throw Error("every key is zero", {}, "the layer's MLP is silent at the subject; choose another layer");
    const at::Tensor rotated = at::matmul(residual, vh.t());
    const at::Tensor asked = rotated.square().sum(0);
    const double cutoff =
        static_cast<double>(std::max(dimensions, edits)) * std::numeric_limits<double>::epsilon() * largest;
    const at::Tensor sound = values > cutoff;
    solution.tradeoff.spectrum = at::where(sound, values.square(), at::zeros_like(values)); // below it is rounding
    solution.tradeoff.asked = asked;
    if (edits > count) // otherwise V is square and nothing is outside
        solution.tradeoff.unreachable = std::max(0.0, (residual.square().sum() - asked.sum()).item<double>());

    std::int64_t kept = count;
    if (mu == 0) {
        kept = sound.sum().item<std::int64_t>();
        if (kept < count && edits == count) {
            // The right singular vectors that were left out are the combinations of keys that vanish.
            const at::Tensor share = vh.slice(0, kept).square().sum(0);
            for (std::int64_t column = 0; column < share.size(0); ++column)
                if (share[column].item<double>() > 1e-8)
                    solution.dependent.push_back(column);
            solution.warnings.push_back("the keys of edits " + list_columns(solution.dependent) +
                                        " are linearly dependent: they share one answer as well as they can "
                                        "(pseudo-inverse, cutoff " +
                                        number(cutoff / largest) + ")");
        } else if (edits > kept) {
            solution.warnings.push_back(std::to_string(edits) + " edits have only " + std::to_string(kept) +
                                        " independent keys: not all can be memorized (pseudo-inverse)");
        }
    }
    const at::Tensor used = values.slice(0, 0, kept);
    const at::Tensor squares = used.square() + mu;
    solution.condition = (squares[0] / squares[kept - 1]).item<double>();
    solution.left = rotated.slice(1, 0, kept) * (used / squares);
    return u.slice(1, 0, kept).t();
}

// For big batches with mu > 0: Cholesky of the smaller Gram matrix.
at::Tensor solve_by_gram(Solution& solution, const at::Tensor& whitened_keys, const at::Tensor& residual) {
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
    if (few_edits) {
        solution.left = solved(residual);
        return whitened_keys.t();
    }
    solution.left = at::eye(residual.size(0), at::kDouble);
    return solved(at::matmul(residual, whitened_keys.t()));
}

} // namespace

double Tradeoff::preservation(double mu) const {
    const at::Tensor kept = spectrum > 0;
    const at::Tensor terms = asked * spectrum / (spectrum + mu).square();
    return at::where(kept, terms, at::zeros_like(terms)).sum().item<double>();
}

double Tradeoff::memorization(double mu) const {
    if (mu == 0)
        return unreachable + at::where(spectrum > 0, at::zeros_like(asked), asked).sum().item<double>();
    return unreachable + (asked * (mu / (spectrum + mu)).square()).sum().item<double>();
}

Solution solve(const Metric& metric, const at::Tensor& keys, const at::Tensor& residual, double softness,
               std::optional<double> alpha) {
    const NoGrad no_grad;
    const at::Tensor k = columns(keys, "keys");
    const at::Tensor r = columns(residual, "residuals");
    check_sizes(metric, k, r);
    check_softness(softness);
    check_softness(alpha.value_or(0));

    Solution solution;
    solution.softness = softness + (k.size(1) > 1 ? alpha.value_or(0) : 0);
    solution.warnings = metric.warnings();
    const at::Tensor whitened_keys = metric.whiten(k);
    const bool big = std::min(k.size(0), k.size(1)) > largest_side_with_spectrum;
    const at::Tensor whitened = big && solution.softness > 0 ? solve_by_gram(solution, whitened_keys, r)
                                                             : solve_by_spectrum(solution, whitened_keys, r);
    finish(solution, metric, whitened, k, r);
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
    finish(solution, metric, whitened / length, divisor, r);
    return solution;
}

} // namespace emend
