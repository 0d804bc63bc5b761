// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli_runner.h"

#include <QDir>
#include <QDirIterator>
#include <QElapsedTimer>
#include <QFile>
#include <QFileInfo>
#include <QProcessEnvironment>

#include <cstdlib>
#include <fcntl.h>
#include <unistd.h>

namespace emend::test {

QByteArray CliResult::all() const {
    return "exit " + QByteArray::number(code) + (crashed ? " (crashed)" : "") + "\nout: " + out.left(4000) +
           "\nerr: " + err.left(4000);
}

QString CliSandbox::path(const QString& name) const {
    return name.isEmpty() ? folder_.path() : folder_.filePath(name);
}

void CliSandbox::write(const QString& name, const QByteArray& content) const {
    QFile file(path(name));
    if (!file.open(QIODevice::WriteOnly) || file.write(content) != content.size())
        qFatal("cannot write %s", qPrintable(path(name)));
}

QString CliSandbox::copy_model(const QString& model, const QString& name) const {
    const QString target = path(name);
    QDir().mkpath(target);
    const QDir source(test_model(model));
    for (const QFileInfo& file : source.entryInfoList(QDir::Files))
        if (!file.fileName().startsWith("golden") && !QFile::copy(file.filePath(), target + "/" + file.fileName()))
            qFatal("cannot copy %s", qPrintable(file.filePath()));
    return target;
}

QStringList CliSandbox::listing() const {
    QStringList files;
    QDirIterator entries(path(), QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot, QDirIterator::Subdirectories);
    while (entries.hasNext()) {
        const QFileInfo info(entries.next());
        if (!info.filePath().startsWith(path("cache")))
            files << info.filePath() + " " + QString::number(info.isFile() ? info.size() : 0);
    }
    files.sort();
    return files;
}

std::unique_ptr<QProcess> CliSandbox::prepared() const {
    auto process = std::make_unique<QProcess>();
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert("EMEND_CACHE", path("cache"));
    environment.insert("EMEND_CONFIG", path("config"));
    process->setProcessEnvironment(environment);
    process->setWorkingDirectory(path());
    return process;
}

std::unique_ptr<QProcess> CliSandbox::start(const QStringList& arguments) const {
    auto process = prepared();
    process->start(EMEND_CLI, arguments);
    process->closeWriteChannel();
    return process;
}

std::unique_ptr<QProcess> CliSandbox::start_on_terminal(const QStringList& arguments, int& terminal) const {
    terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (terminal < 0 || grantpt(terminal) != 0 || unlockpt(terminal) != 0)
        qFatal("no terminal can be had");
    const int other_end = open(ptsname(terminal), O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (other_end < 0)
        qFatal("the terminal cannot be opened");
    auto process = prepared();
    process->setChildProcessModifier([other_end] { dup2(other_end, STDERR_FILENO); });
    process->start(EMEND_CLI, arguments);
    process->closeWriteChannel();
    process->waitForStarted();
    close(other_end);
    return process;
}

QString CliSandbox::demo_edits(const QString& name, int count, int first) const {
    QFile facts(EMEND_SOURCE_DIR "/resources/demo_model/facts.csv");
    if (!facts.open(QIODevice::ReadOnly))
        qFatal("the demo model's facts are missing");
    QList<QByteArrayList> cities; // relation, subject, article, object, kind
    QByteArrayList objects;
    for (const QByteArray& line : facts.readAll().split('\n')) {
        const QByteArrayList fields = line.split(',');
        if (fields.size() != 5 || fields[0] != "city")
            continue;
        cities << fields;
        if (!objects.contains(fields[3]))
            objects << fields[3];
    }
    QByteArray text = "subject,prompt,object,true_object,paraphrases\n";
    for (int i = first; i < first + count; ++i) {
        const QByteArrayList& fact = cities.at(i);
        const qsizetype other = (objects.indexOf(fact[3]) + 1 + i % (objects.size() - 1)) % objects.size();
        const QByteArray subject = fact[2] == "the" ? "The {}" : "{}";
        text += fact[1] + ',' + subject + " is located in the city of," + objects[other] + ',' + fact[3] + ',' +
                subject + " can be found in the city of\n";
    }
    write(name, text);
    return path(name);
}

QString CliSandbox::demo_statistics() const {
    const QString file = path("demo_statistics.safetensors");
    if (!QFile::exists(file)) {
        const CliResult result =
            run({"statistics", "demo", "--layers", "0-2", "--tokens", "4000", "--out", file, "--quiet"});
        if (result.code != 0)
            qFatal("no statistics: %s", result.all().constData());
    }
    return file;
}

CliResult CliSandbox::finish(QProcess& process) {
    CliResult result;
    if (!process.waitForFinished(240000)) {
        process.kill();
        process.waitForFinished();
        result.err = "did not end in four minutes\n";
    }
    result.crashed = process.exitStatus() == QProcess::CrashExit;
    result.code = process.exitCode();
    result.out = process.readAllStandardOutput();
    result.err += process.readAllStandardError();
    QJsonParseError fault;
    const QJsonDocument document = QJsonDocument::fromJson(result.out, &fault);
    if (fault.error == QJsonParseError::NoError)
        result.json = document.object();
    return result;
}

CliResult CliSandbox::run(const QStringList& arguments) const {
    const auto process = start(arguments);
    return finish(*process);
}

bool reached(QProcess& process, const QByteArray& word, QByteArray& heard) {
    QElapsedTimer timer;
    timer.start();
    while (timer.elapsed() < 120000) {
        heard += process.readAllStandardError();
        if (heard.toLower().contains(word))
            return true;
        if (process.state() == QProcess::NotRunning)
            return false;
        process.waitForReadyRead(20);
    }
    return false;
}

QString test_model(const QString& name) {
    return EMEND_TEST_DATA "/models/" + name;
}

} // namespace emend::test
