// SPDX-License-Identifier: GPL-3.0-or-later
// Builds a Tokenizer from its files: tokenizer.json, or vocab.json + merges.txt with tokenizer_config.json.
#include "base/file.h"
#include "base/json_text.h"
#include "emend/error.h"
#include "text/byte_level.h"
#include "text/tokenizer_impl.h"
#include "text/tokenizer_json.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace emend {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::uint64_t tokenizer_file_limit = std::uint64_t{256} << 20;
constexpr const char* merges_hint = "vocabulary and merges are of different versions; download them again";

void read_vocabulary(const json& vocabulary, const std::string& where, TokenTable& tokens) {
    if (!vocabulary.is_object())
        throw Error("the vocabulary is " + json_kind(vocabulary) + " instead of an object", where,
                    "a vocabulary looks like {\"!\": 0, …}");
    for (const auto& [spelling, id] : vocabulary.items())
        tokens.add(spelling, JsonFields::token_id(id, where + ", token \"" + spelling + "\""), where);
}

Bpe::Merge make_merge(const TokenTable& tokens, const std::string& left, const std::string& right,
                      const std::string& where) {
    const auto find = [&](const std::string& spelling) {
        const auto id = tokens.find(spelling);
        if (!id)
            throw Error("the merge \"" + left + " " + right + "\" needs token \"" + spelling +
                            "\", which is not in the vocabulary",
                        where, merges_hint);
        return *id;
    };
    return {find(left), find(right), find(left + right)};
}

Bpe::Merge make_merge(const TokenTable& tokens, const std::string& line, const std::string& where) {
    const auto space = line.find(' ');
    if (space == std::string::npos || space == 0 || space + 1 == line.size() || line.find(' ', space + 1) != line.npos)
        throw Error("a merge is two tokens with a space between them, got \"" + line.substr(0, 80) + "\"", where,
                    "the merges are damaged; download them again");
    return make_merge(tokens, line.substr(0, space), line.substr(space + 1), where);
}

std::vector<Bpe::Merge> read_merges(const json& list, const TokenTable& tokens, const std::string& where) {
    std::vector<Bpe::Merge> merges;
    merges.reserve(list.size());
    for (std::size_t i = 0; i < list.size(); ++i) {
        const json& entry = list[i];
        const std::string at = where + "[" + std::to_string(i) + "]";
        if (entry.is_string())
            merges.push_back(make_merge(tokens, entry.get<std::string>(), at));
        else if (entry.is_array() && entry.size() == 2 && entry[0].is_string() && entry[1].is_string())
            merges.push_back(make_merge(tokens, entry[0].get<std::string>(), entry[1].get<std::string>(), at));
        else
            throw Error("a merge is \"left right\" or [left, right], got " + json_excerpt(entry), at,
                        "the file is damaged; download it again");
    }
    return merges;
}

std::vector<Bpe::Merge> read_merges(std::string_view text, const TokenTable& tokens, const std::string& file) {
    std::vector<Bpe::Merge> merges;
    int number = 0;
    while (!text.empty()) {
        const auto end = text.find('\n');
        std::string line(text.substr(0, end));
        text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
        ++number;
        if (line.ends_with('\r'))
            line.pop_back();
        if (line.empty() || line.starts_with("#version"))
            continue;
        merges.push_back(make_merge(tokens, line, file + ", line " + std::to_string(number)));
    }
    return merges;
}

AddedToken read_added_token(const json& entry, const std::string& where) {
    const JsonFields fields(entry, where);
    AddedToken token{.text = fields.string("content"),
                     .single_word = fields.boolean("single_word", false),
                     .lstrip = fields.boolean("lstrip", false),
                     .rstrip = fields.boolean("rstrip", false),
                     .normalized = fields.boolean("normalized", false),
                     .special = fields.boolean("special", false)};
    if (fields.has("id"))
        token.id = fields.token_id("id");
    return token;
}

void add_token(Tokenizer::Impl& tokenizer, AddedToken token, const std::string& where) {
    if (token.text.empty())
        throw Error("an added token is empty", where, "the tokenizer's files are damaged; download them again");
    tokenizer.tokens.add_literal(token.text, token.id, token.special, where);
    tokenizer.added.add(std::move(token));
}

