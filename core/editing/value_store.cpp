// SPDX-License-Identifier: GPL-3.0-or-later
#include "editing/value_store.h"

#include "base/hash.h"
#include "base/log.h"
#include "editing/conflicts.h"
#include "emend/error.h"

#include <cstring>

namespace emend {

namespace {

constexpr std::uint32_t layout = 1; // of the keys and of the bytes; another number finds nothing old
// Ten thousand edits of a model of width 4096, each with two values, must not push each other out.
constexpr std::uint64_t most_bytes_on_disk = std::uint64_t{4} << 30;
constexpr std::size_t most_bytes_in_memory = std::size_t{256} << 20;

class Writer {
  public:
    template<typename T>
    void number(T value) {
        bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
    void numbers(const double* data, std::size_t count) {
        number(static_cast<std::uint64_t>(count));
        bytes_.append(reinterpret_cast<const char*>(data), count * sizeof(double));
    }
    void numbers(const std::vector<double>& values) { numbers(values.data(), values.size()); }
    void vector(const at::Tensor& tensor) {
        const at::Tensor flat = tensor.to(at::kCPU, at::kDouble).contiguous();
        numbers(flat.data_ptr<double>(), static_cast<std::size_t>(flat.numel()));
    }
    std::string take() { return std::move(bytes_); }

  private:
    std::string bytes_;
};

// Reads what Writer wrote; anything else ends with sound() false.
class Reader {
  public:
    explicit Reader(const std::string& bytes)
        : bytes_(bytes) {}
    template<typename T>
    T number() {
        T value{};
        copy(&value, sizeof value);
        return value;
    }
    std::vector<double> numbers() {
        const auto count = number<std::uint64_t>();
        if (count > (bytes_.size() - at_) / sizeof(double)) {
            sound_ = false;
            return {};
        }
        std::vector<double> values(static_cast<std::size_t>(count));
        copy(values.data(), values.size() * sizeof(double));
        return values;
    }
    at::Tensor vector() { return at::tensor(numbers(), at::kDouble); }
    [[nodiscard]] bool sound() const { return sound_ && at_ == bytes_.size(); }

  private:
    void copy(void* to, std::size_t count) {
        if (count > bytes_.size() - at_) {
            sound_ = false;
            return;
        }
        if (count > 0)
            std::memcpy(to, bytes_.data() + at_, count);
        at_ += count;
    }
    const std::string& bytes_;
    std::size_t at_ = 0;
    bool sound_ = true;
};

std::string to_bytes(const ValueResult& value) {
    Writer writer;
    writer.vector(value.init);
    writer.vector(value.delta);
    for (const auto* curve : {&value.loss, &value.nll, &value.kl, &value.decay})
        writer.numbers(*curve);
    writer.number(static_cast<std::uint8_t>(value.stopped_early));
    writer.number(static_cast<std::uint8_t>(value.clamped));
    writer.number(value.probability);
    return writer.take();
}

std::optional<ValueResult> from_bytes(const std::string& bytes) {
    Reader reader(bytes);
    ValueResult value;
    value.init = reader.vector();
    value.delta = reader.vector();
    for (auto* curve : {&value.loss, &value.nll, &value.kl, &value.decay})
        *curve = reader.numbers();
    value.stopped_early = reader.number<std::uint8_t>() != 0;
    value.clamped = reader.number<std::uint8_t>() != 0;
    value.probability = reader.number<double>();
    if (!reader.sound() || value.init.sizes() != value.delta.sizes())
        return {};
    value.target = value.init + value.delta;
    return value;
}

void add(Xxh3& hash, const std::vector<std::int32_t>& ids) {
    const std::uint64_t count = ids.size();
    hash.update(&count, sizeof count);
    hash.update(ids.data(), ids.size() * sizeof(std::int32_t));
}

void add(Xxh3& hash, const PreparedRow& row) {
    add(hash, row.ids);
    hash.update(&row.lookup, sizeof row.lookup);
    hash.update(&row.target_begin, sizeof row.target_begin);
}

} // namespace

std::string value_key(const ValueScope& scope, std::span<const PreparedEdit* const> unit, std::size_t place) {
    Xxh3 hash;
    const auto number = [&](auto value) { hash.update(&value, sizeof value); };
    number(layout);
    hash.update(scope.weights);
    number(scope.layer);
    number(static_cast<int>(scope.at_mlp));
    number(scope.search.steps);
    for (const double setting : {scope.search.learning_rate, scope.search.weight_decay, scope.search.clamp,
                                 scope.search.kl_factor, scope.search.stop_loss})
        number(setting);
    number(scope.search.steps_after_argmax.value_or(-1));
    for (const PreparedEdit* edit : unit) {
        number(static_cast<std::uint64_t>(edit->rows.size()));
        number(static_cast<std::uint64_t>(edit->contexts));
        number(static_cast<std::uint64_t>(edit->bare));
        add(hash, edit->target_ids);
        for (const PreparedRow& row : edit->rows)
            add(hash, row);
        add(hash, edit->essence);
    }
    number(static_cast<std::uint64_t>(place));
    return hash.hex();
}

ValueStore::ValueStore(const std::string& file) {
    try {
        on_disk_ = std::make_unique<BlobCache>(file, most_bytes_on_disk);
    } catch (const Error& error) {
        log_warning("values are kept in memory only: " + std::string(error.what()));
    }
}

std::vector<std::string> value_keys(const ValueScope& scope, std::span<const PreparedEdit> edits,
                                    const std::vector<std::size_t>& units) {
    std::vector<std::string> keys(edits.size());
    for (const auto& members : members_of(units, edits.size())) {
        std::vector<const PreparedEdit*> unit;
        for (const std::size_t member : members)
            unit.push_back(&edits[member]);
        for (std::size_t place = 0; place < members.size(); ++place)
            keys[members[place]] = value_key(scope, unit, place);
    }
    return keys;
}

std::optional<ValueResult> ValueStore::find(const std::string& key, bool whole) {
    if (const auto found = remembered_.find(key); !whole && found != remembered_.end())
        return found->second;
    if (const auto found = in_memory_.find(key); found != in_memory_.end())
        return from_bytes(found->second);
    if (!on_disk_)
        return {};
    const auto bytes = on_disk_->get(key);
    return bytes ? from_bytes(*bytes) : std::nullopt;
}

void ValueStore::keep(std::span<const std::pair<std::string, ValueResult>> values) {
    std::vector<std::pair<std::string, std::string>> entries;
    entries.reserve(values.size());
    for (const auto& [key, value] : values)
        entries.emplace_back(key, to_bytes(value));
    if (on_disk_) {
        try {
            on_disk_->put(entries);
            return;
        } catch (const Error& error) { // a full disk must not end an edit
            log_warning("values are kept in memory only from here on: " + std::string(error.what()));
            on_disk_.reset();
        }
    }
    for (auto& [key, bytes] : entries) {
        if (bytes_in_memory_ + bytes.size() > most_bytes_in_memory)
            forget();
        bytes_in_memory_ += bytes.size();
        in_memory_.insert_or_assign(key, std::move(bytes));
    }
}

void ValueStore::forget() {
    in_memory_.clear();
    bytes_in_memory_ = 0;
}

} // namespace emend
