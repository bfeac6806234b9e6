@testable import ObjectStore
@testable import StorageDriver
import Testing

extension ConformanceCase {
    /// Lengths around the chunk size of 1024.
    static let lengths = [0, 1, 1023, 1024, 1025, 2048, 5000, 64 * 1024 + 1]

    /// Writes a file of three chunks, damages one chunk, and returns the error of a reader; nil if
    /// it reads to the end.
    private static func damage(
        _ driver: StorageDriver, _ store: StoreUnderTest, _ name: String, _ chunk: Int,
        _ mutation: WriteOperation.Mutation
    ) async throws -> String? {
        let file = try path("/\(name)")
        try await driver.putContent(file, pattern(3000))
        try await store.set(driver.reader.blob(file).chunk(chunk), [mutation])
        do {
            _ = try await driver.reader.stream(file)
            return nil
        } catch StorageError.damaged(_, let what) {
            return what
        }
    }

    static let driverContents: [ConformanceCase] = [
        ConformanceCase("contents of every length come back, and are laid out in chunks") { store in
            let driver = store.driver()
            for length in lengths {
                let file = try path("/contents/of/\(length)")
                let content = pattern(length)
                try await driver.putContent(file, content)
                #expect(try await driver.reader.content(file) == content)
                #expect(try await driver.reader.stream(file) == content)
                let status = try await driver.reader.stat(file)
                #expect(status.size == UInt64(length))
                #expect(status.head == .sound)
                let blob = try await driver.reader.blob(file)
                let layout = try await driver.reader.layout(of: blob)
                #expect(layout.isSound)
                #expect(layout.chunks.count == max(1, (length + 1023) / 1024))
                let head = try await store.state(blob.chunk(0))
                let size = (0..<8).map { UInt8(truncatingIfNeeded: length >> ($0 * 8)) } + [0, 0]
                #expect(head.xattrs == ["total-size": size])
                #expect(head.omap.isEmpty)
            }
        },
        ConformanceCase("the chunks of a registry's size: one, one more, one less") { store in
            let driver = store.driver(chunkSize: StorageReader.defaultChunkSize)
            for length in [4 << 20, (4 << 20) - 1, (4 << 20) + 1] {
                let file = try path("/big/\(length)")
                let content = pattern(length)
                try await driver.putContent(file, content)
                #expect(try await driver.reader.content(file) == content)
            }
        },
        ConformanceCase("overwriting gives exactly the new content") { store in
            let driver = store.driver()
            let file = try path("/file")
            for length in [5000, 10, 0, 3000, 1024, 0] {
                try await driver.putContent(file, pattern(length, seed: UInt64(length)))
                #expect(try await driver.reader.content(file) == pattern(length, seed: UInt64(length)))
                #expect(try await driver.reader.stat(file).size == UInt64(length))
                #expect(try await driver.reader.layout(of: driver.reader.blob(file)).isSound)
            }
        },
        ConformanceCase("an overwrite leaves the old content whole, under its own identifier") { store in
            let driver = store.driver()
            let file = try path("/file")
            try await driver.putContent(file, pattern(3000))
            let old = try await driver.reader.blob(file)
            try await driver.putContent(file, pattern(10))
            #expect(try await driver.reader.blob(file) != old)
            #expect(try await driver.reader.layout(of: old).isSound)
        },
        ConformanceCase("an empty file is read, stat'ed, appended to and deleted") { store in
            let driver = store.driver()
            let file = try path("/empty")
            try await driver.putContent(file, [])
            #expect(try await driver.reader.stat(file).size == 0)
            #expect(try await driver.reader.stream(file).isEmpty)
            let writer = try await driver.writer(file, offset: 0)
            try await writer.write([1, 2, 3])
            try await writer.commit()
            #expect(try await driver.reader.content(file) == [1, 2, 3])
            try await driver.delete(file)
            #expect(try await driver.reader.list(.root).isEmpty)
        },
        ConformanceCase("an empty file as the old driver leaves it can be read, overwritten and deleted") { store in
            let driver = store.driver()
            let file = try path("/dir/empty")
            try await driver.putContent(path("/dir/other"), [1])
            try await store.set(
                ObjectID("/dir"), [.setOmap(["empty": Array("blob:00000000-0000-4000-8000-000000000000".utf8)])])
            #expect(try await driver.reader.content(file).isEmpty)
            #expect(try await driver.reader.stat(file).head == .empty)
            #expect(try await driver.reader.stat(file).modified == nil)
            try await driver.putContent(file, [7])
            #expect(try await driver.reader.content(file) == [7])
            try await driver.delete(file)
            #expect(try await driver.reader.list(path("/dir")).map(\.name) == ["other"])
        },
        ConformanceCase("content larger than the limit is refused, not held") { store in
            let driver = store.driver()
            let file = try path("/file")
            try await driver.putContent(file, pattern(3000))
            await store.expect(.tooLarge(file, size: 3000, limit: 2999)) {
                try await driver.reader.content(file, limit: 2999)
            }
            #expect(try await driver.reader.content(file, limit: 3000).count == 3000)
        },
        ConformanceCase("damage is said, never padded and never endless") { store in
            let driver = store.driver()
            for chunk in 0...2 {
                let missing = try await damage(driver, store, "missing-\(chunk)", chunk, .remove)
                #expect(missing?.contains("-\(chunk) is missing") == true)
                let short = try await damage(driver, store, "short-\(chunk)", chunk, .truncate(7))
                #expect(short?.contains("-\(chunk) is shorter") == true)
            }
            let size: ByteString = "total-size"
            #expect(try await damage(driver, store, "no-size", 0, .removeXattr(size)) != nil)
            for (index, bytes) in [[], [1], [UInt8](repeating: 255, count: 10), [184, 11, 0, 0, 0, 0, 0, 1, 0, 0]]
                .enumerated()
            {
                #expect(try await damage(driver, store, "size-\(index)", 0, .setXattr(name: size, value: bytes)) != nil)
            }
            let long = try await damage(driver, store, "long", 1, .truncate(2000))
            #expect(long == nil, "what a chunk holds beyond its end is not part of the file")
        },
    ]
}
