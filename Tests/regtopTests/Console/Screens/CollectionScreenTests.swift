import Testing

@testable import AdminCore
@testable import ConsoleKit
@testable import ObjectStore
@testable import regtop

/// The collection screen of the console.
@MainActor @Suite(.timeLimit(.minutes(15))) struct CollectionScreenTests {
    /// A console on a registry with a blob whose tag and manifest were deleted.
    private func bench() async throws -> ScreenBench {
        let bench = try await ScreenBench()
        bench.size = Size(rows: 40, columns: 119)
        await bench.press(.character("c"))
        return bench
    }

    private func run(_ bench: ScreenBench, _ number: Character) async {
        await bench.press(.character("x"), .character(number), .enter)
    }

    @Test func aMarkShowsTheNextStepAndChangesNothing() async throws {
        let bench = try await bench()
        #expect(bench.title == "Collection")
        #expect(bench.text.contains("The quarantine is empty."))
        await bench.press(.character("M"))
        #expect(bench.writer.count == 0)
        #expect(bench.text.contains("Next step: quarantine"))
        #expect(bench.rows.contains { $0.contains("new") && $0.contains("quarantine 18.8 KiB") })
        #expect(bench.rows.contains { $0.contains("orphan chunks") && $0.contains("quarantine 10.1 KiB") })
        // Nothing is cut on a small screen.
        bench.size = Size(rows: 24, columns: 80)
        let rows = bench.rows.filter { $0.contains("  new  ") }
        #expect(rows.count == 5 && rows.allSatisfy { !$0.contains("…") }, "\(rows)")
    }

    /// The cautious answer is the first one, and frees nothing.
    @Test func aStepAsksAboutCachesAndFreesNothingByDefault() async throws {
        let bench = try await bench()
        await bench.press(.character("x"))
        #expect(bench.text.contains("Which is true of ALL registries that use this pool?"))
        #expect(bench.rows.contains { $0.hasPrefix("> 1  I do not know: free nothing yet") })
        await bench.press(.enter)
        #expect(bench.text.contains("frees 0 B now"))
        let before = try await objects(bench)
        await bench.press(.character("n"))
        #expect(try await objects(bench) == before)
        await run(bench, "1")
        await bench.accept()
        #expect(bench.title == "Results")
        #expect(bench.text.contains("done     quarantine what nothing needs: 3 items, 18.8 KiB"))
        #expect(bench.text.contains("Done: quarantined 58.9 KiB, freed 0 B. The next step can free data after"))
        await bench.press(.escape)
        #expect(bench.rows[1].contains("58.9 KiB in the quarantine"))
        #expect(bench.rows.contains { $0.contains("waiting") })
        await run(bench, "2")
        #expect(bench.status.hasPrefix("Nothing to do yet: the next data is due after "))
        #expect(try await objects(bench).isSuperset(of: before.filter { $0.hasPrefix("blob:") }), "no chunk is gone")
    }

    @Test func dueBlobsAreFreedIfCachesAreFlushed() async throws {
        let bench = try await bench()
        await run(bench, "1")
        await bench.accept()
        await bench.press(.escape)
        await set(bench, "delay 0")
        #expect(bench.rows.contains { $0.contains("due") })
        await bench.press(.character("M"))
        #expect(bench.words.contains("free 58.9 KiB (if the registries' caches allow it)"))
        await run(bench, "1")
        #expect(bench.status.hasPrefix("Nothing to do: "), "not known: \(bench.status)")
        let before = try await objects(bench)
        await run(bench, "2")
        #expect(bench.text.contains("free, due now: "))
        #expect(bench.text.contains("now, which cannot be undone"))
        await bench.accept()
        await bench.press(.escape)
        #expect(bench.text.contains("The quarantine is empty."))
        let gone = before.subtracting(try await objects(bench)).filter { $0.hasPrefix("blob:") }
        #expect(gone.count == 6)
    }

    @Test func obstaclesStayVisible() async throws {
        let bench = try await bench()
        await set(bench, "max-share 0")
        await bench.press(.character("M"))
        #expect(bench.text.contains("Blocked: 1 % of the bytes of all blobs would be taken"))
        await run(bench, "4")
        await bench.press(.escape)
        #expect(bench.text.contains("Blocked: "))
        #expect(bench.console.screen is CollectionScreen)
    }

    @Test func invalidOptionsAreRefused() async throws {
        let bench = try await bench()
        await set(bench, "grace soon")
        #expect(bench.status == "\"soon\" is not a value of grace.")
        await set(bench, "grace 7d")
        #expect(bench.text.contains(":grace 7 d"))
        await set(bench, "untagged")
        await bench.press(.character("y"), .character("y"))
        #expect(bench.status == "regtop gc --dry-run --grace 7d --untagged")
    }

    private func set(_ bench: ScreenBench, _ text: String) async {
        await bench.press(.character(":"))
        await bench.type(text)
        await bench.press(.enter)
    }

    private func objects(_ bench: ScreenBench) async throws -> Set<String> {
        var names: Set<String> = []
        for cursor in try await bench.store.session.objects.enumerate(.all, slices: 1) {
            while let page = try await cursor.next() { names.formUnion(page.map { "\($0.name)" }) }
        }
        return names
    }

    /// The mark says what keeps more from being freed, and the results have bytes.
    @Test func tellsWhatIsHeldBack() async throws {
        let bench = try await ScreenBench()
        bench.size = Size(rows: 30, columns: 119)
        await bench.find("ml/weights")
        await bench.press(.character("d"))
        await bench.accept()
        await bench.press(.escape, .character("c"), .character("M"))
        #expect(bench.text.contains(/Held back: 8\.5 MiB by the trash \(:trash\), [0-9.]+ KiB by unfinished uploads/))
        await bench.press(.character("x"), .enter)
        await bench.accept()
        #expect(bench.text.contains(/done +quarantine what nothing needs: [0-9]+ items, [0-9.]+ KiB/))
    }
}

@Suite struct ChoicePanelTests {
    private let panel = ChoicePanel(
        title: "What?", options: ["one", "two", "three"].map { .init(name: $0, meaning: "It is \($0).") })

    @Test func theFirstAnswerIsTheDefaultAndNumbersMove() {
        var panel = panel
        #expect(panel.handle(.character("3")) == nil)
        #expect(panel.handle(.character("9")) == nil)
        #expect(panel.handle(.enter) == .chosen(2))
        var other = self.panel
        #expect(other.handle(.enter) == .chosen(0))
        #expect(other.handle(.escape) == .nothing)
        #expect(other.handle(.up) == nil)
        #expect(other.cursor == 0)
    }

    @Test func theCursorIsVisibleAtEverySize() {
        var panel = panel
        _ = panel.handle(.character("3"))
        for rows in 0...8 {
            let lines = panel.lines(Size(rows: rows, columns: 20))
            #expect(lines.count <= rows)
            #expect(lines.allSatisfy { $0.width <= 20 })
            if rows >= 2 { #expect(lines.contains { $0.text.hasPrefix("> 3  three") }) }
            // A title without a number means that all answers are there.
            if rows >= 1 { #expect(lines[0].text.contains("What? 3 of 3") == (rows < 5)) }
        }
        #expect(panel.lines(Size(rows: 8, columns: 20)).last?.text == "  It is three.")
    }
}
