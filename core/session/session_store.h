// SPDX-License-Identifier: GPL-3.0-or-later
// Session over SQLite. Closed, the file is an ordinary database without a log; it gets one at the first write.
// Belongs to one thread at a time.
#pragma once

#include "emend/session.h"
#include "session/session_file.h"
#include "session/session_lock.h"

#include <map>
#include <memory>

namespace emend {

class SessionStore : public Session {
  public:
    static std::unique_ptr<SessionStore> create_file(const std::string& path, const SessionModel& model, bool untitled);
    static std::unique_ptr<SessionStore> open_file(const std::string& path, Access access,
                                                   const SessionSchema& schema = current_schema());
    ~SessionStore() override;

    [[nodiscard]] const std::string& path() const override { return path_; }
    [[nodiscard]] bool read_only() const override { return !read_only_because_.empty(); }
    [[nodiscard]] const std::string& read_only_because() const override { return read_only_because_; }

    [[nodiscard]] SessionHead head() override;
    [[nodiscard]] std::vector<SessionEdit> edits() override;
    [[nodiscard]] std::vector<std::uint64_t> batch_ids() override;
    [[nodiscard]] BatchRecord batch(std::uint64_t id) override;
    [[nodiscard]] std::vector<SessionTrace> traces() override;
    [[nodiscard]] std::vector<SessionText> texts() override;
    [[nodiscard]] std::vector<SessionScores> scores() override;
    [[nodiscard]] std::string ui_state() override;

    void sync(const LedgerState& ledger, const std::function<BatchRecord(std::uint64_t)>& fetch,
              const std::string& edited_hash, const SessionModel& model) override;
    void set_edits(const std::vector<SessionEdit>& edits) override;
    void set_note(const std::string& note) override;
    void set_model_path(const std::string& path) override;
    void add_trace(const SessionTrace& trace) override;
    void set_text(const SessionText& text) override;
    void set_scores(const SessionScores& scores) override;
    void set_ui_state(const std::string& json) override;

    void copy_to(const std::string& path, bool replace, const JobContext& job) override;
    [[nodiscard]] std::vector<std::string> check(const JobContext& job) override;

    // For tests: limits of the database.
    [[nodiscard]] SQLite::Database& database() { return *database_; }

  private:
    SessionStore() = default;
    void open_database(Access access, const SessionSchema& schema);
    void take_lock();
    void bring_up_to_date(const SessionSchema& schema);
    [[nodiscard]] bool was_moved() const;
    void leave_moved();
    void shrink_if_worth_it(); // nobody else reads it, and there is no log

    template<typename Work>
    decltype(auto) reading(Work&& work) {
        return with_errors("the session cannot be read", file_, std::forward<Work>(work));
    }
    // One transaction: all of `work`, on disk when this returns, or nothing.
    void writing(const std::function<void()>& work);
    [[nodiscard]] std::vector<std::string> faults_of_batches(const JobContext& job);

    std::string path_; // as it was given
    std::filesystem::path file_;
    std::string read_only_because_;
    bool wrote_ = false;           // what was only looked at is not written anew on closing
    bool tidy_at_the_end_ = false; // of a reader that the writer may leave its log to
    std::unique_ptr<SessionLock> lock_;
    std::unique_ptr<SQLite::Database> database_; // null while it is replaced
    // What the history's reports looked like when they were read or written last: the same object, nothing to write.
    std::map<std::uint64_t, std::shared_ptr<const EditReport>> known_reports_;
};

} // namespace emend
