// SPDX-License-Identifier: GPL-3.0-or-later
// The tokenizer against the reference's answers, and what must hold for any text.
#include "base/file.h"
#include "base/json_text.h"
#include "base/utf8.h"
#include "faults.h"
#include "text/tokenizer.h"

#include <nlohmann/json.hpp>

#include <QTest>

#include <algorithm>
#include <ctime>
#include <random>
#include <thread>

using namespace emend;
using Ids = std::vector<std::int32_t>;

namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr qsizetype long_text_bytes = 160'000; // sanitizers take their time
#else
constexpr qsizetype long_text_bytes = 1'000'000;
#endif

const std::filesystem::path data = std::filesystem::path(EMEND_TEST_DATA) / "tokenizers";

Tokenizer gpt2() {
    return Tokenizer::load(data / "gpt2");
}

Tokenizer load_kind(const std::string& kind) {
    const auto text = [](const char* name) { return read_file(data / "gpt2" / name); };
    if (kind == "gpt2, vocab.json + merges.txt")
        return Tokenizer::from_vocab_and_merges(text("vocab.json"), text("merges.txt"), text("tokenizer_config.json"));
    if (kind == "gpt2, without configuration")
        return Tokenizer::from_vocab_and_merges(text("vocab.json"), text("merges.txt"));
    if (kind == "llama3")
        return Tokenizer::load(data / "llama3");
    return gpt2();
}

std::string shown(const Ids& ids) {
    return nlohmann::json(ids).dump();
}

std::string random_text(std::mt19937& random) {
    static constexpr std::array<std::pair<char32_t, char32_t>, 9> ranges{{{0x20, 0x7E},
                                                                          {0x09, 0x0D},
                                                                          {0x20, 0x20},
                                                                          {0xA0, 0x17F},
                                                                          {0x400, 0x4FF},
                                                                          {0x4E00, 0x4EFF},
                                                                          {0x1F300, 0x1F6FF},
                                                                          {0x2000, 0x206F},
                                                                          {0xFFF0, 0xFFFD}}};
    std::string text;
    for (auto i = random() % 40; i > 0; --i) {
        const auto [low, high] = ranges[random() % ranges.size()];
        for (auto repeat = 1 + (random() % 8 == 0 ? random() % 5 : 0); repeat > 0; --repeat)
            append_utf8(text, low + static_cast<char32_t>(random() % (high - low + 1)));
    }
    return text;
}

} // namespace

class TestTokenizer : public QObject {
    Q_OBJECT
  private slots:
    void golden_data() {
        QTest::addColumn<QString>("kind");
        QTest::addColumn<QString>("cases");
        QTest::newRow("tokenizer.json") << "gpt2, tokenizer.json"
                                        << "gpt2";
        QTest::newRow("vocab + merges") << "gpt2, vocab.json + merges.txt"
                                        << "gpt2";
        QTest::newRow("vocab + merges alone") << "gpt2, without configuration"
                                              << "gpt2";
        QTest::newRow("split pattern, ignored merges, template") << "llama3"
                                                                 << "llama3";
    }

    void golden() {
        QFETCH(QString, kind);
        QFETCH(QString, cases);
        const Tokenizer tokenizer = load_kind(kind.toStdString());
        const auto file = data / cases.toStdString() / "cases.json";
        const auto golden = parse_json(read_file(file), file.string());
        QVERIFY(golden["cases"].size() > 250);
        for (const auto& item : golden["cases"]) {
            const auto text = item["text"].get<std::string>();
            const auto ids = item["ids"].get<Ids>();
            const Encoding encoding = tokenizer.encode(text, false);
            QVERIFY2(encoding.ids == ids, (text + ": " + shown(encoding.ids) + " instead of " + shown(ids)).c_str());
            QCOMPARE(tokenizer.encode(text).ids, item["ids_with_special"].get<Ids>());
            QCOMPARE(tokenizer.decode(ids), item["decoded"].get<std::string>());
            QCOMPARE(tokenizer.decode(ids, true), item["decoded_skip_special"].get<std::string>());
            check_offsets(tokenizer, text, encoding);
        }
    }

