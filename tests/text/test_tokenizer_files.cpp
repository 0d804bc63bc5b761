// SPDX-License-Identifier: GPL-3.0-or-later
// What tokenizer files may say, and what they are refused for.
#include "base/file.h"
#include "faults.h"
#include "text/byte_level.h"
#include "text/tokenizer.h"

#include <nlohmann/json.hpp>

#include <QTemporaryDir>
#include <QTest>

#include <functional>

using namespace emend;
using nlohmann::json;
using Ids = std::vector<std::int32_t>;

namespace {

// All bytes, "ab", "abc", "Ġa", and one special token.
json small_tokenizer() {
    json vocabulary = json::object();
    for (int byte = 0; byte < 256; ++byte)
        vocabulary[bytes_to_spelling(std::string(1, static_cast<char>(byte)))] = byte;
    vocabulary["ab"] = 256;
    vocabulary["abc"] = 257;
    vocabulary["Ġa"] = 258;
    return {{"added_tokens", {{{"id", 259}, {"content", "<end>"}, {"special", true}}}},
            {"normalizer", nullptr},
            {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}}},
            {"post_processor", nullptr},
            {"decoder", {{"type", "ByteLevel"}}},
            {"model", {{"type", "BPE"}, {"vocab", vocabulary}, {"merges", {"a b", "ab c", "Ġ a"}}}}};
}

Tokenizer make(const json& file, const std::string& config = {}) {
    return Tokenizer::from_json(file.dump(), "tokenizer.json", config);
}

using Change = std::function<void(json&)>;

} // namespace

Q_DECLARE_METATYPE(Change)

class TestTokenizerFiles : public QObject {
    Q_OBJECT
  private slots:
    void refuses_data() {
        QTest::addColumn<Change>("change");
        QTest::addColumn<QString>("message");
        const auto row = [](const char* name, const char* message, Change change) {
            QTest::newRow(name) << change << QString(message);
        };
        row("id twice", "id 256 is given to two tokens", [](json& f) { f["model"]["vocab"]["abc"] = 256; });
        row("hole", "the vocabulary has holes: no token has id 257", [](json& f) {
            f["model"]["vocab"].erase("abc");
            f["model"]["merges"] = json::array();
        });
        row("huge id", "a token id from 0 to 16000000 is expected, got 99999999999",
            [](json& f) { f["model"]["vocab"]["abc"] = 99999999999; });
        row("far id", "the vocabulary has holes", [](json& f) { f["model"]["vocab"]["xyz"] = 15000000; });
        row("negative id", "expected, got -1", [](json& f) { f["model"]["vocab"]["abc"] = -1; });
        row("text id", "token \"abc\"", [](json& f) { f["model"]["vocab"]["abc"] = "7"; });
        row("fraction id", "expected, got 1.5", [](json& f) { f["model"]["vocab"]["abc"] = 1.5; });
        row("vocabulary list", "the vocabulary is a list", [](json& f) { f["model"]["vocab"] = {1, 2}; });
        row("empty vocabulary", "the vocabulary is empty", [](json& f) {
            f["model"]["vocab"] = json::object();
            f["added_tokens"] = json::array();
            f["model"]["merges"] = json::array();
        });
        row("merge of unknown", "needs token \"zz\"", [](json& f) { f["model"]["merges"].push_back("zz a"); });
        row("merge to unknown", "needs token \"ca\"", [](json& f) { f["model"]["merges"].push_back("c a"); });
        row("merge of three", "model.merges[3]", [](json& f) { f["model"]["merges"].push_back("a b c"); });
        row("merge without space", "a merge is two tokens", [](json& f) { f["model"]["merges"].push_back("ab"); });
        row("merge number", "a merge is", [](json& f) { f["model"]["merges"].push_back(3); });
        row("no merges", "\"merges\" is missing", [](json& f) { f["model"].erase("merges"); });
        row("no model", "an object is expected, got null", [](json& f) { f.erase("model"); });
        row("WordPiece", "model WordPiece", [](json& f) { f["model"]["type"] = "WordPiece"; });
        row("Unigram", "model Unigram", [](json& f) { f["model"]["type"] = "Unigram"; });
        row("byte_fallback", "byte_fallback", [](json& f) { f["model"]["byte_fallback"] = true; });
        row("word suffix", "end_of_word_suffix", [](json& f) { f["model"]["end_of_word_suffix"] = "</w>"; });
        row("normalizer", "normalizer NFC", [](json& f) { f["normalizer"] = {{"type", "NFC"}}; });
        row("Metaspace", "pre_tokenizer Metaspace", [](json& f) { f["pre_tokenizer"] = {{"type", "Metaspace"}}; });
        row("no pre_tokenizer", "without pre_tokenizer", [](json& f) { f["pre_tokenizer"] = nullptr; });
        row("split behavior", "behavior Removed", [](json& f) {
            f["pre_tokenizer"] = {{"type", "Split"}, {"behavior", "Removed"}, {"pattern", {{"Regex", "a"}}}};
        });
        row("bad pattern", "the pattern ( cannot be used", [](json& f) {
            f["pre_tokenizer"] = {{"type", "Split"}, {"behavior", "Isolated"}, {"pattern", {{"Regex", "("}}}};
        });
        row("post_processor", "post_processor BertProcessing", [](json& f) {
            f["post_processor"] = {{"type", "BertProcessing"}};
        });
        row("template of unknown", "there is no token with id 700", [](json& f) {
            f["post_processor"] = {{"type", "TemplateProcessing"},
                                   {"single", {{{"SpecialToken", {{"id", "<x>"}}}}}},
                                   {"special_tokens", {{"<x>", {{"ids", {700}}}}}}};
        });
        row("decoder", "decoder WordPiece", [](json& f) { f["decoder"] = {{"type", "WordPiece"}}; });
        row("added over another", "id 5 is given to two tokens", [](json& f) { f["added_tokens"][0]["id"] = 5; });
        row("added twice", "has two ids", [](json& f) {
            f["added_tokens"].push_back({{"id", 260}, {"content", "<end>"}});
        });
        row("added empty", "an added token is empty", [](json& f) { f["added_tokens"][0]["content"] = ""; });
        row("added without id", "added_tokens[0]", [](json& f) { f["added_tokens"][0].erase("id"); });
        row("wrong type", "\"add_prefix_space\" is \"yes\"",
            [](json& f) { f["pre_tokenizer"]["add_prefix_space"] = "yes"; });
    }

