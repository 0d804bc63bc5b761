// SPDX-License-Identifier: GPL-3.0-or-later
#include "editing/metric.h"

#include "emend/error.h"

#include <array>
#include <cmath>
#include <limits>

namespace emend {

namespace {

constexpr double epsilon = std::numeric_limits<double>::epsilon();

std::string number(double value) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.3g", value);
    return text.data();
}

void check_weight(double weight) {
    if (!std::isfinite(weight) || weight <= 0)
        throw Error("the weight of the statistics must be a positive number, not " + number(weight), {},
                    "1 leaves them as they are");
}

// Lower triangular L with L L^T = c + shift I; undefined when that is not positive definite in float64. A pivot that is
// lost in the rounding of its own diagonal entry counts as zero: what it would be divided into is noise.
at::Tensor cholesky(const at::Tensor& c, double shift) {
    at::Tensor shifted = c.clone();
    shifted.diagonal().add_(shift);
    const auto [factor, info] = at::linalg_cholesky_ex(shifted);
    if (info.item<int>() != 0)
        return {};
    const at::Tensor pivots = factor.diagonal().square() / shifted.diagonal();
    if (!(pivots.min().item<double>() > static_cast<double>(c.size(0)) * epsilon))
        return {};
    return factor;
}

} // namespace

Metric Metric::identity(std::int64_t dk, double weight) {
    check_weight(weight);
    Metric metric;
    metric.size_ = dk;
    metric.weight_ = weight;
    return metric;
}

Metric Metric::factor(const at::Tensor& c, double weight, double ridge, double norm) {
    const NoGrad no_grad;
    check_weight(weight);
    if (!std::isfinite(norm) || norm < 0)
        throw Error("the weight of the update's norm must be 0 or more, not " + number(norm), {}, "0 leaves it out");
    if (!std::isfinite(ridge) || ridge < 0)
        throw Error("the ridge must be 0 or more, not " + number(ridge), {}, "1e-4 is a good value");
    if (c.dim() != 2 || c.size(0) != c.size(1) || c.size(0) == 0)
        throw Error("the second moment is not a square matrix");
    const at::Tensor moment = c.to(at::kCPU, at::kDouble);
    const at::Tensor diagonal = moment.diagonal();
    if (!std::isfinite(moment.sum().item<double>()))
        throw Error("the second moment of the keys holds numbers that are not finite", {},
                    "collect the statistics again; a model that overflows in its precision gives such keys");
    const double mean = diagonal.mean().item<double>();
    if (!(diagonal.min().item<double>() >= 0) || !(mean > 0))
        throw Error("this is not a second moment of keys: its diagonal is negative or all zero", {},
                    "collect the statistics again");

    Metric metric = identity(c.size(0), weight);
    const double floor = norm / weight;
    metric.ridge_added_ = ridge * mean + floor;
    metric.factor_ = cholesky(moment, metric.ridge_added_);
    for (double step = 1e-12; !metric.factor_.defined() && step <= 1; step *= 10) {
        if (step <= ridge)
            continue;
        metric.ridge_added_ = step * mean + floor;
        metric.factor_ = cholesky(moment, metric.ridge_added_);
        if (metric.factor_.defined())
            metric.warnings_.push_back("the statistics are singular with a ridge of " + number(ridge) +
                                       " of the mean diagonal: " + number(step) +
                                       " was used; more tokens would make it unnecessary");
    }
    if (!metric.factor_.defined())
        throw Error("the second moment of the keys has negative eigenvalues and cannot be a metric", {},
                    "collect the statistics again");
    return metric;
}

Metric Metric::from_factor(const at::Tensor& factor, double ridge_added, double weight,
                           std::vector<std::string> warnings) {
    Metric metric = identity(factor.size(0), weight);
    metric.factor_ = factor;
    metric.ridge_added_ = ridge_added;
    metric.warnings_ = std::move(warnings);
    return metric;
}

Metric Metric::null_space(const Spectrum& spectrum, double threshold) {
    const NoGrad no_grad;
    if (!std::isfinite(threshold) || threshold <= 0)
        throw Error("the threshold of the null space must be above 0, not " + number(threshold), {}, "0.02 is usual");
    const double smallest = spectrum.values[0].item<double>();
    const double largest = spectrum.values[-1].item<double>();
    if (!(smallest >= -1e-6 * largest)) // float32 statistics are a little below zero
        throw Error("this is not a second moment of keys: it has an eigenvalue of " + number(smallest), {},
                    "collect the statistics again");
    const auto below = (spectrum.values < threshold).sum().item<std::int64_t>(); // ascending: they come first
    if (below == 0)
        throw Error("the statistics have no null space: their smallest eigenvalue is " + number(smallest) +
                        ", the threshold " + number(threshold),
                    {}, "raise the threshold of the null space, or choose MEMIT");
    Metric metric = identity(spectrum.values.size(0));
    metric.basis_ = spectrum.vectors.slice(1, 0, below).contiguous();
    metric.basis_values_ = spectrum.values.slice(0, 0, below).clamp_min(0).contiguous();
    return metric;
}

