// SPDX-License-Identifier: GPL-3.0-or-later
// What tests of single panels share: a model to be shown, and how to find one's way in a panel.
#pragma once

#include "fake_engine.h"

#include <QComboBox>
#include <QWidget>

namespace emend::test {

inline ModelInfo fakeModel() {
    FakeEngine engine(std::make_shared<FakeScript>());
    return engine.inspect({.path = "/models/demo"}, {});
}

template<class W>
W* get(QWidget& parent, const char* name) {
    W* found = parent.findChild<W*>(QString::fromLatin1(name));
    if (!found)
        qFatal("no %s", name);
    return found;
}

// In a recipe panel.
inline void chooseAlgorithm(QWidget& panel, const char* algorithm) {
    auto* box = get<QComboBox>(panel, "recipe_algorithm");
    box->setCurrentIndex(box->findData(QString::fromLatin1(algorithm)));
}

} // namespace emend::test