// A token named in tokenizer_config.json: a string, or an object with its content.
std::optional<std::string> named_token(const json& config, const std::string& key) {
    const auto found = config.find(key);
    if (found == config.end())
        return std::nullopt;
    if (found->is_string())
        return found->get<std::string>();
    if (found->is_object() && found->contains("content") && (*found)["content"].is_string())
        return (*found)["content"].get<std::string>();
    return std::nullopt;
}

json read_config(std::string_view text, const std::string& file) {
    json config = text.empty() ? json::object() : parse_json(text, file);
    if (!config.is_object())
        throw Error("the file holds " + json_kind(config) + " instead of an object", file, "download it again");
    return config;
}

void find_ends(Tokenizer::Impl& tokenizer, const json& config) {
    const auto find = [&](const std::string& key,
                          std::initializer_list<const char*> usual) -> std::optional<std::int32_t> {
        if (const auto named = named_token(config, key))
            return tokenizer.tokens.find(*named);
        for (const char* spelling : usual)
            if (const auto id = tokenizer.tokens.find(spelling))
                return id;
        return std::nullopt;
    };
    tokenizer.begin_of_text = find("bos_token", {"<|begin_of_text|>", "<s>"});
    tokenizer.end_of_text = find("eos_token", {"<|endoftext|>", "<|end_of_text|>", "</s>"});
}

std::array<std::int32_t, 256> byte_tokens(const TokenTable& tokens) {
    std::array<std::int32_t, 256> ids{};
    for (std::size_t byte = 0; byte < ids.size(); ++byte)
        ids[byte] = tokens.find(bytes_to_spelling(std::string(1, static_cast<char>(byte)))).value_or(Bpe::no_token);
    return ids;
}

// TemplateProcessing: what goes before and behind a single text. ByteLevel only trims offsets, which we do not do.
void read_post_processor(const json& processor, const std::string& where, Tokenizer::Impl& tokenizer) {
    if (processor.is_null())
        return;
    const JsonFields fields(processor, where);
    const std::string type = fields.string("type");
    if (type == "ByteLevel")
        return;
    if (type == "Sequence") {
        for (const auto& part : fields.array("processors"))
            read_post_processor(part, where + ".processors", tokenizer);
        return;
    }
    if (type != "TemplateProcessing")
        throw unsupported("post_processor " + type, where);
    bool before = true;
    for (const auto& item : fields.array("single")) {
        if (item.is_object() && item.contains("Sequence")) {
            before = false;
            continue;
        }
        const std::string name = JsonFields(item, where + ".single").object("SpecialToken").string("id");
        for (const auto& id : fields.object("special_tokens").object(name).array("ids")) {
            const auto token = JsonFields::token_id(id, where + ".special_tokens." + name);
            (void)tokenizer.tokens.spelling(token); // throws when there is no such token
            (before ? tokenizer.prefix : tokenizer.suffix).push_back(token);
        }
    }
}

void check_decoder(const json& decoder, const std::string& where) {
    if (decoder.is_null())
        return;
    if (const std::string type = JsonFields(decoder, where).string("type"); type != "ByteLevel")
        throw unsupported("decoder " + type, where);
}

void check_model(const JsonFields& model) {
    if (const std::string type = model.string("type", model.has("merges") ? "BPE" : "of unknown type"); type != "BPE")
        throw unsupported("model " + type, model.where());
    if (model.boolean("byte_fallback", false))
        throw unsupported("BPE with byte_fallback (SentencePiece)", model.where());
    for (const char* key : {"continuing_subword_prefix", "end_of_word_suffix"})
        if (!model.string(key, "").empty())
            throw unsupported(std::string("BPE with ") + key, model.where());
    if (const json& dropout = model.value_or_null("dropout"); dropout.is_number() && dropout != 0)
        throw unsupported("BPE with dropout", model.where());
}

} // namespace

