// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/tokenizer.h"

#include "base/utf8.h"
#include "emend/error.h"
#include "text/tokenizer_impl.h"

#include <deque>
#include <limits>
#include <unordered_map>

namespace emend {
namespace {

// Words repeat: each is merged once per text.
class WordCache {
  public:
    explicit WordCache(const Bpe& bpe)
        : bpe_(bpe) {}

    // The word's bytes must stay where they are as long as the cache lives.
    std::span<const Bpe::Symbol> encode(std::string_view word) {
        if (word.size() > longest_kept || known_.size() >= words_kept) {
            once_.clear();
            bpe_.encode(word, scratch_, once_);
            return once_;
        }
        const auto [place, fresh] = known_.try_emplace(word);
        if (fresh) {
            place->second.first = symbols_.size();
            bpe_.encode(word, scratch_, symbols_);
            place->second.second = symbols_.size() - place->second.first;
        }
        return std::span(symbols_).subspan(place->second.first, place->second.second);
    }

  private:
    static constexpr std::size_t longest_kept = 48;
    static constexpr std::size_t words_kept = 1U << 17;

    const Bpe& bpe_;
    Bpe::Scratch scratch_;
    std::vector<Bpe::Symbol> once_;
    std::vector<Bpe::Symbol> symbols_;
    std::unordered_map<std::string_view, std::pair<std::size_t, std::size_t>> known_; // begin, count in symbols_
};

} // namespace

Encoding Tokenizer::encode(std::string_view text, bool add_special) const {
    if (text.size() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()) / 3)
        throw Error("the text is too long to be tokenised at once: " + std::to_string(text.size()) + " bytes", {},
                    "split it into parts of less than 700 MB");
    std::vector<std::uint32_t> origin;
    const std::string valid = utf8_lossy(text, origin);
    Encoding encoding;
    const auto add = [&](std::int32_t id, std::size_t begin, std::size_t end) {
        const auto in_text = [&](std::size_t at) {
            return origin.empty() ? static_cast<std::uint32_t>(at) : origin[at];
        };
        encoding.ids.push_back(id);
        encoding.offsets.emplace_back(in_text(begin), in_text(end));
    };

    if (add_special)
        for (const std::int32_t id : impl_->prefix)
            add(id, 0, 0);
    WordCache cache(impl_->bpe);
    std::deque<std::string> prefixed; // keeps what the cache refers to
    std::vector<std::string_view> words;
    for (const AddedTokens::Part& part : impl_->added.split(valid)) {
        const auto part_begin = static_cast<std::size_t>(part.text.data() - valid.data());
        if (part.id != AddedTokens::not_added) {
            add(part.id, part_begin, part_begin + part.text.size());
            continue;
        }
        std::string_view source = part.text;
        const bool add_space = impl_->pretokenizer.adds_prefix_space() && !source.starts_with(' ');
        if (add_space)
            source = prefixed.emplace_back(1, ' ').append(source);
        words.clear();
        impl_->pretokenizer.split(source, words);
        // The space we put in is not in the text: everything is one byte earlier there.
        const auto position = [&](std::size_t at) { return part_begin + (add_space && at > 0 ? at - 1 : at); };
        for (const std::string_view word : words) {
            auto at = static_cast<std::size_t>(word.data() - source.data());
            for (const Bpe::Symbol& symbol : cache.encode(word)) {
                add(symbol.id, position(at), position(at + symbol.bytes));
                at += symbol.bytes;
            }
        }
    }
    if (add_special)
        for (const std::int32_t id : impl_->suffix)
            add(id, valid.size(), valid.size());
    return encoding;
}

std::string Tokenizer::decode(std::span<const std::int32_t> ids, bool skip_special) const {
    std::string bytes;
    for (const std::int32_t id : ids)
        if (!skip_special || !is_special(id))
            bytes += impl_->tokens.bytes(id);
    return utf8_lossy(bytes);
}

std::string Tokenizer::piece(std::int32_t id) const {
    return utf8_lossy(impl_->tokens.bytes(id));
}
const std::string& Tokenizer::raw_piece(std::int32_t id) const {
    return impl_->tokens.spelling(id);
}
const std::string& Tokenizer::token_bytes(std::int32_t id) const {
    return impl_->tokens.bytes(id);
}
std::int32_t Tokenizer::vocab_size() const noexcept {
    return impl_->tokens.size();
}
std::optional<std::int32_t> Tokenizer::token_to_id(std::string_view raw) const {
    return impl_->tokens.find(raw);
}
std::optional<std::int32_t> Tokenizer::end_of_text() const noexcept {
    return impl_->end_of_text;
}
std::optional<std::int32_t> Tokenizer::begin_of_text() const noexcept {
    return impl_->begin_of_text;
}
bool Tokenizer::is_special(std::int32_t id) const noexcept {
    return impl_->tokens.is_special(id);
}
const std::vector<std::int32_t>& Tokenizer::template_prefix() const noexcept {
    return impl_->prefix;
}
const std::vector<std::int32_t>& Tokenizer::template_suffix() const noexcept {
    return impl_->suffix;
}

std::string StreamDecoder::push(std::int32_t id) {
    if (!skip_special_ || !tokenizer_.is_special(id))
        pending_ += tokenizer_.token_bytes(id);
    // Everything is certain but a character that only begins at the end.
    std::size_t certain = 0;
    while (certain < pending_.size()) {
        const Utf8Step step = utf8_next(pending_, certain);
        if (step.incomplete)
            break;
        certain += step.bytes;
    }
    const std::string text = utf8_lossy(std::string_view(pending_).substr(0, certain));
    pending_.erase(0, certain);
    return text;
}

std::string StreamDecoder::finish() {
    const std::string text = utf8_lossy(pending_);
    pending_.clear();
    return text;
}

} // namespace emend