    void refuses() {
        QFETCH(Change, change);
        QFETCH(QString, message);
        json file = small_tokenizer();
        (void)make(file); // sound before
        change(file);
        EXPECT_FAULT(make(file), message.toStdString());
        QVERIFY(test::fault_of([&] { (void)make(file); })->where().find("tokenizer.json") != std::string::npos ||
                message.contains("700"));
    }

    void refuses_broken_text() {
        const std::string good = small_tokenizer().dump();
        EXPECT_FAULT(Tokenizer::from_json(good.substr(0, good.size() / 2)), "tokenizer.json, byte ");
        EXPECT_FAULT(Tokenizer::from_json(""), "not valid JSON");
        EXPECT_FAULT(Tokenizer::from_json("[]"), "an object is expected");
        EXPECT_FAULT(Tokenizer::from_json(std::string(100000, '[')), "nested more than");
        EXPECT_FAULT(Tokenizer::from_json(R"({"model": {"vocab": {"a": 0, "a": 1}}})"), "key \"a\" is there twice");
        EXPECT_FAULT(Tokenizer::from_json("{\"model\": \"\xFF\"}"), "not valid JSON");
        EXPECT_FAULT(Tokenizer::from_json(good, "tokenizer.json", "[1]"), "tokenizer_config.json");
    }

    void refuses_broken_vocab_and_merges() {
        const std::string vocabulary = small_tokenizer()["model"]["vocab"].dump();
        (void)Tokenizer::from_vocab_and_merges(vocabulary, "#version: 0.2\na b\nab c\n");
        EXPECT_FAULT(Tokenizer::from_vocab_and_merges(vocabulary, "#version: 0.2\na b\nq q\n", {}, "folder"),
                     "folder/merges.txt, line 3");
        EXPECT_FAULT(Tokenizer::from_vocab_and_merges(vocabulary, "a b c\n"), "a merge is two tokens");
        EXPECT_FAULT(Tokenizer::from_vocab_and_merges("{\"a\": 1}", ""), "no token has id 0");
        EXPECT_FAULT(Tokenizer::from_vocab_and_merges(vocabulary, "",
                                                      "{\"added_tokens_decoder\": {\"x\": {\"content\": \"<y>\"}}}"),
                     "a token id");
    }

    void refuses_folders() {
        const QTemporaryDir folder;
        const std::filesystem::path path = folder.path().toStdString();
        EXPECT_FAULT(Tokenizer::load(path), "the folder has no tokenizer");
        write_file_atomic(path / "vocab.json", "{}");
        EXPECT_FAULT(Tokenizer::load(path), "the folder has no tokenizer");
        write_file_atomic(path / "tokenizer.model", "x");
        EXPECT_FAULT(Tokenizer::load(path), "SentencePiece");
        EXPECT_FAULT(Tokenizer::load(path / "nowhere"), "the folder has no tokenizer");
    }

    void merges_follow_their_rank() {
        const Tokenizer tokenizer = make(small_tokenizer());
        QCOMPARE(tokenizer.encode("abc").ids, (Ids{257}));
        QCOMPARE(tokenizer.encode("abab").ids, (Ids{256, 256}));
        QCOMPARE(tokenizer.encode("x ab").ids, (Ids{'x', ' ', 256}));
        QCOMPARE(tokenizer.encode("x ac").ids, (Ids{'x', 258, 'c'}));
        json pairs = small_tokenizer();
        pairs["model"]["merges"] =
            json::array({json::array({"a", "b"}), json::array({"ab", "c"}), json::array({"Ġ", "a"})});
        QCOMPARE(make(pairs).encode("abc ab").ids, tokenizer.encode("abc ab").ids);
    }

