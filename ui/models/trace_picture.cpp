// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/trace_picture.h"

#include "models/text_format.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>
#include <limits>

namespace emend::ui {

namespace {

constexpr double notRun = std::numeric_limits<double>::quiet_NaN();

QString roleName(TokenRole role) {
    const std::string_view text = to_text(role);
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

void setScale(TracePicture& picture) {
    constexpr double nothing = 1e-9; // below it an effect is the sum's rounding
    double low = std::numeric_limits<double>::infinity();
    double high = -low;
    for (const TracePicture::Map& map : picture.maps) {
        if (!picture.average) {
            low = std::min(low, map.corrupted);
            high = std::max(high, map.clean);
        }
        for (const double value : map.values)
            if (std::isfinite(value)) {
                low = std::min(low, value);
                high = std::max(high, value);
            }
    }
    picture.diverging = picture.average && low < -nothing;
    if (picture.diverging) {
        high = std::max(-low, high);
        low = -high;
    }
    // Noise that hides nothing, or hides it the other way round, and no cell known yet.
    if (high < low)
        std::swap(low, high);
    picture.low = low;
    picture.high = std::max(high, low + 1e-6);
}

} // namespace

TracePicture::Cell TracePicture::best(int map) const {
    Cell found;
    const bool subject = std::any_of(rows.begin(), rows.end(), [](const Row& row) { return row.subject; });
    for (int row = 0; row < static_cast<int>(rows.size()); ++row) {
        if (subject && !rows[at(row)].subject)
            continue;
        for (int layer = 0; layer < layers; ++layer) {
            const Cell cell{map, row, layer};
            const double here = value(cell);
            if (std::isfinite(here) && (!found.isValid() || here > value(found)))
                found = cell;
        }
    }
    return found;
}

bool TracePicture::isComplete() const {
    return std::all_of(maps.begin(), maps.end(), [this](const Map& map) {
        for (std::size_t row = 0; row < rows.size(); ++row)
            for (std::size_t layer = 0; layer < at(layers); ++layer)
                if ((!average || rows[row].facts > 0) && !std::isfinite(map.values[row * at(layers) + layer]))
                    return false;
        return true;
    });
}

TracePicture pictureOf(const std::vector<TraceKind>& kinds,
                       const std::vector<std::shared_ptr<const TraceResult>>& traces, std::size_t object) {
    const TraceResult& any = **std::find_if(traces.begin(), traces.end(), [](const auto& trace) { return trace; });
    const TraceObject& read = any.objects[std::min(object, any.objects.size() - 1)];
    TracePicture picture;
    picture.title = fromStd(any.subject);
    picture.object = answerText(read.text);
    picture.prompt = fromStd(any.prompt);
    picture.layers = any.layers;
    picture.samples = any.samples;
    picture.noise = any.noise;
    const int tokens = static_cast<int>(any.tokens.size());
    for (int token = 0; token < tokens; ++token)
        picture.rows.push_back({visiblePiece(any.tokens[static_cast<std::size_t>(token)]),
                                token < any.subject_first
                                    ? QCoreApplication::translate("emend::ui::TracePicture", "before the subject")
                                    : roleName(role_of(any, token)),
                                token >= any.subject_first && token <= any.subject_last, token == any.subject_last, 1});
    const std::size_t cells = picture.rows.size() * static_cast<std::size_t>(any.layers);
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        TracePicture::Map map{kinds[i], 1, read.clean, read.corrupted, std::vector<double>(cells, notRun), {}};
        // A trace of another reading of the prompt has no place beside this one.
        if (traces[i] && traces[i]->tokens == any.tokens && traces[i]->layers == any.layers) {
            const auto& objects = traces[i]->objects;
            const TraceObject& own = objects[std::min(object, objects.size() - 1)];
            map.window = traces[i]->window;
            map.clean = own.clean;
            map.corrupted = own.corrupted;
            map.values = own.effect;
        }
        picture.maps.push_back(std::move(map));
    }
    setScale(picture);
    return picture;
}

TracePicture pictureOf(const std::vector<TraceAverage>& averages) {
    const TraceAverage& any = averages.front();
    TracePicture picture;
    picture.average = true;
    picture.facts = any.facts;
    picture.layers = any.layers;
    picture.title = QCoreApplication::translate("emend::ui::TracePicture", "average of %n fact(s)", nullptr,
                                                static_cast<int>(any.facts));
    for (std::size_t role = 0; role < any.roles.size(); ++role) {
        const QString name = roleName(static_cast<TokenRole>(role));
        const bool last = static_cast<TokenRole>(role) == TokenRole::last_subject;
        const bool subject = role <= static_cast<std::size_t>(TokenRole::last_subject);
        picture.rows.push_back({name, name, subject, last, any.roles[role].facts});
    }
    for (const TraceAverage& average : averages) {
        TracePicture::Map map{average.kind, average.window, average.clean, average.corrupted, {}, {}};
        for (const TraceAverage::Role& role : average.roles) {
            map.values.insert(map.values.end(), role.mean.begin(), role.mean.end());
            map.spread.insert(map.spread.end(), role.spread.begin(), role.spread.end());
        }
        picture.maps.push_back(std::move(map));
    }
    setScale(picture);
    return picture;
}

QString kindName(TraceKind kind) {
    switch (kind) {
    case TraceKind::hidden:
        return QCoreApplication::translate("emend::ui::TracePicture", "Hidden state");
    case TraceKind::mlp:
        return QCoreApplication::translate("emend::ui::TracePicture", "MLP");
    case TraceKind::attention:
        return QCoreApplication::translate("emend::ui::TracePicture", "Attention");
    }
    return {};
}

QString kindInSentence(TraceKind kind, int window) {
    switch (kind) {
    case TraceKind::hidden:
        return QCoreApplication::translate("emend::ui::TracePicture", "the hidden state");
    case TraceKind::mlp:
        return QCoreApplication::translate("emend::ui::TracePicture", "the MLP's output (%1 layers around it)")
            .arg(window);
    case TraceKind::attention:
        return QCoreApplication::translate("emend::ui::TracePicture", "the attention's output (%1 layers around it)")
            .arg(window);
    }
    return {};
}

} // namespace emend::ui
