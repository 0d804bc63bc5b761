// SPDX-License-Identifier: GPL-3.0-or-later
// Everything of a session that can be recomputed, recomputed.
#include "emend/session_work.h"
#include "session/session_history.h"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <limits>
#include <sstream>

namespace emend {

namespace {

std::string counted(std::size_t count, const char* one, const char* many) {
    return std::to_string(count) + " " + (count == 1 ? one : many);
}

constexpr double norm_tolerance = 1e-6; // relative; both sides are float64, summed in another order
// Absolute, of probabilities: the weights are the same bits, but texts run in other company, which rounds otherwise.
constexpr double answer_tolerance = 1e-4;
constexpr double half_answer_tolerance = 2e-2; // float16, bfloat16

std::string number_text(double value) {
    std::ostringstream text;
    text << std::setprecision(3) << value;
    return text.str();
}

// NaN wins: nothing is larger than not knowing.
void keep_largest(double& largest, double value) {
    if (!std::isnan(largest) && !(value <= largest))
        largest = value;
}

double apart(double a, double b) {
    return (std::isnan(a) && std::isnan(b)) || a == b ? 0 : std::abs(a - b);
}

class Verification {
  public:
    Verification(Engine& engine, Session& session, const JobContext& job)
        : engine_(engine)
        , session_(session)
        , job_(job)
        , head_(session.head()) {}

    std::vector<SessionCheck> run() {
        phase("the file", 0);
        const bool sound = check_file();
        const bool same_model = check_model();
        phase("the updates", 0.1);
        read_batches();
        if (sound && same_model && batches_.size() == ids_.size() && restore()) {
            phase("the answers", 0.4);
            check_answers();
            phase("the texts", 0.8);
            check_texts();
            phase("the scores", 0.9);
            check_scores();
        }
        return std::move(checks_);
    }

  private:
    SessionCheck& add(const std::string& check, std::uint64_t batch, bool ok, const std::string& finding,
                      double difference = 0) {
        checks_.push_back({.check = check, .batch = batch, .ok = ok, .finding = finding, .difference = difference});
        return checks_.back();
    }

    void add_not_compared(const std::string& check, std::uint64_t batch, const std::string& why) {
        add(check, batch, true, "not compared: " + why).compared = false;
    }

    void phase(const std::string& what, double fraction) const {
        job_.check();
        job_.report({.phase = "verifying " + what, .fraction = fraction, .seconds_left = -1, .detail = {}});
    }

    bool check_file() {
        const std::vector<std::string> faults = session_.check(job_);
        for (const std::string& fault : faults)
            add("file", 0, false, fault);
        if (faults.empty())
            add("file", 0, true,
                "sound: " + counted(head_.batches, "batch", "batches") + ", " + std::to_string(head_.bytes) + " bytes");
        return faults.empty();
    }

    bool check_model() {
        const ModelInfo& model = open_model(engine_);
        const std::vector<std::string> other = model_differences(head_.model, model);
        for (const std::string& line : other)
            add("model", 0, false, line);
        const std::vector<std::string> precision = other_precision(head_.model, model);
        for (const std::string& line : precision)
            add("model", 0, false, line);
        if (other.empty() && precision.empty())
            add("model", 0, true, "the same: " + head_.model.fingerprint);
        return other.empty();
    }

    // What is damaged is told and left out.
    void read_batches() {
        ids_ = session_.batch_ids();
        for (const std::uint64_t id : ids_) {
            job_.check();
            try {
                batches_.push_back(session_.batch(id));
                check_norms(batches_.back());
            } catch (const Error& error) {
                add("batch-hash", id, false, error.message());
            }
        }
    }

    void check_norms(const BatchRecord& batch) {
        if (!batch.report)
            throw Error("the batch has no report");
        double largest = 0;
        std::string worst;
        for (const LayerReport& layer : batch.report->layers) {
            const double norm = update_norm(batch.updates, layer.layer, job_);
            const double scale = std::max(std::abs(norm), std::abs(layer.update_norm));
            const double difference = apart(norm, layer.update_norm) / (scale > 0 ? scale : 1);
            if (!(difference <= norm_tolerance))
                worst = "; layer " + std::to_string(layer.layer) + ": " + number_text(norm) + " from the factors, " +
                        number_text(layer.update_norm) + " in the report";
            keep_largest(largest, difference);
        }
        add("update-norm", batch.id, worst.empty(),
            "norms of " + counted(batch.report->layers.size(), "layer", "layers") + " agree to " +
                number_text(largest) + " of themselves, " + number_text(norm_tolerance) + " is allowed" + worst,
            largest);
    }