    void any_text_comes_back() {
        const Tokenizer tokenizer = gpt2();
        std::mt19937 random(7);
        for (int i = 0; i < 3000; ++i) {
            const std::string text = random_text(random);
            const Encoding encoding = tokenizer.encode(text);
            QCOMPARE(tokenizer.decode(encoding.ids), text);
            check_offsets(tokenizer, text, encoding);
        }
    }

    void broken_utf8_is_read_as_replacement() {
        const Tokenizer tokenizer = gpt2();
        const auto replaced = [&](const std::string& broken, const std::string& valid) {
            QCOMPARE(tokenizer.encode(broken).ids, tokenizer.encode(valid).ids);
        };
        const std::string mark(replacement_character);
        replaced("\xFF", mark);
        replaced("a\x80z", "a" + mark + "z");
        replaced("a\xE2\x82", "a" + mark);            // cut short: one subpart
        replaced("\xE2\x82\x41", mark + "A");         //
        replaced("\xF0\x9F\x8D", mark);               //
        replaced("\xED\xA0\x80", mark + mark + mark); // a surrogate: no byte of it begins a character
        replaced("\xC0\xAF", mark + mark);            // overlong
        replaced("\xF4\x90\x80\x80", mark + mark + mark + mark);
        // Offsets stay those of the text that was given.
        const std::string text = "x\xFFy";
        const Encoding encoding = tokenizer.encode(text);
        QCOMPARE(encoding.offsets.front(), (std::pair<std::uint32_t, std::uint32_t>(0, 1)));
        QCOMPARE(encoding.offsets.back(), (std::pair<std::uint32_t, std::uint32_t>(2, 3)));
        check_offsets_cover(text, encoding);
    }

    void random_bytes_are_taken() {
        const Tokenizer tokenizer = gpt2();
        std::mt19937 random(11);
        for (int i = 0; i < 500; ++i) {
            std::string bytes(random() % 60, '\0');
            std::ranges::generate(bytes, [&] { return static_cast<char>(random()); });
            const Encoding encoding = tokenizer.encode(bytes);
            QCOMPARE(tokenizer.decode(encoding.ids), utf8_lossy(bytes));
            check_offsets_cover(bytes, encoding);
        }
    }

    void pieces() {
        const Tokenizer tokenizer = gpt2();
        const std::int32_t the = tokenizer.encode(" the").ids.front();
        QCOMPARE(tokenizer.piece(the), std::string(" the"));
        QCOMPARE(tokenizer.raw_piece(the), std::string("Ġthe"));
        QCOMPARE(tokenizer.token_to_id("Ġthe"), std::optional(the));
        QVERIFY(!tokenizer.token_to_id("no such token"));
        QCOMPARE(tokenizer.vocab_size(), 957);
        QCOMPARE(tokenizer.end_of_text(), std::optional(956));
        QVERIFY(tokenizer.is_special(956));
        QVERIFY(!tokenizer.is_special(the));
        QVERIFY(!tokenizer.is_special(-1));
        EXPECT_FAULT(tokenizer.piece(957), "no token with id 957");
        EXPECT_FAULT(tokenizer.decode(Ids{-1}), "no token with id -1");
        QCOMPARE(tokenizer.decode(Ids{956, the}, true), std::string(" the"));
    }

    void stream_gives_whole_characters() {
        const Tokenizer tokenizer = gpt2();
        std::mt19937 random(3);
        for (int i = 0; i < 300; ++i) {
            Ids ids = tokenizer.encode(random_text(random)).ids;
            if (i % 3 == 0) // any sequence, broken characters and all
                std::ranges::shuffle(ids, random);
            StreamDecoder stream(tokenizer);
            std::string text;
            for (const std::int32_t id : ids) {
                const std::string part = stream.push(id);
                QVERIFY(is_valid_utf8(part));
                text += part;
            }
            text += stream.finish();
            QCOMPARE(text, tokenizer.decode(ids));
        }
    }

