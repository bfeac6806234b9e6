import Foundation
import Synchronization
import Testing

@testable import AdminCore
@testable import Inspection
@testable import ObjectStore
@testable import Registry
@testable import SQLiteStore
@testable import StorageDriver
@testable import regtop

/// The file in which `fsck --deep` records hashed blobs.
@Suite struct HashCheckpointTests {
    private let place: TemporaryPlace
    private let session: Session
    private let said = Said()

    init() async throws {
        place = try TemporaryPlace()
        _ = try await SQLiteStore.open(path: "\(place.path)/store.db", create: true, clock: .system).close()
        session = try await Session.open(SessionOptions(location: .sqlite(path: "\(place.path)/store.db")))
    }

    private var directory: String { "\(place.path)/state" }

    private func file() throws -> String {
        let names = try FileManager.default.contentsOfDirectory(atPath: directory)
        return "\(directory)/\(try #require(names.first))"
    }

    private func open(isNew: Bool = false) async throws -> HashCheckpoint? {
        try await HashCheckpoint.open(of: session, isNew: isNew, directory: directory) { [said] in said.add($0) }
    }

    private func blob(_ number: Int) throws -> HashedBlob {
        let digits = String(repeating: "0", count: 12 - "\(number)".count) + "\(number)"
        return HashedBlob(
            blob: try #require(BlobIdentifier("blob:00000000-0000-4000-8000-\(digits)")),
            digest: Digest.sha256(of: digits.utf8), size: UInt64(number), modified: 1_446_458_400)
    }

    /// Records three blobs and stops.
    private func stop() async throws {
        let checkpoint = try #require(try await open())
        for number in 1...3 { checkpoint.remember(try blob(number)) }
        await checkpoint.end(isComplete: false)
    }

    @Test func theNextRunKnowsRecordedBlobs() async throws {
        try await stop()
        let next = try #require(try await open())
        #expect(next.knows(try blob(1)))
        #expect(next.knows(try blob(3)))
        let other = try blob(2)
        for changed in [
            HashedBlob(blob: other.blob, digest: other.digest, size: 7, modified: other.modified),
            HashedBlob(blob: other.blob, digest: other.digest, size: other.size, modified: 1),
            HashedBlob(blob: try blob(1).blob, digest: other.digest, size: other.size, modified: other.modified),
            HashedBlob(blob: other.blob, digest: try blob(1).digest, size: other.size, modified: other.modified),
        ] {
            #expect(!next.knows(changed))
        }
        next.takes(3, bytes: 6)
        #expect(said.all.count == 1 && said.all[0].contains("hashed 3 blobs of 6 B without finding damage"))
        next.remember(try blob(4))
        await next.end(isComplete: false)
        let third = try #require(try await open())
        #expect(third.knows(try blob(1)))
        #expect(third.knows(try blob(4)))
        await third.end(isComplete: true)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == [])
    }

    @Test func anewForgetsEverything() async throws {
        try await stop()
        let next = try #require(try await open(isNew: true))
        #expect(!next.knows(try blob(1)))
        next.takes(0, bytes: 0)
        #expect(said.all == [])
        await next.end(isComplete: false)
    }

    @Test func theBlobOfATruncatedLineIsHashedAgain() async throws {
        try await stop()
        let text = try String(contentsOfFile: file(), encoding: .utf8)
        for cut in [1, 2, 30, 100] {
            try String(text.dropLast(cut)).write(toFile: file(), atomically: false, encoding: .utf8)
            let next = try #require(try await open())
            #expect(next.knows(try blob(2)))
            #expect(!next.knows(try blob(3)))
            next.remember(try blob(3))
            await next.end(isComplete: false)
            #expect(try String(contentsOfFile: file(), encoding: .utf8) == text)
        }
        #expect(said.all == [])
    }

    @Test func anInvalidCheckpointIsIgnoredWithAMessage() async throws {
        try await stop()
        let text = try String(contentsOfFile: file(), encoding: .utf8)
        let hostile = [
            "nonsense\n", "\n", text.replacing("regtop-fsck 1", with: "regtop-fsck 2"),
            text.replacing("/store.db", with: "/other.db"), text + "blob:x sha256:y 1 2\n", text + "\u{0}\u{1b}[2J\n",
            text + String(repeating: "a", count: 1 << 20), text.replacing(" 1446458400", with: " -1"),
            text.replacing(" 1446458400", with: " 99999999999999999999"), text.replacing("sha256:", with: "sha256:00"),
        ]
        for content in hostile {
            try content.write(toFile: file(), atomically: false, encoding: .utf8)
            let before = said.all.count
            let next = try #require(try await open())
            #expect(said.all.count == before + 1, "\(content.prefix(40))")
            #expect(!next.knows(try blob(1)))
            next.remember(try blob(1))
            await next.end(isComplete: false)
            let again = try #require(try await open())
            #expect(again.knows(try blob(1)))
            #expect(said.all.count == before + 1, "it can be gone on with then")
            await again.end(isComplete: false)
        }
    }

    /// The run writes neither to a symbolic link nor to any other file that is not regular. It then
    /// hashes every blob.
    @Test func aFileThatIsNotRegularIsLeftAlone() async throws {
        try await stop()
        let path = try file()
        try FileManager.default.removeItem(atPath: path)
        let victim = "\(place.path)/victim"
        try "mine\n".write(toFile: victim, atomically: false, encoding: .utf8)
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: victim)
        #expect(try await open() == nil)
        #expect(said.all.count == 1)
        #expect(try String(contentsOfFile: victim, encoding: .utf8) == "mine\n")
        try FileManager.default.removeItem(atPath: path)
        #expect(mkfifo(path, 0o600) == 0)
        #expect(try await open() == nil)
        #expect(said.all.count == 2)
    }

    @Test func onlyOneRunAtATimeRecords() async throws {
        let first = try #require(try await open())
        #expect(try await open() == nil)
        #expect(said.all.count == 1)
        await first.end(isComplete: false)
        let next = try await open()
        #expect(next != nil)
        await next?.end(isComplete: true)
    }

    /// Collects the messages for the user.
    private final class Said: Sendable {
        private let sentences = Mutex<[String]>([])
        var all: [String] { sentences.withLock { $0 } }
        func add(_ sentence: String) { sentences.withLock { $0.append(sentence) } }
    }
}
