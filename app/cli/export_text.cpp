// SPDX-License-Identifier: GPL-3.0-or-later
#include "export_text.h"

#include "report_text.h"

#include <cmath>
#include <iostream>

namespace emend::cli {

namespace {

using Align = Table::Align;

std::string percent(double share) {
    return number_text(std::round(1000 * share) / 10) + " %";
}

void print_files(const std::vector<ExportFile>& files) {
    Table table({{"file"}, {"size", Align::right}, {"from"}, {"SHA-256"}});
    for (const ExportFile& file : files)
        table.row({file.name,
                   bytes_text(static_cast<double>(file.bytes)),
                   file.origin,
                   {file.sha256.empty() ? "-" : file.sha256, Style::dim}});
    table.print();
}

Json files_json(const std::vector<ExportFile>& files) {
    Json list = Json::array();
    for (const ExportFile& file : files)
        list.push_back({{"name", file.name}, {"bytes", file.bytes}, {"sha256", file.sha256}, {"origin", file.origin}});
    return list;
}

} // namespace

Json to_json(const ExportReport& report) {
    Json layers = Json::array(), hashes = Json::object();
    for (const ExportReport::Layer& layer : report.layers)
        layers.push_back({{"layer", layer.layer},
                          {"rank_needed", layer.rank_needed},
                          {"rank", layer.rank},
                          {"norm_lost", layer.norm_lost}});
    for (const ExportFile& file : report.files)
        hashes[file.name] = file.sha256;
    Json json{{"format", to_text(report.format)},  {"out", report.out},
              {"files", files_json(report.files)}, {"bytes", report.bytes},
              {"sha256", std::move(hashes)},       {"verified", report.verified},
              {"layers", std::move(layers)},       {"warnings", report.warnings},
              {"seconds", report.seconds}};
    if (report.held_before && report.held_after)
        json["held"] = {{"whole", *report.held_before}, {"truncated", *report.held_after}};
    return json;
}

Json to_json(const ExportPlan& plan) {
    Json layers = Json::array();
    for (const ExportPlan::Layer& layer : plan.layers)
        layers.push_back({{"layer", layer.layer}, {"rank", layer.rank}});
    return {{"files", files_json(plan.files)},
            {"bytes", plan.bytes},
            {"bytes_free", plan.bytes_free},
            {"seconds_estimate", plan.seconds_estimate < 0 ? Json() : Json(plan.seconds_estimate)},
            {"layers", std::move(layers)},
            {"warnings", plan.warnings}};
}

void print_export(const ExportReport& report) {
    print_heading(report.out);
    print_files(report.files);
    if (report.format == ExportFormat::lora) {
        Table table(
            {{"layer", Align::right}, {"rank", Align::right}, {"needed", Align::right}, {"lost", Align::right}});
        for (const ExportReport::Layer& layer : report.layers)
            table.row({std::to_string(layer.layer), std::to_string(layer.rank), std::to_string(layer.rank_needed),
                       percent(layer.norm_lost)});
        table.print();
    }
    if (report.held_before && report.held_after)
        std::cout << "  edits that hold: " << percent(*report.held_before) << " with the whole update, "
                  << percent(*report.held_after) << " with the smaller rank\n";
    std::cout << "  " << bytes_text(static_cast<double>(report.bytes)) << " in " << number_text(report.seconds)
              << " s, "
              << (report.verified ? styled("read back and compared: the same", Style::good)
                                  : styled("not compared", Style::dim))
              << '\n';
}

void print_plan(const std::string& out, const ExportPlan& plan) {
    print_heading("would be written to " + out);
    print_files(plan.files);
    std::cout << "  " << bytes_text(static_cast<double>(plan.bytes))
              << (plan.bytes_free > 0 ? ", " + bytes_text(static_cast<double>(plan.bytes_free)) + " are free" : "")
              << (plan.seconds_estimate >= 0 ? ", about " + number_text(plan.seconds_estimate) + " s" : "") << '\n';
}

} // namespace emend::cli
