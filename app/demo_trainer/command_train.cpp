// SPDX-License-Identifier: GPL-3.0-or-later
#include "commands.h"

#include "model_folder_writer.h"
#include "recall.h"
#include "training.h"

#include "emend/error.h"

#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>

namespace emend::demo {
namespace {

constexpr std::size_t kVocabularyDocuments = 80000;
constexpr std::size_t kCorpusTokens = 100000;
constexpr std::int64_t kLogEvery = 50;

void write_world(const std::filesystem::path& out, const std::filesystem::path& world_folder,
                 const DocumentWriter& writer, const Vocabulary& vocabulary, std::uint64_t seed,
                 std::size_t positions) {
    vocabulary.write(out, positions);
    std::ofstream corpus(out / "corpus.txt", std::ios::binary);
    corpus << sample_corpus(writer, vocabulary, kCorpusTokens, seed);
    if (!corpus.flush())
        throw Error("The file cannot be written", (out / "corpus.txt").string());
    std::filesystem::copy_file(world_folder / "facts.csv", out / "facts.csv",
                               std::filesystem::copy_options::overwrite_existing);
}

std::string recall_line(const RecallReport& report) {
    char text[120];
    const auto share = [&](PromptKind kind) { return 100.0 * report.overall.at(kind).share(); };
    std::snprintf(text, sizeof text, "recall: trained %.1f %%, untrained pair %.1f %%, never-trained template %.1f %%",
                  share(PromptKind::trained_pair), share(PromptKind::untrained_pair), share(PromptKind::held_out));
    return text;
}

} // namespace

void run_world(const WorldOptions& options) {
    const World world = load_world(options.world);
    const DocumentWriter writer(world, options.seed);
    if (options.print > 0) {
        Random random(options.seed, 7);
        for (std::size_t i = 0; i < options.print; ++i)
            std::cout << writer.write(random).text << "\n";
        return;
    }
    std::filesystem::create_directories(options.out);
    const Vocabulary vocabulary = train_vocabulary(writer, kVocabularySize, kVocabularyDocuments, options.seed);
    write_world(options.out, options.world, writer, vocabulary, options.seed, BatchShape{}.length);
    double object_tokens = 0;
    double subject_tokens = 0;
    for (const Fact& fact : world.facts)
        object_tokens += static_cast<double>(vocabulary.ids(" " + fact.object).size());
    for (const Subject& subject : world.subjects)
        subject_tokens += static_cast<double>(vocabulary.ids(" " + subject.name).size());
    std::cout << world.facts.size() << " facts, " << world.subjects.size() << " subjects; tokens per object "
              << object_tokens / static_cast<double>(world.facts.size()) << ", per subject "
              << subject_tokens / static_cast<double>(world.subjects.size()) << "\n";
}

void run_train(const TrainOptions& options) {
    use_one_thread();
    const World world = load_world(options.world);
    const DocumentWriter writer(world, options.seed);
    const std::filesystem::path work = options.work.empty() ? options.out / "training" : options.work;
    std::filesystem::create_directories(options.out);
    std::filesystem::create_directories(work);

    const Vocabulary vocabulary = train_vocabulary(writer, kVocabularySize, kVocabularyDocuments, options.seed);
    TrainingPlan plan;
    plan.seed = options.seed;
    plan.language_steps = options.language_steps;
    plan.fact_steps = options.fact_steps;
    NetworkShape shape;
    shape.width = options.width;
    shape.layers = options.layers;
    shape.heads = options.width / 32;
    shape.positions = static_cast<std::int64_t>(plan.batch.length);
    Network network(shape, options.seed);
    Trainer trainer(network, writer, vocabulary, plan);
    const std::filesystem::path checkpoint = work / "checkpoint.bin";
    if (options.resume)
        trainer.load(checkpoint);

    std::printf("%zu facts, %zu subjects, %lld parameters, from step %lld\n", world.facts.size(), world.subjects.size(),
                static_cast<long long>(network.flat().numel()), static_cast<long long>(trainer.steps_done()));
    const auto start = std::chrono::steady_clock::now();
    const std::int64_t first = trainer.steps_done();
    const std::int64_t last = options.stop_after > 0 ? std::min(options.stop_after, trainer.steps()) : trainer.steps();
    double loss = 0;
    std::int64_t counted = 0;
    while (trainer.steps_done() < last) {
        loss += trainer.step();
        ++counted;
        const std::int64_t done = trainer.steps_done();
        if (done % kLogEvery == 0 || done == last) {
            const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
            const double tokens =
                static_cast<double>((done - first)) * static_cast<double>(plan.batch.rows * plan.batch.length);
            std::printf("step %lld  loss %.4f  rate %.2e  %.0f tokens/s  %.0f s\n", static_cast<long long>(done),
                        loss / static_cast<double>(counted), trainer.rate(done), tokens / seconds, seconds);
            loss = 0;
            counted = 0;
        }
        if (done % plan.save_every == 0 || done == last) {
            trainer.save(checkpoint);
            std::printf("  %s\n",
                        recall_line(measure_recall(network, vocabulary, world, options.seed, 0, 10, 1)).c_str());
        }
        std::fflush(stdout);
    }
    write_world(options.out, options.world, writer, vocabulary, options.seed, plan.batch.length);
    write_model(options.out, network);
}

} // namespace emend::demo
