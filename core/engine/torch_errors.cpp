// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/torch_errors.h"

#include "model/torch_compat.h"

#include <new>
#include <string>

namespace emend {

namespace {

constexpr const char* memory_advice =
    "close other programs, edit fewer facts at once, or open the model in a smaller precision";

bool means_out_of_memory(const std::string& text) {
    return text.find("out of memory") != std::string::npos || text.find("can't allocate memory") != std::string::npos ||
           text.find("not enough memory") != std::string::npos;
}

} // namespace

void rethrow_as_error(std::exception_ptr exception, const char* doing) {
    const std::string failed = std::string(doing) + " failed";
    try {
        std::rethrow_exception(exception);
    } catch (const Error&) {
        throw;
    } catch (const Cancelled&) {
        throw;
    } catch (const c10::Error& error) {
        const std::string text = error.what_without_backtrace();
        if (means_out_of_memory(text))
            throw Error(failed + ": out of memory", text.substr(0, text.find('\n')), memory_advice);
        throw Error(failed + ": " + text, "LibTorch", "please report this with the steps that led to it");
    } catch (const std::bad_alloc&) {
        throw Error(failed + ": out of memory", {}, memory_advice);
    } catch (const std::exception& error) {
        if (means_out_of_memory(error.what()))
            throw Error(failed + ": out of memory", error.what(), memory_advice);
        throw Error(failed + ": " + error.what(), {}, "please report this with the steps that led to it");
    }
}

} // namespace emend
