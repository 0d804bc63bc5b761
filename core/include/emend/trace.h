// SPDX-License-Identifier: GPL-3.0-or-later
// Where the model keeps a fact: causal tracing (METHOD.md section 6, arXiv 2202.05262), its averages over facts, and
// the logit lens. Plain values; the averages are computed here, everything else by the Engine.
#pragma once

#include "emend/edit.h"
#include "emend/report.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace emend {

// What is put back: the residual stream after one block, or what MLP or attention adds over a window of layers.
enum class TraceKind { hidden, mlp, attention };
std::string_view to_text(TraceKind kind);         // "hidden", "mlp", "attention"
TraceKind trace_kind_from(std::string_view text); // throws Error naming the three

struct TraceRequest {
    std::string subject;
    std::string prompt;               // exactly one {}
    std::vector<std::string> objects; // read after the prompt, whole; empty: the token the model itself would say
    TraceKind kind = TraceKind::hidden;
    int window = 10;             // mlp, attention: layers [l - window / 2, l + (window + 1) / 2) are put back for l
    int samples = 10;            // of the noise
    std::optional<double> noise; // sigma; unset: three standard deviations of the token embedding
    std::string noise_file;      // safetensors, `noise` [samples, subject tokens, d_model]; goes before `noise`
    std::uint64_t seed = 0;      // of the noise
    LedgerPosition at;
};

// One object's probabilities.
struct TraceObject {
    std::string text;            // as asked, or the model's own token
    double clean = 0;            // without noise
    double corrupted = 0;        // with noise on the subject, mean over the samples
    double corrupted_spread = 0; // standard deviation over the samples
    std::vector<double> effect;  // [tokens][layers], row by row: probability with that state put back, mean over the
                                 // samples; NaN where it was not run (yet)
};

struct TraceResult {
    TraceKind kind = TraceKind::hidden;
    int window = 1; // 1 for hidden
    int samples = 0;
    double noise = 0; // sigma; 0: from a file
    std::string subject;
    std::string prompt;              // with the subject filled in
    std::vector<std::string> tokens; // of the prompt, as text
    int subject_first = 0;
    int subject_last = 0;
    int layers = 0;
    std::vector<TraceObject> objects; // at least one
    double seconds = 0;
    [[nodiscard]] double effect(std::size_t object, int token, int layer) const {
        return objects[object].effect[static_cast<std::size_t>(token) * static_cast<std::size_t>(layers) +
                                      static_cast<std::size_t>(layer)];
    }
};

enum class TokenRole { first_subject, middle_subject, last_subject, first_after, further, last };
inline constexpr int token_roles = 6;
std::string_view to_text(TokenRole role); // "first subject token", …
// A subject of one token is its last; a subject at the end of the prompt is a subject, not the last token.
TokenRole role_of(const TraceResult& trace, int token);

// Mean over facts of the indirect effect (probability with the state put back - corrupted), tokens aligned by role.
struct TraceAverage {
    TraceKind kind = TraceKind::hidden;
    int window = 1;
    int layers = 0;
    std::size_t facts = 0;
    double clean = 0; // means
    double corrupted = 0;
    struct Role {
        std::size_t facts = 0;      // that have such a token
        std::vector<double> mean;   // [layers]; NaN when facts is 0
        std::vector<double> spread; // standard deviation over the facts; 0 for one
    };
    std::vector<Role> roles; // one a TokenRole, in its order
};
// Of finished traces of one kind and window, by their first object. Throws Error when there are none, when they are not
// alike or not finished.
TraceAverage average_traces(const std::vector<TraceResult>& traces);

// The layers that a trace speaks for, and why, in one or two sentences with numbers.
struct LayerSuggestion {
    std::vector<int> layers; // ascending, without gaps; empty: the trace shows no site
    int peak = -1;           // where the effect at the subject's last token is largest
    double effect = 0;       // there
    std::string reason;
};
LayerSuggestion suggest_layers(const TraceAverage& average);

// What each layer would answer at a token: the final norm and the head, read off the residual stream after every block.
struct LensRequest {
    std::string prompt; // subject filled in
    int token = -1;     // of the prompt; -1: the last
    std::string object; // their first tokens are followed through the layers; empty: none
    std::optional<std::string> true_object;
    LedgerPosition before = 0;
    LedgerPosition after; // as now
    int top = 5;
};
struct LensLayer {
    std::vector<TokenProbability> top;
    double p_new = 0; // of the object's first token
    std::optional<double> p_true;
};
struct LensResult {
    std::vector<std::string> tokens;
    int token = 0;
    std::vector<LensLayer> before; // [layers]
    std::vector<LensLayer> after;
};

} // namespace emend
