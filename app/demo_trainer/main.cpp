// SPDX-License-Identifier: GPL-3.0-or-later
// emend-demo-trainer: builds the demo model from the world's facts, and measures it.
#include "commands.h"

#include "emend/error.h"

#include <CLI/CLI.hpp>

#include <exception>
#include <iostream>

int main(int argc, char** argv) {
    using namespace emend::demo;
    CLI::App app{"Trains and measures Emend's demo model: a small GPT-2 that knows some facts of the real world"};
    app.require_subcommand(1);

    TrainOptions train;
    CLI::App* train_command = app.add_subcommand("train", "train the model and write it as a Hugging Face folder");
    train_command->add_option("--out", train.out, "folder for the model")->required();
    train_command->add_option("--work", train.work, "folder for checkpoints (default: OUT/training)");
    train_command->add_option("--world", train.world, "folder with facts.csv, templates.json and language.json");
    train_command->add_option("--seed", train.seed, "seed of weights and documents");
    train_command->add_option("--language-steps", train.language_steps, "steps of the first part")
        ->check(CLI::Range(0, 1000000));
    train_command->add_option("--fact-steps", train.fact_steps, "steps of the second part, on objects most of all")
        ->check(CLI::Range(0, 1000000));
    train_command->add_option("--stop-after", train.stop_after, "stop early, after this many steps");
    train_command->add_option("--width", train.width, "width of the model")->check(CLI::Range(64, 1024));
    train_command->add_option("--layers", train.layers, "number of layers")->check(CLI::Range(2, 48));
    train_command->add_flag("--resume", train.resume, "go on from the last checkpoint");

    WorldOptions world;
    CLI::App* world_command = app.add_subcommand("world", "write corpus.txt, facts.csv and the tokenizer");
    world_command->add_option("--out", world.out, "folder to write to")->required();
    world_command->add_option("--world", world.world, "folder with facts.csv, templates.json and language.json");
    world_command->add_option("--seed", world.seed, "seed of the documents");
    world_command->add_option("--print", world.print, "only print this many documents");

    MeasureOptions measure;
    CLI::App* measure_command = app.add_subcommand("measure", "measure what the model knows and how it takes edits");
    measure_command->add_option("--model", measure.model, "the model's folder")->required();
    measure_command->add_option("--world", measure.world, "folder with facts.csv, templates.json and language.json");
    measure_command->add_option("--seed", measure.seed, "seed the model was trained with");
    measure_command->add_flag("--details", measure.details, "scores per relation and never-trained template");
    measure_command->add_flag("!--no-edits", measure.edits, "recall and causal trace only");
    measure_command->add_flag("--tune", measure.tune, "edit the half of the facts that is for tuning");
    measure_command->add_option("--softness", measure.softness, "softness of MEMIT, instead of the recipe's own");

    try {
        app.parse(argc, argv);
        if (train_command->parsed())
            run_train(train);
        else if (world_command->parsed())
            run_world(world);
        else
            run_measure(measure);
    } catch (const CLI::ParseError& fault) {
        return app.exit(fault) == 0 ? 0 : 2;
    } catch (const emend::Error& fault) {
        std::cerr << "emend-demo-trainer: " << fault.what() << "\n"
                  << (fault.hint().empty() ? "" : fault.hint() + "\n");
        return 1;
    } catch (const std::exception& fault) {
        std::cerr << "emend-demo-trainer: " << fault.what() << "\n";
        return 1;
    }
    return 0;
}
