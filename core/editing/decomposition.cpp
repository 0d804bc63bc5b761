// SPDX-License-Identifier: GPL-3.0-or-later
#include "editing/decomposition.h"

#include "emend/error.h"

#include <cmath>
#include <limits>

namespace emend {

at::Tensor Decomposition::factors(double mu) const {
    const at::Tensor sound = spectrum > 0;
    return at::where(sound, gain / (spectrum + mu), at::zeros_like(gain));
}

at::Tensor Decomposition::left_at(double mu) const {
    return left * factors(mu);
}

double Decomposition::preservation(double mu) const {
    const at::Tensor g = factors(mu);
    return std::max(0.0, at::matmul(g, at::matmul(preserved, g)).item<double>());
}

double Decomposition::update_norm(double mu) const {
    const at::Tensor g = factors(mu);
    return std::sqrt(std::max(0.0, at::matmul(g, at::matmul(moved, g)).item<double>()));
}

double Decomposition::memorization(double mu) const {
    if (written.defined()) { // |R|^2 - 2 tr(R^T D K) + |D K|^2 over the edits' columns
        const at::Tensor share = at::where(spectrum > 0, spectrum / (spectrum + mu), at::zeros_like(spectrum));
        const double along = at::dot(share, asked).item<double>();
        const double square = at::dot(share, at::matmul(written, share)).item<double>();
        return std::max(0.0, residual - 2 * along + square);
    }
    if (mu == 0)
        return unreachable + at::where(spectrum > 0, at::zeros_like(asked), asked).sum().item<double>();
    return unreachable + (asked * (mu / (spectrum + mu)).square()).sum().item<double>();
}

double Decomposition::left_of_whole(double mu, double share) const {
    if (share == 1)
        return memorization(mu);
    const at::Tensor reached = at::where(spectrum > 0, spectrum / (spectrum + mu), at::zeros_like(spectrum));
    const double along = at::dot(reached, asked).item<double>();
    const double square = written.defined() ? at::dot(reached, at::matmul(written, reached)).item<double>()
                                            : at::dot(reached.square(), asked).item<double>();
    return std::max(0.0, residual / (share * share) - 2 * along / share + square);
}

std::uint64_t Decomposition::bytes() const {
    std::uint64_t sum = 0;
    for (const at::Tensor* tensor : {&spectrum, &gain, &left, &right, &preserved, &moved, &asked, &written})
        sum += tensor->defined() ? tensor->nbytes() : 0;
    return sum;
}

Decomposition decompose_system(const Metric& metric, const at::Tensor& keys, const at::Tensor& residual,
                               std::int64_t edits) {
    const NoGrad no_grad;
    Decomposition system;
    const at::Tensor whitened_keys = metric.whiten(keys);
    const auto [u, values, vh] = at::linalg_svd(whitened_keys, /*full_matrices=*/false);
    const std::int64_t dimensions = whitened_keys.size(0);
    const std::int64_t columns = whitened_keys.size(1);
    const double largest = values[0].item<double>();
    if (!(largest > 0))
        throw Error("every key is zero", {}, "the layer's MLP is silent at the subject; choose another layer");
    const double cutoff =
        static_cast<double>(std::max(dimensions, columns)) * std::numeric_limits<double>::epsilon() * largest;
    system.gain = values;
    system.spectrum = at::where(values > cutoff, values.square(), at::zeros_like(values)); // below it is rounding
    if (columns == values.size(0)) // with more keys than dimensions some always vanish
        if (const auto sound = (values > cutoff).sum().item<std::int64_t>(); sound < columns)
            system.vanishing = 1 - vh.slice(0, 0, sound).square().sum(0);
    system.left = at::matmul(residual, vh.t());
    system.asked = system.left.square().sum(0);
    system.residual = residual.square().sum().item<double>();
    if (columns > values.size(0)) // otherwise V is square and nothing is outside
        system.unreachable = std::max(0.0, system.residual - system.asked.sum().item<double>());
    const at::Tensor rows = u.t().contiguous();
    system.right = metric.unwhiten_rows(rows);
    const at::Tensor outer = at::matmul(system.left.t(), system.left);
    if (edits < columns) {
        const at::Tensor of_edits = vh.slice(1, 0, edits);
        system.written = outer * at::matmul(of_edits, of_edits.t());
    }
    system.moved = outer * at::matmul(system.right, system.right.t());
    system.preserved = outer * metric.products(rows, system.right);
    return system;
}

} // namespace emend
