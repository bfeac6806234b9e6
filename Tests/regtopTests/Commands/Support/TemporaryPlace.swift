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
        WholeStore(try await RegtopProgram.run(["dump"] + words, in: self).output)
    }
}

/// A dump of a store without the log of changes, for comparisons. It is split and compared by calls
/// of libc: Swift's own loops take seconds for it in a debug build.
struct WholeStore: Equatable, CustomTestStringConvertible {
    /// The lines, one for each object.
    let lines: [Data]

    init(_ output: [UInt8]) {
        var (rest, lines) = (Data(output), [Data]())
        while !rest.isEmpty {
            let length = rest.count - rest.from(0x0a, after: 0).count
            let line = rest.prefix(length)
            if !line.names(#""log-2"#) { lines.append(line) }
            rest = rest.dropFirst(line.count + 1)
        }
        self.lines = lines
    }

    /// The dump.
    var text: String { lines.map { String(decoding: $0, as: UTF8.self) + "\n" }.joined() }

    /// The lines with names below a path.
    func lines(below path: String) -> [Data] { lines.filter { $0.names("\"\(path)") } }

    var testDescription: String { "a dump of \(lines.count) objects" }
}

extension Data {
    /// True if a line of a dump has this text at its name, which follows the data.
    func names(_ text: String) -> Bool {
        let front = Data(#"{"data": ""#.utf8)
        let name = starts(with: front) ? from(0x22, after: front.count) : self
        return String(decoding: name.prefix(1000), as: UTF8.self).contains(text)
    }

    /// The part from a byte on that comes after a number of bytes.
    fileprivate func from(_ byte: Int32, after count: Int) -> Data {
        let rest = dropFirst(count)
        let distance = rest.withUnsafeBytes { bytes -> Int? in
            guard let start = bytes.baseAddress else { return nil }
            return memchr(start, byte, bytes.count).map { UnsafeRawPointer($0) - start }
        }
        return rest.dropFirst(distance ?? rest.count)
    }
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
