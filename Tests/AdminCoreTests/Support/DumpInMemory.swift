@testable import StoreDump
import Foundation
import Synchronization
import Testing

/// Collects a dump.
final class MemorySink: DumpSink {
    private let collected = Mutex<[UInt8]>([])

    func write(_ bytes: [UInt8]) async throws {
        collected.withLock { $0 += bytes }
    }

    var bytes: [UInt8] { collected.withLock { $0 } }

    var lines: [String] {
        String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }
}

/// Returns the bytes of a dump in small portions, so that the portions cut lines anywhere.
final class MemorySource: DumpSource {
    private let rest: Mutex<ArraySlice<UInt8>>
    private let portion: Int

    init(_ bytes: [UInt8], portion: Int = 1 << 20) {
        rest = Mutex(bytes[...])
        self.portion = portion
    }

    convenience init(_ text: String, portion: Int = 7) {
        self.init(Array(text.utf8), portion: portion)
    }

    func read() async throws -> [UInt8] {
        rest.withLock { rest in
            defer { rest = rest.dropFirst(portion) }
            return Array(rest.prefix(portion))
        }
    }
}

/// The pool that registry 2.3.1 wrote.
enum Fixture {
    static func path() throws -> String {
        try #require(
            Bundle.module.url(forResource: "registry-2.3.1.pool.jsonl", withExtension: "gz", subdirectory: "Fixtures")
        ).path(percentEncoded: false)
    }

    /// The lines of the dump, uncompressed.
    static func bytes() async throws -> [UInt8] {
        let file = try await DumpFile.open(path: path())
        var bytes: [UInt8] = []
        while case let more = try await file.read(), !more.isEmpty { bytes += more }
        return bytes
    }

    /// Loads the dump into an empty store.
    static func load(into store: StoreUnderTest) async throws {
        _ = try await StoreDump.load(from: DumpFile.open(path: path()), into: store.reader, store.writer)
    }
}

extension StoreUnderTest {
    /// The dump of the whole store.
    func dump(data: Bool = true, times: Bool = false) async throws -> MemorySink {
        let sink = MemorySink()
        _ = try await StoreDump.write(from: reader, to: sink, data: data, times: times)
        return sink
    }

    /// Loads a dump from memory.
    @discardableResult
    func load(_ text: String, portion: Int = 7) async throws -> StoreDump.Summary {
        try await StoreDump.load(from: MemorySource(text, portion: portion), into: reader, writer)
    }
}
