// SPDX-License-Identifier: GPL-3.0-or-later
// Reports: well formed whatever the texts are, self-contained, and with the numbers of the session in them.
#include "emend/session_report.h"
#include "report/words.h"
#include "report_contents.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <QRegularExpression>
#include <QStringList>
#include <QTest>
#include <QXmlStreamReader>

using namespace emend;
using namespace emend::test;

namespace {

QString page_of(const SessionReportContents& contents) {
    return QString::fromStdString(render_session_report(contents, ReportFormat::html));
}

// What is read in a page, element by element; the reader's error where it is not well formed.
struct Read {
    QString error;
    QMultiMap<QString, QString> texts; // by element
    QMultiMap<QString, QString> attributes;
};

Read read(const QString& page) {
    Read out;
    QXmlStreamReader xml(page);
    QStringList open;
    while (!xml.atEnd()) {
        switch (xml.readNext()) {
        case QXmlStreamReader::StartElement:
            open << xml.name().toString();
            for (const QXmlStreamAttribute& attribute : xml.attributes())
                out.attributes.insert(attribute.name().toString(), attribute.value().toString());
            break;
        case QXmlStreamReader::EndElement:
            open.removeLast();
            break;
        case QXmlStreamReader::Characters:
            if (!open.isEmpty() && !xml.isWhitespace())
                out.texts.insert(open.last(), xml.text().toString());
            break;
        default:
            break;
        }
    }
    out.error = xml.hasError() ? QStringLiteral("%1, line %2").arg(xml.errorString()).arg(xml.lineNumber()) : QString();
    return out;
}

} // namespace

class SessionReportTest : public QObject {
    Q_OBJECT
  private slots:
    void formats_by_ending();
    void a_page_is_well_formed();
    void texts_stay_texts();
    void a_page_needs_nothing_else();
    void a_page_tells_everything();
    void what_is_not_there_is_left_out();
    void broken_bytes_do_not_break_a_page();
    void words_that_differ();
    void markdown_is_the_same_in_tables();
    void json_has_all_the_numbers();
    void csv_of_edits_reads_back();
    void csv_of_layers_has_a_row_a_layer();
    void commands_can_be_pasted();
    void notes_come_last();
    void what_other_weights_said_is_marked_data();
    void what_other_weights_said_is_marked();
    void scores_of_some_edits_say_so();
};

void SessionReportTest::formats_by_ending() {
    QVERIFY(report_format_of("a.HTML") == ReportFormat::html);
    QVERIFY(report_format_of("a.b.htm") == ReportFormat::html);
    QVERIFY(report_format_of("a.md") == ReportFormat::markdown);
    QVERIFY(report_format_of("a.json") == ReportFormat::json);
    QVERIFY(report_format_of("a.csv") == ReportFormat::csv_edits);
    QVERIFY(!report_format_of("a.pdf") && !report_format_of("html"));
}

void SessionReportTest::a_page_is_well_formed() {
    QCOMPARE(read(page_of(full_contents())).error, QString());
    QCOMPARE(read(page_of({})).error, QString());
}

void SessionReportTest::texts_stay_texts() {
    const QString page = page_of(full_contents());
    QVERIFY(!page.contains(QStringLiteral("<script"), Qt::CaseInsensitive));
    QVERIFY(!page.contains(QStringLiteral("<b>")));
    const Read found = read(page);
    const QString hostile = QString::fromStdString(hostile_subject);
    QVERIFY(found.texts.values(QStringLiteral("bdi")).contains(hostile));
    QVERIFY(found.texts.values(QStringLiteral("td")).contains(QStringLiteral("The %1 is in").arg(hostile)));
    QVERIFY(found.texts.values(QStringLiteral("td")).contains(QString::fromStdString(right_to_left)));
    QVERIFY(page.contains(QString::fromStdString(chinese)));
    QVERIFY(found.texts.values(QStringLiteral("p")).contains(QStringLiteral("What became of <b>Paris</b>")));
    // Somebody's words set their own direction.
    QVERIFY(found.attributes.values(QStringLiteral("dir")).contains(QStringLiteral("auto")));
}

void SessionReportTest::a_page_needs_nothing_else() {
    QString page = page_of(full_contents());
    page.remove(QStringLiteral("xmlns=\"http://www.w3.org/2000/svg\"")); // a name, nobody fetches it
    QVERIFY(!page.contains(QRegularExpression(QStringLiteral("(https?:|url\\(|@import|src=|href=|<link|<iframe)"))));
    QVERIFY(page.contains(QStringLiteral("prefers-color-scheme: dark")));
    QVERIFY(page.contains(QStringLiteral("@media print")));
}

