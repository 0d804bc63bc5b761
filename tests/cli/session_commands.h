// SPDX-License-Identifier: GPL-3.0-or-later
// What the tests of sessions share: quick edits of the demo model that go into a session's file.
#pragma once

#include "cli_runner.h"

namespace emend::test {

// A recipe that finds something in a few steps; no statistics, contexts written out.
inline QStringList quick_edit(const CliSandbox& sandbox, int edits, int first = 0) {
    sandbox.write("quick.json", R"({"algorithm": "MEMIT", "layers": [0], "distribution": "single", "softness": 10,
        "use_statistics": false, "contexts": ["{}"], "values": {"steps": 4, "learning_rate": 0.5}})");
    const QString file = QString("edits_%1_%2.csv").arg(first).arg(edits);
    sandbox.demo_edits(file, edits, first);
    return {"edit", "demo", "--edits", file, "--recipe", "quick.json", "--threads", "1", "--no-comparisons"};
}

inline QStringList titles(const CliResult& result) {
    QStringList list;
    for (const QJsonValue batch : result.json["batches"].toArray())
        list << batch["title"].toString();
    return list;
}

// Of `session show`.
inline QJsonValue part(const CliResult& shown, const char* of, const char* key) {
    return shown.json[of].toObject()[key];
}

// "1", "0" for every batch: what is in the weights.
inline QString in_weights(const CliResult& result) {
    QString text;
    for (const QJsonValue batch : result.json["batches"].toArray())
        text += batch[batch.toObject().contains("applied") ? "applied" : "in_weights"].toBool() ? '1' : '0';
    return text;
}

} // namespace emend::test
