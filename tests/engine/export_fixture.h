// SPDX-License-Identifier: GPL-3.0-or-later
// The small model in other precisions and in shards, places to export to, and looks at what came out.
#pragma once

#include "base/file.h"
#include "engine_fixture.h"
#include "faults.h"
#include "model/weights.h"
#include "storage/model_folder.h"

#include <QDir>
#include <QTest>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace emend::test {

namespace fs = std::filesystem;

inline std::string small_model() {
    return EMEND_TEST_DATA "/models/gpt2_edit";
}

// The small model's weights as `dtype`, in one file or shard by shard.
inline void write_variant(const fs::path& folder, DType dtype, int shards) {
    fs::create_directories(folder);
    for (const char* name : {"config.json", "merges.txt", "tokenizer.json", "tokenizer_config.json", "vocab.json"})
        fs::copy_file(fs::path(small_model()) / name, folder / name);
    const SafetensorsFile source = SafetensorsFile::open(small_model() + "/model.safetensors");
    std::map<std::string, at::Tensor> tensors;
    for (const std::string& name : source.names()) {
        const TensorView& view = source.at(name);
        at::Tensor tensor = at::empty(view.shape, at::TensorOptions().dtype(scalar_type(view.dtype)));
        std::memcpy(tensor.data_ptr(), view.data, view.bytes);
        tensors[name] = tensor.to(scalar_type(dtype)).contiguous();
    }
    nlohmann::json map = nlohmann::json::object();
    for (int shard = 0; shard < shards; ++shard) {
        const std::string file = shards == 1 ? "model.safetensors"
                                             : "model-0000" + std::to_string(shard + 1) + "-of-0000" +
                                                   std::to_string(shards) + ".safetensors";
        SafetensorsWriter writer;
        writer.set_metadata("format", "pt");
        int number = 0;
        for (const auto& [name, tensor] : tensors)
            if (number++ * shards / static_cast<int>(tensors.size()) == shard) {
                writer.add(name, dtype, tensor.sizes().vec(), tensor.data_ptr());
                map[name] = file;
            }
        writer.write(folder / file);
    }
    if (shards > 1)
        write_file_atomic(folder / "model.safetensors.index.json",
                          nlohmann::json{{"metadata", {{"total_size", 1}}}, {"weight_map", map}}.dump());
}

struct ExportFixture : EngineFixture {
    ExportFixture() { fs::create_directories(place()); }
    // Of the exports; holds nothing else.
    [[nodiscard]] fs::path place() const { return folder.filePath("exports").toStdString(); }
    [[nodiscard]] std::string at(const std::string& name) const { return (place() / name).string(); }
    [[nodiscard]] std::set<std::string> names() const { return names_in(place()); }
    static std::set<std::string> names_in(const fs::path& folder) {
        std::set<std::string> names;
        for (const fs::directory_entry& entry : fs::directory_iterator(folder))
            names.insert(entry.path().filename().string());
        return names;
    }
    void open(const fs::path& path, const std::string& dtype = "auto") {
        engine->open({.path = path.string(), .device = "cpu", .dtype = dtype, .threads = 1}, {});
    }
    // Two batches over two layers.
    void edit() {
        engine->apply({four_requests()[0]}, recipe("EMMET"), {}, {});
        engine->apply({four_requests()[1], four_requests()[2]}, recipe("MEMIT", {0, 1}), {}, {});
    }
    [[nodiscard]] ExportRequest request_for(ExportFormat format, const std::string& name) const {
        ExportRequest r;
        r.format = format;
        r.out = at(name);
        return r;
    }
    // A stop at each report of an export: nothing is left, nothing is changed.
    void stop_everywhere(const ExportRequest& request) {
        const std::string before = hash();
        const auto names_before = names();
        int reports = 0;
        for (int stop_at = 1;; ++stop_at) {
            std::stop_source source;
            int seen = 0;
            const JobContext job(
                [&](const Progress&) {
                    if (++seen == stop_at)
                        source.request_stop();
                },
                source.get_token());
            try {
                engine->export_edits(request, job);
                break;
            } catch (const Cancelled&) {
                ++reports;
            }
            QCOMPARE(hash(), before);
            QVERIFY(names() == names_before);
        }
        QVERIFY2(reports >= 2, qPrintable(QString::number(reports)));
        QCOMPARE(hash(), before);
        QCOMPARE(names().size(), names_before.size() + 1);
    }
    // A request that cannot be: the plan says so, the export throws, nothing changes.
    void refused(const ExportRequest& request, const std::string& words) {
        const std::string before = hash();
        const auto names_before = names();
        const ExportPlan plan = engine->plan_export(request, {});
        QVERIFY2(plan.problem.find(words) != std::string::npos, plan.problem.c_str());
        EXPECT_FAULT(engine->export_edits(request, {}), words);
        QCOMPARE(hash(), before);
        QVERIFY(names() == names_before);
    }
};

inline nlohmann::json json_of(const fs::path& file) {
    return nlohmann::json::parse(read_file(file));
}

} // namespace emend::test
