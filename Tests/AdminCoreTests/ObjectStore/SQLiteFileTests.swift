@testable import ObjectStore
@testable import SQLiteStore
import Foundation
import Testing

/// The behaviour of a store in a file.
@Suite struct SQLiteFileTests {
    private static let object = ObjectID("/a")

    /// Creates a store with one object, and closes it.
    private func make(_ path: String) async throws {
        let store = try await SQLiteStore.open(path: path, create: true)
        let operation = WriteOperation([.writeFull(pattern(0..<100_000)), .setOmap(["k": [1]])])
        #expect(await store.writer.apply(operation, to: Self.object) == .applied)
        await store.close()
    }

    private func withDirectory(_ body: (TemporaryDirectory) async throws -> Void) async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        try await body(directory)
    }

    @Test func contentsAndVersionsSurviveClosing() async throws {
        try await withDirectory { directory in
            let path = directory.path("store")
            try await make(path)
            let store = try await SQLiteStore.open(path: path)
            let state = try #require(try await store.reader.read(.everything, of: Self.object))
            #expect(state.data == pattern(0..<100_000) && state.omap.count == 1)
            #expect(await store.writer.apply(WriteOperation([.remove]), to: Self.object) == .applied)
            await store.close()
            try await make(path)
            let again = try await SQLiteReader.open(path: path)
            #expect(try #require(try await again.read(.stat, of: Self.object)).version > state.version + 1)
            await again.close()
        }
    }

    @Test func openingAndReadingWriteNothing() async throws {
        try await withDirectory { directory in
            let path = directory.path("store")
            try await make(path)
            let before = try Data(contentsOf: URL(filePath: path))
            let date = try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
            let reader = try await SQLiteReader.open(path: path)
            let store = try await SQLiteStore.open(path: path)
            let created = try await SQLiteStore.open(path: path, create: true)
            for reader in [reader, store.reader, created.reader] {
                #expect(try await reader.read(.everything, of: Self.object) != nil)
                #expect(try await reader.status().objects == 1)
                #expect(try directory.contents() == ["store"])
                await reader.close()
            }
            #expect(try Data(contentsOf: URL(filePath: path)) == before)
            #expect(try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date == date)
            #expect(try directory.contents() == ["store"])
        }
    }

    @Test func aReaderIsNoWriter() throws {
        let store = try SQLiteStore.inMemory()
        let reader: Any = store.reader
        let writer: Any = store.writer
        #expect(!(reader is any ObjectWriter))
        #expect(!(writer is any ObjectReader))
    }

    @Test func aFileThatIsNoStoreIsReportedInOneSentence() async throws {
        try await withDirectory { directory in
            let text = directory.path("text")
            try Data("this is a text, and no database at all".utf8).write(to: URL(filePath: text))
            try Data().write(to: URL(filePath: directory.path("empty")))
            try FileManager.default.createDirectory(
                atPath: directory.path("directory"), withIntermediateDirectories: false)
            let foreign = try await patched(directory, name: "foreign", at: 68, with: [0, 0, 0, 0])
            let future = try await patched(directory, name: "future", at: 60, with: [0, 0, 0, 9])
            let cases: [(String, StoreError.Kind, String)] = [
                (directory.path("missing"), .notConfigured, "there is no file"),
                (directory.path("directory"), .invalid, "is a directory"),
                ("/dev/null", .invalid, "is not a file"),
                (directory.path("empty"), .invalid, "is empty, not a store"),
                (text, .invalid, "is not an SQLite file"),
                (foreign, .invalid, "not one of regtop's stores"),
                (future, .invalid, "has version 9"),
                ("", .invalid, "the file's name is empty"),
            ]
            for (path, kind, reason) in cases {
                await expect(kind, reason) { _ = try await SQLiteStore.open(path: path) }
                await expect(kind, reason) { _ = try await SQLiteReader.open(path: path) }
            }
            for path in [text, foreign, future] {
                let before = try Data(contentsOf: URL(filePath: path))
                await expect(.invalid, path) { _ = try await SQLiteStore.open(path: path, create: true) }
                #expect(try Data(contentsOf: URL(filePath: path)) == before, "creating replaces nothing")
            }
            await expect(.notConfigured, "there is no directory") {
                _ = try await SQLiteStore.open(path: directory.path("no/store"), create: true)
            }
            #expect(!FileManager.default.fileExists(atPath: directory.path("missing")))
        }
    }

    private func patched(_ directory: TemporaryDirectory, name: String, at offset: Int, with bytes: [UInt8])
        async throws
        -> String
    {
        let path = directory.path(name)
        try await make(path)
        var data = try Data(contentsOf: URL(filePath: path))
        data.replaceSubrange(offset..<offset + bytes.count, with: bytes)
        try data.write(to: URL(filePath: path))
        return path
    }

    @Test func aDamagedFileIsAnErrorAndNeverNil() async throws {
        try await withDirectory { directory in
            let path = directory.path("store")
            try await make(path)
            var data = try Data(contentsOf: URL(filePath: path))
            // All pages except the first one, which has the header and the list of the tables.
            data.replaceSubrange(4096..., with: [UInt8](repeating: 0xa5, count: data.count - 4096))
            try data.write(to: URL(filePath: path))
            let reader = try await SQLiteReader.open(path: path)
            await expect(.inputOutput, "damaged") { _ = try await reader.read(.everything, of: Self.object) }
            await reader.close()
        }
    }

    @Test func strangeFileNames() async throws {
        try await withDirectory { directory in
            for name in ["file:x?mode=memory", ":memory:", "a b%20c?d#e", "caf\u{e9}\n"] {
                try await make(directory.path(name))
                #expect(try directory.contents().contains(name))
                let reader = try await SQLiteReader.open(path: directory.path(name))
                #expect(try await reader.read(.stat, of: Self.object) != nil)
                await reader.close()
            }
        }
    }

    @Test func twoOpenersOfOneFileLoseNothing() async throws {
        try await withDirectory { directory in
            let path = directory.path("store")
            let counter = ObjectID("/counter")
            let first = try await SQLiteStore.open(path: path, create: true)
            let second = try await SQLiteStore.open(path: path, create: true)
            #expect(await first.writer.apply(WriteOperation([.writeFull([0])]), to: counter) == .applied)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for store in [first, second, first, second] {
                    group.addTask {
                        var done = 0
                        while done < 20 {
                            let state = try #require(try await store.reader.read(.everything, of: counter))
                            let operation = WriteOperation(
                                guards: [.version(state.version)], [.writeFull([state.data[0] + 1])])
                            switch await store.writer.apply(operation, to: counter) {
                            case .applied: done += 1
                            case .refused: continue
                            case .failed(let error), .unknown(let error): throw error
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await first.reader.read(.everything, of: counter)?.data == [80])
            await first.close()
            await second.close()
        }
    }

    @Test func afterClosingEverythingFails() async throws {
        let store = try SQLiteStore.inMemory()
        await store.close()
        await expect(.blocklisted, "closed") { _ = try await store.reader.read(.stat, of: Self.object) }
        let outcome = await store.writer.apply(WriteOperation([.create]), to: Self.object)
        guard case .failed(let error) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(error.kind == .blocklisted)
        await store.close()
    }

    @Test func closingWaitsForPendingOperations() async throws {
        let store = try SQLiteStore.inMemory()
        let writes = (0..<500).map { index in
            Task { await store.writer.apply(WriteOperation([.create]), to: ObjectID(ByteString("\(index)"))) }
        }
        await store.close()
        for write in writes {
            switch await write.value {
            case .applied: continue
            case .failed(let error): #expect(error.kind == .blocklisted)
            case let outcome: Issue.record("\(outcome)")
            }
        }
    }

    @Test func removedDataFreesItsSpace() async throws {
        let store = try SQLiteStore.inMemory()
        let empty = try #require(try await store.reader.status().bytesUsed)
        let write = WriteOperation([.writeFull([UInt8](repeating: 7, count: 4 << 20))])
        #expect(await store.writer.apply(write, to: Self.object) == .applied)
        #expect(try #require(try await store.reader.status().bytesUsed) > empty + 4 << 20)
        #expect(await store.writer.apply(WriteOperation([.remove]), to: Self.object) == .applied)
        #expect(try #require(try await store.reader.status().bytesUsed) < empty + 64 << 10)
    }
}
