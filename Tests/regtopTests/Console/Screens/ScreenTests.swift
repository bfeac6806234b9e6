import Testing

@testable import AdminCore
@testable import ConsoleKit
@testable import ObjectStore
@testable import Registry
@testable import regtop

@MainActor @Suite(.timeLimit(.minutes(15))) struct ScreenTests {
    @Test func theFirstScreenShowsEveryRepositoryWithItsState() async throws {
        let bench = try await ScreenBench()
        bench.size = Size(rows: 60, columns: 120)
        let text = bench.text
        for name in ["app/web", "attic/y2k", "legacy/schema1", "ml/weights", "team/x/deep"] {
            #expect(text.contains(name), "\(name)")
        }
        for state in ["ok", "untagged", "uploads-only", "damaged"] { #expect(text.contains(state), "\(state)") }
        #expect(text.hasPrefix(" regtop  sample"))
    }

    @Test func aRepositoryLeadsToAChunkObject() async throws {
        let bench = try await ScreenBench()
        await bench.find("ml/weights")
        await bench.press(.enter)
        #expect(bench.title == "ml/weights")
        await bench.press(.enter)
        #expect(bench.title.hasPrefix("ml/weights:"))
        await bench.find("layer")
        await bench.press(.character("s"), .character("s"), .enter)
        #expect(bench.title.hasPrefix("Blob sha256:"))
        #expect(bench.text.contains("█ in place"))
        await bench.press(.down, .enter)
        #expect(bench.title.hasPrefix("Object blob:"))
        #expect(bench.title.hasSuffix("-1"))
        #expect(bench.text.contains("DATA  the first 4,096 bytes"))
        for _ in 0..<3 { await bench.press(.escape) }
        // Esc ends the filter of the manifest's screen before the screen.
        #expect(bench.title.hasPrefix("ml/weights:"))
    }

    @Test func theTreeShowsInvalidEntriesAndDoesNotOpenThem() async throws {
        let bench = try await ScreenBench()
        await bench.press(.character("t"))
        #expect(bench.title == "Tree /")
        for name in ["docker", "registry", "v2", "repositories", "damaged"] {
            await bench.find(name)
            await bench.press(.enter)
        }
        #expect(bench.title == "Tree /docker/registry/v2/repositories/damaged")
    }

    @Test func answeringNoChangesNothing() async throws {
        let bench = try await ScreenBench()
        await bench.find("attic/cron")
        await bench.press(.character("d"))
        #expect(bench.text.contains("Delete attic/cron?"))
        #expect(bench.text.contains("reclaimable"))
        #expect(bench.text.contains("goes to the trash, can be restored"))
        await bench.press(.enter)
        #expect(bench.writer.count == 0)
        #expect(bench.status == "Nothing was changed.")
    }

    @Test func answeringYesDeletesTheShownRowAndMovesTheCursor() async throws {
        let bench = try await ScreenBench()
        bench.size = Size(rows: 60, columns: 100)
        await bench.find("attic")
        #expect(bench.rows.contains { $0.hasPrefix(">   attic/cron") })
        await bench.press(.character("d"))
        await bench.accept()
        #expect(bench.status.hasPrefix("Deleted attic/cron to the trash"))
        #expect(!bench.rows.contains { $0.contains("  attic/cron ") })
        #expect(bench.rows.contains { $0.hasPrefix(">   attic/intranet") })
        #expect(try await !bench.store.session.registry.repositoryNames().contains { $0.string == "attic/cron" })
    }

    @Test func marksAreDeletedTogether() async throws {
        let bench = try await ScreenBench()
        bench.size = Size(rows: 60, columns: 100)
        await bench.find("attic")
        await bench.press(.character(" "), .character(" "), .character("d"))
        #expect(bench.text.contains("Delete 2 targets?"))
        #expect(bench.text.contains("type 2: _"))
        await bench.accept()
        let names = try await bench.store.session.registry.repositoryNames().map(\.string)
        #expect(names.filter { $0.hasPrefix("attic/") }.count == 1)
    }

    @Test func aCopyOffersTheNameAndAsks() async throws {
        let bench = try await ScreenBench()
        await bench.find("attic/cron")
        await bench.press(.character("C"))
        #expect(bench.status == "copy attic/cron to: attic/cron")
        await bench.type("tab")
        await bench.press(.enter)
        #expect(bench.text.contains("Copy attic/cron to attic/crontab?"))
        #expect(bench.text.contains("copies no data"))
        await bench.press(.character("y"))
        #expect(bench.status == "Copied attic/cron to attic/crontab. u undoes it.")
        let names = try await bench.store.session.registry.repositoryNames().map(\.string)
        #expect(names.contains("attic/crontab") && names.contains("attic/cron"))
        await bench.press(.character("u"))
        #expect(bench.text.contains("Delete attic/crontab?"))
        await bench.accept()
        let after = try await bench.store.session.registry.repositoryNames().map(\.string)
        #expect(!after.contains("attic/crontab") && after.contains("attic/cron"))
        await bench.press(.character("u"))
        #expect(bench.status == "Nothing to undo.")
    }

    /// On a tag, and on a row of an image. The plan, the log and the undo are those of a copy.
    @Test func aManifestGetsAnotherTag() async throws {
        let bench = try await ScreenBench()
        let name = try #require(RepositoryName("library/alpine"))
        func digest(_ tag: String) async throws -> Digest? {
            try await bench.store.session.registry.pass().tag(tag, of: name).digest
        }
        func run(_ line: String) async {
            await bench.press(.character(":"))
            await bench.type(line)
            await bench.press(.enter)
        }
        await bench.find("library/alpine")
        await bench.press(.enter)
        await bench.find("3.3")
        await run("tag no~name")
        #expect(bench.text.contains("is not a name; write repository or repository:tag"))
        #expect(bench.status.hasPrefix("new tag of library/alpine@") && bench.status.hasSuffix("…: no~name"))
        await bench.press(.control("u"))
        await bench.type("stable")
        await bench.press(.enter)
        #expect(bench.text.contains("to library/alpine:stable?"))
        await bench.accept()
        #expect(try await digest("stable") == digest("3.3"))
        #expect(bench.text.contains("u undoes it."))
        await bench.press(.character("L"))
        #expect(bench.text.contains(/copy +lib.*stable/))
        await bench.press(.character("q"))
        await bench.press(.character("u"))
        await bench.accept()
        let tags = try await bench.store.session.registry.pass().tagNames(of: name)
        #expect(!tags.contains("stable") && tags.contains("3.3"))
        await bench.press(.escape)
        await bench.find("3.3")
        await bench.press(.enter, .down)
        await run("tag")
        await bench.type("again")
        await bench.press(.enter)
        await bench.accept()
        #expect(try await digest("again") == digest("3.3"))
    }

    @Test func aRowWithoutAManifestGetsNoTag() async throws {
        let bench = try await ScreenBench()
        await bench.find("uploads/partial")
        await bench.press(.enter)
        await bench.find("(upload)")
        await bench.press(.character(":"))
        await bench.type("tag x")
        await bench.press(.enter)
        #expect(bench.status == "The row under the cursor has no manifest that can get a tag.")
    }

    @Test func aMoveOffersTheOldName() async throws {
        let bench = try await ScreenBench()
        await bench.find("attic/cron")
        await bench.press(.character("m"))
        #expect(bench.status == "move attic/cron to: attic/cron")
        await bench.type("tab")
        await bench.press(.enter)
        #expect(bench.text.contains("Move attic/cron to attic/crontab?"))
        await bench.press(.character("y"))
        #expect(bench.status == "Moved attic/cron to attic/crontab. u undoes it.")
        #expect(bench.rows.contains { $0.hasPrefix(">   attic/crontab ") }, "the cursor is on the new name")
        let names = try await bench.store.session.registry.repositoryNames().map(\.string)
        #expect(names.contains("attic/crontab") && !names.contains("attic/cron"))
    }

    /// The name is corrected where it was typed.
    @Test func aNameThatIsTakenStaysInItsInput() async throws {
        let bench = try await ScreenBench()
        await bench.find("attic/cron")
        for key in ["m", "C"] as [Character] {
            await bench.press(.character(key), .control("u"))
            await bench.type("attic/y2k")
            await bench.press(.enter)
            #expect(bench.text.contains("attic/y2k exists already; repositories are never merged"), "\(bench.text)")
            #expect(bench.status.hasSuffix(" attic/cron to: attic/y2k"))
            await bench.press(.escape)
        }
        await bench.press(.character("d"))
        await bench.accept()
        _ = try await bench.store.session.admin?.apply(
            bench.store.session.planner.copy(
                from: #require(ImageReference("attic/intranet")), to: #require(ImageReference("attic/cron"))))
        await bench.press(.character("T"), .character("m"), .enter)
        #expect(bench.text.contains("attic/cron exists already"), "\(bench.text)")
        #expect(bench.status == "restore as: attic/cron")
    }

    /// Also after a sort, which keeps the cursor on its row.
    @Test func rowsAboveAndBelowTheWindowAreAnnounced() async throws {
        let bench = try await ScreenBench()
        #expect(!bench.rows[1].contains("↑"))
        await bench.press(.down, .up, .character(":"))
        await bench.type("sort size")
        await bench.press(.enter)
        let pointer = try #require(bench.console.screen.pointer)
        let (above, below) = (pointer.rowsAbove, pointer.rowsBelow)
        #expect(above > 0 && below > 0 && above + below + 19 == 30)
        #expect(bench.rows[1].hasPrefix("Repositories  ↑ \(above) ↓ \(below) more  30"), "\(bench.rows[1])")
        await bench.press(.character("g"))
        #expect(bench.rows[1].hasPrefix("Repositories  ↓ 11 more  30"), "\(bench.rows[1])")
        await bench.press(.character("b"), .character("G"))
        #expect(bench.rows[1].contains(/Usage  ↑ [0-9]+ more/), "\(bench.rows[1])")
    }

    /// A renamed tag keeps the cursor as well.
    @Test func theCursorFollowsATag() async throws {
        let bench = try await ScreenBench()
        await bench.find("library/alpine")
        await bench.press(.enter)
        await bench.find("3.3")
        await bench.press(.escape, .character("m"))
        await bench.type("-old")
        await bench.press(.enter)
        await bench.accept()
        #expect(bench.rows.contains { $0.hasPrefix(">   3.3-old ") }, "\(bench.text)")
    }

    /// Enter says that there is nothing to open; in the log it shows the whole change.
    @Test func enterIsNeverSilent() async throws {
        let bench = try await ScreenBench()
        bench.size = Size(rows: 24, columns: 140)
        await bench.find("attic")
        await bench.press(.character("*"), .character("d"))
        await bench.accept()
        await bench.press(.character("p"), .enter)
        #expect(bench.status == "Enter opens nothing here.")
        await bench.press(.escape, .character("L"))
        #expect(bench.text.contains("3 targets: attic/c"))
        await bench.press(.enter)
        #expect(bench.title.hasPrefix("Change of 2026-01-01"))
        for name in ["attic/cron", "attic/intranet", "attic/y2k"] {
            #expect(bench.rows.contains(name), "\(bench.text)")
        }
        await bench.press(.enter)
        #expect(bench.status == "Everything is on the screen already.")
        await bench.press(.escape, .escape)
        await bench.find("attic/nothing")
        await bench.press(.character("d"))
        #expect(
            bench.status.hasPrefix("Not possible here. d deletes the marked repositories, or the one under the cursor"))
    }

    /// The latest change first, of any kind.
    @Test func severalChangesAreUndone() async throws {
        let bench = try await ScreenBench()
        func names() async throws -> Set<String> {
            Set(try await bench.store.session.registry.repositoryNames().map(\.string))
        }
        let before = try await names()
        await bench.find("attic/")
        await bench.press(.character("d"))
        await bench.accept()
        await bench.press(.character("m"))
        await bench.type("2")
        await bench.press(.enter, .character("y"), .down, .character("d"))
        await bench.accept()
        #expect(
            try await names()
                == before.subtracting(["attic/cron", "attic/intranet", "attic/y2k"]).union(["attic/intranet2"]))
        await bench.press(.character("u"), .character("y"), .character("u"))
        #expect(bench.text.contains("2 to attic/"))
        await bench.press(.character("y"), .character("u"), .character("y"))
        #expect(try await names() == before)
        await bench.press(.character("u"))
        #expect(bench.status == "Nothing to undo.")
    }

    /// A change whose undo is refused does not stand before the others.
    @Test func aRefusedUndoIsPassedOver() async throws {
        let bench = try await ScreenBench()
        bench.size = Size(rows: 24, columns: 120)
        await bench.find("attic/cron")
        for letter in ["1", "2"] {
            await bench.press(.character("C"))
            await bench.type(letter)
            await bench.press(.enter, .character("y"))
        }
        let own = try #require(bench.store.session.admin)
        let stranger = RegistryAdmin(
            registry: bench.store.session.registry, driver: own.driver,
            by: Operator(user: "stranger", host: "h", process: 1))
        let planner = bench.store.session.planner
        let name = try #require(ImageReference("attic/cron2"))
        let tag = try #require(
            try await bench.store.session.registry.pass().tagNames(of: name.repository).first)
        let plan = try await planner.copy(
            from: #require(ImageReference("attic/cron2:\(tag)")), to: #require(ImageReference("attic/cron2:new")))
        #expect(await stranger.apply(plan).map(\.outcome) == [.done])
        await bench.press(.character("u"))
        #expect(
            bench.status
                == "attic/cron2 has changed since, so this is not undone; u undoes the change before it")
        await bench.press(.character("u"))
        #expect(bench.text.contains("Delete attic/cron1?"))
    }

    /// What is done in part has no way back but the trash.
    @Test func aHintOfAnUndoIsTrue() async throws {
        let bench = try await ScreenBench()
        let plan = try await bench.store.session.planner.copy(
            from: #require(ImageReference("attic/cron")), to: #require(ImageReference("attic/cron1")))
        let screen = RepositoriesScreen(bench.store)
        let flow = ChangeFlow(store: bench.store, screen: screen)
        let done = ChangeResult(target: "a", outcome: .done)
        #expect(flow.undoHint([done], plan, nil) == " u undoes it.")
        #expect(flow.undoHint([done, ChangeResult(target: "b", outcome: .failed)], plan, nil) == "")
    }

    /// The log of the store says what can be undone; the results of a change offer it as well.
    @Test func changesAreUndoneAndDoneAgainAfterARestart() async throws {
        let first = try await ScreenBench()
        func names() async throws -> [String] {
            try await first.store.session.registry.repositoryNames().map(\.string)
        }
        let before = try await names()
        #expect(!first.rows[23].contains("undo"))
        await first.find("attic/cron")
        await first.press(.character("d"))
        await first.accept()
        #expect(first.rows[23].contains("u undo"))
        let bench = await ScreenBench(after: first)
        #expect(bench.rows[23].contains("u undo") && !bench.rows[23].contains("redo"))
        await bench.press(.character("u"))
        #expect(bench.text.contains("takes back the deletion of 20"))
        #expect(bench.text.contains("Restore attic/cron?"))
        await bench.accept()
        #expect(bench.status == "Restored attic/cron. Your change is undone; ^R does it again.")
        #expect(try await names() == before)
        #expect(bench.rows[23].contains("redo") && !bench.rows[23].contains("u undo"))
        let third = await ScreenBench(after: bench)
        await third.press(.control("r"))
        #expect(third.text.contains("takes back the undo of 20"))
        #expect(third.text.contains("Delete attic/cron?"))
        await third.accept()
        #expect(third.status.hasSuffix("to the trash. u restores it."))
        #expect(try await !names().contains("attic/cron"))
    }

    /// Another client changes the store: the list says so, and keeps cursor and marks when it is
    /// read again.
    @Test func aListNoticesTheChangesOfOthers() async throws {
        let bench = try await ScreenBench()
        let notice = "changed elsewhere, F5 reads it again"
        bench.size = Size(rows: 24, columns: 120)
        await bench.find("attic/intranet")
        await bench.press(.character(" "), .escape, .control("l"))
        func look() async {
            bench.console.lookAtSubject()
            await bench.settle()
        }
        await look()
        #expect(!bench.text.contains(notice))
        let selected = try #require(bench.rows.first { $0.hasPrefix(">") })
        let admin = try #require(bench.store.session.admin)
        let planner = bench.store.session.planner
        let (old, new) = (try #require(ImageReference("attic/cron")), try #require(ImageReference("attic/zz")))
        #expect(await admin.apply(try await planner.copy(from: old, to: new)).map(\.outcome) == [.done])
        await look()
        #expect(bench.text.contains(notice))
        #expect(!bench.text.contains("attic/zz"))
        await bench.press(.function(5))
        await look()
        #expect(bench.text.contains("attic/zz") && bench.text.contains("1 marked"))
        #expect(!bench.text.contains(notice))
        #expect(bench.rows.first { $0.hasPrefix(">") } == selected)
        // The console's own changes are no news.
        await bench.press(.character("d"))
        await bench.accept()
        await look()
        #expect(!bench.text.contains(notice))
    }

    @Test func aDeletedTagLeavesItsSiblings() async throws {
        let bench = try await ScreenBench()
        await bench.find("library/alpine")
        await bench.press(.enter)
        await bench.find("3.3")
        await bench.press(.character("d"))
        #expect(bench.text.contains("Delete library/alpine:3.3?"))
        #expect(bench.text.contains("tags of the same manifests that stay, 2:"))
        await bench.press(.character("y"))
        let name = try #require(RepositoryName("library/alpine"))
        let tags = try await bench.store.session.registry.pass().tagNames(of: name)
        #expect(!tags.contains("3.3") && tags.contains("3"))
    }

    @Test func aRefusedWriteTurnsTheConsoleReadOnly() async throws {
        let bench = try await ScreenBench(
            refusal: StoreError(.permissionDenied, operation: "write", errno: 1, reason: "the key may not write"))
        await bench.find("attic/cron")
        await bench.press(.character("d"))
        await bench.accept()
        #expect(bench.title == "Results")
        #expect(bench.text.contains("failed   attic/cron"))
        #expect(bench.rows[0].hasSuffix(" READ-ONLY"))
        #expect(bench.rows.suffix(4).joined(separator: " ").contains("the key may not write"))
        let before = bench.writer.count
        await bench.press(.escape, .character("d"))
        if case .question = bench.console.overlay { Issue.record("it asks") }
        #expect(bench.writer.count == before)
    }

    @Test func manifestsAndUploadsWithoutATagAreShown() async throws {
        let bench = try await ScreenBench()
        await bench.find("attic/intranet")
        await bench.press(.enter)
        #expect(bench.text.contains("(no tag)"))
        #expect(bench.text.contains("untagged"))
        await bench.press(.character("q"), .escape)
        await bench.find("uploads/partial")
        await bench.press(.enter)
        #expect(bench.text.contains("(upload) "))
    }

    /// In both cases: with the trash and without it.
    @Test(arguments: ["d", "D"]) func aRepositoryNeedsItsTypedName(_ key: Character) async throws {
        let bench = try await ScreenBench()
        await bench.find("attic/cron")
        await bench.press(.character(key), .character("y"), .enter)
        #expect(bench.writer.count == 0)
        #expect(bench.text.contains("type attic/cron: y_"))
        await bench.press(.backspace)
        await bench.type("attic/cron")
        #expect(bench.writer.count == 0)
        await bench.press(.enter)
        #expect(bench.writer.count > 0)
        #expect(bench.status.hasPrefix(key == "D" ? "Deleted attic/cron; " : "Deleted attic/cron to the trash"))
    }

    /// `V` begins a range and ends it, and so does Space; Esc drops the range only, and a change
    /// takes its rows.
    @Test func aRangeIsMarked() async throws {
        let bench = try await ScreenBench()
        bench.size = Size(rows: 60, columns: 100)
        func marked() -> [String] {
            bench.rows.filter { $0.dropFirst(2).hasPrefix("* ") }.map { String($0.dropFirst(4).prefix { $0 != " " }) }
        }
        await bench.find("attic")
        await bench.press(.character("V"), .down)
        #expect(marked() == ["attic/cron", "attic/intranet"] && bench.rows[1].contains("range of 2, :range ends it"))
        await bench.press(.up)
        #expect(marked() == ["attic/cron"])
        await bench.press(.escape)
        #expect(marked() == [] && bench.rows[1].contains("filter attic") && !bench.rows[1].contains("range"))
        await bench.press(.down, .character("V"), .down, .character(" "))
        #expect(marked() == ["attic/intranet", "attic/y2k"] && bench.rows[1].contains("2 marked"))
        await bench.press(.up)
        #expect(marked() == ["attic/intranet", "attic/y2k"])
        await bench.press(.character("U"), .up, .character("V"), .down, .character("V"), .down)
        #expect(marked() == ["attic/cron", "attic/intranet"])
        await bench.press(.character("U"), .character("V"), .up, .character("d"))
        #expect(bench.text.contains("Delete 2 targets?"))
        await bench.accept()
        let names = try await bench.store.session.registry.repositoryNames().map(\.string)
        #expect(names.filter { $0.hasPrefix("attic/") } == ["attic/cron"])
    }

    @Test func theQuestionListsHiddenRows() async throws {
        let bench = try await ScreenBench()
        bench.size = Size(rows: 60, columns: 100)
        await bench.find("attic")
        await bench.press(.character("*"), .escape)
        await bench.find("weights")
        #expect(bench.rows[1].contains("3 marked, 3 hidden"))
        await bench.press(.character("d"))
        #expect(
            bench.text.contains("3 marked rows hidden by the filter: attic/cron, attic/intranet, attic/y2k"))
        #expect(bench.text.contains("Delete 3 targets?"))
    }

    /// They go before the repositories are listed again.
    @Test func doneTargetsLoseRowsAndMarksAtOnce() async throws {
        let bench = try await ScreenBench()
        await bench.find("attic")
        await bench.press(.character("*"), .escape)
        await bench.find("weights")
        await bench.press(.character("d"))
        await bench.type("3")
        bench.console.handle(.enter, size: bench.size)
        for await _ in bench.ping.stream {
            bench.console.drain()
            if bench.status.hasPrefix("Deleted 3 targets") { break }
        }
        #expect(bench.console.board.busy > 0 && !bench.rows[1].contains("marked"))
        await bench.press(.escape)
        #expect(!bench.text.contains("attic/"))
    }

    /// `n` and `N` jump between the matches of the last filter, after it has ended.
    @Test func matchesAreFoundAgain() async throws {
        let bench = try await ScreenBench()
        await bench.press(.character("n"))
        #expect(bench.status == "Nothing was looked for yet: filter first.")
        await bench.find("attic/")
        await bench.press(.escape, .character("n"))
        func row() -> String {
            bench.rows.first { $0.hasPrefix("> ") }.map { String($0.dropFirst(4).prefix(14)) } ?? ""
        }
        #expect(row() == "attic/intranet")
        await bench.press(.character("n"), .character("n"))
        #expect(row().hasPrefix("attic/cron "))
        await bench.press(.character("N"))
        #expect(row().hasPrefix("attic/y2k "))
    }

    /// The keys of the catalog work everywhere, unless a screen has the key for its content.
    @Test func otherScreensOpenFromEverywhere() async throws {
        let bench = try await ScreenBench()
        for (key, title) in [("T", "Trash"), ("P", "Uploads"), ("L", "Log"), ("b", "Usage"), ("p", "Pool")] {
            await bench.press(.character(Character(key)))
            #expect(bench.title == title)
        }
        await bench.press(.character("p"))
        #expect(bench.status == "This is Pool." && bench.console.stack.count == 6)
        await bench.find("0")
        for _ in 0..<5 { await bench.press(.character("q")) }
        await bench.find("ml/weights")
        await bench.press(.enter, .enter, .character("o"))
        #expect(
            bench.title.hasPrefix("Blob sha256:"), "o shows the chunks on the screen of an image, where c is global")
    }

    /// Tab completes fields, states and names; a field that the rows do not have is a mistake.
    @Test func filtersAreCompletedAndChecked() async throws {
        let bench = try await ScreenBench()
        for (typed, completed) in [
            ("mod", "modified"), ("size>1M state=dam", "size>1M state=damaged"), ("not ml/w", "not ml/weights"),
        ] {
            await bench.press(.character("/"), .control("u"))
            await bench.type(typed)
            await bench.press(.tab)
            #expect(bench.status == "/" + completed)
            await bench.press(.escape)
        }
        await bench.press(.character("T"), .character("/"))
        await bench.type("tags>1")
        #expect(bench.text.contains("these rows have no field \"tags\"; fields: name, kind, size, age, modified"))
    }

    /// The cursor returns to its row.
    @Test func backReturnsToTheSameRow() async throws {
        let bench = try await ScreenBench()
        await bench.press(.character("G"), .up, .up)
        let row = bench.rows.first { $0.hasPrefix("> ") }
        await bench.press(.enter, .down, .character("q"))
        #expect(bench.rows.first { $0.hasPrefix("> ") } == row)
    }

    /// Every size has a valid frame.
    @Test func everyScreenFitsEverySize() async throws {
        let bench = try await ScreenBench()
        for keys: [Key] in [[], [.enter], [.enter], [.enter], [.enter]] {
            for key in keys { await bench.press(key) }
            for rows in stride(from: 0, through: 30, by: 3) {
                for columns in stride(from: 0, through: 210, by: 7) {
                    let frame = bench.console.frame(Size(rows: rows, columns: columns))
                    #expect(frame.lines.count == rows)
                    #expect(frame.lines.allSatisfy { $0.width <= columns })
                }
            }
        }
    }
}
