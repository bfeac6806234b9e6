import Foundation
import Testing

@testable import ObjectStore
@testable import Registry
@testable import StorageDriver

/// Cases with the registry's own chunk size, with long files and with large directories.
extension ConformanceCase {
    private static func registryDriver(_ store: StoreUnderTest) -> StorageDriver {
        store.driver(chunkSize: StorageReader.defaultChunkSize)
    }

    /// Writes and compares a file of `length` bytes piece by piece, and never holds all of it.
    private static func stream(_ length: UInt64, through store: StoreUnderTest) async throws {
        let driver = registryDriver(store)
        let file = try path("/stream/\(length)")
        let piece = pattern(1 << 20, seed: 7)
        guard var written = ContentHash(algorithm: "sha256"), var read = ContentHash(algorithm: "sha256") else {
            preconditionFailure("every OpenSSL computes SHA-256")
        }
        let writer = try await driver.writer(file, offset: 0)
        var left = length
        while left > 0 {
            // Each piece differs from the one before it.
            var bytes = piece
            withUnsafeBytes(of: left) { bytes.replaceSubrange(0..<8, with: $0) }
            bytes = Array(bytes.prefix(Int(min(left, UInt64(bytes.count)))))
            written.update(bytes)
            try await writer.write(bytes)
            left -= UInt64(bytes.count)
        }
        #expect(await writer.size == length)
        try await writer.commit()
        var count: UInt64 = 0
        for try await bytes in try await driver.reader.reader(file) {
            read.update(bytes)
            count += UInt64(bytes.count)
        }
        #expect(count == length)
        let digests = (read.digest(), written.digest())
        #expect(digests.0 == digests.1)
    }

    /// The greatest growth of this process's memory while `body` ran, in bytes.
    private static func growth(_ body: () async throws -> Void) async throws -> Int {
        // Without this reset the peak would include earlier work, for example a store in memory
        // that held the same file.
        try Data("5".utf8).write(to: URL(filePath: "/proc/self/clear_refs"))
        let before = try memory("VmHWM:")
        try await body()
        return try memory("VmHWM:") - before
    }

    private static func memory(_ what: String) throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix(what) })
        return try #require(Int(line.dropFirst(what.count).split(whereSeparator: \.isWhitespace).first ?? "")) * 1024
    }

    static let driverLarge: [ConformanceCase] = [
        ConformanceCase("text, other bytes, and a megabyte come back") { store in
            let driver = registryDriver(store)
            for content in [Array("grüß Gott, 世界 🐳\n".utf8), [0xff, 0xfe, 0, 0x80], pattern(1 << 20)] {
                let file = try path("/content")
                try await driver.putContent(file, content)
                #expect(try await driver.reader.content(file) == content)
            }
        },
        ConformanceCase("a file of 64 MiB and a byte is streamed") { store in
            try await stream((64 << 20) + 1, through: store)
        },
        ConformanceCase("a file of 5 GiB is streamed in constant memory") { store in
            // Without --long, the file is small enough for every run. A store in memory holds the
            // file itself.
            let isLong = LongVariants.areOn && store.kind != .sqliteMemory
            try await stream(4 << 20, through: store)
            let growth = try await growth { try await stream(isLong ? 5 << 30 : 20 << 20, through: store) }
            // Other suites of this process may need memory at the same time.
            if isLong { #expect(growth < 1 << 30) }
            print("\nstreaming \(isLong ? "5 GiB" : "20 MiB") over \(store.kind): memory grew by \(growth >> 20) MiB")
        },
        ConformanceCase("writers resume where a registry's chunks begin and end") { store in
            let driver = registryDriver(store)
            let mebibyte = 1 << 20
            for (old, offset) in [
                (5 * mebibyte, 3 * mebibyte), (5 * mebibyte, 4 * mebibyte - 1), (5 * mebibyte, 4 * mebibyte),
                (5 * mebibyte, 4 * mebibyte + 1), (5 * mebibyte, 5 * mebibyte), (3 * mebibyte, 5 * mebibyte),
                (4 * mebibyte, 4 * mebibyte), (1, 4 * mebibyte + 1),
            ] {
                let file = try path("/resumed/\(old)-\(offset)")
                try await driver.putContent(file, pattern(old))
                let writer = try await driver.writer(file, offset: Int64(offset))
                #expect(await writer.size == UInt64(max(old, offset)))
                try await writer.write([1, 2, 3])
                #expect(await writer.size == UInt64(max(old, offset + 3)))
                try await writer.commit()
                var expected = pattern(old)
                if expected.count < offset { expected += [UInt8](repeating: 0, count: offset - expected.count) }
                expected.replaceSubrange(offset..<min(expected.count, offset + 3), with: [1, 2, 3])
                let isEqual = try await driver.reader.content(file) == expected
                #expect(isEqual, "\(old), resumed at \(offset)")
                #expect(try await driver.reader.stat(file).size == UInt64(expected.count))
            }
        },
        ConformanceCase("a directory of 100,000 children is listed whole") { store in
            let driver = store.driver()
            let count = 100_000
            // As in a registry's pool: the children are listed, but have no objects. Their keys are
            // set in pages, not one by one.
            try await driver.putContent(path("/many/children/first"), [1])
            for page in stride(from: 0, to: count - 1, by: 5000) {
                let names = (page..<min(page + 5000, count - 1)).map { ByteString("child-\($0)") }
                try await store.set(
                    ObjectID("/many/children"), [.setOmap(Dictionary(uniqueKeysWithValues: names.map { ($0, []) }))])
            }
            let children = try await driver.reader.list(path("/many/children"))
            #expect(children.count == count)
            #expect(Set(children.map(\.name)).count == count)
            #expect(children.first?.name == "child-0" && children.last?.name == "first")
            #expect(try await driver.reader.list(path("/many")).map(\.name) == ["children"])
            try await store.set(ObjectID("/many/children"), [.remove])
        },
        ConformanceCase("what is appended to a file that is deleted is whole, or not there") { store in
            let driver = store.driver()
            let file = try path("/dir/file")
            for round in 0..<40 {
                try await driver.putContent(file, pattern(1500))
                try await driver.putContent(path("/dir/other"), [1])
                async let appended: Void? = try? {
                    let writer = try await driver.writer(file, offset: 1500)
                    try await writer.write(pattern(1500, seed: 2))
                    try await writer.commit()
                }()
                async let deleted: Void? = try? driver.delete(file)
                let (isAppended, isDeleted) = (await appended != nil, await deleted != nil)
                switch try await driver.reader.entry(file) {
                case nil: #expect(isDeleted, "round \(round)")
                case _?:
                    let content = try await driver.reader.content(file)
                    // The first writer wins: the guard of the other one finds another identifier,
                    // or the other one writes the file anew.
                    #expect(isAppended, "round \(round)")
                    let isWhole =
                        content == pattern(1500) + pattern(1500, seed: 2)
                        || content == [UInt8](repeating: 0, count: 1500) + pattern(1500, seed: 2)
                    #expect(isWhole, "round \(round): \(content.count) bytes")
                }
                try await driver.delete(path("/dir"))
            }
        },
    ]
}
