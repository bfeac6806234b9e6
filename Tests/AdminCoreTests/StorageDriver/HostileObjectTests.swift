import Testing

@testable import ObjectStore
@testable import SampleRegistry
@testable import StorageDriver

/// Objects that no driver writes, in real pools and in files. The driver names each damage, reads
/// the objects beside it, and never reports existing content as missing.
@Suite(.serialized) struct HostileObjectTests {
    /// A directory with two files of three chunks; a test damages the first.
    private struct Pool {
        static let content = pattern(2500)
        static let neighbour = pattern(2500, seed: 2)

        let store: StoreUnderTest
        let driver: StorageDriver
        let file: StoragePath
        let beside: StoragePath
        let blob: BlobIdentifier

        var reader: StorageReader { driver.reader }

        init(_ store: StoreUnderTest) async throws {
            self.store = store
            driver = store.driver()
            (file, beside) = try (path("/d/file"), path("/d/beside"))
            try await driver.putContent(file, Pool.content)
            try await driver.putContent(beside, Pool.neighbour)
            blob = try await driver.reader.blob(file)
        }

        /// Expects that the file is listed, that its neighbour can be read, and that a verb that
        /// needs the content reports the damaged object.
        func expectDamage(_ object: ObjectID, _ comment: Comment) async throws {
            #expect(try await reader.list(file.parent).compactMap(\.name) == ["beside", "file"], comment)
            #expect(try await reader.content(beside) == Pool.neighbour, comment)
            guard case .file(blob) = try await reader.stat(file).kind else {
                Issue.record("no file any more: \(comment)")
                return
            }
            #expect(try await !reader.layout(of: blob).isSound, comment)
            let verbs: [@Sendable () async throws -> Void] = [
                { _ = try await reader.content(file) }, { _ = try await reader.stream(file) },
                { try await driver.writer(file, offset: 0).cancel() },
            ]
            for verb in verbs {
                let error = try #require(await #expect(throws: StorageError.self, comment) { try await verb() })
                guard case .damaged(file, let what) = error else {
                    Issue.record("\(error): \(comment)")
                    continue
                }
                #expect(what.contains(object.description) || what.contains(blob.string), comment)
            }
        }

        /// Expects that verbs that need no content work: the file can be moved, replaced and
        /// deleted.
        func expectChanges(_ comment: Comment) async throws {
            let there = try path("/e/there")
            try await driver.move(file, to: there)
            #expect(try await reader.blob(there) == blob, comment)
            try await driver.putContent(there, Pool.content)
            #expect(try await reader.content(there) == Pool.content, comment)
            try await driver.delete(there)
            #expect(try await reader.list(.root).compactMap(\.name) == ["d"], comment)
            #expect(try await reader.content(beside) == Pool.neighbour, comment)
        }
    }