Metric Metric::with_weight(double weight) const {
    check_weight(weight);
    Metric metric = *this;
    metric.weight_ = weight;
    return metric;
}

at::Tensor Metric::whiten(const at::Tensor& keys) const {
    if (basis_.defined())
        return at::matmul(basis_.t(), keys);
    const at::Tensor whitened = factor_.defined() ? at::linalg_solve_triangular(factor_, keys, /*upper=*/false) : keys;
    return weight_ == 1 ? whitened : whitened / std::sqrt(weight_);
}

at::Tensor Metric::unwhiten_rows(const at::Tensor& rows) const {
    if (basis_.defined())
        return at::matmul(rows, basis_.t());
    const at::Tensor plain =
        factor_.defined() ? at::linalg_solve_triangular(factor_, rows, /*upper=*/false, /*left=*/false) : rows;
    return weight_ == 1 ? plain : plain / std::sqrt(weight_);
}

at::Tensor Metric::products(const at::Tensor& whitened, const at::Tensor& right) const {
    const NoGrad no_grad;
    if (basis_.defined())
        return at::matmul(whitened * basis_values_, whitened.t());
    const at::Tensor in_metric = at::matmul(whitened, whitened.t()) / weight_;
    return is_identity() ? in_metric : in_metric - ridge_added_ * at::matmul(right, right.t());
}

double Metric::trace(const at::Tensor& whitened, const at::Tensor& right) const {
    const NoGrad no_grad;
    if (basis_.defined())
        return (whitened.square() * basis_values_).sum().item<double>();
    const double in_metric = whitened.square().sum().item<double>() / weight_;
    return is_identity() ? in_metric : std::max(0.0, in_metric - ridge_added_ * right.square().sum().item<double>());
}

at::Tensor Metric::products(const at::Tensor& right) const {
    const NoGrad no_grad;
    // Rows that are not in the null space cost nothing there: an AlphaEdit update has none.
    const at::Tensor whitened = basis_.defined()    ? at::matmul(right, basis_)
                                : factor_.defined() ? at::matmul(right, factor_) * std::sqrt(weight_)
                                                    : right * std::sqrt(weight_);
    return products(whitened, right);
}

double Metric::quadratic(const at::Tensor& left, const at::Tensor& right) const {
    const NoGrad no_grad;
    // tr(D A D^T) = sum over (left^T left) * (right A right^T), both [r, r].
    return std::max(0.0, (at::matmul(left.t(), left) * products(right)).sum().item<double>());
}

Spectrum decompose(const at::Tensor& c) {
    const NoGrad no_grad;
    const at::Tensor moment = c.to(at::kCPU, at::kDouble);
    if (!std::isfinite(moment.sum().item<double>()))
        throw Error("the second moment of the keys holds numbers that are not finite", {},
                    "collect the statistics again; a model that overflows in its precision gives such keys");
    auto [values, vectors] = at::linalg_eigh(moment);
    return {.values = values.contiguous(), .vectors = vectors.contiguous()};
}

double effective_rank(const at::Tensor& eigenvalues) {
    const NoGrad no_grad;
    const at::Tensor positive = eigenvalues.masked_select(eigenvalues > 0);
    if (positive.numel() == 0)
        return 0;
    const at::Tensor shares = positive / positive.sum();
    return std::exp(-(shares * shares.log()).sum().item<double>());
}

double condition_number(const at::Tensor& c) {
    const NoGrad no_grad;
    constexpr double infinite = std::numeric_limits<double>::infinity();
    const at::Tensor moment = c.to(at::kCPU, at::kDouble);
    const std::int64_t size = moment.size(0);
    if (size <= 1024) {
        const at::Tensor values = at::linalg_eigvalsh(moment);
        const double smallest = values[0].item<double>();
        const double largest = values[size - 1].item<double>();
        return smallest > static_cast<double>(size) * epsilon * largest ? largest / smallest : infinite;
    }
    const at::Tensor factor = cholesky(moment, 0.0);
    if (!factor.defined())
        return infinite;
    // A start that is orthogonal to nothing in particular, and the same every time.
    at::Tensor high = at::cos(at::arange(size, at::kDouble)).unsqueeze(1);
    at::Tensor low = high;
    double largest = 0;
    double smallest_inverse = 0;
    for (int step = 0; step < 40; ++step) {
        high = at::matmul(moment, high / high.norm());
        largest = high.norm().item<double>();
        low = at::linalg_solve_triangular(factor, low / low.norm(), false);
        low = at::linalg_solve_triangular(factor.t(), low, true);
        smallest_inverse = low.norm().item<double>();
    }
    return largest * smallest_inverse;
}

} // namespace emend
