// SPDX-License-Identifier: GPL-3.0-or-later
#include "options.h"

#include <QCommandLineParser>
#include <QFileInfo>
#include <QRegularExpression>
#include <QUrl>

namespace emend::ui {

namespace {

// Some file managers hand over addresses where the desktop file asks for paths. Empty: a file of another machine.
QString localPath(const QString& argument) {
    if (!argument.startsWith(u"file:", Qt::CaseInsensitive))
        return argument;
    QUrl url(argument);
    if (url.host() == u"localhost")
        url.setHost(QString());
    return url.host().isEmpty() ? url.toLocalFile() : QString();
}

// A model is a folder; a session may be missing by now, or have lost its suffix.
bool namesASession(const QString& path) {
    const QFileInfo info(path);
    return info.isFile() || (!info.isDir() && path.endsWith(u".emend", Qt::CaseInsensitive));
}

QString readPlace(const QString& argument, Options& options) {
    const QString path = localPath(argument);
    if (path.isEmpty())
        return QCoreApplication::translate("main", "There is no file of this machine at %1").arg(argument);
    if (namesASession(path))
        options.session = path;
    else if (path != u"demo")
        options.model = path;
    return {};
}

} // namespace

QString parseOptions(const QStringList& arguments, Options& options) {
    QCommandLineParser parser;
    parser.setApplicationDescription(
        QCoreApplication::translate("main", "A desktop studio for editing what a language model knows."));
    parser.addPositionalArgument(
        QStringLiteral("MODEL|FILE.emend"),
        QCoreApplication::translate("main",
                                    "A Hugging Face folder, or a session (FILE.emend); without one the demo model."),
        QStringLiteral("[MODEL|FILE.emend]"));
    const QCommandLineOption screenshot(
        QStringLiteral("screenshot"), QCoreApplication::translate("main", "Render the window to a PNG file and exit."),
        QStringLiteral("FILE"));
    const QCommandLineOption theme(QStringLiteral("theme"),
                                   QCoreApplication::translate("main", "light, dark or system, for this start."),
                                   QStringLiteral("NAME"));
    const QCommandLineOption size(
        QStringLiteral("size"),
        QCoreApplication::translate("main", "Size of the screenshot; 1280x800 where it is not given."),
        QStringLiteral("WxH"), QStringLiteral("1280x800"));
    const QCommandLineOption applied(
        QStringLiteral("applied"), QCoreApplication::translate("main", "Apply the first edit before the screenshot."));
    const QCommandLineOption trace(
        QStringLiteral("trace-tab"),
        QCoreApplication::translate("main", "Trace the first edit's fact and show it in the screenshot."));
    const QCommandLineOption update(QStringLiteral("update-tab"),
                                    QCoreApplication::translate("main", "Show the Update tab in the screenshot."));
    const QCommandLineOption tradeOff(QStringLiteral("trade-off-tab"),
                                      QCoreApplication::translate("main", "Show the Trade-off tab in the screenshot."));
    const QCommandLineOption diagnosis(
        QStringLiteral("diagnosis-tab"),
        QCoreApplication::translate("main",
                                    "Show the Why tab in the screenshot; with --applied it looks into the edit."));
    const QCommandLineOption trials(
        QStringLiteral("try-tab"),
        QCoreApplication::translate("main", "Try several recipes and show their tab in the screenshot."));
    const QCommandLineOption history(QStringLiteral("history"),
                                     QCoreApplication::translate("main", "Show the history in the screenshot."));
    parser.addOptions({screenshot, theme, size, applied, trace, update, tradeOff, diagnosis, trials, history});
    parser.addHelpOption();
    parser.addVersionOption();
    if (!parser.parse(arguments))
        return parser.errorText();
    if (parser.isSet(QStringLiteral("help")))
        parser.showHelp();
    if (parser.isSet(QStringLiteral("version")))
        parser.showVersion();

    const QStringList positional = parser.positionalArguments();
    if (positional.size() > 1)
        return QCoreApplication::translate("main", "One model or session at a time: %1").arg(positional.join(u' '));
    if (!positional.isEmpty())
        if (QString problem = readPlace(positional.first(), options); !problem.isEmpty())
            return problem;
    if (parser.isSet(theme)) {
        options.theme = themeModeFrom(parser.value(theme));
        if (themeModeName(*options.theme) != parser.value(theme))
            return QCoreApplication::translate("main", "There is no theme \"%1\": light, dark or system")
                .arg(parser.value(theme));
    }
    const auto match = QRegularExpression(QStringLiteral("^(\\d{3,5})x(\\d{3,5})$")).match(parser.value(size));
    if (!match.hasMatch())
        return QCoreApplication::translate("main", "The size \"%1\" is not like 1280x800").arg(parser.value(size));
    if (parser.isSet(screenshot)) {
        ScreenshotOptions shot;
        shot.file = parser.value(screenshot);
        shot.size = QSize(match.captured(1).toInt(), match.captured(2).toInt());
        shot.applied = parser.isSet(applied);
        shot.tab = parser.isSet(trace)       ? CentreTab::Trace
                   : parser.isSet(update)    ? CentreTab::Update
                   : parser.isSet(tradeOff)  ? CentreTab::TradeOff
                   : parser.isSet(diagnosis) ? CentreTab::Diagnosis
                   : parser.isSet(trials)    ? CentreTab::Trials
                                             : CentreTab::Compare;
        shot.history = parser.isSet(history);
        options.screenshot = shot;
    } else if (parser.isSet(applied) || parser.isSet(trace) || parser.isSet(update) || parser.isSet(tradeOff) ||
               parser.isSet(diagnosis) || parser.isSet(trials) || parser.isSet(history)) {
        return QCoreApplication::translate("main", "--applied, --history and the tabs go with --screenshot FILE");
    }
    return {};
}

} // namespace emend::ui
