// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/torch_engine.h"

#include "analysis/comparison.h"
#include "emend/error.h"
#include "engine/torch_errors.h"
#include "model/fingerprint.h"
#include "model/generate.h"

namespace emend {

OpenModel& TorchEngine::model() const {
    if (!model_)
        throw Error("no model is open", {}, "open a model folder first");
    return *model_;
}

ModelInfo TorchEngine::inspect(const LoadOptions& options, const JobContext& job) {
    return guarded("reading the model", [&] { return inspect_model(options, job); });
}

ModelInfo TorchEngine::open(const LoadOptions& options, const JobContext& job) {
    return guarded("opening the model", [&] {
        auto opened = open_model(options, job);
        job.check(); // a caller who has stopped us believes the old model is still open
        model_ = std::move(opened);
        return model_->info;
    });
}

std::string TorchEngine::weights_hash(const JobContext& job) {
    return guarded("hashing the weights", [&] { return emend::weights_hash(model().decoder.weights(), job); });
}

LogitsResult TorchEngine::logits(const LogitsRequest& request, const JobContext& job) {
    return guarded("running the model", [&] {
        const NoGrad no_grad;
        OpenModel& open = model();
        LogitsResult result;
        result.ids = request.ids.empty() ? open.tokenizer.encode(request.text).ids : request.ids;
        if (result.ids.empty())
            throw Error("there is no token to run", "text", "type at least one word");
        if (std::cmp_greater(result.ids.size(), open.info.positions))
            throw Error("the text has " + std::to_string(result.ids.size()) + " tokens, the model reads at most " +
                            std::to_string(open.info.positions),
                        "text", "shorten the text");
        for (const auto id : result.ids)
            if (id < 0 || id >= open.info.vocab)
                throw Error("the token id " + std::to_string(id) + " is not in the vocabulary", "ids",
                            "ids go from 0 to " + std::to_string(open.info.vocab - 1));
        const auto to_vector = [](const at::Tensor& tensor) {
            const at::Tensor values = tensor.to(at::kCPU, at::kDouble).contiguous();
            return std::vector<double>(values.data_ptr<double>(), values.data_ptr<double>() + values.numel());
        };
        Pass pass;
        pass.hook = [&](int, Site site, const at::Tensor& value) {
            job.check();
            if (request.hidden && site == Site::block_out)
                result.hidden.push_back(to_vector(value[0][-1]));
            return value;
        };
        const at::Tensor logits =
            open.decoder.logits(open.decoder.forward(open.decoder.pad({result.ids}), pass)[0][-1]);
        result.top = most_likely(logits, open.tokenizer, request.top);
        if (request.full)
            result.logits = to_vector(logits);
        return result;
    });
}

GenerationResult TorchEngine::generate(const GenerateRequest& request, const JobContext& job,
                                       const std::function<void(const GeneratedToken&)>& on_token) {
    return guarded("generating", [&] {
        OpenModel& open = model();
        const AtPosition state(open.ledger, request.at);
        return generate_text(open.decoder, open.tokenizer, request, job, on_token);
    });
}

Comparison TorchEngine::compare(const ComparisonRequest& request, const JobContext& job) {
    return guarded("comparing",
                   [&] { return compare_states(model().decoder, model().tokenizer, model().ledger, request, job); });
}

} // namespace emend

extern "C" emend::Engine* emend_create_engine() {
    return new emend::TorchEngine;
}
