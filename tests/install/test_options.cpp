// SPDX-License-Identifier: GPL-3.0-or-later
// What the window is asked to open, by people and by file managers.
#include "options.h"

#include <QTemporaryDir>
#include <QTest>
#include <QUrl>

using namespace emend::ui;

class TestOptions : public QObject {
    Q_OBJECT

    static Options parsed(const QString& argument) {
        Options options;
        const QString problem = parseOptions({QStringLiteral("emend"), argument}, options);
        if (!problem.isEmpty())
            qWarning("%s", qPrintable(problem));
        return options;
    }

  private slots:
    void sessions() {
        QCOMPARE(parsed(QStringLiteral("paris.emend")).session, QStringLiteral("paris.emend"));
        QTemporaryDir folder;
        const QString bare = folder.filePath(QStringLiteral("capital of France"));
        QFile file(bare);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.close();
        // A model is a folder, so a file is a session, whatever it is called.
        QCOMPARE(parsed(bare).session, bare);
        const QString url = QUrl::fromLocalFile(bare).toString(QUrl::FullyEncoded);
        QVERIFY(url.contains(u'%'));
        QCOMPARE(parsed(url).session, bare);
        QCOMPARE(parsed(QString(url).replace(QStringLiteral("file:///"), QStringLiteral("file://localhost/"))).session,
                 bare);
    }

    void models() {
        QTemporaryDir folder;
        QCOMPARE(parsed(folder.path()).model, folder.path());
        QCOMPARE(parsed(QUrl::fromLocalFile(folder.path()).toString()).model, folder.path());
        QVERIFY(parsed(folder.path()).session.isEmpty());
        QVERIFY(parsed(QStringLiteral("demo")).model.isEmpty());
    }

    void files_elsewhere() {
        Options options;
        const QString problem =
            parseOptions({QStringLiteral("emend"), QStringLiteral("file://elsewhere/paris.emend")}, options);
        QVERIFY2(problem.contains(QStringLiteral("file://elsewhere/paris.emend")), qPrintable(problem));
        QVERIFY(options.session.isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestOptions)
#include "test_options.moc"
