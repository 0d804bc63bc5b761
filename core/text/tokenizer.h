// SPDX-License-Identifier: GPL-3.0-or-later
// Text to token ids and back, exactly as the model's own tokenizer does it: tokenizer.json, or vocab.json + merges.txt.
// Kinds that are not built are refused by name when the file is loaded, never approximated.
// Thread safety: const after loading, all members may be called from any thread; copies share the tables.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace emend {

struct Encoding {
    std::vector<std::int32_t> ids;
    // [begin, end) of each token in the text that was given, in bytes. A token the tokenizer adds itself is empty.
    // Tokens that share the bytes of one character each cover their own bytes.
    std::vector<std::pair<std::uint32_t, std::uint32_t>> offsets;
};

class Tokenizer {
  public:
    // From a model folder: tokenizer.json if there, else vocab.json + merges.txt; tokenizer_config.json is read if
    // there. Throws Error (file, what is wrong, which token or merge).
    static Tokenizer load(const std::filesystem::path& folder);
    // From the text of a tokenizer.json. file_name is used in errors; config is the text of tokenizer_config.json or
    // empty.
    static Tokenizer from_json(std::string_view json, const std::string& file_name = "tokenizer.json",
                               std::string_view config = {});
    // From the texts of vocab.json and merges.txt: GPT-2's byte-level BPE.
    // folder is used in errors only.
    static Tokenizer from_vocab_and_merges(std::string_view vocab_json, std::string_view merges_txt,
                                           std::string_view config = {}, const std::string& folder = {});

    // add_special: also the tokens that the file's template puts around a text. Special tokens that are written out in
    // the text are recognised either way. Bytes that are no UTF-8 are read as U+FFFD; their offsets stay those of the
    // bytes. Throws Error only for texts above 700 MB, and when the pattern's match limit is reached.
    [[nodiscard]] Encoding encode(std::string_view text, bool add_special = true) const;

    // Bytes that are no UTF-8 come out as U+FFFD. Throws Error for an id that is not in the vocabulary.
    [[nodiscard]] std::string decode(std::span<const std::int32_t> ids, bool skip_special = false) const;

    // The token as users read it, e.g. " Paris"; parts of a character as U+FFFD. Throws Error for unknown ids.
    [[nodiscard]] std::string piece(std::int32_t id) const;
    // As the file spells it, e.g. "ĠParis". Throws Error for unknown ids.
    [[nodiscard]] const std::string& raw_piece(std::int32_t id) const;
    // The bytes the token stands for, possibly a part of a character. Throws Error for unknown ids.
    [[nodiscard]] const std::string& token_bytes(std::int32_t id) const;

    [[nodiscard]] std::int32_t vocab_size() const noexcept; // highest id + 1
    [[nodiscard]] std::optional<std::int32_t> token_to_id(std::string_view raw_piece) const;
    [[nodiscard]] std::optional<std::int32_t> end_of_text() const noexcept;   // eos token
    [[nodiscard]] std::optional<std::int32_t> begin_of_text() const noexcept; // bos token
    [[nodiscard]] bool is_special(std::int32_t id) const noexcept;
    // Ids the file's template puts before and after a text (both often empty).
    [[nodiscard]] const std::vector<std::int32_t>& template_prefix() const noexcept;
    [[nodiscard]] const std::vector<std::int32_t>& template_suffix() const noexcept;

    struct Impl;
    explicit Tokenizer(std::shared_ptr<const Impl> impl)
        : impl_(std::move(impl)) {}

  private:
    std::shared_ptr<const Impl> impl_;
};

// Decodes a growing sequence: each push gives the text that became certain, never half a character. The parts joined,
// with finish() at the end, are decode() of all ids.
class StreamDecoder {
  public:
    explicit StreamDecoder(Tokenizer tokenizer, bool skip_special = false)
        : tokenizer_(std::move(tokenizer))
        , skip_special_(skip_special) {}

    [[nodiscard]] std::string push(std::int32_t id);
    [[nodiscard]] std::string finish(); // what is left, broken characters as U+FFFD; ready for the next text

  private:
    Tokenizer tokenizer_;
    std::string pending_;
    bool skip_special_;
};

} // namespace emend