void SessionReportTest::a_page_tells_everything() {
    const Read page = read(page_of(full_contents()));
    const QStringList headings = page.texts.values(QStringLiteral("h2")) + page.texts.values(QStringLiteral("h3"));
    for (const char* heading :
         {"Model", "All batches together", "Where the model keeps the facts", "Not applied", "Doing it again",
          "Edits, before and after", "Scores", "What the model writes", "Layers", "Trade-off"})
        QVERIFY2(headings.contains(QString::fromLatin1(heading)), heading);
    const QStringList cells = page.texts.values(QStringLiteral("td"));
    for (const char* cell :
         {"f00d", "98.4 %", "0.10 %", "held", "not held", "2.5 %", "87.5 %", "as |asked| for, \"twice\"", "Draft is"})
        QVERIFY2(cells.contains(QString::fromLatin1(cell)), cell);
    for (const char16_t* answer : {u"\u2423Rome 75.0 %", u"\u2423a 12.5 %"})
        QVERIFY(page.texts.values(QStringLiteral("bdi")).contains(QString::fromUtf16(answer)));
    QVERIFY(
        page.texts.values(QStringLiteral("p")).contains(QStringLiteral("MEMIT on layers 2,3, spread, softness 100.")));
    QVERIFY(page.texts.values(QStringLiteral("li")).contains(QStringLiteral("the system is ill-conditioned <1e13>")));
    QVERIFY(page.texts.values(QStringLiteral("li")).contains(QStringLiteral("LibTorch 1.13")));
    QVERIFY(page.texts.values(QStringLiteral("p"))
                .contains(QStringLiteral(
                    "2 batches applied, 2 of 3 edits in the weights held when they were applied, as of 2026-01-02T03:04:05Z.")));
    // Bars a batch, the way, the trade-off, the trace.
    QCOMPARE(page_of(full_contents()).count(QStringLiteral("<svg ")), 3 + 1 + 1 + 1);
    QVERIFY(page.texts.values(QStringLiteral("title")).contains(QStringLiteral("layer 2: 2.5 %, |D| 0.500")));
}

void SessionReportTest::what_is_not_there_is_left_out() {
    SessionReportContents contents = full_contents();
    contents.norms.reset();
    contents.traces.clear();
    contents.texts.clear();
    contents.scores.clear();
    contents.frontiers.clear();
    contents.edits.clear();
    const Read page = read(page_of(contents));
    QCOMPARE(page.error, QString());
    const QStringList headings = page.texts.values(QStringLiteral("h2")) + page.texts.values(QStringLiteral("h3"));
    for (const char* heading : {"All batches together", "Where the model keeps the facts", "Not applied", "Scores",
                                "What the model writes", "Trade-off"})
        QVERIFY2(!headings.contains(QString::fromLatin1(heading)), heading);
    QVERIFY(!page.texts.values(QStringLiteral("th")).contains(QStringLiteral("Note")));
}

void SessionReportTest::broken_bytes_do_not_break_a_page() {
    SessionReportContents contents = full_contents();
    contents.head.note = std::string("a\x01\xFF") + "\xE2\x80\xAE" + "b\xC3"; // a control, halves, an override
    const Read page = read(page_of(contents));
    QCOMPARE(page.error, QString());
    QVERIFY(page.texts.values(QStringLiteral("p")).contains(QStringLiteral("a\uFFFD\uFFFD\uFFFDb\uFFFD")));
    for (const ReportFormat format : {ReportFormat::markdown, ReportFormat::json, ReportFormat::csv_edits})
        QVERIFY(!render_session_report(contents, format).empty());
}

void SessionReportTest::words_that_differ() {
    const auto difference = report::difference_of(" Paris, the capital of France.", " Rome, the capital of Italy.");
    QStringList gone, added;
    for (const auto& piece : difference.before)
        if (piece.differs)
            gone << QString::fromStdString(piece.text);
    for (const auto& piece : difference.after)
        if (piece.differs)
            added << QString::fromStdString(piece.text);
    QCOMPARE(gone, (QStringList{QStringLiteral("Paris"), QStringLiteral("France")}));
    QCOMPARE(added, (QStringList{QStringLiteral("Rome"), QStringLiteral("Italy")}));
    // Chinese has no blanks: character by character.
    const auto signs = report::difference_of(chinese, chinese + "\xE5\xA1\x94");
    QCOMPARE(signs.before.size(), std::size_t{1});
    QVERIFY(!signs.before[0].differs && signs.after.back().differs);
    const auto nothing = report::difference_of("", "new");
    QVERIFY(nothing.before.empty() && nothing.after.size() == 1 && nothing.after[0].differs);
    const Read page = read(page_of(full_contents()));
    QVERIFY(page.texts.values(QStringLiteral("del")).contains(QStringLiteral("Paris")));
    QVERIFY(page.texts.values(QStringLiteral("ins")).contains(QStringLiteral("Rome")));
}

