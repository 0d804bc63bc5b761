// SPDX-License-Identifier: GPL-3.0-or-later
// The window on the fake engine: `emend_window_harness [FILE.png [light|dark [WIDTH HEIGHT [applied] [update] [text
// N]]]]`. For looking at the window while the engine is not there; the program has no such mode.
#include "fake_engine.h"
#include "panels/edits_panel.h"
#include "panels/preset_bar.h"
#include "panels/recipe_field.h"
#include "panels/update_panel.h"
#include "shell/screenshot.h"

#include <QAbstractButton>
#include <QAbstractItemView>
#include <QApplication>
#include <QCheckBox>
#include <QComboBox>
#include <QDialog>
#include <QLineEdit>
#include <QTemporaryDir>
#include <QTimer>
#include <QToolButton>
#include <QTranslator>

#include <cstdio>

using namespace emend;
using namespace emend::ui;

int main(int argc, char** argv) {
    QApplication app(argc, argv);
    const QStringList args = QApplication::arguments();
    QTranslator translator;
    if (translator.load(QStringLiteral(":/translations/emend_en.qm")))
        QApplication::installTranslator(&translator);
    const QTemporaryDir scratch;
    Settings settings(scratch.filePath(QStringLiteral("settings.ini")));
    Theme theme;
    if (args.size() > 2)
        theme.setMode(themeModeFrom(args[2]));
    if (const auto at = args.indexOf(QStringLiteral("text")); at > 0)
        theme.setTextStep(args.value(at + 1).toInt());
    auto script = std::make_shared<test::FakeScript>();
    if (args.size() < 2) {
        script->open_ms = 1500;
        script->apply_ms = 3000;
        script->token_ms = 30;
    }
    Workbench workbench(test::fakeFactory(script));
    MainWindow window(workbench, settings, theme);
    std::unique_ptr<Screenshot> shot;
    if (args.size() > 1) {
        ScreenshotOptions options;
        options.file = args[1];
        if (args.size() > 4)
            options.size = QSize(args[3].toInt(), args[4].toInt());
        options.applied = args.contains(QStringLiteral("applied"));
        options.tab = args.contains(QStringLiteral("trace"))      ? CentreTab::Trace
                      : args.contains(QStringLiteral("update"))   ? CentreTab::Update
                      : args.contains(QStringLiteral("tradeoff")) ? CentreTab::TradeOff
                      : args.contains(QStringLiteral("why"))      ? CentreTab::Diagnosis
                      : args.contains(QStringLiteral("try"))      ? CentreTab::Trials
                                                                  : CentreTab::Compare;
        options.history = args.contains(QStringLiteral("history"));
        shot = std::make_unique<Screenshot>(window, workbench, options);
        QObject::connect(shot.get(), &Screenshot::finished, &app, [](int code, const QString& problem) {
            if (code != 0)
                std::fprintf(stderr, "%s\n", qPrintable(problem));
            QApplication::exit(code);
        });
    }
    window.show();
    workbench.edits().setLibrary(
        std::make_shared<const RelationLibrary>(RelationLibrary::from_json(test::fakeLibraryJson(), "fake library")));
    if (!args.contains(QStringLiteral("empty")))
        workbench.addEdits({test::fakeDrafts(), {}, "fake"}, QStringLiteral("Drafts"));
    if (args.contains(QStringLiteral("wrong"))) {
        workbench.edits().setData(workbench.edits().index(1, EditsModel::Object), QString());
        workbench.edits().setData(workbench.edits().index(2, EditsModel::RelationColumn), QStringLiteral("no gap"));
        workbench.edits().addBlank();
    }
    if (const auto at = args.indexOf(QStringLiteral("depth")); at > 0)
        script->layers = args.value(at + 1).toInt();
    if (args.contains(QStringLiteral("missing")))
        script->statistics = test::FakeScript::Statistics::Missing;
    if (args.contains(QStringLiteral("problem")))
        script->statistics = test::FakeScript::Statistics::Problem;
    if (args.contains(QStringLiteral("rivals"))) {
        std::vector<EditRequest> rivals = test::fakeDrafts();
        rivals.resize(2);
        for (EditRequest& rival : rivals)
            rival.object = "Berlin";
        workbench.addEdits({rivals, {}, "fake"}, QStringLiteral("Rivals"));
    }
    // "algorithm MEMIT", "layers 0-2": set as a person would, once the model is open.
    QObject::connect(&workbench.studio(), &Studio::modelOpened, &window, [&] {
        if (const auto at = args.indexOf(QStringLiteral("algorithm")); at > 0) {
            auto* box = window.findChild<QComboBox*>(QStringLiteral("recipe_algorithm"));
            box->setCurrentIndex(box->findData(args.value(at + 1)));
        }
        if (const auto at = args.indexOf(QStringLiteral("layers")); at > 0)
            window.findChild<QLineEdit*>(QStringLiteral("recipe_layers"))->setText(args.value(at + 1));
        if (const auto at = args.indexOf(QStringLiteral("recipe")); at > 0)
            window.findChild<PresetBar*>()->openFile(args.value(at + 1));
        if (const auto at = args.indexOf(QStringLiteral("scheme")); at > 0) {
            auto* box = window.findChild<QComboBox*>(QStringLiteral("recipe_distribution"));
            box->setCurrentIndex(box->findData(args.value(at + 1)));
        }
    });
    if (args.contains(QStringLiteral("collecting"))) {
        shot.reset();
        script->collect_ms = 20000;
        QObject::connect(&workbench, &Workbench::settled, &window, [&] {
            workbench.collectStatistics();
            QTimer::singleShot(2500, &window, [&] {
                window.grab().save(args[1]);
                QApplication::exit(0);
            });
        });
    }
    if (args.contains(QStringLiteral("popup"))) {
        shot.reset();
        QObject::connect(&workbench, &Workbench::settled, &window, [&] {
            auto* box = window.findChild<QComboBox*>(QStringLiteral("recipe_algorithm"));
            box->showPopup();
            QTimer::singleShot(500, &window, [&, box] {
                box->view()->window()->grab().save(args[1]);
                QApplication::exit(0);
            });
        });
    }
    if (args.contains(QStringLiteral("folds")))
        for (Fold* fold : window.findChildren<Fold*>())
            fold->setOpen(true);
    if (args.contains(QStringLiteral("kinds")))
        window.findChild<QComboBox*>(QStringLiteral("traceKind"))->setCurrentIndex(3);
    if (args.contains(QStringLiteral("settings")))
        window.findChild<QToolButton*>(QStringLiteral("traceSettingsButton"))->click();
    if (args.contains(QStringLiteral("suggest")))
        QObject::connect(&workbench, &Workbench::settled, &window,
                         [&] { window.actions()[ActionId::SuggestLayers]->trigger(); });
    if (args.contains(QStringLiteral("filling"))) { // grabbed while it runs
        shot.reset();
        window.resize(args.value(3).toInt(), args.value(4).toInt());
        script->trace_ms = 10000;
        QObject::connect(&workbench, &Workbench::settled, &window, [&] {
            window.editsPanel().selectRow(0);
            QTimer::singleShot(300, &window, [&] { window.traceSelected(); });
            QTimer::singleShot(4500, &window, [&] {
                window.grab().save(args[1]);
                QApplication::exit(0);
            });
        });
    }
    if (args.contains(QStringLiteral("stale"))) {
        // Three batches on several layers, the first switched off, the knob of the second one half way.
        shot.reset();
        window.resize(args.value(3).toInt(), args.value(4).toInt());
        window.showHistory(args.contains(QStringLiteral("history")));
        window.showTab(args.contains(QStringLiteral("tradeoff")) ? CentreTab::TradeOff : CentreTab::Update);
        auto* step = new int(0);
        QObject::connect(&workbench, &Workbench::settled, &window, [&, step] {
            const int now = (*step)++;
            Recipe recipe = default_recipe(*workbench.studio().model(), "MEMIT");
            recipe.layers = {1, 2, 3};
            recipe.distribution = "spread";
            if (now < 3) {
                workbench.setRecipe(recipe, true);
                workbench.apply({now});
            } else if (now == 3) {
                workbench.studio().switchBatch(workbench.studio().ledger().entries.front().id, false, false);
            } else if (now == 4) {
                window.editsPanel().selectRow(1);
                workbench.studio().settle({workbench.studio().ledger().entries[1].id, 2000, true, {}, 5});
            } else if (now == 5) {
                for (auto* box : window.findChildren<QCheckBox*>(QStringLiteral("frontierLayers")))
                    box->setChecked(true);
                if (args.contains(QStringLiteral("session")))
                    window.findChild<UpdatePanel*>()->showView(UpdatePanel::View::Session);
                if (args.contains(QStringLiteral("overlay"))) {
                    auto* box = window.findChild<QComboBox*>(QStringLiteral("frontierOverlay"));
                    box->setCurrentIndex(box->findData(QStringLiteral("single")));
                    emit box->activated(box->currentIndex());
                }
                QTimer::singleShot(1500, &window, [&] {
                    window.grab().save(args[1]);
                    QApplication::exit(0);
                });
            }
        });
    }
    if (args.contains(QStringLiteral("half"))) { // an object of two words of which the first is said
        script->half_said = true;
        workbench.edits().setData(workbench.edits().index(0, EditsModel::Object), QStringLiteral("Buenos Aires"));
    }
    if (args.contains(QStringLiteral("unwatched")))
        workbench.edits().setWatch(workbench.edits().row(0).id, {}, {});
    if (args.contains(QStringLiteral("watch"))) {
        shot.reset();
        QObject::connect(&workbench, &Workbench::settled, &window, [&] {
            window.editsPanel().selectRow(0);
            window.actions()[ActionId::WatchPrompts]->trigger();
            QTimer::singleShot(500, &window, [&] {
                window.findChild<QWidget*>(QStringLiteral("watchDialog"))->grab().save(args[1]);
                QApplication::exit(0);
            });
        });
    }
    if (args.contains(QStringLiteral("note"))) {
        shot.reset();
        QObject::connect(&workbench, &Workbench::settled, &window, [&] {
            window.actions()[ActionId::SessionNote]->trigger();
            QTimer::singleShot(500, &window, [&] {
                window.findChild<QWidget*>(QStringLiteral("noteDialog"))->grab().save(args[1]);
                QApplication::exit(0);
            });
        });
    }
    // "dialog verifySession", "dialog replaySession", "dialog export": after two edits; "drift": one finds differences.
    if (const auto at = args.indexOf(QStringLiteral("dialog")); at > 0) {
        shot.reset();
        auto* step = new int(0);
        QObject::connect(&workbench, &Workbench::settled, &window, [&, at, step] {
            const int now = (*step)++;
            if (now < 2)
                workbench.apply({now});
            if (now == 2 && args.contains(QStringLiteral("drift"))) {
                script->drift = 0.125;
                script->failApply("the values have become NaN", "choose a smaller learning rate");
            }
            if (now == 2)
                window.findChild<QAction*>(args.value(at + 1))->trigger();
            if (now == 2)
                QTimer::singleShot(2500, &window, [&] {
                    auto* dialog = window.findChild<QDialog*>();
                    if (auto* kind = dialog->findChild<QAbstractButton*>(args.value(args.indexOf("kind") + 1)))
                        kind->click();
                    QTimer::singleShot(600, dialog, [&, dialog] {
                        dialog->grab().save(args[1]);
                        QApplication::exit(0);
                    });
                });
        });
    }
    if (args.contains(QStringLiteral("running"))) {
        // Grabbed in the middle of an edit, with the log open.
        shot.reset();
        script->apply_ms = 20000;
        window.actions()[ActionId::ToggleLog]->trigger();
        QObject::connect(&workbench, &Workbench::settled, &window, [&] {
            workbench.apply({0});
            QTimer::singleShot(2500, &window, [&] {
                window.grab().save(args[1]);
                QApplication::exit(0);
            });
        });
    }
    if (!args.contains(QStringLiteral("nomodel")))
        window.openModel(QStringLiteral("/models/demo_model"));
    return QApplication::exec();
}
