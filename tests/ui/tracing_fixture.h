// SPDX-License-Identifier: GPL-3.0-or-later
// The trace tab and what stands between it and the engine, on the fake engine; the window around it is not needed.
#pragma once

#include "fake_engine.h"
#include "models/lens_model.h"
#include "models/trace_model.h"
#include "panels/panel_parts.h"
#include "panels/trace_panel.h"
#include "plots/trace_map.h"
#include "settle.h"
#include "shell/tracing.h"

#include <QAction>
#include <QComboBox>
#include <QtTest>

#include <cmath>
#include <memory>

namespace emend::test {

struct TracingBench {
    explicit TracingBench(const std::shared_ptr<FakeScript>& script)
        : workbench(fakeFactory(script))
        , tracing(workbench)
        , panel(tracing.model(), tracing.lens()) {
        panel.setActions(&run, &suggest, &cancel);
        tracing.follow(panel);
        panel.resize(500, 700);
        panel.show();
    }
    [[nodiscard]] bool settle() { return settled(workbench); }
    template<class W>
    W* get(const char* name) {
        W* found = panel.findChild<W*>(QString::fromLatin1(name));
        if (!found)
            qFatal("the panel has no %s", name);
        return found;
    }
    ui::EditsModel& edits() { return workbench.edits(); }
    ui::Workbench workbench;
    ui::Tracing tracing;
    ui::TracePanel panel;
    QAction run, suggest, cancel;
};

inline std::unique_ptr<TracingBench> openTracing(const std::shared_ptr<FakeScript>& script, int row = 0) {
    auto made = std::make_unique<TracingBench>(script);
    made->workbench.addEdits({fakeDrafts(), {}, "test"}, QStringLiteral("Drafts"));
    made->workbench.openModel(QStringLiteral("/models/demo_model"));
    Recipe recipe;
    recipe.layers = {1};
    made->workbench.setRecipe(recipe, true);
    made->workbench.setCurrentRow(row);
    if (!made->settle())
        qFatal("did not settle");
    return made;
}

inline const ui::TracePicture& shown(TracingBench& f) {
    return f.tracing.model().picture();
}

inline int cellsRun(const ui::TracePicture& picture) {
    int count = 0;
    for (const ui::TracePicture::Map& map : picture.maps)
        for (const double value : map.values)
            count += std::isfinite(value) ? 1 : 0;
    return count;
}

inline void trace(TracingBench& f) {
    f.tracing.run();
    if (!f.settle())
        qFatal("did not settle");
}

inline void setKind(TracingBench& f, int index) {
    f.get<QComboBox>("traceKind")->setCurrentIndex(index);
}

} // namespace emend::test
