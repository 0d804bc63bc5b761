// SPDX-License-Identifier: GPL-3.0-or-later
// emend: puts the window and the engine together. The window is on the screen before the engine library is loaded;
// that happens on the worker thread, behind it.
#include "base/log.h"
#include "emend/edits_io.h"
#include "emend/error.h"
#include "emend/paths.h"
#include "emend/relations.h"
#include "emend/session.h"
#include "engine_loader.h"
#include "interrupt.h"
#include "models/text_format.h"
#include "options.h"

#include <QApplication>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QIcon>
#include <QTemporaryDir>
#include <QTimer>
#include <QTranslator>

#include <cstdio>
#include <memory>
#include <optional>
#include <stop_token>

using namespace emend;
using namespace emend::ui;

namespace {

// A screenshot, the help and the version need no screen; everything else does, and Qt would end the process without
// one.
bool chooseScreen(int argc, char** argv) {
    if (qEnvironmentVariableIsSet("QT_QPA_PLATFORM") || qEnvironmentVariableIsSet("DISPLAY") ||
        qEnvironmentVariableIsSet("WAYLAND_DISPLAY"))
        return true;
    for (int i = 1; i < argc; ++i) {
        const QByteArray argument(argv[i]);
        if (argument.startsWith("--screenshot") || argument == "--help" || argument == "-h" ||
            argument == "--help-all" || argument == "--version" || argument == "-v") {
            qputenv("QT_QPA_PLATFORM", "offscreen");
            return true;
        }
    }
    return false;
}

// Small files of our own, read before there is anything to block.
void loadResources(Workbench& workbench, bool drafts) {
    try {
        workbench.edits().setLibrary(std::make_shared<const RelationLibrary>(
            RelationLibrary::load(resources_dir() + "/relations/relations.json")));
    } catch (const Error& error) {
        workbench.log().add(LogModel::Level::Warning,
                            QCoreApplication::translate("main", "No relation library: %1").arg(fromStd(error.what())));
    }
    if (!drafts)
        return;
    try {
        workbench.addEdits(read_edits_file(demo_model_dir() + "/drafts.json"),
                           QCoreApplication::translate("main", "Drafts of the demo model"));
    } catch (const Error& error) {
        workbench.log().add(LogModel::Level::Warning,
                            QCoreApplication::translate("main", "No drafted edits: %1").arg(fromStd(error.what())));
    }
}

// A picture of a session changes nothing in it: it is of a copy in `folder`. Where there can be none, opening the file
// itself says why. No folder: the file.
QString toBeShown(const QString& session, const QString& folder) {
    if (folder.isEmpty())
        return session;
    try {
        const QString copy = folder + u'/' + QFileInfo(session).fileName();
        Session::open(session.toStdString(), Session::Access::read_only)->copy_to(copy.toStdString(), false, {});
        return copy;
    } catch (const Error&) {
        return session;
    }
}

// Nobody is there to answer once the program was told to end: everything is kept.
void answerWhenEnding(Questions& questions, const std::stop_token& ending) {
    questions.leaveSession = [ask = questions.leaveSession, ending](QWidget* window, const QString& text, bool named) {
        return ending.stop_requested() ? Questions::Leave::Keep : ask(window, text, named);
    };
    questions.confirmLoss = [ask = questions.confirmLoss, ending](QWidget* window, const QString& text) {
        return ending.stop_requested() || ask(window, text);
    };
}

// A window does not close while it asks whether it may: the question goes first.
void end(MainWindow& window) {
    if (QWidget* question = QApplication::activeModalWidget())
        question->close();
    else
        window.close();
    if (window.isVisible()) // the session is being written, or another question has come
        QTimer::singleShot(100, &window, [&window] { end(window); });
}

// While this lives, what the engine has to say for the log goes to the window's log dock, from whatever thread.
class LogInDock {
  public:
    explicit LogInDock(Workbench& workbench) {
        set_log_sink([&workbench](LogLevel level, const std::string& text) {
            const auto shown = level == LogLevel::Error     ? LogModel::Level::Error
                               : level == LogLevel::Warning ? LogModel::Level::Warning
                                                            : LogModel::Level::Info;
            QMetaObject::invokeMethod(
                &workbench, [&workbench, shown, text = fromStd(text)] { workbench.log().add(shown, text); },
                Qt::QueuedConnection);
        });
    }
    ~LogInDock() { set_log_sink({}); }
    LogInDock(const LogInDock&) = delete;
    LogInDock& operator=(const LogInDock&) = delete;
};

} // namespace

