// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/text_format.h"

#include <QCoreApplication>
#include <QLocale>

#include <algorithm>
#include <cmath>

namespace emend::ui {

QString fromStd(const std::string& text) {
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

QString formatProbability(double probability) {
    if (!std::isfinite(probability))
        return QStringLiteral("–");
    const double percent = 100 * probability;
    const QLocale locale;
    if (percent > 0 && percent < 0.01)
        return QStringLiteral("< %1 %").arg(locale.toString(0.01, 'f', 2));
    const int decimals = percent >= 9.995 ? 1 : 2;
    // 99.97 must not look like certainty.
    const double shown = percent < 100 ? std::min(percent, decimals == 1 ? 99.9 : percent) : percent;
    return QStringLiteral("%1 %").arg(locale.toString(shown, 'f', decimals));
}

QString formatNumber(double value) {
    if (!std::isfinite(value))
        return QStringLiteral("–");
    const QLocale locale;
    if (value == 0)
        return locale.toString(0);
    const double magnitude = std::abs(value);
    if (magnitude >= 1e-3 && magnitude < 1e5)
        return locale.toString(value, 'f', std::max(0, 3 - static_cast<int>(std::floor(std::log10(magnitude)))));
    return locale.toString(value, 'e', 2);
}

QString formatSetting(double value) {
    if (!std::isfinite(value))
        return QStringLiteral("–");
    QLocale locale;
    locale.setNumberOptions(QLocale::OmitGroupSeparator | QLocale::OmitLeadingZeroInExponent);
    const double magnitude = std::abs(value);
    if (value == 0 || (magnitude >= 1e-4 && magnitude < 1e7)) {
        QString text = locale.toString(value, 'f', magnitude >= 1000 ? 0 : magnitude >= 1 ? 2 : 6);
        if (text.contains(locale.decimalPoint())) {
            while (text.endsWith(u'0'))
                text.chop(1);
            if (text.endsWith(locale.decimalPoint()))
                text.chop(1);
        }
        return text;
    }
    return locale.toString(value, 'g', 3);
}

QString formatBytes(std::uint64_t bytes) {
    return QLocale().formattedDataSize(static_cast<qint64>(bytes), bytes < (1ULL << 30) ? 0 : 1,
                                       QLocale::DataSizeSIFormat);
}

QString formatSeconds(double seconds) {
    const auto whole = static_cast<long>(std::ceil(seconds));
    if (whole < 60)
        return QCoreApplication::translate("emend::ui::text", "%1 s", "seconds").arg(whole);
    if (whole < 3600)
        return QCoreApplication::translate("emend::ui::text", "%1 min %2 s", "minutes, seconds")
            .arg(whole / 60)
            .arg(whole % 60);
    return QCoreApplication::translate("emend::ui::text", "%1 h %2 min", "hours, minutes")
        .arg(whole / 3600)
        .arg(whole % 3600 / 60);
}

QString formatDuration(double seconds) {
    if (seconds >= 9.95)
        return formatSeconds(std::round(seconds));
    return QCoreApplication::translate("emend::ui::text", "%1 s", "seconds").arg(QLocale().toString(seconds, 'f', 1));
}

QString formatCount(std::int64_t count) {
    const QLocale locale;
    const auto value = static_cast<double>(count);
    if (count >= 1'000'000'000)
        return QStringLiteral("%1 B").arg(locale.toString(value / 1e9, 'f', 1));
    if (count >= 1'000'000)
        return QStringLiteral("%1 M").arg(locale.toString(value / 1e6, 'f', 1));
    return locale.toString(static_cast<qlonglong>(count));
}

QString visiblePiece(const std::string& piece) {
    QString text = fromStd(piece);
    text.replace(QLatin1Char('\n'), QStringLiteral("⏎")).replace(QLatin1Char('\t'), QStringLiteral("⇥"));
    if (text.startsWith(QLatin1Char(' ')))
        text.replace(0, 1, QStringLiteral("␣"));
    if (text.endsWith(QLatin1Char(' ')))
        text.replace(text.size() - 1, 1, QStringLiteral("␣"));
    return text;
}

QString answerText(const std::string& piece) {
    const QString text = fromStd(piece).trimmed();
    return text.isEmpty() ? visiblePiece(piece) : text;
}

QString csvCell(const QString& text) {
    const bool plain = std::none_of(text.begin(), text.end(),
                                    [](QChar c) { return c == u',' || c == u'"' || c == u'\n' || c == u'\r'; });
    if (plain)
        return text;
    QString quoted = text;
    return u'"' + quoted.replace(u'"', QStringLiteral("\"\"")) + u'"';
}

QString csvCell(double value) {
    return std::isfinite(value) ? QString::number(value, 'g', 17) : QString();
}

} // namespace emend::ui
