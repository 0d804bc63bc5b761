// SPDX-License-Identifier: GPL-3.0-or-later
// emend-cli tokenize and detokenize: the model's own tokenizer, without the engine.
#include "base/file.h"
#include "emend/error.h"
#include "program.h"
#include "report_text.h"
#include "text/tokenizer.h"

#include <iostream>

namespace emend::cli {

namespace {

struct TokenizeOptions {
    std::string text, file, ids;
    CLI::Option* text_option = nullptr;
    bool json_lines = false;
    bool no_special = false;
};

// Lines end at "\n" alone; a "\r" belongs to the text. The end of the last line starts no further text.
std::vector<std::string> read_lines(const std::string& path) {
    const std::string content = read_file(path);
    std::vector<std::string> lines;
    for (std::size_t begin = 0; begin < content.size();) {
        const std::size_t end = std::min(content.find('\n', begin), content.size());
        lines.push_back(content.substr(begin, end - begin));
        begin = end + 1;
    }
    return lines;
}

std::vector<std::string> read_texts(const TokenizeOptions& options) {
    if (options.text_option->count() > 0)
        return {options.text};
    std::vector<std::string> lines = read_lines(options.file);
    if (!options.json_lines)
        return lines;
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (lines[i].find_first_not_of(" \t\r") == std::string::npos)
            continue;
        const Json value = Json::parse(lines[i], nullptr, false);
        if (!value.is_string()) {
            throw Error("this line is not a JSON string", options.file + ", line " + std::to_string(i + 1),
                        "with --json-lines every line is one text in double quotes");
        }
        texts.push_back(value.get<std::string>());
    }
    return texts;
}

void print_encoding(const Tokenizer& tokenizer, const std::string& text, const Encoding& encoding) {
    print_heading(in_quotes(one_line(text, 100)) + ": " + std::to_string(encoding.ids.size()) + " tokens");
    Table table({{"id", Table::Align::right}, {"piece"}, {"bytes"}});
    for (std::size_t i = 0; i < encoding.ids.size(); ++i) {
        const auto [begin, end] = encoding.offsets[i];
        table.row({std::to_string(encoding.ids[i]),
                   in_quotes(tokenizer.piece(encoding.ids[i])),
                   {std::to_string(begin) + "-" + std::to_string(end), Style::dim}});
    }
    table.print();
}

void run_tokenize(Program& program, const TokenizeOptions& options) {
    if ((options.text_option->count() > 0) == !options.file.empty())
        throw UsageError("give either --text or --file");
    if (options.json_lines && options.file.empty())
        throw UsageError("--json-lines goes with --file");
    const Tokenizer tokenizer = Tokenizer::load(program.model_folder());
    Json texts = Json::array();
    for (const std::string& text : read_texts(options)) {
        program.check_stop();
        const Encoding encoding = tokenizer.encode(text, !options.no_special);
        if (!program.json) {
            print_encoding(tokenizer, text, encoding);
            continue;
        }
        Json pieces = Json::array();
        for (const std::int32_t id : encoding.ids)
            pieces.push_back(tokenizer.piece(id));
        texts.push_back({{"ids", encoding.ids}, {"pieces", std::move(pieces)}, {"offsets", encoding.offsets}});
    }
    if (program.json)
        program.print({{"texts", std::move(texts)}});
}

void run_detokenize(Program& program, const TokenizeOptions& options) {
    const std::vector<std::int32_t> ids = parse_ids(options.ids);
    const std::string text = Tokenizer::load(program.model_folder()).decode(ids);
    if (program.json)
        return program.print({{"text", text}});
    std::cout << text << '\n';
}

} // namespace

void add_tokenize(Program& program) {
    auto options = std::make_shared<TokenizeOptions>();
    CLI::App* tokenize = program.add_command("tokenize", "Ids and pieces of texts",
                                             [&program, options] { run_tokenize(program, *options); });
    program.add_model(tokenize);
    options->text_option = tokenize->add_option("--text", options->text, "One text");
    tokenize->add_option("--file", options->file, "A file with one text a line");
    tokenize->add_flag("--json-lines", options->json_lines, "Every line of the file is a JSON string");
    tokenize->add_flag("--no-special", options->no_special, "Without the tokens the model's template adds");
    tokenize->footer("Offsets are bytes of the text in UTF-8, [begin, end).");

    CLI::App* detokenize = program.add_command("detokenize", "The text of token ids",
                                               [&program, options] { run_detokenize(program, *options); });
    program.add_model(detokenize);
    detokenize->add_option("--ids", options->ids, "1,2,3")->required();
}

} // namespace emend::cli
