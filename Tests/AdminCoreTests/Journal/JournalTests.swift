import Foundation
import Testing

@testable import Changes
@testable import ObjectStore
@testable import Registry
@testable import StorageDriver

/// Tests the entries of the journal, the right to take over an intent, and the treatment of
/// unreadable entries.
@Suite struct JournalTests {
    private let store: StoreUnderTest
    private let blob = BlobIdentifier.random()

    init() throws {
        store = try StoreUnderTest.inMemory()
    }

    private func file(_ name: String) throws -> FileMove {
        FileMove(blob: .random(), source: try path("/a/\(name)"), destination: try path("/b/\(name)"))
    }

    @Test func everyBodyReadsBackAsItWas() async throws {
        var replacing = try file("x")
        replacing.replaces = .random()
        replacing.isBare = true
        let deposit = LinkCopy.Deposit(
            holding: try path("/trash/one"),
            note: Holding.Note(name: "a:b", kind: "tag", by: "me", begun: Date(timeIntervalSince1970: 1_400_000_000)))
        let link = LinkCopy(
            path: try path("/b/link"), text: "x", content: try path("/c"),
            replaced: LinkCopy.Replaced(blob: blob, text: "y"), deposit: deposit, isName: true)
        let many = try (0..<2000).map { try file("file-\($0)") }
        let bodies: [Intent.Body] = [
            .mark, .claims(try path("/trash/one")), .directories([try path("/a/b"), try path("/c")], floor: .root),
            .directories(try (0..<5000).map { try path("/d/\($0)") }, floor: try path("/d")),
            .move([many, [replacing]], floor: try path("/a"), keepsDirectories: true), .copy([[link]]),
        ]
        for body in bodies {
            let driver = store.driver()
            let open = try await driver.journal.begin(body, "something")
            let entry = try #require(try await driver.journal.entries().first)
            let intent = try entry.content.get()
            #expect(intent.body == body)
            #expect(intent.head.owner == .current)
            #expect(intent.head.what == "something")
            try await open.end()
            #expect(try await store.objects().isEmpty, "without intents there is no journal")
        }
    }

    @Test func intentsAreReadInTheOrderInWhichTheyBegan() async throws {
        let clock = TestClock()
        for number in 0..<5 {
            _ = try await store.driver(policy: clock.policy(delay: 0)).journal.begin(.mark, "\(number)")
            clock.advance(by: 1)
        }
        #expect(
            try await store.driver().journal.entries().compactMap(\.intent?.head.what) == ["0", "1", "2", "3", "4"])
    }

    /// Keys in the journal that this version of regtop does not write.
    static let unreadable: [[ByteString: [UInt8]]] = [
        ["1-a": []], ["1-a": Array("{".utf8)], ["1-a": Array(#"{"format":2,"kind":"new"}"#.utf8)],
        ["1-a/000000": Array("{}".utf8)], [ByteString(bytes: [255, 254]): [0]],
        ["1-a": Array(repeating: UInt8(ascii: "["), count: 1 << 20)],
        ["1-a": head(parts: 1)],
        ["1-a": head(parts: 1), "1-a/000000": Array(#"{"files":[{"blob":"blob:x","from":"/a","to":"/b"}]}"#.utf8)],
        [
            "1-a": head(parts: 1),
            "1-a/000000": Array(
                #"{"files":[{"blob":"\#(BlobIdentifier.random())","from":"/a/../b","to":"/b"}]}"#.utf8),
        ],
    ]

    private static func head(parts: Int) -> [UInt8] {
        Array(
            #"{"begun":"2026-01-01T00:00:00Z","format":1,"kind":"move","parts":\#(parts),"revision":0,"state":"begun","tookAway":false,"what":"w"}"#
                .utf8)
    }

    @Test(arguments: unreadable)
    func anUnreadableIntentForbidsEveryChangeAndStays(_ keys: [ByteString: [UInt8]]) async throws {
        try await store.set(Journal.object, [.setOmap(keys)])
        let driver = store.driver()
        try await driver.putContent(path("/a/f"), [1])
        let before = try await Snapshot(store.reader)
        let pending = try await driver.reader.pendingChanges(policy: driver.policy)
        #expect(pending.count == 1)
        guard case .unreadable = try #require(pending.first).state else {
            Issue.record("\(pending)")
            return
        }
        #expect(try await driver.recover().map(\.outcome) == [.failed])
        await #expect(throws: StorageError.self) { try await driver.prover.references(to: [blob]) }
        let fixture = ChangeFixture(store)
        let reference = try #require(ImageReference("app"))
        let plan = ChangePlan(
            action: .remove, targets: [ChangePlan.Target(reference: reference, stages: [], directories: [])],
            impact: Impact(), notes: [])
        #expect(await fixture.admin.apply(plan).map(\.outcome) == [.skipped])
        #expect(try await Snapshot(store.reader).differences(to: before).isEmpty)
    }

    @Test func aTimeWithoutAnIntentIsRemoved() async throws {
        try await store.set(Journal.object, [.setOmap(["1-a!": Array("12".utf8)])])
        #expect(try await store.driver().recover().isEmpty)
        #expect(try await store.objects().isEmpty)
    }

    // MARK: - Whose it is

    private func state(of owner: ChangeOwner, seenBy policy: JournalPolicy) async throws -> PendingChange.State {
        let clock = TestClock()
        _ = try await store.driver(policy: clock.policy(delay: 0, owner: owner)).journal.begin(.mark, "w")
        return try #require(try await store.driver().reader.pendingChanges(policy: policy).first).state
    }

    @Test func anIntentOfALivingProcessOfThisMachineIsLeft() async throws {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/cat")
        let input = Pipe()
        process.standardInput = input
        try process.run()
        let owner = ChangeOwner.of(process.processIdentifier)
        let policy = JournalPolicy(delay: 0)
        #expect(try await state(of: owner, seenBy: policy) == .inProgress(owner))
        #expect(try await store.driver().recover().map(\.outcome) == [.left])
        try input.fileHandleForWriting.close()
        process.waitUntilExit()
        #expect(try await store.driver().reader.pendingChanges(policy: policy).map(\.state) == [.interrupted])
        #expect(try await store.driver().recover().map(\.outcome) == [.finished])
        #expect(try await store.objects().isEmpty)
    }

    @Test func anIntentOfAnotherHostIsInProgressUntilItsLeaseEnds() async throws {
        let elsewhere = ChangeOwner(host: "far", process: 1, started: "1", space: "another boot")
        let clock = TestClock()
        #expect(try await state(of: elsewhere, seenBy: clock.policy(delay: 0)) == .inProgress(elsewhere))
        clock.advance(by: 61)
        let pending = try await store.driver().reader.pendingChanges(policy: clock.policy(delay: 0))
        #expect(pending.map(\.state) == [.interrupted])
    }

    @Test func aReleasedIntentOfThisProcessIsRecovered() async throws {
        let open = try await store.driver().journal.begin(.mark, "w")
        #expect(try await store.driver().reader.pendingChanges().map(\.state) == [.inProgress(.current)])
        await open.release()
        #expect(try await store.driver().reader.pendingChanges().map(\.state) == [.interrupted])
        #expect(try await store.driver().recover().map(\.outcome) == [.finished])
    }

    @Test func onlyOneTakeoverOfAnIntentSucceeds() async throws {
        let open = try await store.driver().journal.begin(.mark, "w")
        await open.release()
        let journal = store.driver().journal
        let entry = try #require(try await journal.entries().first)
        #expect(try await journal.takeOver(entry, as: .undoing) != nil)
        #expect(try await journal.takeOver(entry, as: .undoing) == nil)
    }
}
