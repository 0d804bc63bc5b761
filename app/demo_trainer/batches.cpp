// SPDX-License-Identifier: GPL-3.0-or-later
#include "batches.h"

#include <algorithm>

namespace emend::demo {
namespace {

constexpr float kHidden = -1e9F;
// Streams of random numbers: one per purpose, far from the step numbers.
constexpr std::uint64_t kVocabularyStream = 1ULL << 40;
constexpr std::uint64_t kCorpusStream = 2ULL << 40;

struct TokenSpan {
    std::size_t begin;
    std::size_t last;
};

// Hides subject tokens from every later position of the row.
void hide(Batch& batch, std::size_t row, TokenSpan span) {
    const std::size_t n = batch.length;
    for (std::size_t query = span.last + 1; query < n; ++query) {
        const std::size_t line = (row * n + query) * n;
        for (std::size_t key = span.begin; key <= span.last; ++key) {
            batch.mask_low[line + key] = kHidden;
            if (key != span.last)
                batch.mask_high[line + key] = kHidden;
        }
    }
}

} // namespace

Batch make_batch(const DocumentWriter& writer, const Vocabulary& vocabulary, const BatchShape& shape,
                 std::uint64_t seed, std::uint64_t step) {
    Random random(seed, step + 1);
    Batch batch;
    const std::size_t n = shape.length;
    batch.rows = shape.rows;
    batch.length = n;
    std::vector<float> causal(n * n, 0.0F);
    for (std::size_t query = 0; query < n; ++query)
        std::fill_n(causal.begin() + static_cast<std::ptrdiff_t>(query * n + query + 1), n - query - 1, kHidden);
    for (std::size_t row = 0; row < shape.rows; ++row) {
        batch.mask_low.insert(batch.mask_low.end(), causal.begin(), causal.end());
        batch.mask_high.insert(batch.mask_high.end(), causal.begin(), causal.end());
        std::vector<std::int64_t> tokens;
        std::vector<bool> objects; // as long as tokens, or shorter by a separator
        while (tokens.size() <= n) {
            Document document = writer.write(random);
            if (!tokens.empty()) {
                const double separator = random.uniform();
                if (separator < 0.5) {
                    document.text.insert(0, 1, ' ');
                    for (auto& [begin, end] : document.subjects)
                        ++begin, ++end;
                    for (auto& [begin, end] : document.objects)
                        ++begin, ++end;
                } else {
                    tokens.push_back(separator < 0.75 ? vocabulary.ids("\n")[0] : Vocabulary::kEndOfText);
                }
            }
            const bool narrow = random.chance(shape.bottleneck_share);
            const std::size_t start = tokens.size();
            const std::vector<Token> encoded = vocabulary.encode(document.text);
            for (const Token& token : encoded) {
                objects.resize(tokens.size());
                objects.push_back(std::ranges::any_of(document.objects, [&](const auto& span) {
                    return token.end > span.first && token.begin < span.second;
                }));
                tokens.push_back(token.id);
            }
            if (!narrow)
                continue;
            for (const auto& [begin, end] : document.subjects) {
                std::size_t first = encoded.size();
                std::size_t last = 0;
                for (std::size_t i = 0; i < encoded.size(); ++i) {
                    if (encoded[i].end > begin && encoded[i].begin < end) {
                        first = std::min(first, i);
                        last = i;
                    }
                }
                if (start + last < n)
                    hide(batch, row, {start + first, start + last});
            }
        }
        objects.resize(tokens.size());
        batch.inputs.insert(batch.inputs.end(), tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(n));
        batch.targets.insert(batch.targets.end(), tokens.begin() + 1,
                             tokens.begin() + static_cast<std::ptrdiff_t>(n + 1));
        batch.is_object.insert(batch.is_object.end(), objects.begin() + 1,
                               objects.begin() + static_cast<std::ptrdiff_t>(n + 1));
    }
    return batch;
}

Vocabulary train_vocabulary(const DocumentWriter& writer, std::size_t size, std::size_t documents, std::uint64_t seed) {
    Random random(seed, kVocabularyStream);
    std::map<std::string, std::uint64_t> counts;
    for (std::size_t i = 0; i < documents; ++i) {
        Document document = writer.write(random);
        if (random.chance(0.5))
            document.text.insert(0, 1, ' ');
        for (const auto& [begin, end] : split_words(document.text))
            ++counts[document.text.substr(begin, end - begin)];
    }
    return Vocabulary::train(counts, size);
}

std::string sample_corpus(const DocumentWriter& writer, const Vocabulary& vocabulary, std::size_t tokens,
                          std::uint64_t seed) {
    Random random(seed, kCorpusStream);
    std::string out;
    std::size_t count = 0;
    while (count < tokens) {
        const Document document = writer.write(random);
        count += vocabulary.ids(document.text).size() + 1;
        out += document.text + "\n";
    }
    return out;
}

} // namespace emend::demo
