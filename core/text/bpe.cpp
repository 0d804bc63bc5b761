// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/bpe.h"

#include <algorithm>
#include <functional>
#include <limits>

namespace emend {
namespace {

constexpr std::uint32_t no_rank = std::numeric_limits<std::uint32_t>::max();

std::uint64_t pair_key(std::int32_t left, std::int32_t right) {
    return std::uint64_t{static_cast<std::uint32_t>(left)} << 32U | static_cast<std::uint32_t>(right);
}

} // namespace

Bpe::Bpe(const std::array<std::int32_t, 256>& byte_tokens, const std::vector<Merge>& merges, std::int32_t unknown_token)
    : byte_tokens_(byte_tokens)
    , unknown_token_(unknown_token) {
    rules_.reserve(merges.size());
    std::uint32_t rank = 0;
    for (const Merge& merge : merges)
        // Of a pair that is listed twice the last counts, as in the reference.
        rules_.insert_or_assign(pair_key(merge.left, merge.right), Rule{rank++, merge.result});
}

const Bpe::Rule* Bpe::find(std::int32_t left, std::int32_t right) const {
    const auto found = rules_.find(pair_key(left, right));
    return found == rules_.end() ? nullptr : &found->second;
}

void Bpe::encode(std::string_view word, Scratch& scratch, std::vector<Symbol>& out) const {
    if (!whole_words_.empty()) {
        if (const auto found = whole_words_.find(std::string(word)); found != whole_words_.end()) {
            out.push_back({found->second, static_cast<std::uint32_t>(word.size())});
            return;
        }
    }

    auto& nodes = scratch.nodes;
    auto& queue = scratch.queue;
    nodes.clear();
    queue.clear();
    std::uint32_t skipped = 0;
    for (const char c : word) {
        std::int32_t id = byte_tokens_[static_cast<unsigned char>(c)];
        if (id == no_token)
            id = unknown_token_;
        if (id == no_token) {
            // The bytes left out go to the token before, so that offsets stay in step.
            if (nodes.empty())
                ++skipped;
            else
                ++nodes.back().bytes;
            continue;
        }
        const auto index = static_cast<std::int32_t>(nodes.size());
        nodes.push_back({id, 1 + skipped, index - 1, index + 1, no_rank, no_token});
        skipped = 0;
    }
    if (nodes.empty())
        return;
    nodes.back().next = -1;

    // Looks the pair that begins at a node up; returns whether it can merge.
    const auto rank_pair = [&](std::int32_t index) {
        auto& node = nodes[static_cast<std::size_t>(index)];
        const Rule* rule = node.next < 0 ? nullptr : find(node.id, nodes[static_cast<std::size_t>(node.next)].id);
        node.rank = rule ? rule->rank : no_rank;
        node.result = rule ? rule->result : no_token;
        return rule != nullptr;
    };
    const auto entry = [&](std::int32_t index) {
        return std::uint64_t{nodes[static_cast<std::size_t>(index)].rank} << 32U | static_cast<std::uint32_t>(index);
    };
    for (std::int32_t i = 0; i < static_cast<std::int32_t>(nodes.size()); ++i)
        if (rank_pair(i))
            queue.push_back(entry(i));
    std::ranges::make_heap(queue, std::greater{});

    const auto push = [&](std::int32_t index) {
        if (index >= 0 && rank_pair(index)) {
            queue.push_back(entry(index));
            std::ranges::push_heap(queue, std::greater{});
        }
    };
    while (!queue.empty()) {
        std::ranges::pop_heap(queue, std::greater{});
        const std::uint64_t best = queue.back();
        queue.pop_back();
        const auto index = static_cast<std::int32_t>(best & 0xFFFFFFFFU);
        auto& node = nodes[static_cast<std::size_t>(index)];
        // Entries go stale when one of their nodes was merged; such a node's rank has changed since.
        if (node.rank != best >> 32U || node.rank == no_rank)
            continue;
        auto& right = nodes[static_cast<std::size_t>(node.next)];
        node.id = node.result;
        node.bytes += right.bytes;
        node.next = right.next;
        right.rank = no_rank;
        if (node.next >= 0)
            nodes[static_cast<std::size_t>(node.next)].previous = index;
        push(index);
        push(node.previous);
    }
    for (std::int32_t i = 0; i >= 0; i = nodes[static_cast<std::size_t>(i)].next)
        out.push_back({nodes[static_cast<std::size_t>(i)].id, nodes[static_cast<std::size_t>(i)].bytes});
}

} // namespace emend
