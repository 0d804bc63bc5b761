// SPDX-License-Identifier: GPL-3.0-or-later
// The fuzzers' targets over a fixed set of damaged files: what can be run everywhere and every time.
#include "base/file.h"
#include "fuzz_targets.h"
#include "npz_writer.h"
#include "storage/safetensors.h"

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <array>
#include <random>

using namespace emend;

namespace {

using Target = bool (*)(std::string_view);

std::string small_safetensors() {
    const QTemporaryDir folder;
    const std::string path = folder.path().toStdString() + "/file";
    SafetensorsWriter writer;
    const std::array<float, 6> values{1, 2, 3, 4, 5, 6};
    writer.add("first.weight", DType::F32, {2, 3}, values.data());
    writer.add("second.bias", DType::BF16, {3}, values.data());
    writer.add("empty", DType::U8, {0, 4}, values.data());
    writer.set_metadata("format", "pt");
    writer.write(path);
    return read_file(path);
}

std::string small_npz() {
    const QTemporaryDir folder;
    const std::string path = folder.path().toStdString() + "/file.npz";
    test::write_npz(path, {{"mom2.mom2.npy", test::npy("<f4", "3, 3", test::bytes_of(std::vector<float>(9, 0.5F)))},
                           {"mom2.count.npy", test::npy("<i8", "", test::bytes_of<std::int64_t>({40})), true}});
    return read_file(path);
}

std::string small_tokenizer() {
    return R"j({"added_tokens":[{"id":6,"content":"<|endoftext|>","special":true,"lstrip":true,"rstrip":true}],"normalizer":null,)j"
           R"j("pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"\\p{N}{1,3}|\\s+(?!\\S)"},)j"
           R"j("behavior":"Isolated","invert":false},{"type":"ByteLevel","add_prefix_space":false,"use_regex":true}]},)j"
           R"j("post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<|endoftext|>","type_id":0}},)j"
           R"j({"Sequence":{"id":"A","type_id":0}}],"special_tokens":{"<|endoftext|>":{"ids":[6]}}},"decoder":{"type":"ByteLevel"},)j"
           R"j("model":{"type":"BPE","unk_token":null,"ignore_merges":true,"vocab":{"e":0,"o":1,"p":2,"l":3,"le":4,"eo":5},)j"
           R"j("merges":["l e",["e","o"]]}})j";
}

constexpr const char* small_edits =
    R"([{"requested_rewrite":{"prompt":"{} is in","subject":"Paris","target_new":{"str":"Spain"},"target_true":{"str":"X"}},)"
    R"("paraphrase_prompts":["a","b"],"neighborhood_prompts":["c"]},)"
    R"({"subject":"A","src":"Is A b?","alt":"c","answers":["d"],"loc":"nq question: e"}])";
constexpr const char* small_csv =
    "subject,prompt,object,true_object,paraphrases\nParis,{} is,\"Sp\"\"ain\",,a|b\nX,X is,Y,Z,\n";

// One to four changes: of a byte, a number, a cut, a piece moved or repeated.
std::string damaged(const std::string& file, std::mt19937& random) {
    constexpr std::array tokens{"0",
                                "-1",
                                "18446744073709551615",
                                "9223372036854775808",
                                "1e999",
                                "null",
                                "{}",
                                "[]",
                                "\"",
                                "{",
                                "}",
                                "[[[[[[[[",
                                "\xFF",
                                ",",
                                ":",
                                "{}{}"};
    std::string text = file;
    for (std::size_t changes = 1 + random() % 4; changes > 0; --changes) {
        const std::size_t at = random() % (text.size() + 1);
        const std::size_t length = std::min<std::size_t>(random() % 24, text.size() - at);
        switch (random() % 6) {
        case 0:
            if (at < text.size())
                text[at] = static_cast<char>(random());
            break;
        case 1:
            text.resize(at);
            break;
        case 2:
            text.insert(at, tokens[random() % tokens.size()]);
            break;
        case 3:
            text.replace(at, length, tokens[random() % tokens.size()]);
            break;
        case 4:
            text.insert(random() % (text.size() + 1), text.substr(at, length));
            break;
        default:
            if (const auto digit = text.find_first_of("0123456789", at); digit != std::string::npos)
                text[digit] = static_cast<char>('0' + random() % 10);
            break;
        }
    }
    return text;
}

} // namespace

Q_DECLARE_METATYPE(Target)

class TestFuzzTargets : public QObject {
    Q_OBJECT
  private slots:
    void damaged_files_data() {
        QTest::addColumn<Target>("target");
        QTest::addColumn<QByteArray>("sound");
        QTest::newRow("safetensors") << Target(fuzz::safetensors) << QByteArray::fromStdString(small_safetensors());
        QTest::newRow("npz") << Target(fuzz::npz) << QByteArray::fromStdString(small_npz());
        QTest::newRow("tokenizer.json") << Target(fuzz::tokenizer) << QByteArray::fromStdString(small_tokenizer());
        QTest::newRow("edits, JSON") << Target(fuzz::edits) << QByteArray(small_edits);
        QTest::newRow("edits, CSV") << Target(fuzz::edits) << QByteArray(small_csv);
    }

    void damaged_files() {
        QFETCH(Target, target);
        QFETCH(QByteArray, sound);
        const std::string file = sound.toStdString();
        QVERIFY(target(file));
        std::mt19937 random(2026);
        constexpr int rounds = 4000;
        int accepted = 0;
        for (int i = 0; i < rounds; ++i)
            accepted += target(damaged(file, random)) ? 1 : 0;
        // The damage must be neither nothing nor everything.
        QVERIFY(accepted > 0);
        QVERIFY(accepted < rounds);
    }

    void every_prefix() {
        const std::string file = small_tokenizer();
        for (std::size_t length = 0; length < file.size(); ++length)
            QVERIFY(!fuzz::tokenizer(std::string_view(file).substr(0, length)));
    }
};

QTEST_GUILESS_MAIN(TestFuzzTargets)
#include "test_fuzz_targets.moc"