    @Test(arguments: StoreKind.allCases, 0...2)
    func aMissingChunkIsNamed(_ kind: StoreKind, _ index: Int) async throws {
        try await StoreUnderTest.with(kind) { store in
            let pool = try await Pool(store)
            let lost = pool.blob.chunk(index)
            try await store.set(lost, [.remove])
            try await pool.expectDamage(lost, "chunk \(index)")
            let layout = try await pool.reader.layout(of: pool.blob)
            #expect(layout.chunks.first { $0.index == index }?.state == .missing)
            if index > 0 {
                // The reader returns the bytes before the missing chunk, and no more.
                var read: [UInt8] = []
                await #expect(throws: StorageError.damaged(pool.file, "\(lost) is missing")) {
                    for try await piece in try await pool.reader.reader(pool.file) { read += piece }
                }
                #expect(read == Array(Pool.content.prefix(index * 1024)))
            } else {
                #expect(layout.head.state == .missing)
            }
            try await pool.expectChanges("chunk \(index)")
        }
    }

    /// An empty file of the old driver has no chunk either (docs/layout.md#d3). Only a digest tells
    /// the two cases apart.
    @Test(arguments: StoreKind.allCases)
    func aMissingChunkOfAFileWithOneChunk(_ kind: StoreKind) async throws {
        try await StoreUnderTest.with(kind) { store in
            let driver = store.driver()
            let file = try path("/d/small")
            try await driver.putContent(file, pattern(10))
            try await store.set(try await driver.reader.blob(file).chunk(0), [.remove])
            #expect(try await driver.reader.stat(file).head == .empty)
            #expect(try await driver.reader.content(file).isEmpty)
            try await driver.putContent(file, pattern(10))
            #expect(try await driver.reader.content(file) == pattern(10))
        }
    }

    /// Three bytes, 2⁶³, 2⁶⁴ - 1, more than ten bytes.
    @Test(
        arguments: StoreKind.allCases,
        [[97, 98, 99], [0, 0, 0, 0, 0, 0, 0, 0x80, 0, 0], Array(repeating: 0xff, count: 8) + [0, 0], pattern(11)])
    func anImpossibleSizeIsNamed(_ kind: StoreKind, _ value: [UInt8]) async throws {
        try await StoreUnderTest.with(kind) { store in
            let pool = try await Pool(store)
            try await store.set(pool.blob.chunk(0), [.setXattr(name: TotalSize.xattr, value: value)])
            try await pool.expectDamage(pool.blob.chunk(0), "\(value)")
            let status = try await pool.reader.stat(pool.file)
            #expect(status.head == .badSize && status.size == nil)
            let damage = StorageError.damaged(pool.file, "\(pool.blob.chunk(0)) carries no valid size")
            await #expect(throws: damage) { try await pool.reader.content(pool.file) }
            try await pool.expectChanges("\(value)")
        }
    }

    /// Keys that no path can contain, or that are too long for the name of a directory.
    static let keys: [ByteString] = [
        ByteString(bytes: [UInt8](repeating: UInt8(ascii: "k"), count: 10 << 10)),
        ByteString(bytes: Array(1...31) + [127, UInt8(ascii: "x")]), "\u{1b}]0;title\u{7}\u{1b}[2J", "..", "a b",
    ]

    @Test(arguments: StoreKind.allCases, keys)
    func anInvalidKeyIsListedAndNotFollowed(_ kind: StoreKind, _ key: ByteString) async throws {
        try await StoreUnderTest.with(kind) { store in
            let pool = try await Pool(store)
            let planter = DamagePlanter(reader: pool.reader, writer: store.writer)
            try await planter.putBadName(key, in: pool.file.parent)

            // The listing shows the key, escaped and as an invalid name, and does not follow it.
            let entries = try #require(try await pool.reader.entries(pool.file.parent))
            let entry = try #require(entries.first { $0.key == key })
            guard case .invalid = entry.kind else {
                Issue.record("\(entry.kind)")
                return
            }
            #expect(entry.name == nil)
            #expect(entry.key.description.utf8.allSatisfy { (0x20..<0x7f).contains($0) })
            #expect(try await pool.reader.list(pool.file.parent).compactMap(\.name) == ["beside", "file"])
            #expect(try await pool.reader.walk(.root).count == 4)
            #expect(try await pool.reader.content(pool.file) == Pool.content)

            // The entries beside the key can be moved and deleted. The key and its directory stay.
            try await pool.driver.move(pool.file.parent, to: path("/moved/d"))
            #expect(try await pool.reader.content(path("/moved/d/file")) == Pool.content)
            #expect(try await pool.reader.entries(pool.file.parent)?.map(\.key) == [key])
            try await pool.driver.putContent(pool.file, Pool.content)
            try await pool.driver.delete(pool.file.parent)
            #expect(try await pool.reader.entries(pool.file.parent)?.map(\.key) == [key])
            #expect(try await pool.reader.content(path("/moved/d/beside")) == Pool.neighbour)
        }
    }

    /// A file may have a name of 10 KiB, since the name is only a key. No path can lie below it.
    @Test(arguments: StoreKind.allCases)
    func aNameOf10KiBIsAccepted(_ kind: StoreKind) async throws {
        try await StoreUnderTest.with(kind) { store in
            let pool = try await Pool(store)
            let name = String(repeating: "k", count: 10 << 10)
            let file = try pool.file.parent.appending(name)
            await store.expect(.notFound(file)) { try await pool.reader.stat(file) }
            try await pool.driver.putContent(file, Pool.content)
            #expect(try await pool.reader.content(file) == Pool.content)
            #expect(try await pool.reader.stat(file).size == 2500)
            #expect(try await pool.reader.walk(.root).count == 4)
            try await pool.driver.move(file, to: path("/e/short"))
            try await pool.driver.move(path("/e/short"), to: file)
            #expect(try await pool.reader.content(file) == Pool.content)
            try await pool.driver.delete(file)
            await store.expect(.notFound(file)) { try await pool.reader.content(file) }

            let before = try await Snapshot(store.reader)
            let error = await #expect(throws: StoreError.self) {
                try await pool.driver.putContent(file.appending("below"), Pool.content)
            }
            #expect(error?.kind == .invalid)
            #expect(try await Snapshot(store.reader).differences(to: before) == [])
            await store.expect(.notFound(file)) { try await pool.reader.list(file) }
        }
    }
}
