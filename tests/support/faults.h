// SPDX-License-Identifier: GPL-3.0-or-later
// Calls that must fail: what they threw, to look at.
#pragma once

#include "emend/error.h"

#include <QByteArray>

#include <optional>
#include <string>

namespace emend::test {

// The Error a call throws; empty when it throws none. Other exceptions pass.
template<typename Call>
std::optional<Error> fault_of(Call&& call) {
    try {
        call();
    } catch (const Error& error) {
        return error;
    }
    return std::nullopt;
}

// "what | where | hint", or "no error".
template<typename Call>
std::string fault_text(Call&& call) {
    const auto fault = fault_of(call);
    return fault ? fault->message() + " | " + fault->where() + " | " + fault->hint() : "no error";
}

} // namespace emend::test

// Passes when the call throws an Error whose text (what, where, hint) contains the part.
#define EXPECT_FAULT(call, part)                                                                                       \
    do {                                                                                                               \
        const std::string fault = ::emend::test::fault_text([&] { (void)(call); });                                    \
        QVERIFY2(fault.find(part) != std::string::npos, fault.c_str());                                                \
    } while (false)