    bool restore() {
        try {
            ledger_ = engine_.restore(batches_, head_.position, job_);
        } catch (const Error& error) {
            add("weights", 0, false, error.what());
            return false;
        }
        for (std::size_t i = 0; i < batches_.size(); ++i) {
            const bool same = ledger_.entries[i].hash == batches_[i].hash;
            add("batch-hash", batches_[i].id, same,
                same ? "the updates are those that were applied"
                     : "the updates' hash is " + ledger_.entries[i].hash + ", not " + batches_[i].hash);
        }
        const std::string hash = engine_.edited_hash(job_);
        if (head_.edited_hash.empty() && !hash.empty()) // of what was rescued
            add_not_compared("weights", 0, "the session does not say what the edited weights were");
        else
            add("weights", 0, hash == head_.edited_hash,
                hash == head_.edited_hash ? "the edited weights are the same, bit for bit"
                                          : "the edited weights' hash is " + hash + ", not " + head_.edited_hash);
        return true;
    }

    [[nodiscard]] double tolerance() const {
        const std::string& dtype = engine_.model_info().dtype;
        return dtype == "float16" || dtype == "bfloat16" ? half_answer_tolerance : answer_tolerance;
    }

    void check_answers() {
        const auto back = [this] { ledger_ = engine_.go_to(head_.position); };
        try {
            for (std::size_t i = 0; i < batches_.size(); ++i) {
                job_.check();
                check_answers_of(i);
            }
        } catch (...) {
            back();
            throw;
        }
        back();
    }

    void check_answers_of(std::size_t index) {
        const BatchRecord& batch = batches_[index];
        if (!batch.active || ledger_.entries[index].stale) {
            add_not_compared("answers", batch.id,
                             batch.active ? "the weights underneath are others than when it was applied"
                                          : "it is switched off");
            return;
        }
        std::vector<EditRequest> requests;
        for (const EditOutcome& edit : batch.report->edits)
            requests.push_back(edit.request);
        double largest = 0;
        std::string worst;
        for (const auto& [position, side] :
             {std::pair{index, &EditOutcome::before}, std::pair{index + 1, &EditOutcome::after}}) {
            (void)engine_.go_to(position);
            const std::vector<EditCheck> now = engine_.check(requests, job_);
            for (std::size_t i = 0; i < requests.size(); ++i) {
                const Prediction& kept = batch.report->edits[i].*side;
                double difference = apart(kept.p_new, now[i].present.p_new);
                if (kept.p_true)
                    keep_largest(difference, now[i].present.p_true ? apart(*kept.p_true, *now[i].present.p_true) : 1);
                if (difference <= largest)
                    continue;
                keep_largest(largest, difference);
                worst = "; the largest: \"" + requests[i].subject + "\" " +
                        (side == &EditOutcome::before ? "before" : "after") + ", p of \"" + requests[i].object +
                        "\" was " + number_text(kept.p_new) + ", is " + number_text(now[i].present.p_new);
            }
        }
        add("answers", batch.id, largest <= tolerance(),
            "probabilities of " + counted(requests.size(), "edit", "edits") + " before and after agree to " +
                number_text(largest) + ", " + number_text(tolerance()) + " is allowed" + worst,
            largest);
    }

    // As far as the text that is kept goes: how long it was allowed to become is not known.
    [[nodiscard]] std::string written_now(const SessionText& text, std::size_t position, std::size_t bytes) {
        std::stop_source enough;
        const std::stop_callback stopped(job_.stop_token(), [&] { enough.request_stop(); });
        std::string now;
        GenerateRequest request;
        request.prompt = text.prompt;
        request.seed = text.seed;
        request.max_tokens = static_cast<int>(std::clamp<std::size_t>(bytes, 1, std::numeric_limits<int>::max()));
        request.at = position;
        try {
            (void)engine_.generate(request, JobContext({}, enough.get_token()), [&](const GeneratedToken& token) {
                now += token.text;
                if (now.size() >= bytes)
                    enough.request_stop();
            });
        } catch (const Cancelled&) {
            job_.check();
        }
        return now;
    }

    void check_texts() {
        for (const SessionText& text : session_.texts()) {
            job_.check();
            const auto found = std::ranges::find(batches_, text.batch, &BatchRecord::id);
            if (found == batches_.end())
                continue;
            if (text.state_before && text.state_after)
                check_text(text);
            else
                check_old_text(text, static_cast<std::size_t>(found - batches_.begin()));
        }
    }

    void check_text(const SessionText& text) {
        const LedgerPosition below = position_named(ledger_, *text.state_before);
        const LedgerPosition above = position_named(ledger_, *text.state_after);
        if (!below || !above) {
            add_not_compared("texts", text.batch,
                             "the weights that wrote after \"" + text.prompt + "\" are no more in the history");
            return;
        }
        const std::string difference = difference_of(text, *below, *above);
        add("texts", text.batch, difference.empty(),
            difference.empty() ? "the model writes the same after \"" + text.prompt + "\"" : difference);
    }