    void carriage_returns_in_merges_are_no_part_of_tokens() {
        const std::string vocabulary = small_tokenizer()["model"]["vocab"].dump();
        const auto tokenizer = Tokenizer::from_vocab_and_merges(vocabulary, "#version: 0.2\r\na b\r\nab c\r\n");
        QCOMPARE(tokenizer.encode("abc").ids, (Ids{257}));
    }

    void added_tokens_data() {
        QTest::addColumn<Change>("change");
        QTest::addColumn<QString>("text");
        QTest::addColumn<QList<int>>("ids");
        const auto row = [](const char* name, const char* text, QList<int> ids, Change change) {
            QTest::newRow(name) << change << QString(text) << ids;
        };
        const auto flag = [](const char* key) { return [key](json& f) { f["added_tokens"][0][key] = true; }; };
        row("plain", "a <end> b", {'a', ' ', 259, ' ', 'b'}, [](json&) {});
        row("lstrip", "a  <end> b", {'a', 259, ' ', 'b'}, flag("lstrip"));
        row("rstrip", "a <end>  b", {'a', ' ', 259, 'b'}, flag("rstrip"));
        row("rstrip to the end", "<end> \n", {259}, flag("rstrip"));
        row("single_word inside a word", "a<end> <end>", {'a', '<', 'e', 'n', 'd', '>', ' ', 259}, flag("single_word"));
        row("longest first", "<end><ender>", {259, 260}, [](json& f) {
            f["added_tokens"].push_back({{"id", 260}, {"content", "<ender>"}});
        });
        // "<end>" comes first in the text, but it is looked for in what the others left.
        row("not normalised first", "<end>", {'<', 'e', 260, '>'}, [](json& f) {
            f["added_tokens"][0]["normalized"] = true;
            f["added_tokens"].push_back({{"id", 260}, {"content", "nd"}, {"normalized", false}});
        });
    }

    void added_tokens() {
        QFETCH(Change, change);
        QFETCH(QString, text);
        QFETCH(QList<int>, ids);
        json file = small_tokenizer();
        change(file);
        QCOMPARE(make(file).encode(text.toStdString()).ids, Ids(ids.begin(), ids.end()));
    }

    void prefix_space_keeps_offsets() {
        json file = small_tokenizer();
        file["pre_tokenizer"]["add_prefix_space"] = true;
        const Tokenizer tokenizer = make(file);
        const Encoding encoding = tokenizer.encode("ax<end>b");
        QCOMPARE(encoding.ids, (Ids{258, 'x', 259, ' ', 'b'}));
        using Offset = std::pair<std::uint32_t, std::uint32_t>;
        QCOMPARE(encoding.offsets, (std::vector<Offset>{{0, 1}, {1, 2}, {2, 7}, {7, 7}, {7, 8}}));
        QCOMPARE(tokenizer.encode(" a").ids, (Ids{258}));
    }

    void template_goes_around() {
        json file = small_tokenizer();
        file["post_processor"] = {{"type", "TemplateProcessing"},
                                  {"single",
                                   {{{"SpecialToken", {{"id", "<end>"}}}},
                                    {{"Sequence", {{"id", "A"}}}},
                                    {{"SpecialToken", {{"id", "<end>"}}}}}},
                                  {"special_tokens", {{"<end>", {{"ids", {259}}}}}}};
        const Tokenizer tokenizer = make(file);
        QCOMPARE(tokenizer.encode("ab").ids, (Ids{259, 256, 259}));
        QCOMPARE(tokenizer.encode("ab", false).ids, (Ids{256}));
        QCOMPARE(tokenizer.encode("ab").offsets.back().first, 2U);
    }

    void bytes_without_token() {
        json file = small_tokenizer();
        file["model"]["vocab"].erase("z");
        file["model"]["vocab"]["zebra"] = static_cast<int>('z'); // keeps the ids without hole
        QCOMPARE(make(file).encode("azb").ids, (Ids{256}));      // left out, as the reference does
        file["model"]["unk_token"] = "<end>";
        QCOMPARE(make(file).encode("azb").ids, (Ids{'a', 259, 'b'}));
    }

    void ends_come_from_the_configuration() {
        const json file = small_tokenizer();
        QVERIFY(!make(file).end_of_text());
        QCOMPARE(make(file, R"({"eos_token": "<end>"})").end_of_text(), std::optional(259));
        QCOMPARE(make(file, R"({"eos_token": {"content": "<end>"}})").end_of_text(), std::optional(259));
        QVERIFY(!make(file, R"({"eos_token": null})").end_of_text());
        QVERIFY(!make(file, R"({"eos_token": "<nowhere>"})").end_of_text());
    }
};

QTEST_GUILESS_MAIN(TestTokenizerFiles)
#include "test_tokenizer_files.moc"