void SessionReportTest::markdown_is_the_same_in_tables() {
    QString text = QString::fromStdString(render_session_report(full_contents(), ReportFormat::markdown));
    // Between fences nothing is markup.
    text.remove(QRegularExpression(QStringLiteral("```.*?```"), QRegularExpression::DotMatchesEverythingOption));
    QVERIFY(!text.contains(QStringLiteral("<script")) && !text.contains(QStringLiteral("<svg")));
    QVERIFY(text.contains(QStringLiteral("as \\|asked\\| for")));
    QVERIFY(text.contains(QStringLiteral("<del>Paris</del>")));
    QVERIFY(text.contains(QStringLiteral("## All batches together")));
    // Every row of a table has as many cells as its head.
    const QRegularExpression bar(QStringLiteral("(?<!\\\\)\\|"));
    qsizetype columns = 0;
    int rows = 0;
    for (const QString& line : text.split(u'\n')) {
        if (!line.startsWith(u'|')) {
            columns = 0;
            continue;
        }
        if (columns == 0)
            columns = line.count(bar);
        QCOMPARE(line.count(bar), columns);
        ++rows;
    }
    QVERIFY(rows > 20);
}

void SessionReportTest::json_has_all_the_numbers() {
    const auto json = nlohmann::json::parse(render_session_report(full_contents(), ReportFormat::json));
    QCOMPARE(json["position"].get<int>(), 2);
    const auto& edit = json["batches"][0]["edits"][0];
    QCOMPARE(edit["after"]["p_new"].get<double>(), 0.984375);
    QCOMPARE(edit["before"]["p_true"].get<double>(), 0.25);
    QVERIFY(edit["after"]["says_new"].get<bool>());
    QVERIFY(json["batches"][0]["layers"][0]["preservation"].is_null()); // no number
    QCOMPARE(json["batches"][0]["layers"][1]["relative_norm"].get<double>(), 0.025);
    QVERIFY(!json["batches"][2]["in_weights"].get<bool>());
    QCOMPARE(json["scores"][0]["after"]["paraphrase"].get<double>(), 0.5);
    QCOMPARE(json["norms"]["points"][1]["relative_norm"][0].get<double>(), 0.0375);
    QCOMPARE(json["traces"][0]["objects"][0]["effect"][5].get<double>(), 0.6);
    QCOMPARE(json["frontiers"][0]["total"][2]["softness"].get<double>(), 10.0);
    QCOMPARE(json["batches"][0]["recipe"]["softness"].get<double>(), 100.0);
    QCOMPARE(json["drafts"].size(), std::size_t{1});
}

void SessionReportTest::csv_of_edits_reads_back() {
    const QString file = QString::fromStdString(render_session_report(full_contents(), ReportFormat::csv_edits));
    QStringList lines = file.split(QStringLiteral("\r\n"));
    QCOMPARE(lines.takeLast(), QString());
    QCOMPARE(lines.size(), 1 + 4 + 1);
    QVERIFY(lines[1].startsWith(QStringLiteral("11,")));
    QVERIFY(lines[1].contains(QStringLiteral(",true,0.0009765625,0.984375,0.25,0.25,\" Paris\",\" Rome\",0.03125,")));
    QVERIFY(lines[1].endsWith(QStringLiteral(",\"as |asked| for, \"\"twice\"\"\"")));
    // A spreadsheet must not compute what somebody has typed.
    QVERIFY(lines[3].contains(QStringLiteral(",'=1+1,")));
    QVERIFY(lines[5].contains(QStringLiteral(",draft,Draft,")));
}

void SessionReportTest::csv_of_layers_has_a_row_a_layer() {
    const QString file = QString::fromStdString(render_session_report(full_contents(), ReportFormat::csv_layers));
    const QStringList lines = file.split(QStringLiteral("\r\n"), Qt::SkipEmptyParts);
    QCOMPARE(lines.size(), 1 + 3 * 2);
    const qsizetype columns = lines[0].count(u',');
    for (const QString& line : lines)
        QVERIFY(line.count(u',') >= columns);
    QVERIFY(lines[1].endsWith(QStringLiteral(",2,0.5,20,0.025,2,0,1,,0,0"))); // no statistics: an empty field
}

void SessionReportTest::commands_can_be_pasted() {
    const auto lines = report::commands(full_contents());
    QCOMPARE(lines.size(), std::size_t{4}); // what was undone is not done again
    QCOMPARE(lines[1], std::string("emend-cli session replay '/home/somebody/it'\\''s here.emend'"));
    QCOMPARE(lines[2], std::string("emend-cli edit '/models/demo' --subject 'Eiffel Tower' --prompt 'The {} is in' "
                                   "--object 'Rome' --recipe recipe-11.json"));
    QCOMPARE(lines[3], std::string("emend-cli edit '/models/demo' --edits edits-12.json --recipe recipe-12.json"));
}

