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

// A scratch folder: the working directory, the cache and the presets of every program started in it.
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
    // With standard error on a terminal of 200 columns; `terminal` is what is seen there, to be read and closed.
    [[nodiscard]] std::unique_ptr<QProcess> start_on_terminal(const QStringList& arguments, int& terminal) const;

    // CSV of facts of the demo model that shall change: "X is located in the city of" another city. Paraphrases too.
    QString demo_edits(const QString& name, int count, int first = 0) const;
    // Statistics of the demo model's first layers, collected once.
    QString demo_statistics() const;

  private:
    [[nodiscard]] std::unique_ptr<QProcess> prepared() const;
    QTemporaryDir folder_;
};

// Waits until the program has written a word to standard error, in any case; false when it ended without.
bool reached(QProcess& process, const QByteArray& word, QByteArray& heard);

QString test_model(const QString& name); // a folder of tests/data/models

} // namespace emend::test
