// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli_runner.h"

#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QFileInfo>
#include <QProcessEnvironment>

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

std::unique_ptr<QProcess> CliSandbox::start(const QStringList& arguments) const {
    auto process = std::make_unique<QProcess>();
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert("EMEND_CACHE", path("cache"));
    process->setProcessEnvironment(environment);
    process->setWorkingDirectory(path());
    process->start(EMEND_CLI, arguments);
    process->closeWriteChannel();
    return process;
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

QString test_model(const QString& name) {
    return EMEND_TEST_DATA "/models/" + name;
}

} // namespace emend::test
