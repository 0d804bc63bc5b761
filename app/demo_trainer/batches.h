// SPDX-License-Identifier: GPL-3.0-or-later
// Rows of training text: documents one after another, cut to equal length, with the attention masks of the subject
// bottleneck. A batch is a pure function of (world, vocabulary, seed, step), so training resumes where it stopped.
#pragma once

#include "documents.h"
#include "vocabulary.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace emend::demo {

struct Batch {
    std::size_t rows = 0;
    std::size_t length = 0;
    std::vector<std::int64_t> inputs;  // rows x length
    std::vector<std::int64_t> targets; // rows x length, the inputs one token later
    std::vector<bool> is_object;       // rows x length, whether the target belongs to a prompt's object
    // rows x length x length, 0 where the query (first) may look at the key (second), a large negative number where
    // not.
    std::vector<float> mask_low;  // layers below the bottleneck's end: the whole subject is hidden from what follows
    std::vector<float> mask_high; // the others: all of the subject but its last token is hidden
};

struct BatchShape {
    std::size_t rows = 8;
    std::size_t length = 128;
    double bottleneck_share = 0.8; // of the documents that have a subject
};

[[nodiscard]] Batch make_batch(const DocumentWriter& writer, const Vocabulary& vocabulary, const BatchShape& shape,
                               std::uint64_t seed, std::uint64_t step);

// Vocabulary of the given size from `documents` sampled documents.
[[nodiscard]] Vocabulary train_vocabulary(const DocumentWriter& writer, std::size_t size, std::size_t documents,
                                          std::uint64_t seed);

// Sampled documents, one a line, of about `tokens` tokens: the corpus for the statistics.
[[nodiscard]] std::string sample_corpus(const DocumentWriter& writer, const Vocabulary& vocabulary, std::size_t tokens,
                                        std::uint64_t seed);

} // namespace emend::demo
