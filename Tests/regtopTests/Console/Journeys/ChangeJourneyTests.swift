#if RADOS
import Foundation
import Testing

/// Changes of a registry in the real program, on a pool of a real cluster that registry v2.3.1 has
/// written.
@Suite(.serialized, .timeLimit(.minutes(15))) struct ChangeJourneyTests {
    /// A pool, its options, and the console on it.
    private func journey(
        _ pool: String, _ body: @escaping @Sendable (TerminalWindow, [String]) async throws -> Void
    ) async throws {
        let place = try TemporaryPlace()
        let cluster = try await CephCluster.ofJourneys.value
        let store = ["-c", cluster.conf, "-p", pool]
        try await cluster.withPool(pool, holding: Fixture.path, in: place) {
            try await TerminalWindow.with(store, in: place) { window in
                try await window.idle()
                try await body(window, store)
                #expect(try await window.finish("C-c") == 130)
                let (before, after) = try (window.note("before"), window.note("after"))
                #expect(before == after)
            }
        }
    }

    private func json(_ words: [String], _ store: [String], in place: TemporaryPlace) async throws -> [[String: Any]] {
        try await RegtopProgram.run(words + ["-f", "json"] + store, in: place).json([[String: Any]].self)
    }

    private func names(_ store: [String], in place: TemporaryPlace) async throws -> Set<String> {
        Set(try await json(["repos"], store, in: place).compactMap { $0["name"] as? String })
    }

    /// Marked rows are deleted by identity, after sorts, filters and refreshes; then `u` restores
    /// them.
    @Test func markedRowsAreDeletedAndUndone() async throws {
        try await journey("journey-marks") { window, store in
            let before = try await names(store, in: window.place)
            try await find("stale", window)
            try await window.press("Space", "Space", "Escape", "s", "s", "S", "r", "G")
            try await find("alpine", window)
            try await window.press("Space", "S", "r")
            try await find("old-service", window)
            #expect(try await window.screen()[1].contains("3 marked, 3 hidden"))
            try await window.press("d")
            let question = try await window.text()
            let marked: Set = ["library/alpine", "stale/layer-unlinked", "stale/never-touched"]
            #expect(question.contains("3 marked rows hidden by the filter: "))
            for name in marked { #expect(question.contains(name), "\(name)") }
            // Neither `y` nor the name under the cursor is a yes here.
            try await window.type("y")
            try await window.press("Enter")
            #expect(try await names(store, in: window.place) == before)
            try await window.press("C-u")
            try await window.type("3")
            try await window.press("Enter")
            #expect(try await window.text().contains("Deleted 3 targets to the trash. u restores it."))
            let log = try await json(["log"], store, in: window.place)
            #expect(log.count == 1)
            #expect(Set(try #require(log.first?["targets"] as? [String])) == marked)
            #expect(try await names(store, in: window.place) == before.subtracting(marked))
            try await window.press("u")
            #expect(try await window.text().contains("Restore 3 targets?"))
            try await window.press("y")
            #expect(try await names(store, in: window.place) == before)
        }
    }

    @Test func repositoriesAndTagsAreRenamed() async throws {
        try await journey("journey-names") { window, store in
            try await find("team/x/deep", window)
            try await window.press("m")
            try await window.type("er")
            try await window.press("Enter")
            try await window.press("y")
            let moved = try await window.text()
            #expect(moved.contains("Moved team/x/deep to team/x/deeper."))
            #expect(moved.contains("now restart every registry, or flush its descriptor cache"))
            // The header has a shorter form if the health of the cluster needs the room.
            let isReminded = moved.contains("flush the registries' caches") || moved.contains("flush caches")
            #expect(isReminded, "the header reminds of it")
            try await window.press("Escape")
            try await window.press(":")
            try await window.type("caches-flushed")
            try await window.press("Enter")
            #expect(try await window.text().contains("links moved from team/x/deep to team/x/deeper"))
            try await window.press("y")
            let said = try await window.text()
            #expect(said.contains("Nothing was missing.") && !said.contains("flush"))
            try await find("library/alpine", window)
            try await window.press("Enter")
            try await window.press("m")
            try await window.type("~old")
            try await window.press("Enter")
            // The input stays open, with the reason below it.
            #expect(try await window.text().contains("is not a name; write repository or repository:tag"))
            try await window.press("BSpace", "BSpace", "BSpace", "BSpace")
            try await window.type("-old")
            try await window.press("Enter")
            try await window.press("y")
            let tags = try await json(["tags", "library/alpine"], store, in: window.place)
            #expect(tags.contains { ($0["tag"] as? String)?.hasSuffix("-old") == true })
            let after = try await names(store, in: window.place)
            #expect(after.contains("team/x/deeper") && !after.contains("team/x/deep"))
        }
    }

    @Test func damageIsRepairedAndUnneededBlobsAreFreed() async throws {
        try await journey("journey-repair") { window, store in
            try await window.press("F")
            try await find("long-chunk", window)
            try await window.press("R")
            try await window.press("y")
            let fsck = try await RegtopProgram.run(["fsck", "-f", "json"] + store, in: window.place)
            #expect(!fsck.text.contains("long-chunk"))
            try await window.press(":")
            try await window.type("collection")
            try await window.press("Enter", ":")
            try await window.type("grace 0")
            try await window.press("Enter", "x")
            #expect(try await window.text().contains("> 1  I do not know: free nothing yet"))
            // Two keys in one read are no answer.
            try await window.press("4")
            try await window.press("Enter")
            let step = try await window.text()
            #expect(step.contains("Run this step FOR GOOD?"), "\(step)")
            try await window.press("PageDown", "PageDown")
            try await window.spell("free")
            try await window.press("Enter")
            #expect(try await window.text().contains("done     free at once"))
            try await window.press("Escape")
            #expect(try await window.text().contains("The quarantine is empty."))
            let left = try await RegtopProgram.run(
                ["gc", "--dry-run", "--offline", "--grace", "0", "-f", "json"] + store, in: window.place)
            let plan = try left.json([String: Any].self)
            #expect((plan["freed"] as? [Any])?.isEmpty == true, "\(left.text)")
        }
    }

    private func find(_ text: String, _ window: TerminalWindow) async throws {
        try await window.press("/", "C-u")
        try await window.type(text)
        try await window.press("Enter")
    }
}
#endif
