import Foundation
import Testing

@testable import AdminCore
@testable import ConsoleKit
@testable import regtop

@MainActor @Suite(.timeLimit(.minutes(15))) struct GoldenTests {
    /// Every screen has a golden: a new screen needs a line in `Scene.all`.
    @Test func everyScreenEqualsItsGolden() async throws {
        var seen: Set<String> = []
        var keys: [String: [String: [Key]]] = [:]
        for scene in Scene.all {
            let bench = try await ScreenBench()
            await bench.play(scene)
            seen.formUnion(bench.console.stack.map { "\(type(of: $0))" })
            for screen in bench.console.stack {
                let own = screen.commands.map { ($0.name, $0.keys) }
                keys["\(type(of: screen))", default: [:]] = Dictionary(own) { first, _ in first }
            }
            for size in Golden.sizes {
                bench.size = size
                await bench.settle()
                try Golden.check(Golden.steady(bench.text), scene.name, size)
            }
        }
        let bench = try await ScreenBench()
        for entry in ScreenCatalog.entries {
            let screen = entry.make(.init(store: bench.store, board: bench.console.board))
            #expect(seen.contains("\(type(of: screen))"), "the screen \"\(entry.name)\" has no golden")
        }
        for (screen, own) in keys {
            let place = KeyCatalog.places.first { $0.name + "Screen" == screen }
            #expect(place?.own == own, "\(screen)")
        }
        let global = bench.console.globalCommands.map { ($0.name, $0.keys) }
        #expect(KeyCatalog.everywhere == Dictionary(global) { first, _ in first })
    }

    /// The differences since a snapshot, which is a file and therefore no scene.
    @Test func theDifferenceEqualsItsGolden() async throws {
        let place = try TemporaryPlace()
        let bench = try await ScreenBench()
        let file = "\(place.path)/monday.db"
        _ = try await bench.store.session.writeSnapshot(to: file, version: "1")
        let (admin, planner) = (try bench.store.session.changing(), bench.store.session.planner)
        func reference(_ text: String) throws -> ImageReference { try #require(ImageReference(text)) }
        for plan in [
            try await planner.move(from: reference("attic/cron"), to: reference("attic/timer")),
            try await planner.removal(of: [reference("damaged/resumed-upload"), reference("library/alpine:3")]),
        ] {
            #expect(await admin.apply(plan).allSatisfy { $0.outcome == .done })
        }
        let copy = try await planner.copy(from: reference("library/debian"), to: reference("team/debian"))
        #expect(await admin.apply(copy).map(\.outcome) == [.done])
        await bench.press(.character(":"))
        await bench.type("diff \(file)")
        await bench.press(.enter)
        for size in Golden.sizes {
            bench.size = size
            await bench.settle()
            try Golden.check(Golden.steady(bench.text), "difference", size)
        }
    }
}

/// The expected text of a frame, in a file that only UPDATE_GOLDEN=1 changes.
enum Golden {
    static let sizes = [Size(rows: 24, columns: 80), Size(rows: 60, columns: 200), Size(rows: 10, columns: 40)]

    private static let directory: URL = {
        var tests = URL(filePath: #filePath)
        for _ in 0..<3 { tests.deleteLastPathComponent() }
        return tests.appending(path: "Goldens")
    }()

    private static func suffix(_ size: Size) -> String { ".\(size.columns)x\(size.rows)" }

    private static func file(_ name: String) -> URL { directory.appending(path: "\(name).txt") }

    /// The stored text; nil if there is none.
    static func kept(_ name: String, _ size: Size) throws -> String? {
        try kept(name + suffix(size))
    }

    private static func kept(_ name: String) throws -> String? {
        let file = file(name)
        guard FileManager.default.fileExists(atPath: file.path(percentEncoded: false)) else { return nil }
        return try String(contentsOf: file, encoding: .utf8)
    }

    /// Compares a screen with the stored one, or stores it if UPDATE_GOLDEN is set.
    static func check(_ text: String, _ name: String, _ size: Size) throws {
        try check(text + "\n", name + suffix(size))
    }

    /// Compares a text with the stored one, or stores it if UPDATE_GOLDEN is set.
    static func check(_ text: String, _ name: String) throws {
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
            return try text.write(to: file(name), atomically: true, encoding: .utf8)
        }
        guard let kept = try kept(name) else {
            Issue.record("there is no golden \(name); UPDATE_GOLDEN=1 makes it")
            return
        }
        #expect(text == kept, "\(name); after a look at it, UPDATE_GOLDEN=1 keeps it")
    }

    /// Replaces text that differs from run to run: rates and times of tasks, the age of a list on a
    /// busy machine, versions of objects, and the random ends of the names of holdings.
    static func steady(_ text: String) -> String {
        text.replacing(#/  read [0-9]+ min( +[0-9]+ s)? ago/#, with: "")
            .replacing(/( *)(–|[0-9,]+\/s)( +[0-9]+ s)/) { match in
                String(repeating: " ", count: match.output.1.count + match.output.2.count - 1) + "–" + match.output.3
            }
            .replacing(/([0-9]+) s(?= |\n)/) { match in
                String(repeating: " ", count: match.output.1.count - 1) + "0 s"
            }
            .replacing(/version( +)[0-9,]+/) { match in "version\(match.output.1)1" }
            .replacing(/(2026[0-9]*(?:-000000-|…[0-9]*-|-0+…))([0-9a-f]{1,4})/) { match in
                match.output.1 + String(repeating: "0", count: match.output.2.count)
            }
    }
}