    // Format 1 does not say which weights wrote; mostly it was right below the batch and right behind it.
    void check_old_text(const SessionText& text, std::size_t index) {
        if (!batches_[index].active || ledger_.entries[index].stale)
            return;
        const std::string difference = difference_of(text, index, index + 1);
        if (difference.empty())
            add("texts", text.batch, true, "the model writes the same after \"" + text.prompt + "\"");
        else
            add_not_compared("texts", text.batch, difference + ", but which weights wrote the old one is not known");
    }

    [[nodiscard]] std::string difference_of(const SessionText& text, std::size_t below, std::size_t above) {
        const bool before = written_now(text, below, text.before.size()).starts_with(text.before);
        if (before && written_now(text, above, text.after.size()).starts_with(text.after))
            return {};
        return std::string("the model writes another text ") + (before ? "after" : "before") + " the edit, after \"" +
               text.prompt + "\"";
    }

    void check_scores() {
        for (const SessionScores& kept : session_.scores()) {
            job_.check();
            const auto found = std::ranges::find(batches_, kept.batch, &BatchRecord::id);
            if (found == batches_.end())
                continue;
            const LedgerPosition at = kept.state ? position_named(ledger_, *kept.state) : std::nullopt;
            if (at)
                check_scores_of(kept, *at, static_cast<std::size_t>(found - batches_.begin()));
            else
                add_not_compared("scores", kept.batch,
                                 kept.state ? "the weights they were measured on are no more in the history"
                                            : "the weights they were measured on are not known");
        }
    }

    void check_scores_of(const SessionScores& kept, std::size_t at, std::size_t index) {
        if (!batches_[index].report) {
            return add_not_compared("scores", kept.batch, "the batch does not say what was asked");
        }
        std::vector<EditRequest> requests;
        for (const EditOutcome& edit : batches_[index].report->edits)
            if (kept.edits == 0 || requests.size() < kept.edits)
                requests.push_back(edit.request);
        const Scores allowed = one_answer_of(requests);
        ScoreDifference found;
        compare(kept.after, engine_.score(requests, at, job_), allowed, found);
        // What lies below is known where they were measured right behind the batch.
        const bool own = batches_[index].active && kept.state == state_name(ledger_, index + 1);
        if (kept.before && own)
            compare(*kept.before, engine_.score(requests, index, job_), allowed, found);
        add("scores", kept.batch, !found.too_large,
            "scores of " + counted(requests.size(), "edit", "edits") + " agree to " + number_text(found.largest) +
                ", of each score one answer on the edge is allowed",
            found.largest);
    }

    // Scores are shares of answers, and two probabilities may be so near that rounding decides: so much is one answer
    // of each.
    static Scores one_answer_of(const std::vector<EditRequest>& requests) {
        std::size_t asked = 0, paraphrases = 0, neighbours = 0;
        for (const EditRequest& request : requests) {
            if (!request.true_object)
                continue;
            ++asked;
            paraphrases += request.paraphrases.size();
            neighbours += request.neighbours.size();
        }
        const auto share = [](std::size_t group) { // of one alone it would be everything
            return group > 1 ? 1 / static_cast<double>(group) : 0;
        };
        Scores scores;
        scores.efficacy = share(asked);
        scores.paraphrase = share(paraphrases);
        scores.neighbourhood = share(neighbours);
        return scores;
    }

    struct ScoreDifference {
        double largest = 0;
        bool too_large = false; // more than is allowed of any of them
    };
    void compare(const Scores& kept, const Scores& now, const Scores& allowed, ScoreDifference& found) const {
        for (const auto part : {&Scores::efficacy, &Scores::paraphrase, &Scores::neighbourhood}) { // the score follows
            const std::optional<double>&one = kept.*part, &other = now.*part;
            if (!one)
                continue; // what was not asked then is not compared
            const double difference = other ? apart(*one, *other) : 1;
            keep_largest(found.largest, difference);
            found.too_large = found.too_large || !(difference <= *(allowed.*part) + tolerance());
        }
    }

    Engine& engine_;
    Session& session_;
    const JobContext& job_;
    SessionHead head_;
    std::vector<std::uint64_t> ids_;
    std::vector<BatchRecord> batches_;
    LedgerState ledger_;
    std::vector<SessionCheck> checks_;
};

} // namespace

std::vector<SessionCheck> verify_session(Engine& engine, Session& session, const JobContext& job) {
    return Verification(engine, session, job).run();
}

} // namespace emend
