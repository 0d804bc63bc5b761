// SPDX-License-Identifier: GPL-3.0-or-later
#include "emend/session.h"

#include <QDir>
#include <QMimeDatabase>
#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

using namespace emend;

// Installs once and moves what was installed: nothing may remember where it was.
class TestInstall : public QObject {
    Q_OBJECT

    QTemporaryDir folder_;
    QString prefix_;

    static int run(const QString& program, const QStringList& arguments, QByteArray& said) {
        QProcess process;
        process.setProcessChannelMode(QProcess::MergedChannels);
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        for (const char* name : {"EMEND_RESOURCES", "EMEND_ENGINE", "DESTDIR"})
            environment.remove(QLatin1String(name));
        process.setProcessEnvironment(environment);
        process.start(program, arguments);
        if (!process.waitForFinished(60000))
            return -1;
        said = process.readAll();
        return process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1;
    }

  private slots:
    void initTestCase() {
        const QString first = folder_.filePath(QStringLiteral("first"));
        prefix_ = folder_.filePath(QStringLiteral("moved"));
        QByteArray said;
        QVERIFY2(run(QStringLiteral(EMEND_CMAKE), {"--install", EMEND_BUILD, "--prefix", first}, said) == 0, said);
        QVERIFY(QDir().rename(first, prefix_));
        // Before anything asks the data base of file types.
        qputenv("XDG_DATA_DIRS", (prefix_ + "/share").toUtf8());
        qputenv("XDG_DATA_HOME", folder_.filePath(QStringLiteral("home")).toUtf8());
    }

    void the_engine_and_the_demo_model_are_found() {
        QByteArray said;
        QVERIFY2(run(prefix_ + "/bin/emend-cli", {"logits", "demo", "--text", "The", "--top", "3", "--json"}, said) == 0, said);
        QVERIFY2(said.contains('{'), said);
    }

    void libraries_are_those_installed() {
        if (QStandardPaths::findExecutable(QStringLiteral("ldd")).isEmpty())
            QSKIP("there is no ldd here");
        for (const char* file : {"bin/emend", "bin/emend-cli", "lib/emend/libemend_engine.so"}) {
            QByteArray said;
            QVERIFY2(run(QStringLiteral("ldd"), {prefix_ + "/" + file}, said) == 0, said);
            QVERIFY2(said.contains((prefix_ + "/").toUtf8()), said);
            QVERIFY2(!said.contains("not found") && !said.contains(EMEND_BUILD), said);
        }
    }

    void the_script_of_deltas_is_there() {
        QVERIFY(QFileInfo(prefix_ + "/share/emend/apply_delta.py").isExecutable());
        QVERIFY(QFileInfo::exists(prefix_ + "/share/icons/hicolor/scalable/apps/emend.svg"));
        QVERIFY(QFileInfo::exists(prefix_ + "/share/icons/hicolor/scalable/mimetypes/application-x-emend-session.svg"));
    }

    void the_desktop_file_is_valid() {
        const QString tool = QStandardPaths::findExecutable(QStringLiteral("desktop-file-validate"));
        if (tool.isEmpty())
            QSKIP("there is no desktop-file-validate here (desktop-file-utils)");
        QByteArray said;
        QVERIFY2(run(tool, {prefix_ + "/share/applications/emend.desktop"}, said) == 0, said);
    }

    void the_file_type_is_valid() {
        const QString tool = QStandardPaths::findExecutable(QStringLiteral("xmllint"));
        if (tool.isEmpty())
            QSKIP("there is no xmllint here (libxml2-utils)");
        QByteArray said;
        QVERIFY2(run(tool, {"--noout", prefix_ + "/share/mime/packages/emend.xml"}, said) == 0, said);
    }

    void sessions_are_known() {
        const QString type = QStringLiteral("application/x-emend-session");
        QMimeDatabase types;
        QVERIFY(types.mimeTypeForName(type).isValid());
        QCOMPARE(types.mimeTypeForFile(QStringLiteral("paris.emend"), QMimeDatabase::MatchExtension).name(), type);

        const QString file = folder_.filePath(QStringLiteral("paris.emend"));
        Session::create(file.toStdString(), SessionModel{}).reset();
        const QString bare = folder_.filePath(QStringLiteral("paris"));
        QVERIFY(QFile::rename(file, bare));
        QCOMPARE(types.mimeTypeForFile(bare).name(), type);
    }
};

QTEST_GUILESS_MAIN(TestInstall)
#include "test_install.moc"