void SessionReportTest::notes_come_last() {
    SessionReportContents contents = full_contents();
    const QString heading = QStringLiteral("What could not be told");
    QVERIFY(!page_of(contents).contains(heading));
    contents.notes = {"no trade-off of batch 12: no <statistics>"};
    const Read page = read(page_of(contents));
    QCOMPARE(page.error, QString());
    QVERIFY(page.texts.values(QStringLiteral("h2")).contains(heading));
    QVERIFY(
        page.texts.values(QStringLiteral("li")).contains(QStringLiteral("no trade-off of batch 12: no <statistics>")));
    const std::string markdown = render_session_report(contents, ReportFormat::markdown);
    const std::size_t at = markdown.find("## What could not be told\n\n- no trade-off of batch 12: no &lt;statistics");
    QVERIFY(at != std::string::npos && at > markdown.find("## Doing it again"));
    const auto json = nlohmann::json::parse(render_session_report(contents, ReportFormat::json));
    QVERIFY(json["notes"] == nlohmann::json{"no trade-off of batch 12: no <statistics>"});
}

void SessionReportTest::what_other_weights_said_is_marked_data() {
    QTest::addColumn<QString>("seen_on");
    QTest::addColumn<bool>("marked");
    QTest::newRow("not known") << "" << false;
    QTest::newRow("right after the batch") << "after" << false;
    QTest::newRow("now") << "now" << false;
    QTest::newRow("without the batch") << "before" << true;
    QTest::newRow("a softness that is no more") << "gone" << true;
}

void SessionReportTest::what_other_weights_said_is_marked() {
    QFETCH(QString, seen_on);
    QFETCH(bool, marked);
    SessionReportContents contents = full_contents();
    contents.ledger.entries[1].hash = "def456";
    std::optional<std::string> state;
    if (seen_on == "after")
        state = state_name(contents.ledger, 1);
    else if (seen_on == "now")
        state = state_name(contents.ledger);
    else if (seen_on == "before")
        state = state_name(contents.ledger, 0);
    else if (seen_on == "gone")
        state = "0123";
    contents.texts[0].state_before = "";
    contents.texts[0].state_after = state;
    contents.scores[0].state = state;
    const Read page = read(page_of(contents));
    QCOMPARE(page.error, QString());
    const QStringList said = page.texts.values(QStringLiteral("p"));
    const std::string markdown = render_session_report(contents, ReportFormat::markdown);
    for (const char* what :
         {"Written when other batches were in the weights.", "Scored when other batches were in the weights."}) {
        QCOMPARE(said.contains(QString::fromLatin1(what)), marked);
        QCOMPARE(markdown.find(what) != std::string::npos, marked);
    }
    const auto json = nlohmann::json::parse(render_session_report(contents, ReportFormat::json));
    for (const char* list : {"texts", "scores"})
        QCOMPARE(json[list][0]["other_weights"].get<bool>(), marked);
    QVERIFY(json["texts"][0]["state_after"] == (state ? nlohmann::json(*state) : nlohmann::json()));
    QCOMPARE(json["batches"][0]["state"].get<std::string>(), state_name(contents.ledger, 1));
    QCOMPARE(json["state"].get<std::string>(), state_name(contents.ledger));
}

void SessionReportTest::scores_of_some_edits_say_so() {
    SessionReportContents contents = full_contents();
    const auto told = [&](std::uint64_t batch, std::size_t edits) {
        contents.scores[0].batch = batch;
        contents.scores[0].edits = edits;
        const bool marked =
            read(page_of(contents)).texts.values(QStringLiteral("p")).contains(QStringLiteral("Of the first edit."));
        const std::string markdown = render_session_report(contents, ReportFormat::markdown);
        const auto json =
            nlohmann::json::parse(render_session_report(contents, ReportFormat::json))["scores"][0]["edits"];
        const bool same = marked == (markdown.find("*Of the first edit.*") != std::string::npos);
        return std::make_tuple(marked, same, json.is_null());
    };
    QVERIFY(told(12, 0) == std::make_tuple(false, true, true));
    QVERIFY(told(12, 1) == std::make_tuple(true, true, false));
    QVERIFY(told(12, 2) == std::make_tuple(false, true, false)); // it has no more
    // Before and after, side by side.
    const Read page = read(page_of(contents));
    QVERIFY(page.texts.values(QStringLiteral("td")).contains(QStringLiteral("before")));
}

QTEST_GUILESS_MAIN(SessionReportTest)
#include "test_session_report.moc"
