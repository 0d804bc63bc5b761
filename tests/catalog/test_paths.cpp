// SPDX-License-Identifier: GPL-3.0-or-later
#include "emend/error.h"
#include "emend/paths.h"

#include <QDir>
#include <QTemporaryDir>
#include <QTest>

using namespace emend;

class TestPaths : public QObject {
    Q_OBJECT
  private slots:
    void init() {
        for (const char* name : {"EMEND_RESOURCES", "EMEND_CACHE", "EMEND_ENGINE"})
            qunsetenv(name);
    }
    void cleanup() { init(); }

    void resources() {
        QCOMPARE(QDir(QString::fromStdString(resources_dir())).canonicalPath(),
                 QDir(EMEND_SOURCE_DIR "/resources").canonicalPath());
        QTemporaryDir folder;
        qputenv("EMEND_RESOURCES", folder.path().toUtf8());
        QCOMPARE(QString::fromStdString(resources_dir()), folder.path());
        QCOMPARE(QString::fromStdString(demo_model_dir()), folder.path() + "/demo_model");
        qputenv("EMEND_RESOURCES", "/nowhere/at/all");
        try {
            (void)resources_dir();
            QFAIL("found");
        } catch (const Error& error) {
            QCOMPARE(error.where(), std::string("/nowhere/at/all"));
        }
    }

    void cache() {
        QTemporaryDir folder;
        qputenv("EMEND_CACHE", (folder.path() + "/a/b").toUtf8());
        QCOMPARE(QString::fromStdString(cache_dir()), folder.path() + "/a/b");
        QVERIFY(QDir(folder.path() + "/a/b").exists());
        qunsetenv("EMEND_CACHE");
        qputenv("XDG_CACHE_HOME", folder.path().toUtf8());
        QCOMPARE(QString::fromStdString(cache_dir()), folder.path() + "/emend");
        qputenv("EMEND_CACHE", "/proc/no/such/place");
        QVERIFY_EXCEPTION_THROWN((void)cache_dir(), Error);
    }

    void engine() {
        QVERIFY(QString::fromStdString(engine_library()).endsWith("libemend_engine.so"));
        qputenv("EMEND_ENGINE", "/somewhere/engine.so");
        QCOMPARE(engine_library(), std::string("/somewhere/engine.so"));
    }
};

QTEST_GUILESS_MAIN(TestPaths)
#include "test_paths.moc"
