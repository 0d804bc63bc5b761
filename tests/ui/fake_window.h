// SPDX-License-Identifier: GPL-3.0-or-later
// The window on the fake engine, as most of its tests begin: a library, some drafts, the demo model on its way.
#pragma once

#include "fake_engine.h"
#include "window_fixture.h"

namespace emend::test {

// Not settled yet: what happens while it opens is a test's business, too.
inline std::unique_ptr<WindowFixture> openWindow(ui::Theme& theme, const std::shared_ptr<FakeScript>& script,
                                                 std::vector<EditRequest> drafts = fakeDrafts(),
                                                 ui::Questions questions = {}) {
    auto made = std::make_unique<WindowFixture>(theme, fakeFactory(script), std::move(questions));
    made->edits().setLibrary(
        std::make_shared<const RelationLibrary>(RelationLibrary::from_json(fakeLibraryJson(), "test")));
    if (!drafts.empty())
        made->workbench.addEdits({std::move(drafts), {}, "test"}, QStringLiteral("Drafts"));
    made->window.begin(false);
    made->window.openModel(QStringLiteral("/models/demo_model"));
    return made;
}

inline std::unique_ptr<WindowFixture> openSettled(ui::Theme& theme, const std::shared_ptr<FakeScript>& script) {
    auto made = openWindow(theme, script);
    if (!made->settle())
        qFatal("the window did not settle");
    return made;
}

} // namespace emend::test
