<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en_US" sourcelanguage="en_US">
<context>
    <name>emend::ui::CheckModel</name>
    <message numerus="yes">
        <source>✓ All %n check(s) passed</source>
        <translation>
            <numerusform>✓ The only check passed</numerusform>
            <numerusform>✓ All %n checks passed</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>✗ %1 of %n check(s) failed</source>
        <translation>
            <numerusform>✗ %1 of %n check failed</numerusform>
            <numerusform>✗ %1 of %n checks failed</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>✓ All %n batch(es) came out the same, bit for bit</source>
        <translation>
            <numerusform>✓ The batch came out the same, bit for bit</numerusform>
            <numerusform>✓ All %n batches came out the same, bit for bit</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 of %n batch(es) came out the same, bit for bit</source>
        <translation>
            <numerusform>%1 of %n batch came out the same, bit for bit</numerusform>
            <numerusform>%1 of %n batches came out the same, bit for bit</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>✗ %1; %n could not be replayed</source>
        <translation>
            <numerusform>✗ %1; %n could not be replayed</numerusform>
            <numerusform>✗ %1; %n could not be replayed</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n edit(s)</source>
        <translation>
            <numerusform>%n edit</numerusform>
            <numerusform>%n edits</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n batch(es)</source>
        <translation>
            <numerusform>%n batch</numerusform>
            <numerusform>%n batches</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n text(s)</source>
        <translation>
            <numerusform>%n text</numerusform>
            <numerusform>%n texts</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n trace(s)</source>
        <translation>
            <numerusform>%n trace</numerusform>
            <numerusform>%n traces</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n thing(s) could not be read any more.</source>
        <translation>
            <numerusform>%n thing could not be read any more.</numerusform>
            <numerusform>%n things could not be read any more.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>emend::ui::SessionDesk</name>
    <message numerus="yes">
        <source>%n applied edit(s) are in a session without a name.</source>
        <translation>
            <numerusform>%n applied edit is in a session without a name.</numerusform>
            <numerusform>%n applied edits are in a session without a name.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n edit(s)</source>
        <translation>
            <numerusform>%n edit</numerusform>
            <numerusform>%n edits</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n batch(es)</source>
        <translation>
            <numerusform>%n batch</numerusform>
            <numerusform>%n batches</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>There are %n more.</source>
        <translation>
            <numerusform>There is one more.</numerusform>
            <numerusform>There are %n more.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>emend::ui::SessionDocument</name>
    <message numerus="yes">
        <source>%1 is open: %n batch(es), weights rebuilt bit for bit</source>
        <translation>
            <numerusform>%1 is open: %n batch, weights rebuilt bit for bit</numerusform>
            <numerusform>%1 is open: %n batches, weights rebuilt bit for bit</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>emend::ui::ExportDialog</name>
    <message numerus="yes">
        <source>%n file(s), %1</source>
        <translation>
            <numerusform>%n file, %1</numerusform>
            <numerusform>%n files, %1</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 is needed: %n layer(s) will be cut. What that costs is measured while exporting.</source>
        <translation>
            <numerusform>%1 is needed: %n layer will be cut. What that costs is measured while exporting.</numerusform>
            <numerusform>%1 is needed: %n layers will be cut. What that costs is measured while exporting.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>emend::ui::Exporting</name>
    <message numerus="yes">
        <source>%n layer(s) cut, up to %1 of the change lost</source>
        <translation>
            <numerusform>%n layer cut, %1 of its change lost</numerusform>
            <numerusform>%n layers cut, up to %1 of the change lost</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>emend::ui::EditsPanel</name>
    <message numerus="yes">
        <source>⚠ %n edit(s) in each other&apos;s way</source>
        <translation>
            <numerusform>⚠ %n edit in another one&apos;s way</numerusform>
            <numerusform>⚠ %n edits in each other&apos;s way</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n edit(s) share a subject: merged</source>
        <translation>
            <numerusform>%n edit shares a subject: merged</numerusform>
            <numerusform>%n edits share a subject: merged</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n row(s)</source>
        <translation>
            <numerusform>%n row</numerusform>
            <numerusform>%n rows</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n row(s), %1 applied</source>
        <translation>
            <numerusform>%n row, %1 applied</numerusform>
            <numerusform>%n rows, %1 applied</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n token(s); the key is looked up at “%1”, the subject&apos;s last</source>
        <translation>
            <numerusform>%n token; the key is looked up at “%1”, the subject&apos;s last</numerusform>
            <numerusform>%n tokens; the key is looked up at “%1”, the subject&apos;s last</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>emend::ui::MainWindow</name>
    <message numerus="yes">
        <source>&amp;Apply %n edit(s)</source>
        <translation>
            <numerusform>&amp;Apply %n edit</numerusform>
            <numerusform>&amp;Apply %n edits</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>emend::ui::Studio</name>
    <message numerus="yes">
        <source>Applying %n edit(s)</source>
        <translation>
            <numerusform>Applying %n edit</numerusform>
            <numerusform>Applying %n edits</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Trying %n recipe(s)</source>
        <translation>
            <numerusform>Trying %n recipe</numerusform>
            <numerusform>Trying %n recipes</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>emend::ui::TokenStrip</name>
    <message numerus="yes">
        <source>%n token(s): %1</source>
        <translation>
            <numerusform>%n token: %1</numerusform>
            <numerusform>%n tokens: %1</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>emend::ui::UpdatePanel</name>
    <message numerus="yes">
        <source>%1 and %n more</source>
        <translation>
            <numerusform>%1 and %n more</numerusform>
            <numerusform>%1 and %n more</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n layer(s) written</source>
        <translation>
            <numerusform>%n layer written</numerusform>
            <numerusform>%n layers written</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>emend::ui::Workbench</name>
    <message numerus="yes">
        <source>%n pair(s) of edits in each other&apos;s way</source>
        <translation>
            <numerusform>%n pair of edits in each other&apos;s way</numerusform>
            <numerusform>%n pairs of edits in each other&apos;s way</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>values kept for %1 of %n edit(s)</source>
        <translation>
            <numerusform>values kept for %1 of %n edit</numerusform>
            <numerusform>values kept for %1 of %n edits</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 and %n more</source>
        <translation>
            <numerusform>%1 and %n more</numerusform>
            <numerusform>%1 and %n more</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1: %n edit(s) added</source>
        <translation>
            <numerusform>%1: %n edit added</numerusform>
            <numerusform>%1: %n edits added</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n record(s) passed over (see the log)</source>
        <translation>
            <numerusform>%n record passed over (see the log)</numerusform>
            <numerusform>%n records passed over (see the log)</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>emend::ui::History</name>
    <message numerus="yes">
        <source>%n batch(es) solved again</source>
        <translation>
            <numerusform>%n batch solved again</numerusform>
            <numerusform>%n batches solved again</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>emend::ui::HistoryModel</name>
    <message numerus="yes">
        <source>%1 of %n value(s) kept from an earlier search</source>
        <translation>
            <numerusform>%1 of %n value kept from an earlier search</numerusform>
            <numerusform>%1 of %n values kept from an earlier search</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>of the first %n edit(s)</source>
        <translation>
            <numerusform>of the first edit</numerusform>
            <numerusform>of the first %n edits</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n conflict(s) inside the batch</source>
        <translation>
            <numerusform>%n conflict inside the batch</numerusform>
            <numerusform>%n conflicts inside the batch</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>emend::ui::HistoryPanel</name>
    <message numerus="yes">
        <source>%n later batch(es) were solved on weights that have changed underneath.</source>
        <translation>
            <numerusform>%n later batch was solved on weights that have changed underneath.</numerusform>
            <numerusform>%n later batches were solved on weights that have changed underneath.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Solve the %n later batch(es) again</source>
        <translation>
            <numerusform>Solve the later batch again</numerusform>
            <numerusform>Solve the %n later batches again</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>emend::ui::TradeOff</name>
    <message numerus="yes">
        <source>%n layer(s)</source>
        <translation>
            <numerusform>%n layer</numerusform>
            <numerusform>%n layers</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n edit(s)</source>
        <translation>
            <numerusform>%n edit</numerusform>
            <numerusform>%n edits</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>emend::ui::TradeOffPanel</name>
    <message numerus="yes">
        <source>Live: close for %n layer(s), exact when you let go.</source>
        <translation>
            <numerusform>Live: close for %n layer, exact when you let go.</numerusform>
            <numerusform>Live: close for %n layers, exact when you let go.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>emend::ui::TraceModel</name>
    <message numerus="yes">
        <source>%1 come back, spread %2 over %n fact(s)</source>
        <translation>
            <numerusform>%1 comes back (%n fact, spread %2)</numerusform>
            <numerusform>%1 come back, spread %2 over %n facts</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n fact(s): clean %1, corrupted %2 on average</source>
        <translation>
            <numerusform>%n fact: clean %1, corrupted %2</numerusform>
            <numerusform>%n facts: clean %1, corrupted %2 on average</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>emend::ui::TracePicture</name>
    <message numerus="yes">
        <source>average of %n fact(s)</source>
        <translation>
            <numerusform>average of %n fact</numerusform>
            <numerusform>average of %n facts</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>emend::ui::Trying</name>
    <message numerus="yes">
        <source>%1 and %n more</source>
        <translation>
            <numerusform>%1 and %n more</numerusform>
            <numerusform>%1 and %n more</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n recipe(s)</source>
        <translation>
            <numerusform>%n recipe</numerusform>
            <numerusform>%n recipes</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>emend::ui::LossCurve</name>
    <message numerus="yes">
        <source>from %1 to %2 in %n step(s)</source>
        <translation>
            <numerusform>from %1 to %2 in %n step</numerusform>
            <numerusform>from %1 to %2 in %n steps</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>emend::ui::NormsModel</name>
    <message numerus="yes">
        <source>%n layer(s) moved, the most layer %1 with |D| %2</source>
        <translation>
            <numerusform>%n layer moved: layer %1 with |D| %2</numerusform>
            <numerusform>%n layers moved, the most layer %1 with |D| %2</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>emend::ui::NormHistoryModel</name>
    <message numerus="yes">
        <source>%n layer(s)</source>
        <translation>
            <numerusform>%n layer</numerusform>
            <numerusform>%n layers</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n batch(es)</source>
        <translation>
            <numerusform>%n batch</numerusform>
            <numerusform>%n batches</numerusform>
        </translation>
    </message>
</context>
</TS>
