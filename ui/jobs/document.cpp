// SPDX-License-Identifier: GPL-3.0-or-later
#include "jobs/document.h"

#include "emend/paths.h"
#include "emend/session_work.h"

#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <map>
#include <utility>

namespace emend::ui {

namespace {

template<class T>
void append(std::vector<T>& to, std::vector<T> from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

// A later one takes the place of an earlier one; `written` of the first are in the file.
template<class T, class Same>
void put(std::vector<T>& all, std::size_t& written, std::vector<T> fresh, Same same) {
    for (T& item : fresh) {
        const auto old = std::find_if(all.begin(), all.end(), [&](const T& kept) { return same(kept, item); });
        if (old != all.end()) {
            if (static_cast<std::size_t>(old - all.begin()) < written)
                --written;
            all.erase(old);
        }
        all.push_back(std::move(item));
    }
}

bool sameTrace(const SessionTrace& a, const SessionTrace& b) {
    const TraceRequest& x = a.request;
    const TraceRequest& y = b.request;
    return x.subject == y.subject && x.prompt == y.prompt && x.objects == y.objects && x.kind == y.kind &&
           x.window == y.window && x.samples == y.samples && x.noise == y.noise && x.noise_file == y.noise_file &&
           x.seed == y.seed && stateOf(a) == stateOf(b);
}

bool sameText(const SessionText& a, const SessionText& b) {
    return a.batch == b.batch && a.edit == b.edit && a.prompt == b.prompt;
}

bool sameBatch(const SessionScores& a, const SessionScores& b) {
    return a.batch == b.batch;
}

template<class T, class Goes>
void drop(std::vector<T>& all, std::size_t& written, Goes goes) {
    const auto end = all.begin() + static_cast<std::ptrdiff_t>(written);
    written -= static_cast<std::size_t>(std::count_if(all.begin(), end, goes));
    std::erase_if(all, goes);
}

const LedgerEntry* entryOf(const LedgerState& ledger, std::uint64_t batch) {
    const auto found = std::ranges::find(ledger.entries, batch, &LedgerEntry::id);
    return found == ledger.entries.end() ? nullptr : &*found;
}

void removeQuietly(const std::string& path) {
    try {
        (void)discard_session(path);
    } catch (const std::exception&) { // a file that cannot be removed is in nobody's way
    }
}

} // namespace

std::optional<std::string> stateOf(const SessionTrace& trace) {
    return !trace.state && trace.request.at == LedgerPosition(0) ? std::string() : trace.state;
}

std::vector<SessionScores> scoresThatHold(const std::vector<SessionScores>& scores, const LedgerState& ledger) {
    std::map<std::uint64_t, std::string> rightBehind;
    std::string state;
    for (const LedgerEntry& entry : ledger.entries)
        if (entry.active)
            rightBehind[entry.id] = state = state_name_with(state, entry.hash);
    std::vector<SessionScores> holding;
    for (const SessionScores& kept : scores)
        if (const auto found = rightBehind.find(kept.batch); found != rightBehind.end() && kept.state == found->second)
            holding.push_back(kept);
    return holding;
}

bool sameHistory(const LedgerState& a, const LedgerState& b) {
    return a.position == b.position &&
           std::ranges::equal(a.entries, b.entries, [](const LedgerEntry& x, const LedgerEntry& y) {
               return x.id == y.id && x.hash == y.hash && x.active == y.active && x.title == y.title &&
                      x.note == y.note;
           });
}

void SessionParts::add(SessionParts later) {
    if (later.edits)
        edits = std::move(later.edits);
    if (later.ui_state)
        ui_state = std::move(later.ui_state);
    if (later.note)
        note = std::move(later.note);
    append(traces, std::move(later.traces));
    append(texts, std::move(later.texts));
    append(scores, std::move(later.scores));
}

bool SessionParts::isEmpty() const {
    return !edits && !ui_state && !note && traces.empty() && texts.empty() && scores.empty();
}

DocumentState Document::save(const Engine& engine, SessionParts parts) {
    if (m_over)
        return state();
    takeIn(std::move(parts));
    try {
        m_historyDue = m_historyDue || !sameHistory(engine.ledger(), m_written);
        dropGone(engine.ledger());
        if (m_session || isWorthAFile()) {
            ensureFile(engine);
            if (!m_session->read_only()) // where somebody looks is not worth a copy
                write(*m_session, engine);
        }
        m_problem.reset();
    } catch (...) {
        m_problem = Failure::fromCurrentException();
    }
    return state();
}

void Document::prepareToLeave(const Engine& engine, Unsaved end) {
    if (end != Unsaved::Keep || !engine.is_open())
        return;
    save(engine);
    if (m_problem)
        throw Error("the session there is cannot be saved: " + m_problem->what.toStdString(),
                    m_problem->where.toStdString(), "save it under another name first");
}

bool Document::isWorthAFile() const {
    return m_historyDue || m_editsDue || m_noteDue;
}

void Document::takeIn(SessionParts parts) {
    m_editsDue = m_editsDue || parts.edits;
    m_uiDue = m_uiDue || parts.ui_state;
    m_noteDue = m_noteDue || parts.note;
    put(m_contents.traces, m_tracesWritten, std::exchange(parts.traces, {}), sameTrace);
    put(m_contents.texts, m_textsWritten, std::exchange(parts.texts, {}), sameText);
    put(m_contents.scores, m_scoresWritten, std::exchange(parts.scores, {}), sameBatch);
    m_contents.add(std::move(parts));
}

// As the file does with the next write: what belongs to a batch goes with it, and its scores with its updates.
void Document::dropGone(const LedgerState& ledger) {
    drop(m_contents.texts, m_textsWritten, [&](const SessionText& text) { return !entryOf(ledger, text.batch); });
    drop(m_contents.scores, m_scoresWritten, [&](const SessionScores& scores) {
        const LedgerEntry* now = entryOf(ledger, scores.batch);
        const LedgerEntry* then = entryOf(m_written, scores.batch);
        return !now || (then && then->hash != now->hash && scoresThatHold({scores}, ledger).empty());
    });
}

std::vector<SessionScores> Document::scoresOf(const LedgerState& ledger) const {
    return scoresThatHold(m_contents.scores, ledger);
}

void Document::forgetWritten() {
    m_historyDue = true;
    m_editsDue = m_contents.edits.has_value();
    m_uiDue = m_contents.ui_state.has_value();
    m_noteDue = m_contents.note.has_value();
    m_tracesWritten = 0;
    m_textsWritten = 0;
    m_scoresWritten = 0;
}

// A file that may only be read is left to whom it belongs, and its contents go on in one of our own.
void Document::ensureFile(const Engine& engine) {
    if (m_session && !(m_session->read_only() && isWorthAFile()))
        return;
    auto fresh = Session::create(new_session_path(sessions_dir()), session_model(engine.model_info()), true);
    m_copied = m_session != nullptr;
    m_session = std::move(fresh);
    m_untitled = true;
    forgetWritten();
}

void Document::write(Session& session, const Engine& engine) {
    // It happened already: nobody can stop it any more.
    if (m_historyDue) {
        save_history(engine, session, JobContext{});
        m_written = engine.ledger();
    }
    m_historyDue = false;
    if (m_editsDue)
        session.set_edits(*m_contents.edits);
    m_editsDue = false;
    if (m_noteDue)
        session.set_note(*m_contents.note);
    m_noteDue = false;
    for (; m_tracesWritten < m_contents.traces.size(); ++m_tracesWritten)
        session.add_trace(m_contents.traces[m_tracesWritten]);
    for (; m_textsWritten < m_contents.texts.size(); ++m_textsWritten)
        session.set_text(m_contents.texts[m_textsWritten]);
    for (; m_scoresWritten < m_contents.scores.size(); ++m_scoresWritten)
        session.set_scores(m_contents.scores[m_scoresWritten]);
    if (m_uiDue)
        session.set_ui_state(*m_contents.ui_state);
    m_uiDue = false;
}

void Document::close(Unsaved end) {
    if (m_session) {
        bool empty = false;
        try {
            empty = !m_session->head().holds_something();
        } catch (const std::exception&) {
            // What cannot be read is left where it is.
        }
        const bool goes = m_untitled && !m_session->read_only() && (end == Unsaved::Discard || empty);
        const std::string path = m_session->path();
        m_session.reset();
        if (goes)
            removeQuietly(path);
    }
    m_contents = {};
    m_written = {};
    m_untitled = true;
    m_copied = false;
    m_problem.reset();
    m_historyDue = m_editsDue = m_uiDue = m_noteDue = false;
    m_tracesWritten = m_textsWritten = m_scoresWritten = 0;
}

void Document::closeForGood(Unsaved end) {
    close(end);
    m_over = true;
}

DocumentState Document::state() const {
    DocumentState state;
    if (m_session) {
        state.path = QString::fromStdString(m_session->path());
        state.read_only = m_session->read_only();
        state.because = QString::fromStdString(m_session->read_only_because());
    }
    state.untitled = m_untitled;
    state.copied = m_copied;
    state.note = QString::fromStdString(m_contents.note.value_or(std::string()));
    state.problem = m_problem;
    return state;
}

Document::Stored Document::read(Session& session) {
    Stored stored;
    stored.head = session.head();
    stored.parts.edits = session.edits();
    stored.parts.traces = session.traces();
    stored.parts.texts = session.texts();
    stored.parts.ui_state = session.ui_state();
    stored.parts.note = stored.head.note;
    stored.parts.scores = session.scores();
    return stored;
}

void Document::adopt(std::unique_ptr<Session> session, Stored stored, const LedgerState& ledger, Unsaved end) {
    close(end);
    m_session = std::move(session);
    m_contents = std::move(stored.parts);
    m_written = ledger;
    m_untitled = stored.head.untitled;
    m_tracesWritten = m_contents.traces.size();
    m_textsWritten = m_contents.texts.size();
    m_scoresWritten = m_contents.scores.size();
}

SessionHead Document::head() const {
    SessionHead head;
    try {
        if (m_session)
            head = m_session->head();
    } catch (const std::exception&) { // the edits are taken along all the same
    }
    head.path = state().path.toStdString();
    head.untitled = m_untitled;
    head.note = m_contents.note.value_or(std::string());
    return head;
}

std::string Document::provenance() const {
    const SessionHead head = this->head();
    if (head.created.empty())
        return {};
    const QJsonObject about{{QStringLiteral("file"), QFileInfo(state().path).fileName()},
                            {QStringLiteral("created"), QString::fromStdString(head.created)},
                            {QStringLiteral("changed"), QString::fromStdString(head.changed)},
                            {QStringLiteral("note"), QString::fromStdString(head.note)}};
    return QJsonDocument(about).toJson(QJsonDocument::Compact).toStdString();
}

void Document::saveAs(const Engine& engine, SessionParts due, SessionParts whole, const std::string& path,
                      const JobContext& context) {
    if (m_session && !m_session->read_only())
        save(engine, due); // what goes wrong is in m_problem
    Document named;
    if (m_session && !m_session->read_only() && !m_problem) {
        m_session->copy_to(path, true, context);
    } else { // not there yet, or out of order: from memory, and nothing else comes into being
        named.m_contents = m_contents;
        named.takeIn(std::move(due));
        named.takeIn(std::move(whole));
        named.forgetWritten();
        write_session(
            path, true, session_model(engine.model_info()), [&](Session& session) { named.write(session, engine); },
            context);
        m_contents = std::move(named.m_contents);
    }
    auto session = Session::open(path);
    if (session->read_only())
        throw Error("the copy cannot be written to: " + session->read_only_because(), path, "choose another place");
    const bool goes = m_session && m_untitled && !m_session->read_only();
    const std::string old = m_session ? m_session->path() : std::string();
    m_session = std::move(session);
    if (goes)
        removeQuietly(old);
    noteWritten(engine);
    m_untitled = false;
    m_copied = false;
    m_problem.reset();
}

// All of it is in the file.
void Document::noteWritten(const Engine& engine) {
    m_written = engine.ledger();
    m_historyDue = m_editsDue = m_uiDue = m_noteDue = false;
    m_tracesWritten = m_contents.traces.size();
    m_textsWritten = m_contents.texts.size();
    m_scoresWritten = m_contents.scores.size();
}

} // namespace emend::ui
