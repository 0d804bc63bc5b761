// SPDX-License-Identifier: GPL-3.0-or-later
// Starts emend-cli in a folder of its own and gives back what came of it.
#pragma once

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QStringList>
#include <QTemporaryDir>

#include <memory>

namespace emend::test {

struct CliResult {
    int code = -1;
    bool crashed = false;
    QByteArray out, err;
    QJsonObject json; // of `out`; empty when it is not exactly one JSON object

    [[nodiscard]] QJsonObject error() const { return json["error"].toObject(); }
    [[nodiscard]] QByteArray all() const; // for failure messages
};

// A scratch folder: the working directory and the cache of every program started in it.
class CliSandbox {
  public:
    [[nodiscard]] QString path(const QString& name = {}) const;
    void write(const QString& name, const QByteArray& content) const;
    // A copy of tests/data/models/<model> under `name`.
    QString copy_model(const QString& model, const QString& name) const;
    // Every file but those of the cache, with its size: to see that nothing was left behind.
    [[nodiscard]] QStringList listing() const;

    [[nodiscard]] CliResult run(const QStringList& arguments) const;
    [[nodiscard]] std::unique_ptr<QProcess> start(const QStringList& arguments) const;
    [[nodiscard]] static CliResult finish(QProcess& process);

  private:
    QTemporaryDir folder_;
};

QString test_model(const QString& name); // a folder of tests/data/models

} // namespace emend::test
