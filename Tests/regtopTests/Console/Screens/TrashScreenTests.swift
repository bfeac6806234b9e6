import Testing

@testable import AdminCore
@testable import ConsoleKit
@testable import Registry
@testable import regtop

/// The trash, the uploads and the log in the console.
@MainActor @Suite(.timeLimit(.minutes(15))) struct TrashScreenTests {
    private func names(_ bench: ScreenBench) async throws -> [String] {
        try await bench.store.session.registry.repositoryNames().map(\.string)
    }

    @Test func undoRestoresTheLastDeletion() async throws {
        let bench = try await ScreenBench()
        let before = try await names(bench)
        await bench.find("attic")
        await bench.press(.character("u"))
        #expect(bench.text.contains("attic/cron"), "nothing to be brought back: nothing happens")
        await bench.press(.character(" "), .character(" "), .character("d"))
        await bench.accept()
        #expect(try await names(bench).count == before.count - 2)
        await bench.press(.character("u"))
        #expect(bench.text.contains("Restore 2 targets?"))
        await bench.press(.character("y"))
        #expect(bench.status.hasPrefix("Restored 2 targets"))
        #expect(try await names(bench) == before)
    }

    @Test func theTrashShowsRestoresAndDrops() async throws {
        let bench = try await ScreenBench()
        bench.size = Size(rows: 24, columns: 160)
        await bench.find("attic/cron")
        await bench.press(.character("d"))
        await bench.accept()
        await bench.press(.escape, .character("T"))
        #expect(bench.title == "Trash")
        #expect(bench.text.contains("attic/cron") && bench.text.contains("repository"))
        await bench.press(.character("m"))
        await bench.type("tab")
        await bench.press(.enter)
        #expect(bench.text.contains("Restore attic/cron as attic/crontab?"))
        await bench.press(.character("y"))
        #expect(bench.text.contains("The trash is empty."))
        #expect(try await names(bench).contains("attic/crontab"))
        await bench.press(.character("q"))
        await bench.find("attic/crontab")
        await bench.press(.character("d"))
        await bench.accept()
        await bench.press(.character("T"), .character("d"))
        #expect(bench.text.contains("Drop attic/crontab FOR GOOD?  type attic/crontab: _"))
        #expect(bench.text.contains("PERMANENT: deletes this trash entry for good"))
        await bench.accept()
        #expect(bench.text.contains("The trash is empty."))
        #expect(try await !names(bench).contains("attic/crontab"))
    }

    @Test func theTrashCanBeSkipped() async throws {
        let bench = try await ScreenBench()
        await bench.find("attic/cron")
        await bench.press(.character("D"))
        #expect(bench.text.contains("PERMANENT: skips the trash, cannot be undone"))
        await bench.type("attic/cron")
        await bench.press(.enter, .character("T"))
        #expect(bench.text.contains("The trash is empty."))
        #expect(try await !names(bench).contains("attic/cron"))
    }

    @Test func uploadsAreDeletedAndRestored() async throws {
        let bench = try await ScreenBench()
        await bench.press(.character("P"))
        #expect(bench.title == "Uploads")
        #expect(bench.text.contains("uploads/partial"))
        await bench.press(.character("*"), .character("d"), .character("y"))
        #expect(bench.text.contains("No unfinished uploads."))
        await bench.press(.character("u"), .character("y"))
        #expect(bench.text.contains("uploads/partial"))
    }

    @Test func theLogShowsChanges() async throws {
        let bench = try await ScreenBench()
        await bench.press(.character("L"))
        #expect(bench.title == "Log")
        #expect(bench.text.contains("No changes yet."))
        await bench.press(.character("q"))
        await bench.find("attic/cron")
        await bench.press(.character("d"))
        await bench.accept()
        await bench.press(.character(":"))
        await bench.type("log")
        await bench.press(.enter)
        #expect(bench.title == "Log")
        #expect(bench.rows.contains { $0.contains("remove") && $0.contains("attic/cron") && $0.contains("done") })
    }
}