    // Processor time for eight times the text, as a ratio: linear merging gives about 8, and up to twice that when the
    // longer text leaves the caches; quadratic merging gives 64.
    void long_texts_take_linear_time_data() {
        QTest::addColumn<QByteArray>("unit");
        QTest::newRow("prose") << QByteArray("The people of Paris, 1234 of them, don't live in Rome. Привет! ");
        QTest::newRow("one letter") << QByteArray("a");
        QTest::newRow("spaces") << QByteArray(" ");
        QTest::newRow("line feeds") << QByteArray("\n");
        QTest::newRow("digits") << QByteArray("7");
        QTest::newRow("signs") << QByteArray("<");
        QTest::newRow("one word") << QByteArray("internationalisation");
        QTest::newRow("broken bytes") << QByteArray("\xFF");
    }

    void long_texts_take_linear_time() {
        QFETCH(QByteArray, unit);
        for (const auto& [name, tokenizer] :
             {std::pair("gpt2", load_kind("gpt2")), std::pair("llama3", load_kind("llama3"))}) {
            const auto processor_ms = [&, &model = tokenizer](qsizetype bytes) {
                const QByteArray text = unit.repeated(bytes / unit.size());
                const auto now = [] {
                    timespec time{};
                    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
                    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
                };
                const double start = now();
                const Encoding encoding = model.encode({text.constData(), static_cast<std::size_t>(text.size())});
                return encoding.ids.empty() ? -1.0 : now() - start;
            };
            double best_ratio = std::numeric_limits<double>::max();
            double large = 0;
            for (int attempt = 0; attempt < 3 && best_ratio > 20; ++attempt) {
                const double small = std::min(processor_ms(long_text_bytes / 8), processor_ms(long_text_bytes / 8));
                large = processor_ms(long_text_bytes);
                QVERIFY(small > 0 && large > 0);
                best_ratio = std::min(best_ratio, large / small);
            }
            qInfo("%s: %.1f MB in %.0f ms, %.1f times the time of an eighth of it", name,
                  static_cast<double>(long_text_bytes) / 1e6, large, best_ratio);
            QVERIFY(best_ratio < 32);
        }
    }

    void threads_share_it() {
        const Tokenizer tokenizer = gpt2();
        const std::string text = "The people of Paris don't live in 東京.";
        const Ids expected = tokenizer.encode(text).ids;
        std::atomic<int> wrong = 0;
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([&] {
                for (int i = 0; i < 200; ++i)
                    if (tokenizer.encode(text).ids != expected || tokenizer.decode(expected) != text)
                        ++wrong;
            });
        threads.clear();
        QCOMPARE(wrong.load(), 0);
    }

  private:
    // Offsets go forward without gap over the whole text.
    static void check_offsets_cover(const std::string& text, const Encoding& encoding) {
        QCOMPARE(encoding.offsets.size(), encoding.ids.size());
        std::uint32_t at = 0;
        for (const auto& [begin, end] : encoding.offsets) {
            QCOMPARE(begin, at);
            QVERIFY(end >= begin);
            at = end;
        }
        QCOMPARE(static_cast<std::size_t>(at), text.size());
    }

    // And each token is the bytes it says it covers.
    static void check_offsets(const Tokenizer& tokenizer, const std::string& text, const Encoding& encoding) {
        check_offsets_cover(text, encoding);
        for (std::size_t i = 0; i < encoding.ids.size(); ++i) {
            const auto [begin, end] = encoding.offsets[i];
            QCOMPARE(tokenizer.token_bytes(encoding.ids[i]), text.substr(begin, end - begin));
        }
    }
};

QTEST_GUILESS_MAIN(TestTokenizer)
#include "test_tokenizer.moc"