int main(int argc, char** argv) {
    emend::prepare_process();
    if (!chooseScreen(argc, argv)) {
        std::fputs("emend: there is no display to open the window on\n"
                   "  hint:  start it on a desktop, render a picture with --screenshot FILE, or use emend-cli\n",
                   stderr);
        return 1;
    }
    QApplication app(argc, argv);
    QApplication::setOrganizationName(QStringLiteral("emend"));
    QApplication::setApplicationName(QStringLiteral("emend"));
    QApplication::setApplicationVersion(QStringLiteral(EMEND_VERSION));
    QApplication::setDesktopFileName(QStringLiteral("emend")); // Wayland takes the icon from there
    QApplication::setWindowIcon(QIcon(QStringLiteral(":/icons/emend.svg")));
    QTranslator translator;
    if (translator.load(QLocale(), QStringLiteral("emend"), QStringLiteral("_"), QStringLiteral(":/translations")) ||
        translator.load(QStringLiteral(":/translations/emend_en.qm")))
        QApplication::installTranslator(&translator);

    Options options;
    if (const QString problem = parseOptions(QApplication::arguments(), options); !problem.isEmpty()) {
        std::fprintf(stderr, "emend: %s\n", qPrintable(problem));
        return 2;
    }

    // A screenshot shows the program as it comes, not as somebody arranged it.
    const QTemporaryDir scratch;
    if (options.screenshot && !qEnvironmentVariableIsSet("EMEND_DATA"))
        qputenv("EMEND_DATA", QFile::encodeName(scratch.path())); // and leaves no session behind
    Settings settings(options.screenshot ? scratch.filePath(QStringLiteral("settings.ini")) : QString());
    Theme theme;
    theme.setMode(options.theme.value_or(themeModeFrom(settings.get(Setting::Theme).toString())));
    theme.setTextStep(settings.get(Setting::TextSize).toInt());

    Workbench workbench([] { return load_engine(); });
    const LogInDock log_in_dock(workbench);
    Questions questions = Questions::fromUser();
    // Logging out, or Ctrl+C in a terminal, closes the window as a person would, and with it the session's file.
    std::optional<Interrupt> interrupt;
    if (!options.screenshot)
        answerWhenEnding(questions, interrupt.emplace().token());
    if (options.screenshot) // nobody is there to answer
        questions.chooseAnotherModel = [](QWidget*, const QString&, const QStringList&) { return false; };
    MainWindow window(workbench, settings, theme, std::move(questions));
    const std::stop_callback ending(interrupt ? interrupt->token() : std::stop_token(), [&window] {
        QMetaObject::invokeMethod(
            &window, [&window] { end(window); }, Qt::QueuedConnection);
    });
    std::unique_ptr<Screenshot> screenshot;
    if (options.screenshot) {
        screenshot = std::make_unique<Screenshot>(window, workbench, *options.screenshot);
        QObject::connect(screenshot.get(), &Screenshot::finished, &app, [](int code, const QString& problem) {
            if (code != 0)
                std::fprintf(stderr, "emend: %s\n", qPrintable(problem));
            QApplication::exit(code);
        });
    }
    window.show();
    // In the first turn of the event loop: the window is painted by then.
    QTimer::singleShot(0, &window, [&] {
        const bool demo = options.model.isEmpty() && options.session.isEmpty();
        loadResources(workbench, demo);
        window.begin(true);
        if (!options.session.isEmpty())
            return window.openSession(toBeShown(QDir::current().absoluteFilePath(options.session),
                                                options.screenshot ? scratch.path() : QString()));
        try {
            window.openModel(demo ? fromStd(demo_model_dir()) : QDir::current().absoluteFilePath(options.model));
        } catch (const Error& error) {
            Failure failure;
            failure.what = fromStd(error.message());
            failure.where = fromStd(error.where());
            failure.hint = fromStd(error.hint());
            emit workbench.failed(failure);
        }
    });
    return QApplication::exec();
}
