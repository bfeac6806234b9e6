import Foundation
import Synchronization
import Testing

/// A directory for one test, removed with its last reference.
final class TemporaryPlace: Sendable {
    /// The path without a slash at its end.
    let path: String

    /// Ignores SIGPIPE: a write to a process that has ended fails, but does not end the tests.
    private static let ignoresClosedPipes: Void = { _ = signal(SIGPIPE, SIG_IGN) }()

    init() throws {
        _ = Self.ignoresClosedPipes
        path = FileManager.default.temporaryDirectory.appending(path: "regtop-test.\(UUID().uuidString)").path(
            percentEncoded: false)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        remove()
    }

    /// Removes the directory.
    func remove() {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// A store in this directory with the fixture.
    func fixture() async throws -> String {
        let store = "\(path)/fixture.db"
        try FileManager.default.copyItem(atPath: try await Fixture.loaded.value.path + "/loaded.db", toPath: store)
        return "--store=sqlite:\(store)"
    }

    /// A store in this directory with these files.
    func store(_ files: DumpText, _ name: String = "store.db") async throws -> String {
        let dump = "\(path)/\(name).jsonl"
        try files.text.write(toFile: dump, atomically: true, encoding: .utf8)
        return try await load(dump, into: name)
    }

    /// The option that names the store.
    fileprivate func load(_ dump: String, into name: String) async throws -> String {
        let run = try await RegtopProgram.run("load", "--store", "sqlite:\(path)/\(name)", dump, in: self)
        guard run.status == 0 else { throw ProgramRun.NotThis(description: run.error) }
        return "--store=sqlite:\(path)/\(name)"
    }

    /// The whole store without the log of changes.
    func dump(_ words: String...) async throws -> WholeStore {
        let text = try await RegtopProgram.run(["dump"] + words, in: self).text
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return WholeStore(text: lines.filter { !$0.contains(#""log-2"#) }.joined(separator: "\n"))
    }
}

/// A dump of a store for comparisons, with a short description.
struct WholeStore: Equatable, CustomTestStringConvertible {
    /// The dump.
    let text: String

    /// The lines, one for each object.
    var lines: [Substring] { text.split(separator: "\n") }

    /// The lines with names below a path.
    func lines(below path: String) -> [Substring] { lines.filter { $0.contains("\"\(path)") } }

    var testDescription: String { "a dump of \(lines.count) objects, \(text.utf8.count) bytes" }
}

/// The pool that registry v2.3.1 wrote.
enum Fixture {
    /// Its dump.
    static let path: String = {
        var tests = URL(filePath: #filePath)
        for _ in 0..<4 { tests.deleteLastPathComponent() }
        return tests.appending(path: "AdminCoreTests/Fixtures/registry-2.3.1.pool.jsonl.gz").path(percentEncoded: false)
    }()

    /// A place with the fixture in `loaded.db`, for copies.
    static let loaded = Task {
        let place = try TemporaryPlace()
        // A static value is never released.
        shared.withLock { $0 = place }
        atexit { Fixture.shared.withLock { $0 }?.remove() }
        _ = try await place.load(path, into: "loaded.db")
        return place
    }

    private static let shared = Mutex<TemporaryPlace?>(nil)

    /// Its repositories with their states.
    static let states = [
        "app/web": "ok", "damaged/resumed": "damaged", "legacy/schema1": "ok", "library/alpine": "ok",
        "multi/arch": "ok", "stale/layer-unlinked": "damaged", "stale/never-touched": "ok",
        "stale/old-service": "untagged", "team/x/deep": "ok", "uploads/empty": "uploads-only",
        "uploads/partial": "uploads-only", "upper-ok.name_1/a": "ok",
    ]

    /// The layer of three chunks.
    static let bigLayer = "sha256:d7753236ac931d8900916d827206f55848958a59e3a137a20acd509fd8ab40c6"
    /// The layer that a resumed upload damaged.
    static let damagedLayer = "sha256:4fae62baceee3d5b590f65d90f5e11d90d364cc60dcd9f2d25bb41be30185250"
}