Tokenizer Tokenizer::from_json(std::string_view text, const std::string& file, std::string_view config) {
    const json document = parse_json(text, file);
    const JsonFields root(document, file);
    if (const json& normalizer = root.value_or_null("normalizer"); !normalizer.is_null())
        throw unsupported("normalizer " +
                              JsonFields(normalizer, root.path("normalizer")).string("type", "of unknown type"),
                          root.path("normalizer"));
    const JsonFields model = root.object("model");
    check_model(model);
    check_decoder(root.value_or_null("decoder"), root.path("decoder"));

    auto impl = std::make_shared<Impl>();
    impl->pretokenizer = Pretokenizer::from_json(root.value_or_null("pre_tokenizer"), root.path("pre_tokenizer"));
    read_vocabulary(model.value_or_null("vocab"), model.path("vocab"), impl->tokens);
    if (root.has("added_tokens")) {
        const json& list = root.array("added_tokens");
        for (std::size_t i = 0; i < list.size(); ++i) {
            const std::string where = root.path("added_tokens") + "[" + std::to_string(i) + "]";
            (void)JsonFields(list[i], where).token_id("id");
            add_token(*impl, read_added_token(list[i], where), where);
        }
    }
    impl->tokens.finish(model.path("vocab"));

    const auto merges = read_merges(model.array("merges"), impl->tokens, model.path("merges"));
    std::int32_t unknown = Bpe::no_token;
    if (const std::string spelling = model.string("unk_token", ""); !spelling.empty())
        unknown = impl->tokens.find(spelling).value_or(Bpe::no_token);
    impl->bpe = Bpe(byte_tokens(impl->tokens), merges, unknown);
    if (model.boolean("ignore_merges", false))
        impl->bpe.set_whole_words(impl->tokens.words());
    read_post_processor(root.value_or_null("post_processor"), root.path("post_processor"), *impl);
    find_ends(*impl, read_config(config, "tokenizer_config.json"));
    return Tokenizer(std::move(impl));
}

Tokenizer Tokenizer::from_vocab_and_merges(std::string_view vocab_json, std::string_view merges_txt,
                                           std::string_view config_text, const std::string& folder) {
    const auto in_folder = [&](const char* name) { return folder.empty() ? name : (fs::path(folder) / name).string(); };
    const std::string config_file = in_folder("tokenizer_config.json");
    const json config = read_config(config_text, config_file);
    const JsonFields options(config, config_file);
    auto impl = std::make_shared<Impl>();
    impl->pretokenizer = Pretokenizer::gpt2(options.boolean("add_prefix_space", false));
    read_vocabulary(parse_json(vocab_json, in_folder("vocab.json")), in_folder("vocab.json"), impl->tokens);

    // Tokens that were added say so in the configuration; without it, GPT-2's one special token is known by its name.
    if (options.has("added_tokens_decoder")) {
        const std::string where = options.path("added_tokens_decoder");
        for (const auto& [key, entry] : options.value_or_null("added_tokens_decoder").items()) {
            AddedToken token = read_added_token(entry, where + "." + key);
            const json id = json::parse(key, nullptr, false);
            token.id = JsonFields::token_id(id, where + "." + key);
            add_token(*impl, std::move(token), where);
        }
    }
    for (const char* key : {"bos_token", "eos_token", "unk_token"}) {
        const std::string text = named_token(config, key).value_or("<|endoftext|>");
        const auto id = impl->tokens.find(text);
        if (id && !impl->tokens.is_literal(*id))
            add_token(*impl, {.id = *id, .text = text, .special = true}, config_file);
    }
    impl->tokens.finish(in_folder("vocab.json"));

    const auto merges = read_merges(merges_txt, impl->tokens, in_folder("merges.txt"));
    const auto unknown = impl->tokens.find(named_token(config, "unk_token").value_or(""));
    impl->bpe = Bpe(byte_tokens(impl->tokens), merges, unknown.value_or(Bpe::no_token));
    find_ends(*impl, config);
    if (options.boolean("add_bos_token", false) && impl->begin_of_text)
        impl->prefix.push_back(*impl->begin_of_text);
    return Tokenizer(std::move(impl));
}

Tokenizer Tokenizer::load(const fs::path& folder) {
    const auto there = [&](const char* name) {
        std::error_code ignored;
        return fs::is_regular_file(folder / name, ignored);
    };
    const auto read = [&](const char* name) { return read_file(folder / name, tokenizer_file_limit); };
    const std::string config = there("tokenizer_config.json") ? read("tokenizer_config.json") : std::string();
    if (there("tokenizer.json"))
        return from_json(read("tokenizer.json"), (folder / "tokenizer.json").string(), config);
    if (there("vocab.json") && there("merges.txt"))
        return from_vocab_and_merges(read("vocab.json"), read("merges.txt"), config, folder.string());
    if (there("tokenizer.model"))
        throw unsupported("tokenizer.model (SentencePiece)", (folder / "tokenizer.model").string());
    throw Error("the folder has no tokenizer", folder.string(),
                "tokenizer.json, or vocab.json and merges.txt, are needed; copy them from the model's page");
}

} // namespace emend
