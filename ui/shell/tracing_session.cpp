// SPDX-License-Identifier: GPL-3.0-or-later
// Traces that come with a session.
#include "shell/tracing.h"

#include "models/text_format.h"

#include <memory>
#include <optional>
#include <string>

namespace emend::ui {

namespace {

// What the row would be traced for: what the model says itself, or the edit's objects.
bool isOf(const TraceRequest& request, const EditRequest& edit) {
    if (request.subject != edit.subject || request.prompt != edit.prompt)
        return false;
    std::vector<std::string> objects{edit.object};
    if (edit.true_object)
        objects.push_back(*edit.true_object);
    return request.objects.empty() || request.objects == objects;
}

} // namespace

void Tracing::putBack(const std::vector<SessionTrace>& traces) {
    const EditsModel& edits = m_workbench.edits();
    for (const SessionTrace& kept : traces) {
        const TraceRequest& request = kept.request;
        const std::optional<std::string> state = stateOf(kept);
        if (!state || !request.noise_file.empty())
            continue;
        const auto trace = std::make_shared<const TraceResult>(kept.result);
        for (int row = 0; row < edits.rowCount(); ++row) {
            const EditRow& edit = edits.row(row);
            if (isOf(request, edit.request))
                m_store.put({edit.id, edit.revision, request.kind, request.objects.empty(), fromStd(*state),
                             request.kind == TraceKind::hidden ? 1 : request.window, request.samples, request.noise},
                            trace, true);
        }
    }
    m_averageStale = true;
    update();
}

} // namespace emend::ui
