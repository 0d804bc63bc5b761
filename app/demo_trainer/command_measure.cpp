// SPDX-License-Identifier: GPL-3.0-or-later
#include "causal_trace.h"
#include "commands.h"
#include "edit_scores.h"
#include "model_folder_writer.h"
#include "recall.h"
#include "training.h"

#include "emend/paths.h"

#include <cstdio>
#include <memory>

extern "C" emend::Engine* emend_create_engine();

namespace emend::demo {
namespace {

constexpr std::size_t kTracedFacts = 60;
constexpr std::size_t kUnrelatedFacts = 200;
constexpr std::size_t kUnrelatedAfterOne = 20;

double percent(const std::map<PromptKind, RecallScore>& scores, PromptKind kind) {
    const auto it = scores.find(kind);
    return it == scores.end() ? 0.0 : 100.0 * it->second.share();
}

void print_recall(const RecallReport& report, bool details) {
    std::printf("recall, %%: trained pair %.1f, untrained (subject, template) pair %.1f, never-trained template %.1f\n",
                percent(report.overall, PromptKind::trained_pair), percent(report.overall, PromptKind::untrained_pair),
                percent(report.overall, PromptKind::held_out));
    if (!details)
        return;
    for (const auto& [relation, scores] : report.by_relation)
        std::printf("  %-10s %5.1f %5.1f %5.1f\n", relation.c_str(), percent(scores, PromptKind::trained_pair),
                    percent(scores, PromptKind::untrained_pair), percent(scores, PromptKind::held_out));
    for (const auto& [text, score] : report.by_held_out_template)
        std::printf("  %5.1f  %s\n", 100.0 * score.share(), text.c_str());
}

void print_trace(const TraceSummary& trace) {
    std::printf("causal trace of %zu facts: clean %.3f, corrupted %.3f; indirect effect of the hidden state by layer\n",
                trace.facts, trace.clean, trace.corrupted);
    for (std::size_t role = 0; role < kTokenRoles; ++role) {
        std::printf("  %-22s", std::string(kTokenRoleNames[role]).c_str());
        for (const auto& layer : trace.effect)
            std::printf(" %5.2f", layer[role]);
        std::printf("\n");
    }
}

void print_scores(const char* title, const EditScores& scores, std::size_t edits) {
    std::printf("%-24s ES %5.1f  PS %5.1f  NS %5.1f | most likely: edit %5.1f  paraphrase %5.1f  neighbour %5.1f | "
                "unrelated facts %5.1f | %.2f s an edit\n",
                title, scores.efficacy.percent(), scores.paraphrase.percent(), scores.neighbourhood.percent(),
                scores.efficacy_argmax.percent(), scores.paraphrase_argmax.percent(),
                scores.neighbourhood_argmax.percent(), scores.unrelated.percent(),
                scores.seconds / static_cast<double>(edits));
    std::fflush(stdout);
}

void measure_edits(const MeasureOptions& options, const World& world, const Vocabulary& vocabulary) {
    const std::unique_ptr<Engine> engine(emend_create_engine());
    LoadOptions load;
    load.path = options.model.string();
    load.threads = 1;
    const ModelInfo info = engine->open(load, {});
    const RelationLibrary library = RelationLibrary::load(resources_dir() + "/relations/relations.json");
    const EditMeter meter(*engine, world, vocabulary, library, options.seed);

    for (const char* algorithm : {"ROME", "R-ROME"}) {
        const auto edits = meter.draw_edits(50, options.tune, 11);
        const Recipe recipe = default_recipe(info, algorithm);
        const std::string title = std::string(algorithm) + " layer " + layers_to_text(recipe.layers);
        print_scores(title.c_str(), meter.measure(edits, recipe, 1, kUnrelatedAfterOne), edits.size());
    }
    constexpr std::size_t batches[] = {1, 10, 50, 100};
    const auto measure = [&](const Recipe& recipe, const std::string& name) {
        for (const std::size_t batch : batches) {
            const auto edits = meter.draw_edits(batch <= 10 ? 50 : 100, options.tune, 12);
            const std::string title = name + " " + std::to_string(batch);
            print_scores(title.c_str(), meter.measure(edits, recipe, batch, kUnrelatedFacts), edits.size());
        }
    };
    measure(default_recipe(info, "ROME"), "ROME in sequence");
    for (const AlgorithmInfo& row : algorithms()) {
        if (row.one_at_a_time)
            continue;
        Recipe recipe = default_recipe(info, row.id);
        if (!options.softness.empty() && row.default_softness > 0 && !row.in_null_space)
            recipe.softness = std::stod(options.softness);
        const std::string name(row.id);
        if (row.fine_tunes) {
            measure(recipe, name);
            continue;
        }
        measure(recipe, name + " spread " + layers_to_text(recipe.layers));
        Recipe single = recipe;
        single.layers = default_recipe(info, "ROME").layers;
        single.distribution = "single";
        measure(single, name + " single " + layers_to_text(single.layers));
    }
}

} // namespace

void run_measure(const MeasureOptions& options) {
    use_one_thread();
    const World world = load_world(options.world);
    const Vocabulary vocabulary = Vocabulary::load(options.model / "merges.txt");
    const Network network = read_model(options.model);
    print_recall(measure_recall(network, vocabulary, world, options.seed, 0, 1, 4), options.details);
    print_trace(trace_facts(network, vocabulary, world, kTracedFacts, options.seed));
    std::fflush(stdout);
    if (options.edits)
        measure_edits(options, world, vocabulary);
}

} // namespace emend::demo
