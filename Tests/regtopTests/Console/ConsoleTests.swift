import Synchronization
import Testing

@testable import ConsoleKit

@MainActor @Suite(.timeLimit(.minutes(15))) struct ConsoleTests {
    @Test func drawsAWholeScreen() {
        let bench = Bench()
        #expect(
            bench.rows == [
                " regtop  registry",
                "Repositories  3",
                "    NAME                       SIZE  STATE",
                ">   web                         1 B  ok",
                "    api                         1 B  ok",
                "    cron                        1 B  ok",
                "", "", "", "",
                "",
                "Enter open   d delete   / filter   s sort   ? help   q quit",
            ])
    }

    @Test func fitsEverySizeInEveryState() {
        let states: [[Key]] = [
            [], [.character("d")], [.character("/"), .character("w")], [.character("?")], [.character(":")], [.escape],
            [.enter], [.character("/"), .character("x"), .enter],
        ]
        for keys in states {
            let bench = Bench(readOnly: nil)
            for key in keys { bench.press(key) }
            for rows in 0...14 {
                for columns in 0...70 {
                    let frame = bench.console.frame(Size(rows: rows, columns: columns))
                    #expect(frame.lines.count == rows)
                    #expect(frame.lines.allSatisfy { $0.width <= columns })
                }
            }
        }
    }

    @Test func entersAndGoesBack() {
        let bench = Bench()
        bench.press(.character("j"), .enter)
        #expect(bench.console.screen.title.title == "Tags of api")
        for key in [Key.character("q"), .character("h"), .left, .backspace, .escape] {
            bench.press(.enter, key)
            #expect(bench.console.stack.count == 2)
        }
        bench.press(.character("q"))
        #expect(bench.console.screen === bench.screen)
        #expect(bench.screen.appearances == 2)
        #expect(!bench.console.hasEnded)
        bench.press(.escape, .character("h"), .left)
        #expect(!bench.console.hasEnded)
        bench.press(.character("q"))
        #expect(bench.console.hasEnded)
    }

    @Test func escapeEndsTheInnermostFirst() {
        let bench = Bench()
        bench.press(.enter, .character("/"))
        bench.type("web")
        bench.press(.enter)
        let screen = bench.console.screen
        bench.press(.character("d"), .escape)
        #expect(!bench.hasOverlay)
        #expect(bench.rows[1].contains("filter web"))
        bench.press(.escape)
        #expect(!bench.rows[1].contains("filter web"))
        #expect(bench.console.screen === screen)
        bench.press(.escape)
        #expect(bench.console.screen === bench.screen)
    }

    @Test func escapeRestoresThePreviousFilter() {
        let bench = Bench()
        bench.press(.character("/"))
        bench.type("r")
        bench.press(.enter, .character("/"))
        bench.type("zzz")
        #expect(bench.screen.view.table.count == 0)
        bench.press(.escape)
        #expect(bench.screen.view.table.filter.text == "r")
        #expect(bench.screen.view.table.count == 1)
    }

    /// The rows of an invalid filter could be mistaken for matches.
    @Test func invalidFiltersAreAskedForAgain() {
        let bench = Bench()
        bench.press(.character("/"))
        bench.type("r")
        bench.press(.enter, .character("/"))
        bench.type(" and size>q")
        bench.press(.enter)
        #expect(bench.hasOverlay, "it is still to be typed")
        #expect(bench.rows[10].hasPrefix("/r and size>q"))
        bench.press(.escape)
        #expect(bench.screen.view.table.filter.text == "r")
        bench.press(.character(":"))
        bench.type("filter age>180q")
        bench.press(.enter)
        #expect(bench.hasOverlay && bench.rows[10].hasPrefix("/age>180q"))
    }

    @Test func theRowOfAFilterStaysChosen() {
        let bench = Bench()
        bench.press(.character("/"))
        bench.type("cron")
        bench.press(.enter, .escape)
        #expect(bench.screen.view.table.count == 3)
        #expect(bench.screen.view.table.selected?.id == "cron")
    }

    @Test func arrowsMoveWhileAFilterIsTyped() {
        let bench = Bench()
        bench.press(.character("/"), .down)
        #expect(bench.screen.view.table.selected?.id == "api")
        bench.type("j")
        #expect(bench.screen.view.table.filter.text == "j")
        #expect(bench.console.frame(bench.size).cursor == .init(row: 10, column: 2))
    }

    @Test func changesNeedAYes() async {
        let bench = Bench()
        bench.press(.character("d"))
        #expect(bench.rows[9...].starts(with: ["Delete web?  y yes  N no"]))
        #expect(bench.rows.contains("  remove 3 links"))
        bench.press(.enter)
        #expect(bench.console.board.busy == 0)
        #expect(bench.rows[10] == "Nothing was changed.")
        bench.press(.character("d"), .character("y"))
        await bench.settle { bench.console.board.busy == 0 }
        #expect(bench.screen.changes.withLock { $0 } == 1)
        #expect(bench.rows[10] == "Deleted.")
    }

    /// A key that is no answer says no, and the text behind it is no command; after a pause keys
    /// count again.
    @Test(arguments: [nil, "web"] as [String?]) func aTextThatEndsAQuestionIsNoCommand(_ typed: String?) {
        let bench = Bench()
        let proposal = Proposal(
            title: "Delete", lines: [Line("x")], question: "Delete?", typed: typed, owner: bench.screen
        ) {
            .none
        }
        bench.console.perform(.propose(proposal))
        var now = ContinuousClock.now
        for key in [
            typed == nil ? Key.character("w") : .function(2), .character("j"), .enter, .character("d"), .escape,
        ] {
            bench.console.handle(key, size: bench.size, now: now)
            now = now.advanced(by: .milliseconds(400))
        }
        #expect(!bench.hasOverlay && bench.console.stack.count == 1)
        #expect(bench.screen.view.table.selected?.id == "web")
        #expect(bench.rows[10] == "Nothing was changed. The keys that followed were ignored.")
        bench.console.handle(.character("j"), size: bench.size, now: now.advanced(by: .milliseconds(200)))
        #expect(bench.screen.view.table.selected?.id == "api")
        // An answer is no such text.
        bench.press(.character("d"), .character("n"), .character("j"))
        #expect(bench.screen.view.table.selected?.id == "cron")
    }

    /// `q` on the first screen says what runs; No lets it go on.
    @Test func quittingAsksWhileATaskRuns() async {
        let bench = Bench()
        let (gate, opener) = AsyncStream.makeStream(of: Void.self)
        bench.screen.work = { _ in for await _ in gate { break } }
        bench.press(.character("u"), .character("q"))
        #expect(bench.rows.contains("Stop it and quit?  y yes  N no") && bench.rows.contains("  scanning"))
        bench.press(.character("n"))
        #expect(!bench.console.hasEnded && bench.rows.contains("scanning goes on."))
        bench.press(.character("q"), .character("y"))
        #expect(bench.console.hasEnded)
        opener.finish()
    }

    /// Esc, `q` and ^C ask before they stop a change; No lets it go on.
    @Test func stoppingAChangeNeedsAYes() async {
        let bench = Bench()
        let (gate, opener) = AsyncStream.makeStream(of: Void.self)
        bench.screen.changing = {
            // As a target that is completed after a stop.
            await Task { for await _ in gate { break } }.value
            try Task.checkCancellation()
        }
        func isStopping() -> Bool { bench.console.board.activities.contains(where: \.isStopping) }
        bench.press(.character("d"), .character("y"), .escape)
        #expect(bench.rows[9] == "Stop the deletion after the current target?  y yes  N no")
        bench.press(.escape)
        #expect(!isStopping() && bench.rows.contains("The deletion goes on."))
        bench.press(.character("q"))
        #expect(bench.rows[9] == "Stop it after the current target and quit?  y yes  N no")
        bench.press(.enter)
        #expect(!isStopping() && bench.rows.contains("The deletion goes on."))
        #expect(bench.console.interrupt(), "the first ^C asks")
        #expect(!bench.console.interrupt(), "the second one ends regtop")
        bench.press(.character("n"))
        #expect(bench.console.interrupt())
        bench.press(.character("y"))
        #expect(isStopping() && !bench.console.hasEnded)
        #expect(bench.rows.contains("regtop quits after the current target; q quits at once."))
        opener.finish()
        await bench.settle { bench.console.hasEnded }
    }

    /// A question about a change that ends meanwhile disappears.
    @Test func aQuestionAboutAFinishedChangeDisappears() async {
        let bench = Bench()
        let (gate, opener) = AsyncStream.makeStream(of: Void.self)
        bench.screen.changing = { for await _ in gate { break } }
        bench.press(.character("d"), .character("y"), .escape)
        #expect(bench.hasOverlay)
        opener.finish()
        await bench.settle { bench.console.board.busy == 0 }
        #expect(!bench.hasOverlay && bench.rows[10] == "Deleted.")
        #expect(!bench.console.interrupt(), "^C ends a console without a change")
    }

    /// A message has rows of its own above the progress, and stays in the list of messages.
    @Test func messagesHideNothing() async {
        let bench = Bench()
        let (gate, _) = AsyncStream.makeStream(of: Void.self)
        bench.screen.work = { _ in for await _ in gate { break } }
        bench.press(.character("u"), .character("h"))
        let size = Size(rows: 20, columns: 30)
        let later = ContinuousClock.now.advanced(by: .seconds(2))
        let rows = bench.console.frame(size, now: later).text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(rows.suffix(4).dropLast() == ["This is the first screen;", ":quit ends regtop.", "scanning  2 s"])
        let long = String(repeating: "all of it matters ", count: 12) + "to the end"
        bench.console.perform(.say(.failure(long)))
        let cut = bench.console.frame(size, now: later).text
        #expect(cut.contains("… :messages\nscanning  2 s"))
        bench.press(.character(":"))
        bench.type("messages")
        bench.press(.enter)
        let all = bench.console.frame(Size(rows: 40, columns: 30)).text
        #expect(all.contains("to the end") && all.contains("This is the first"))
    }

    /// The reason why a filter is wrong stands in full where the filter is typed.
    @Test func theMistakeInAFilterIsShownInFull() {
        let bench = Bench()
        bench.press(.character("/"))
        bench.type("age>1")
        #expect(bench.rows[11] == "age needs a duration such as 180d, not \"1\" (column 5)")
        bench.type("0 colour=red")
        #expect(bench.rows[10].hasPrefix("/age>10 colour=red"))
        bench.press(.control("u"))
        bench.type("colour=red")
        #expect(bench.rows[...9].joined(separator: " ").contains("unknown field \"colour\"; fields: created, modified"))
        #expect(bench.rows[9].hasSuffix("(column 1)"))
    }

    /// The function keys of htop run the commands of these names.
    /// A key without a meaning says so, and does nothing.
    @Test func aKeyWithoutAMeaningSaysSo() {
        let bench = Bench()
        bench.press(.character("Z"))
        #expect(bench.rows.contains("The key Z does nothing here; ? lists the keys."))
        #expect(bench.console.stack.count == 1 && !bench.hasOverlay)
    }

    @Test func functionKeysRunCommands() {
        let bench = Bench()
        bench.press(.function(4))
        bench.type("web")
        bench.press(.enter, .function(6))
        #expect(bench.rows[1].contains("filter web") && bench.rows[1].contains("sorted by name"))
        bench.press(.function(9))
        #expect(bench.rows[9].hasPrefix("Delete web?"))
        bench.press(.escape, .function(10))
        #expect(bench.console.hasEnded)
    }

    /// Up recalls the lines of the same kind of input; Down returns to the typed text.
    @Test func upRecallsEarlierLines() {
        let bench = Bench()
        for text in ["api", "web"] {
            bench.press(.character("/"), .control("u"))
            bench.type(text)
            bench.press(.enter)
        }
        bench.press(.character(":"))
        bench.type("bottom")
        bench.press(.enter, .character("/"), .control("u"))
        bench.type("c")
        bench.press(.up)
        #expect(bench.rows[10] == "/web" && bench.screen.view.table.count == 1)
        bench.press(.up, .up)
        #expect(bench.rows[10] == "/api")
        bench.press(.down, .down)
        #expect(bench.rows[10] == "/c")
        bench.press(.escape, .character(":"), .up)
        #expect(bench.rows[10] == ":bottom")
    }

    @Test func aReadOnlySessionRefusesEveryChange() {
        let bench = Bench(readOnly: "--read-only was given.")
        for command in bench.screen.commands where command.isChange {
            bench.console.run(command)
            for key in command.keys { bench.press(key, .character("y")) }
        }
        bench.press(.character(":"))
        bench.type("delete")
        bench.press(.enter)
        bench.console.perform(
            .apply(
                .change(Slot(bench.screen, "x"), "changing") { _ in
                } then: { _ in
                    .none
                }))
        #expect(bench.console.board.busy == 0)
        #expect(!bench.hasOverlay)
        #expect(bench.rows[0].hasSuffix(" READ-ONLY"))
        #expect(bench.rows[10].hasPrefix("This session is read-only: --read-only was given."))
        #expect(!bench.rows[11].contains("delete"))
        bench.press(.character("?"))
        #expect(!bench.console.frame(Size(rows: 60, columns: 80)).text.contains("Deletes"))
    }

    @Test func aConsoleMayTurnReadOnly() {
        let bench = Bench()
        bench.console.perform(.turnReadOnly(reason: "the key may not write."))
        bench.press(.character("d"))
        #expect(!bench.hasOverlay)
        #expect(bench.rows[0].hasSuffix(" READ-ONLY"))
    }

    @Test func helpListsTheWorkingCommands() {
        let bench = Bench()
        bench.press(.character("?"))
        let text = bench.console.frame(Size(rows: 80, columns: 140)).text
        let meaningless: Set = ["unmark-all", "command-line", "next-match", "previous-match"]
        for command in bench.screen.commands + bench.console.globalCommands where command.name != "back" {
            #expect(text.contains(command.help) == !meaningless.contains(command.name), "\(command.name)")
        }
        // The first screen has no previous one.
        #expect(!text.contains("Goes back to the screen before"))
        bench.press(.character("?"))
        #expect(bench.console.stack.count == 1)
    }

    @Test func commandsHaveNames() {
        let bench = Bench()
        bench.press(.character(":"))
        bench.type("bot")
        bench.press(.tab)
        #expect(bench.rows[10] == ":bottom")
        bench.press(.enter)
        #expect(bench.screen.view.table.selected?.id == "cron")
        bench.press(.character(":"))
        bench.type("xyzzy")
        bench.press(.enter)
        #expect(bench.rows[10].hasPrefix("Unknown command \"xyzzy\". Press ? for the list."))
    }

    /// The candidates stand above the input: names that begin with the text first, and the text in
    /// the help last.
    @Test func commandsAreListedWhileOneIsTyped() {
        let bench = Bench()
        bench.press(.character(":"))
        #expect(bench.rows[6].hasPrefix("── Commands 1 to 3 of "))
        bench.type("mark")
        let names = ["mark", "mark-all", "mark-matching"]
        #expect(zip(bench.rows[7...9], names).allSatisfy { $0.hasPrefix("  \($1) ") })
        bench.press(.down, .down, .down, .down)
        #expect(bench.rows[9].hasPrefix("> unmark-all"), "\(bench.rows)")
        #expect(bench.rows[9].contains("Not possible here. U "), "a command that does not work tells why")
        bench.press(.up, .up)
        #expect(bench.rows[8].hasPrefix("> mark-all  ") && bench.rows[8].contains(" *  "))
        #expect(bench.rows[8].contains("Marks all shown rows") && bench.rows[10] == ":mark")
        bench.press(.enter)
        #expect(bench.screen.view.table.marks.count == 3)
        bench.press(.character(":"))
        bench.type("turns")
        #expect(bench.rows.contains { $0.hasPrefix("  back ") }, "the help has the word")
        bench.press(.enter)
        #expect(bench.rows[10].hasPrefix("Unknown command \"turns\"."), "nothing was chosen")
    }

    /// Up is history in an empty input, and until the text changes; else the arrows choose.
    @Test func historyAndCandidatesLiveTogether() {
        let bench = Bench()
        for text in ["bottom", "top"] {
            bench.press(.character(":"))
            bench.type(text)
            bench.press(.enter)
        }
        bench.press(.character(":"), .up, .up)
        #expect(bench.rows[10] == ":bottom")
        bench.press(.down, .down)
        #expect(bench.rows[10] == ":" && !bench.rows.contains { $0.hasPrefix("> scan ") })
        bench.press(.down)
        #expect(bench.rows.contains { $0.hasPrefix("> scan ") })
        bench.press(.up, .up)
        #expect(bench.rows[10] == ":top")
        bench.press(.backspace, .up)
        #expect(bench.rows[10] == ":to", "the text has changed, so Up chooses")
        bench.press(.down, .down, .tab)
        #expect(bench.rows[10] == ":top")
    }

    /// Tab completes; if there is nothing to complete, it chooses, and takes the chosen one.
    @Test func tabCompletesAndChooses() {
        let bench = Bench()
        bench.press(.character(":"))
        bench.type("ma")
        bench.press(.tab)
        #expect(bench.rows[10] == ":mark")
        bench.press(.tab, .down, .down, .tab)
        #expect(bench.rows[10] == ":mark-matching")
        bench.press(.control("u"))
        bench.type("sort ")
        bench.press(.down, .down)
        #expect(bench.rows.contains("> size"))
        bench.press(.enter)
        #expect(bench.screen.view.table.sortColumn == "size")
        bench.press(.character(":"), .backtab, .escape)
        #expect(!bench.hasOverlay)
    }

    /// The commands of a screen have different keys and names.
    @Test func keysAndNamesAreUnique() {
        let bench = Bench()
        for commands in [bench.screen.commands, bench.console.globalCommands] {
            #expect(Set(commands.map(\.name)).count == commands.count)
            let keys = commands.flatMap(\.keys)
            #expect(Set(keys).count == keys.count)
        }
    }
}
