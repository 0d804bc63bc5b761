// SPDX-License-Identifier: GPL-3.0-or-later
// RFC 4180: rows end in CR LF. Spreadsheets run what begins like a formula: such texts get an apostrophe in front.
#include "base/csv_text.h"
#include "report/formats.h"
#include "report/words.h"

#include <initializer_list>

namespace emend::report {

namespace {

std::string field(std::string_view text) {
    const bool formula = !text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos;
    return formula ? csv_field("'" + std::string(text)) : csv_field(text);
}

// Fields are ready: texts through field(), numbers as they are.
std::string row(std::initializer_list<std::string> fields) {
    std::string line;
    bool first = true;
    for (const std::string& one : fields) {
        line += (first ? "" : ",") + one;
        first = false;
    }
    return line + "\r\n";
}

std::string answer(const Prediction& prediction) {
    return prediction.top.empty() ? std::string() : field(prediction.top.front().piece);
}

std::string edit_row(const SessionReportContents& contents, std::size_t batch, const EditOutcome& edit) {
    const LedgerEntry& entry = contents.ledger.entries[batch];
    const EditRequest& request = edit.request;
    return row({std::to_string(entry.id), field(entry.title), field(state_in_words(contents.ledger, batch)),
                field(request.subject), field(request.relation), field(request.prompt), field(request.object),
                field(request.true_object.value_or("")), edit.after.says_new ? "true" : "false",
                digits(edit.before.p_new), digits(edit.after.p_new), digits(edit.before.p_true),
                digits(edit.after.p_true), answer(edit.before), answer(edit.after),
                edit.loss.empty() ? std::string() : digits(edit.loss.back()),
                field(note_of(contents, entry.id, request))});
}

} // namespace

std::string csv_of_edits(const SessionReportContents& contents) {
    std::string file = row({"batch", "title", "state", "subject", "relation", "prompt", "object", "true_object", "held",
                            "p_new_before", "p_new_after", "p_true_before", "p_true_after", "answer_before",
                            "answer_after", "last_loss", "note"});
    for (std::size_t i = 0; i < contents.ledger.entries.size(); ++i)
        if (const auto& report = contents.ledger.entries[i].report)
            for (const EditOutcome& edit : report->edits)
                file += edit_row(contents, i, edit);
    for (const SessionEdit& edit : contents.edits)
        if (!edit.batch)
            file +=
                row({"", "", "draft", field(edit.request.subject), field(edit.request.relation),
                     field(edit.request.prompt), field(edit.request.object),
                     field(edit.request.true_object.value_or("")), "", "", "", "", "", "", "", "", field(edit.note)});
    return file;
}

std::string csv_of_layers(const SessionReportContents& contents) {
    std::string file = row({"batch", "title", "state", "layer", "update_norm", "weight_norm", "relative_norm", "rank",
                            "dimensions", "condition", "preservation", "memorization", "residual_share"});
    for (std::size_t i = 0; i < contents.ledger.entries.size(); ++i) {
        const LedgerEntry& entry = contents.ledger.entries[i];
        if (!entry.report)
            continue;
        for (const LayerReport& layer : entry.report->layers)
            file += row({std::to_string(entry.id), field(entry.title), field(state_in_words(contents.ledger, i)),
                         std::to_string(layer.layer), digits(layer.update_norm), digits(layer.weight_norm),
                         digits(layer.relative_norm), std::to_string(layer.rank), std::to_string(layer.dimensions),
                         digits(layer.condition), digits(layer.preservation), digits(layer.memorization),
                         digits(layer.residual_share)});
    }
    return file;
}

} // namespace emend::report
