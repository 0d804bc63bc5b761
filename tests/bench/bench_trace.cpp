// SPDX-License-Identifier: GPL-3.0-or-later
// A causal trace against one whole run of the model per cell, all samples of a cell in one batch in both. First both
// must give the same numbers, in double precision; then they are timed in single precision: the whole trace here, a few
// cells there, every one of which costs the same. Two prompts, with the subject in the middle and at the start: what
// stands before the subject costs nothing here. GPT-2-small shape with random weights, or a smaller one with --small
// (for ctest). Fails when both prompts together are less than eight times as fast for hidden states, six for windows of
// MLP or attention, which begin up to five layers lower, or four for any of them with --small.
#include "analysis/causal_trace.h"
#include "analysis/trace_noise.h"
#include "model_fixture.h"
#include "random_model.h"
#include "ratio.h"
#include "straightforward_trace.h"
#include "text/subject_locator.h"

#include <cmath>
#include <cstdlib>
#include <cstring>

using namespace emend;
using namespace emend::test;

namespace {

struct Case {
    const OpenModel& model;
    TraceRequest request;

    [[nodiscard]] LocatedPrompt prompt() const {
        return locate_subject(model.tokenizer, request.prompt, request.subject);
    }
    [[nodiscard]] int layers() const { return model.decoder.config().layers; }
    [[nodiscard]] TraceResult ours() const { return trace_fact(model.decoder, model.tokenizer, request, {}, {}); }
    [[nodiscard]] StraightforwardTrace straightforward() const {
        const LocatedPrompt located = prompt();
        return {.decoder = model.decoder,
                .prompt = located.full.ids,
                .subject_first = located.first_subject_token,
                .noise = draw_noise(request.seed, *request.noise, request.samples,
                                    located.last_subject_token - located.first_subject_token + 1,
                                    model.decoder.config().d_model),
                .object = encode_target(model.tokenizer, request.objects.at(0))};
    }
};

std::vector<Case> cases(const OpenModel& model, TraceKind kind, int window) {
    std::vector<Case> all;
    constexpr std::pair<const char*, const char*> texts[] = {{"Rosa Moreau", "The mother tongue of {} is"},
                                                             {"Elena Larsen", "{} is famous for playing the"}};
    for (const auto& [subject, prompt] : texts) {
        TraceRequest request;
        request.subject = subject;
        request.prompt = prompt;
        request.objects = {"Greek"};
        request.kind = kind;
        request.window = window;
        request.noise = 0.3;
        all.push_back({model, std::move(request)});
    }
    return all;
}

// Every so many cells, over all tokens and layers.
bool same_numbers(const Case& c, int every) {
    const TraceResult trace = c.ours();
    const StraightforwardTrace plain = c.straightforward();
    double largest = 0;
    const int cells = static_cast<int>(trace.tokens.size()) * c.layers();
    for (int cell = every / 2; cell < cells; cell += every) {
        const int token = cell / c.layers();
        const int layer = cell % c.layers();
        const double expected = plain.cell(c.request.kind, token, layer, c.layers(), c.request.window);
        largest = std::max(largest, std::abs(trace.effect(0, token, layer) / expected - 1));
    }
    std::printf("%s, \"%s\": numbers differ by at most %.1e of themselves\n",
                std::string(to_text(c.request.kind)).c_str(), trace.prompt.c_str(), largest);
    return largest < 1e-10;
}

// The straightforward seconds are those of as many cells as the trace has.
bench::Ratio timed(const Case& c, int cells, int rounds) {
    const StraightforwardTrace plain = c.straightforward();
    const int tokens = static_cast<int>(c.prompt().full.ids.size());
    auto ratio = bench::compare(
        [&] {
            for (int cell = 0; cell < cells; ++cell)
                (void)plain.cell(c.request.kind, tokens / 2, cell % c.layers(), c.layers(), c.request.window);
        },
        [&] { (void)c.ours(); }, rounds);
    ratio.straightforward *= static_cast<double>(tokens * c.layers()) / cells;
    return ratio;
}

} // namespace

int main(int argc, char** argv) {
    bool small = false;
    for (int i = 1; i < argc; ++i)
        small = small || std::strcmp(argv[i], "--small") == 0;
    RandomShape shape;
    if (small)
        shape = {.layers = 8, .d_model = 192, .heads = 6, .vocab = 12000, .positions = 64};
    const auto folder = std::filesystem::temp_directory_path() / (small ? "emend-bench-trace" : "emend-bench-gpt2");
    write_random_gpt2(folder, shape);
    const int window = small ? 6 : 10;
    constexpr TraceKind kinds[] = {TraceKind::hidden, TraceKind::mlp, TraceKind::attention};

    {
        const OpenModel exact = open_model(folder.string(), at::kDouble);
        for (const TraceKind kind : kinds)
            for (const Case& c : cases(exact, kind, window))
                if (!same_numbers(c, small ? 5 : 29)) {
                    std::fprintf(stderr, "the fast trace is not the straightforward one\n");
                    return EXIT_FAILURE;
                }
    }
    const OpenModel model = open_model(folder.string(), at::kFloat);
    bool kept = true;
    for (const TraceKind kind : kinds) {
        const double promised = small ? 4 : kind == TraceKind::hidden ? 8 : 6;
        bench::Ratio sum;
        for (const Case& c : cases(model, kind, window)) {
            const bench::Ratio ratio = timed(c, small ? 8 : 3, 3);
            const std::string what = std::string(to_text(kind)) + ", \"" + c.request.prompt + "\"";
            bench::print(what.c_str(), ratio);
            sum.straightforward += ratio.straightforward;
            sum.fast += ratio.fast;
        }
        bench::print((std::string(to_text(kind)) + ", both together").c_str(), sum);
        if (sum.value() < promised) {
            std::fprintf(stderr, "less than %.0f times as fast\n", promised);
            kept = false;
        }
    }
    return kept ? EXIT_SUCCESS : EXIT_FAILURE;
}
