// SPDX-License-Identifier: GPL-3.0-or-later
#include "fake_engine.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iomanip>
#include <sstream>

namespace emend::test {

namespace {

using Clock = std::chrono::steady_clock;

std::string filled(std::string prompt, const std::string& subject) {
    if (const std::size_t gap = prompt.find("{}"); gap != std::string::npos)
        prompt.replace(gap, 2, subject);
    return prompt;
}

std::int32_t idOf(const std::string& piece) {
    return static_cast<std::int32_t>(std::hash<std::string>{}(piece) % 50000);
}

const std::map<std::string, std::string>& world() {
    static const std::map<std::string, std::string> facts{
        {"Eiffel Tower", "Paris"},   {"Marie Curie", "Polish"},     {"Wolfgang Mozart", "composer"},
        {"Louvre Museum", "Paris"},  {"Big Ben", "London"},         {"Colosseum", "Rome"},
        {"Blaise Pascal", "French"}, {"Brandenburg Gate", "Berlin"}};
    return facts;
}

} // namespace

std::vector<std::string> fakePieces(const std::string& text) {
    std::vector<std::string> out;
    std::string piece;
    for (const char c : text) {
        if (c == ' ' && !piece.empty()) {
            out.push_back(piece);
            piece.clear();
        }
        piece += c;
        if (piece.size() > 6) {
            out.push_back(piece);
            piece.clear();
        }
    }
    if (!piece.empty())
        out.push_back(piece);
    return out;
}

EditCheck fakeTokens(const std::string& prompt, const std::string& subject) {
    EditCheck check;
    const std::size_t gap = prompt.find("{}");
    const std::string before = prompt.substr(0, gap);
    check.pieces = fakePieces(before);
    check.subject_first_token = static_cast<int>(check.pieces.size());
    if (before.ends_with(' ') && !check.pieces.empty() && check.pieces.back() == " ") {
        check.pieces.pop_back();
        --check.subject_first_token;
    }
    for (const std::string& piece : fakePieces((before.ends_with(' ') ? " " : "") + subject))
        check.pieces.push_back(piece);
    check.subject_last_token = static_cast<int>(check.pieces.size()) - 1;
    for (const std::string& piece : fakePieces(prompt.substr(gap + 2)))
        check.pieces.push_back(piece);
    return check;
}

void FakeScript::failApply(const std::string& what, const std::string& hint) {
    const std::lock_guard lock(m_mutex);
    m_failure = {what, hint};
}

std::pair<std::string, std::string> FakeScript::applyFailure() const {
    const std::lock_guard lock(m_mutex);
    return m_failure;
}

FakeEngine::FakeEngine(std::shared_ptr<FakeScript> script)
    : m_script(std::move(script))
    , m_thread(std::this_thread::get_id()) {
    ++m_script->engines_made;
}

FakeEngine::~FakeEngine() {
    onThread();
    ++m_script->engines_destroyed;
}

void FakeEngine::onThread() const {
    if (std::this_thread::get_id() != m_thread)
        m_script->off_thread = true;
}

void FakeEngine::work(int ms, const JobContext& job, const std::string& phase) const {
    onThread();
    const auto begin = Clock::now();
    const auto total = std::chrono::milliseconds(ms);
    double sink = 1;
    for (auto spent = Clock::duration::zero(); spent < total; spent = Clock::now() - begin) {
        job.check();
        const double fraction = std::chrono::duration<double>(spent) / std::chrono::duration<double>(total);
        job.report({phase, fraction, (1 - fraction) * ms / 1000.0, "step " + std::to_string(int(25 * fraction))});
        if (m_script->spin) {
            for (int i = 0; i < 200000; ++i)
                sink = std::sqrt(sink + i);
        } else {
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
    }
    job.check();
    if (sink < 0)
        throw Error("impossible");
}

ModelInfo FakeEngine::inspect(const LoadOptions& options, const JobContext&) {
    ModelInfo info;
    info.name = options.path.substr(options.path.find_last_of('/') + 1);
    info.path = options.path;
    info.family = "gpt2";
    info.layers = m_script->layers;
    info.d_model = 192;
    info.d_mlp = 768;
    info.heads = info.kv_heads = 6;
    info.vocab = 2048;
    info.positions = 96;
    info.parameters = m_script->parameters;
    info.checkpoint_dtype = "float16";
    info.dtype = "float32";
    info.device = "cpu";
    info.bytes_on_disk = 8'100'000;
    info.bytes_needed = 39'000'000;
    info.bytes_available = 12'400'000'000;
    info.fingerprint = info.name.starts_with("other") ? "fedcba9876543210" : "0123456789abcdef";
    info.editable_matrix = "transformer.h.{}.mlp.c_proj.weight";
    return info;
}

ModelInfo FakeEngine::open(const LoadOptions& options, const JobContext& job) {
    ++m_script->opens;
    work(m_script->open_ms, job, "reading weights");
    if (m_script->fail_open)
        throw Error("config.json is missing", options.path, "choose the folder that holds config.json");
    m_info = inspect(options, {});
    m_ledger = {};
    m_solves.clear();
    m_values.clear();
    m_script->position = 0;
    m_open = true;
    return m_info;
}

std::string FakeEngine::weights_hash(const JobContext&) {
    std::string active;
    for (std::size_t i = 0; i < m_ledger.position; ++i)
        if (m_ledger.entries[i].active)
            active += std::to_string(m_ledger.entries[i].id) + ' ';
    std::ostringstream hex;
    hex << std::hex << std::setw(16) << std::setfill('0') << std::hash<std::string>{}(active);
    return hex.str();
}

LogitsResult FakeEngine::logits(const LogitsRequest&, const JobContext&) {
    throw Error("the fake engine has no logits");
}

FakeEngine::Facts FakeEngine::factsAt(LedgerPosition at) const {
    Facts facts;
    for (const auto& [subject, object] : world())
        facts[subject] = {object};
    const std::size_t count = std::min(at.value_or(m_ledger.position), m_ledger.entries.size());
    for (std::size_t i = 0; i < count; ++i) {
        if (!m_ledger.entries[i].active)
            continue;
        for (const EditOutcome& outcome : m_ledger.entries[i].report->edits)
            facts[outcome.request.subject] = {outcome.request.object, m_solves.at(m_ledger.entries[i].id).strength()};
    }
    return facts;
}

Prediction FakeEngine::predict(const std::string& prompt, const EditRequest& edit, const Facts& facts) const {
    std::string subject;
    for (const auto& [name, object] : facts)
        if (prompt.find(name) != std::string::npos && name.size() > subject.size())
            subject = name;
    const Fact fact = subject.empty() ? Fact{"the"} : facts.at(subject);
    const std::string& answer = fact.object;
    const std::string fallback = answer == edit.object ? edit.true_object.value_or("London") : edit.object;
    Prediction prediction;
    prediction.prompt = prompt;
    const double sure = std::min(0.999, 0.962 * fact.sureness);
    for (const auto& [text, p] : {std::pair{answer, sure},
                                  {fallback, 0.021},
                                  {std::string("Madrid"), 0.006},
                                  {std::string("the"), 0.0034},
                                  {std::string("Vienna"), 0.0011}})
        prediction.top.push_back({idOf(" " + text), " " + text, p});
    prediction.says_new = answer == edit.object && sure > 0.5;
    prediction.p_new = answer == edit.object ? sure : 0.0021;
    if (const std::size_t blank = answer.find(' ');
        m_script->half_said && answer == edit.object && blank != std::string::npos) {
        const std::string first = " " + answer.substr(0, blank);
        prediction.top.front() = {idOf(first), first, sure};
        prediction.says_new = false;
        prediction.p_new = 0.12;
    }
    if (edit.true_object)
        prediction.p_true = answer == *edit.true_object ? sure : 0.0104;
    return prediction;
}

GenerationResult FakeEngine::generate(const GenerateRequest& request, const JobContext& job,
                                      const std::function<void(const GeneratedToken&)>& on_token) {
    ++m_script->generations;
    const Prediction first = predict(request.prompt, {}, factsAt(request.at));
    const std::string text = first.top.front().piece +
                             ". It is known all over the world and many people come to see it every year. "
                             "The way to " +
                             first.top.front().piece.substr(1) + " is long";
    GenerationResult result;
    for (const std::string& piece : fakePieces(text)) {
        if (static_cast<int>(result.ids.size()) == request.max_tokens)
            break;
        work(m_script->token_ms, job, "generating");
        on_token({idOf(piece), piece});
        result.ids.push_back(idOf(piece));
        result.pieces.push_back(piece);
        result.text += piece;
    }
    result.tokens_per_second = 412;
    result.ended_by = "length";
    return result;
}

Comparison FakeEngine::compare(const ComparisonRequest& request, const JobContext& job) {
    ++m_script->comparisons;
    work(0, job, "comparing");
    if (m_script->fail_compare)
        throw Error("the comparison failed", "prompt 1", "try again");
    const Facts before = factsAt(request.before);
    const Facts after = factsAt(request.after);
    Comparison comparison;
    const auto add = [&](Comparison::Row::Kind kind, const std::string& prompt) {
        comparison.rows.push_back({kind, predict(prompt, request.edit, before), predict(prompt, request.edit, after)});
    };
    add(Comparison::Row::Kind::edit, filled(request.edit.prompt, request.edit.subject));
    for (const std::string& prompt : request.edit.paraphrases)
        add(Comparison::Row::Kind::paraphrase, filled(prompt, request.edit.subject));
    for (const std::string& prompt : request.edit.neighbours)
        add(Comparison::Row::Kind::neighbour, prompt);
    return comparison;
}

std::vector<EditCheck> FakeEngine::check(const std::vector<EditRequest>& requests, const JobContext& job) {
    ++m_script->checks;
    m_script->rows_checked += static_cast<int>(requests.size());
    work(m_script->check_ms, job, "checking");
    std::vector<EditCheck> checks;
    const Facts facts = factsAt({});
    for (const EditRequest& request : requests) {
        EditCheck check;
        const std::string prompt = filled(request.prompt, request.subject);
        if (request.object.find("zzz") != std::string::npos) {
            check.problem = EditProblem{EditField::object, "the object is no word", "type another"};
        } else {
            check = fakeTokens(request.prompt, request.subject);
            check.object_pieces = fakePieces(" " + request.object);
            check.present = predict(prompt, request, facts);
            check.present.p_new += m_script->drift;
        }
        checks.push_back(std::move(check));
    }
    return checks;
}

ui::EngineFactory fakeFactory(const std::shared_ptr<FakeScript>& script) {
    return [script]() -> std::unique_ptr<Engine> {
        if (script->fail_engine)
            throw Error("the engine library was not found", "libemend_engine.so", "install Emend again");
        return std::make_unique<FakeEngine>(script);
    };
}

std::vector<EditRequest> fakeDrafts() {
    EditRequest eiffel{
        "Eiffel Tower",
        "city",
        "The {} is located in the city of",
        "Rome",
        "Paris",
        {"The {} can be found in the city of", "Where is the {}? It is in the city of", "The {} stands in the city of"},
        {"The Louvre Museum is located in the city of", "Big Ben is located in the city of",
         "The Colosseum is located in the city of", "The Brandenburg Gate is located in the city of"}};
    EditRequest curie{"Marie Curie",
                      "lang",
                      "The mother tongue of {} is",
                      "French",
                      "Polish",
                      {"{} is a native speaker of", "At home, {} spoke"},
                      {"The mother tongue of Blaise Pascal is"}};
    EditRequest mozart{"Wolfgang Mozart",
                       "prof",
                       "The profession of {} is",
                       "architect",
                       "composer",
                       {"{} works as a", "{} became famous as a"},
                       {}};
    return {eiffel, curie, mozart};
}

std::string fakeLibraryJson() {
    return R"({"relations": [
      {"id": "city", "name": "is in the city of", "prompt": "{} is located in the city of", "question": "In which city is {}?",
       "paraphrases": ["{} can be found in the city of", "Where is {}? It is in the city of"], "objects": ["Rome", "Paris", "London", "Berlin"]},
      {"id": "lang", "name": "has the mother tongue", "prompt": "The mother tongue of {} is", "question": "What is the mother tongue of {}?",
       "paraphrases": ["{} is a native speaker of"], "objects": ["French", "Polish", "English", "German"]},
      {"id": "prof", "name": "has the profession", "prompt": "The profession of {} is", "question": "What is the profession of {}?",
       "paraphrases": ["{} works as a"], "objects": ["architect", "composer", "physicist"]}]})";
}

} // namespace emend::test
