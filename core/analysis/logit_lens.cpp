// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/logit_lens.h"

#include "analysis/prediction.h"
#include "emend/error.h"
#include "text/subject_locator.h"

#include <utility>

namespace emend {
namespace {

struct Followed {
    std::optional<std::int32_t> object; // first tokens
    std::optional<std::int32_t> true_object;
};

std::vector<LensLayer> lens_of(const Decoder& decoder, const Tokenizer& tokenizer, const std::vector<std::int32_t>& ids,
                               const Followed& followed, int top, const JobContext& job) {
    std::vector<at::Tensor> streams; // per layer [d_model], at the last of the ids
    Pass pass;
    pass.hook = [&](int, Site site, const at::Tensor& value) {
        job.check();
        if (site == Site::block_out)
            streams.push_back(value[0][-1]);
        return value;
    };
    (void)decoder.forward(decoder.pad({ids}), pass);
    const at::Tensor logits = decoder.logits(at::stack(streams)).to(at::kCPU, at::kDouble); // [layers, vocab]
    const at::Tensor probabilities = at::softmax(logits, 1);

    std::vector<LensLayer> layers(streams.size());
    for (std::size_t i = 0; i < layers.size(); ++i) {
        const auto row = static_cast<std::int64_t>(i);
        layers[i].top = most_likely(logits[row], tokenizer, top);
        if (followed.object)
            layers[i].p_new = probabilities[row][*followed.object].item<double>();
        if (followed.true_object)
            layers[i].p_true = probabilities[row][*followed.true_object].item<double>();
    }
    return layers;
}

} // namespace

LensResult lens_states(const Decoder& decoder, const Tokenizer& tokenizer, Ledger& ledger, const LensRequest& request,
                       const JobContext& job) {
    const NoGrad no_grad;
    std::vector<std::int32_t> ids = tokenizer.encode(request.prompt).ids;
    check_queries(decoder, tokenizer, {{request.prompt, {}, {}}});
    if (request.token < -1 || std::cmp_greater_equal(request.token, ids.size()))
        throw Error("the prompt has no token " + std::to_string(request.token), "token",
                    "tokens go from 0 to " + std::to_string(ids.size() - 1) + "; -1 is the last");
    Followed followed;
    if (!request.object.empty())
        followed.object = encode_target(tokenizer, request.object).front();
    if (request.true_object)
        followed.true_object = encode_target(tokenizer, *request.true_object).front();

    LensResult result;
    for (const std::int32_t id : ids)
        result.tokens.push_back(tokenizer.piece(id));
    result.token = request.token < 0 ? static_cast<int>(ids.size()) - 1 : request.token;
    ids.resize(static_cast<std::size_t>(result.token) + 1); // what stands behind the token is not seen from it
    const auto look = [&](const LedgerPosition& position) {
        const AtPosition state(ledger, position);
        return lens_of(decoder, tokenizer, ids, followed, request.top, job);
    };
    result.before = look(request.before);
    result.after = look(request.after);
    return result;
}

} // namespace emend
