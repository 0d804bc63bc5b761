// SPDX-License-Identifier: GPL-3.0-or-later
#include "editing/solved_values.h"

#include "editing/conflicts.h"
#include "editing/contexts.h"
#include "editing/editor.h"
#include "editing/ledger_parts.h"

#include <algorithm>
#include <span>

namespace emend {

void remember_values(ValueStore& store, const std::string& model, const Tokenizer& tokenizer, int positions,
                     const SolvedValues& solved) {
    const Recipe& recipe = solved.report.recipe;
    std::vector<EditRequest> requests;
    for (const EditOutcome& outcome : solved.report.edits)
        requests.push_back(outcome.request);
    if (requests.empty() || solved.targets.empty())
        return;
    const auto edits = prepare_edits(tokenizer, requests, flatten_contexts(recipe.contexts), positions);
    const std::size_t size = edits_together(recipe, edits.size());
    ValueScope scope{.weights = model + solved.base,
                     .layer = 0,
                     .at_mlp = find_algorithm(recipe.algorithm).value_at_mlp,
                     .search = recipe.values};
    Xxh3 written; // updates of the parts so far
    auto update = solved.updates.begin();
    for (std::size_t first = 0; first < edits.size(); first += size) {
        const std::size_t count = std::min(size, edits.size() - first);
        const auto part = std::span(edits).subspan(first, count);
        const auto units = recipe.merge_subjects ? units_by_subject(part) : std::vector<std::size_t>{};
        for (const auto& [layer, targets] : solved.targets) {
            scope.layer = layer;
            const auto keys = value_keys(scope, part, units);
            for (std::size_t i = 0; i < count; ++i) {
                ValueResult value;
                value.target = targets.select(1, static_cast<std::int64_t>(first + i));
                const EditOutcome& outcome = solved.report.edits[first + i];
                if (layer == recipe.layers.back()) { // whose search is the one that is reported
                    value.loss = outcome.loss;
                    value.stopped_early = outcome.stopped_early;
                    value.clamped = outcome.clamped;
                }
                store.remember(keys[i], std::move(value));
            }
        }
        for (std::size_t i = 0; i < recipe.layers.size(); ++i) {
            if (update == solved.updates.end())
                return; // the next part's state is not known
            ledger_parts::add_to(written, *update++);
        }
        scope.weights = model + state_name_with(solved.base, written.hex());
    }
}

} // namespace emend
