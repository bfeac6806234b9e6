import Testing

@testable import ConsoleKit
@testable import regtop

/// Folders of repositories, such as `team/`.
@MainActor @Suite(.timeLimit(.minutes(15))) struct FolderScreenTests {
    private func folder(_ path: String, _ bench: ScreenBench) async throws {
        await bench.press(.character("g"))
        func isThere() -> Bool { bench.cursorRow.dropFirst(4).hasPrefix("▸ \(path)") }
        for _ in 0..<40 where !isThere() { await bench.press(.down) }
        try #require(isThere())
    }

    /// The deletion of a folder is the deletion of its shown repositories, by their plan and with
    /// their question.
    @Test func deletingAFolderDeletesItsRepositories() async throws {
        let bench = try await ScreenBench()
        await bench.press(.character("f"))
        // A list that is older than a minute says so, between the two.
        #expect(bench.rows[1].hasPrefix("Repositories  30  ") && bench.rows[1].contains("  in folders"))
        try await folder("attic/", bench)
        await bench.press(.character("d"))
        #expect(bench.typed == "3" && bench.text.contains("attic/cron"))
        await bench.press(.escape)
        // The filter hides one of three.
        await bench.find("attic not cron")
        await bench.press(.up, .up, .character("d"))
        #expect(bench.typed == "2")
        #expect(bench.text.contains("attic/intranet") && bench.text.contains("attic/y2k"))
        #expect(!bench.text.contains("delete  attic/cron"))
        await bench.accept()
        await bench.press(.escape)
        try await folder("attic/", bench)
        #expect(bench.rows[1].hasPrefix("Repositories  28") && bench.cursorRow.contains("attic/  1 "))
        await bench.press(.character("u"))
        await bench.accept()
        #expect(bench.rows[1].hasPrefix("Repositories  30"))
    }

    /// No command takes a folder for the repository of the same name.
    @Test func aFolderIsNoRepository() async throws {
        let bench = try await ScreenBench()
        await bench.press(.character("f"))
        try await folder("app/", bench)
        for key in [Key.character("m"), .character("C"), .character("Y")] {
            await bench.press(key)
            #expect(!bench.isAsked && bench.console.clipboard == nil && bench.title == "Repositories")
        }
        await bench.press(.enter)
        #expect(bench.rows[3].hasPrefix(">   ▾ app/") && bench.rows[4].hasPrefix("        app/api"))
        // Right enters an open folder, Left closes it from everywhere in it.
        await bench.press(.right, .right)
        #expect(bench.title == "app/api")
        await bench.press(.left)
        #expect(bench.title == "Repositories")
        await bench.press(.left)
        #expect(bench.cursorRow.hasPrefix(">   ▸ app/"))
        await bench.press(.left)
        #expect(bench.status.hasPrefix("There is no folder to close here."))
    }

    /// Esc ends a filter, and the next command has the same target as before.
    @Test func theEndOfAFilterWidensNoTarget() async throws {
        let bench = try await ScreenBench()
        await bench.press(.character("f"))
        for move in [[], [Key.down]] {
            await bench.press(.character("g"))
            for key in move { await bench.press(key) }
            await bench.find("attic/cron")
            #expect(bench.cursorRow.contains("attic/cron"))
            await bench.press(.escape)
            #expect(bench.cursorRow.contains("attic/cron"))
            await bench.press(.character("d"))
            #expect(bench.text.contains("Delete attic/cron?"))
            await bench.press(.escape, .left)
        }
        // A filter that is not accepted leaves the cursor where it was.
        try await folder("damaged/", bench)
        await bench.press(.character("/"))
        await bench.type("intranet")
        await bench.press(.escape)
        #expect(bench.cursorRow.contains("▸ damaged/"))
    }

    @Test func markingAFolderSaysHowMany() async throws {
        let bench = try await ScreenBench()
        await bench.press(.character("f"))
        try await folder("attic/", bench)
        await bench.press(.character(" "))
        #expect(bench.status == "Marked 3 rows in attic/." && bench.rows[1].contains("3 marked"))
        // The marks are those of the rows, in folders or not.
        await bench.press(.character("f"), .character("d"))
        #expect(bench.typed == "3" && bench.text.contains("attic/cron"))
        await bench.press(.escape, .character("f"))
        try await folder("attic/", bench)
        await bench.press(.character(" "))
        #expect(bench.status == "Unmarked 3 rows in attic/.")
    }

    /// The configuration groups the list from the beginning, and Usage groups as well.
    @Test func listsBeginInFoldersIfTheUserSaysSo() async throws {
        let settings = SettingsFile.parse("tables: {repositories: {folders: true}}", path: "config.yml")
        #expect(settings.problems.isEmpty)
        let bench = try await ScreenBench(settings: settings)
        #expect(bench.rows[3].hasPrefix(">   ▸ app/"))
        await bench.press(.character("b"), .character("f"))
        #expect(bench.title == "Usage" && bench.text.contains("▸ damaged/"))
        await bench.press(.escape)
        #expect(bench.title == "Repositories")
        let wrong = SettingsFile.parse("tables: {tags: {folders: true}}", path: "config.yml")
        #expect(wrong.problems.first?.hasPrefix("config.yml:1:17: unknown name \"folders\"") == true)
    }
}

extension ScreenBench {
    /// The row under the cursor.
    var cursorRow: String { rows.first { $0.hasPrefix("> ") } ?? "" }
}
