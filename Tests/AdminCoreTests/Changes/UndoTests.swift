import Foundation
import Testing

@testable import Changes
@testable import Registry
@testable import StorageDriver

/// Undo and redo by the log and the trash, as after a restart of the console.
@Suite struct UndoTests {
    private let fixture: ChangeFixture

    init() async throws {
        fixture = try ChangeFixture.inMemory()
        try await fixture.push("app", tags: ["a", "b"], layer: pattern(100, seed: 1))
        try await fixture.push("app", tags: ["a"], layer: pattern(100, seed: 2))
        try await fixture.push("old", tags: ["v1"], layer: pattern(100, seed: 3))
    }

    private func history() async throws -> UndoHistory {
        try await fixture.planner.undoHistory(of: fixture.admin.by)
    }

    private func apply(_ reversal: Reversal, _ entry: AuditEntry) async -> [ChangeResult] {
        switch reversal {
        case .change(let plan): await fixture.admin.apply(plan, undoing: entry.id)
        case .restoration(let plan): await fixture.admin.apply(plan, undoing: entry.id)
        case .copy(let plan): await fixture.admin.apply(plan, undoing: entry.id)
        case .uploads(let plan): await fixture.admin.apply(plan, undoing: entry.id)
        }
    }

    private func take(_ entry: AuditEntry?) async throws {
        let entry = try #require(entry)
        let results = await apply(try await fixture.planner.undo(of: entry), entry)
        #expect(results.allSatisfy { $0.outcome == .done }, "\(results)")
    }

    /// The names with their manifests, without the trash.
    private func state() async throws -> [String: Digest] {
        var state: [String: Digest] = [:]
        for name in try await fixture.registry.repositoryNames() {
            let pass = fixture.registry.pass()
            for tag in try await pass.tagNames(of: name) {
                state["\(name):\(tag)"] = try await pass.tag(tag, of: name).digest
            }
        }
        return state
    }

    /// Changes of each kind, one after the other.
    private func changeEverything() async throws -> [[String: Digest]] {
        var states = [try await state()]
        func reference(_ text: String) throws -> ImageReference { try fixture.reference(text) }
        let changes: [() async throws -> any Plan] = [
            { try await fixture.planner.removal(of: [reference("old"), reference("app:b")]) },
            { try await fixture.planner.copy(from: reference("app:a"), to: reference("app:c")) },
            { try await fixture.planner.move(from: reference("app"), to: reference("team/app")) },
            { try await fixture.planner.copy(from: reference("team/app"), to: reference("copy")) },
            { try await fixture.planner.move(from: reference("copy:a"), to: reference("copy:z")) },
        ]
        for change in changes {
            #expect(await fixture.admin.apply(try await change()).allSatisfy { $0.outcome == .done })
            states.append(try await state())
        }
        return states
    }

    @Test func everyChangeIsUndoneAndDoneAgain() async throws {
        let states = try await changeEverything()
        for expected in states.dropLast().reversed() {
            try await take(history().undo)
            #expect(try await state() == expected)
        }
        #expect(try await history().undo == nil)
        for expected in states.dropFirst() {
            try await take(history().redo)
            #expect(try await state() == expected)
        }
        #expect(try await history().redo == nil)
        for expected in states.dropLast().reversed() {
            try await take(history().undo)
            #expect(try await state() == expected)
        }
        // A new change ends what could be done again.
        #expect(try await fixture.trash("old").map(\.outcome) == [.done])
        #expect(try await history().redo == nil)
    }

    /// The undo of a copy leaves a manifest without a tag, which is no change since an earlier
    /// change of the repository.
    @Test(arguments: [false, true]) func aCopyIntoARepositoryHidesNoEarlierChange(_ replaces: Bool) async throws {
        func reference(_ text: String) throws -> ImageReference { try fixture.reference(text) }
        var states = [try await state()]
        let changes: [() async throws -> any Plan] = [
            { try await fixture.planner.copy(from: reference("app"), to: reference("copy")) },
            { try await fixture.planner.move(from: reference("copy"), to: reference("team")) },
            {
                try await fixture.planner.copy(
                    from: reference("old:v1"), to: reference(replaces ? "team:a" : "team:c"), force: replaces)
            },
        ]
        for change in changes {
            #expect(await fixture.admin.apply(try await change()).allSatisfy { $0.outcome == .done })
            states.append(try await state())
        }
        for expected in states.dropLast().reversed() {
            try await take(history().undo)
            #expect(try await state() == expected)
        }
        for expected in states.dropFirst() {
            try await take(history().redo)
            #expect(try await state() == expected)
        }
    }

    /// Companions that were there before a copy stay when it is undone.
    @Test func companionsThatACopyHasNotBroughtStay() async throws {
        let image = try #require(try await state()["app:a"])
        let tags = ["sha256-\(image.hex).sig", "sha256-\(image.hex).sbom"]
        for (seed, tag) in tags.enumerated() {
            try await fixture.push("old", tags: [tag], layer: pattern(100, seed: UInt64(20 + seed)))
        }
        // The copy finds one of them there, and knows nothing of the other.
        try await fixture.setTag(tags[0], of: fixture.name("app"), to: try #require(state()["old:\(tags[0])"]))
        let before = try await state()
        let plan = try await fixture.planner.copy(from: fixture.reference("app:a"), to: fixture.reference("old:a"))
        #expect(await fixture.admin.apply(plan).map(\.outcome) == [.done])
        try await take(history().undo)
        #expect(try await state() == before)
    }

    /// Removed uploads are restored, and removed again, unless they have changed since.
    @Test func removedUploadsAreRemovedAgain() async throws {
        let data = "/docker/registry/v2/repositories/app/_uploads/u/data"
        for file in [data, data.replacing("data", with: "startedat")] {
            try await fixture.driver.putContent(path(file), pattern(100))
        }
        func uploads() async throws -> [String] { try await fixture.registry.uploads().map(\.id) }
        #expect(await fixture.admin.apply(try await fixture.planner.purging(olderThan: 0)).map(\.outcome) == [.done])
        for _ in 0..<2 {
            try await take(history().undo)
            #expect(try await uploads() == ["u"])
            try await take(history().redo)
            #expect(try await uploads() == [])
        }
        try await take(history().undo)
        let entry = try #require(try await history().redo)
        try await fixture.driver.putContent(path(data), pattern(200))
        await #expect(throws: ChangeError.self) { try await fixture.planner.undo(of: entry) }
    }

    /// A tag that was replaced gets its manifest again, and the tag that replaced it its name.
    @Test(arguments: [PlanAction.move, .copy]) func aReplacedTagComesBack(_ action: PlanAction) async throws {
        let before = try await state()
        let (from, to) = (try fixture.reference("app:a"), try fixture.reference("app:b"))
        let plan: any Plan =
            action == .move
            ? try await fixture.planner.move(from: from, to: to, force: true)
            : try await fixture.planner.copy(from: from, to: to, force: true)
        #expect(await fixture.admin.apply(plan).map(\.outcome) == [.done])
        let after = try await state()
        for _ in 0..<2 {
            try await take(history().undo)
            #expect(try await state() == before)
            try await take(history().redo)
            #expect(try await state() == after)
        }
    }

    /// The undo of a move over another tag is stopped before each of its writes: the next one ends
    /// what a recovery has not, and both tags are as before the move.
    @Test func anInterruptedUndoIsEndedByTheNextOne() async throws {
        var number = 1
        while true {
            let fixture = ChangeFixture(try StoreUnderTest.quick())
            let first = try await fixture.push("app", tags: ["a"], layer: pattern(100, seed: 1))
            let second = try await fixture.push("app", tags: ["b"], layer: pattern(100, seed: 2))
            #expect(try await fixture.move("app:a", to: "app:b", force: true).map(\.outcome) == [.done])
            func undo(_ store: StoreUnderTest) async throws {
                let admin = ChangeFixture(store).admin
                let entry = try #require(try await fixture.planner.undoHistory(of: admin.by).undo)
                switch try await fixture.planner.undo(of: entry) {
                case .change(let plan): _ = await admin.apply(plan, undoing: entry.id)
                case .restoration(let plan): _ = await admin.apply(plan, undoing: entry.id)
                case .copy, .uploads: Issue.record("another way back")
                }
            }
            let recording = RecordingStore(fixture.store)
            recording.die(before: number)
            try await undo(recording.underTest)
            _ = try await fixture.driver.recover()
            let pass = fixture.registry.pass()
            func isUndone() async throws -> Bool {
                let links = [("a", first), ("b", second)]
                for (tag, digest) in links where try await pass.tag(tag, of: fixture.name("app")).digest != digest {
                    return false
                }
                return try await fixture.tags("app") == ["a", "b"]
            }
            if try await fixture.tags("app") != ["a", "b"] { try await undo(fixture.store) }
            #expect(try await isUndone(), "stopped before write \(number)")
            if recording.writeCount < number { break }
            number += 1
        }
        #expect(number > 15)
    }

    /// The trash was emptied since: the tag that replaced another gets its name back, and the plan
    /// says which name is free afterwards.
    @Test func aReplacedTagThatIsNotInTheTrashDoesNotComeBack() async throws {
        #expect(try await fixture.move("app:a", to: "app:b", force: true).map(\.outcome) == [.done])
        let entry = try #require(try await history().undo)
        #expect(try await fixture.empty().map(\.outcome) == [.done])
        guard case .change(let plan) = try await fixture.planner.undo(of: entry) else {
            Issue.record("expected a move")
            return
        }
        #expect(
            plan.notes.last
                == "the tag that app:b replaced is not in the trash any more; app:b is free afterwards")
    }

    /// Whatever changed since the change stays as it is: there is no plan.
    @Test(arguments: [
        "app:a to app:n", "app:a to app:b", "copy app:a", "remove old", "restore old", "copy app",
        "copy app, a manifest",
        "move app", "again old",
    ])
    func aChangeSinceIsNotOverwritten(_ change: String) async throws {
        func reference(_ text: String) throws -> ImageReference { try fixture.reference(text) }
        let app = try fixture.name("app")
        switch change {
        case "app:a to app:n":
            #expect(try await fixture.move("app:a", to: "app:n").map(\.outcome) == [.done])
            try await fixture.push("app", tags: ["n"], layer: pattern(100, seed: 9))
        case "app:a to app:b":
            #expect(try await fixture.move("app:a", to: "app:b", force: true).map(\.outcome) == [.done])
            try await fixture.push("app", tags: ["a"], layer: pattern(100, seed: 9))
        case "copy app:a":
            let plan = try await fixture.planner.copy(from: reference("app:a"), to: reference("app:b"), force: true)
            #expect(await fixture.admin.apply(plan).map(\.outcome) == [.done])
            try await fixture.push("app", tags: ["b"], layer: pattern(100, seed: 9))
        case "remove old":
            #expect(try await fixture.trash("old").map(\.outcome) == [.done])
            try await fixture.push("old", tags: ["v2"], layer: pattern(100, seed: 9))
        case "copy app", "copy app, a manifest":
            let plan = try await fixture.planner.copy(from: reference("app"), to: reference("copy"))
            #expect(await fixture.admin.apply(plan).map(\.outcome) == [.done])
            try await fixture.push("copy", tags: change == "copy app" ? ["v9"] : [], layer: pattern(100, seed: 9))
        case "move app":
            #expect(try await fixture.move("app", to: "moved").map(\.outcome) == [.done])
            try await fixture.push("moved", tags: ["v9"], layer: pattern(100, seed: 9))
        case "again old":
            #expect(try await fixture.trash("old").map(\.outcome) == [.done])
            try await take(history().undo)
            try await fixture.push("old", tags: ["v9"], layer: pattern(100, seed: 9))
        default:
            #expect(try await fixture.trash("app:b").map(\.outcome) == [.done])
            try await take(history().undo)
            let other = try await fixture.push("app", tags: [], layer: pattern(100, seed: 9))
            try await fixture.setTag("b", of: app, to: other)
        }
        let before = try await fixture.snapshot()
        let entry = try #require(
            try await ["restore old", "again old"].contains(change) ? history().redo : history().undo)
        await #expect(throws: ChangeError.self) { try await fixture.planner.undo(of: entry) }
        #expect(try await fixture.snapshot() == before)
    }

    /// What is not in the trash any more, what others did, and what happened long ago is not
    /// offered.
    @Test func onlyOwnAndPossibleChangesAreOffered() async throws {
        #expect(try await fixture.trash("old").map(\.outcome) == [.done])
        let entry = try #require(try await history().undo)
        let stranger = Operator(user: "stranger", host: fixture.admin.by.host, process: 1)
        #expect(try await fixture.planner.undoHistory(of: stranger).undo == nil)
        #expect(UndoHistory([entry], trash: [], of: fixture.admin.by).undo == nil)
        #expect(try await fixture.empty().map(\.outcome) == [.done])
        #expect(try await history().undo == nil)
    }

    /// Entries that the log does not have whole, and entries that contradict themselves.
    @Test func anEntryThatCannotBeTrustedIsRefused() async throws {
        #expect(try await fixture.trash("old").map(\.outcome) == [.done])
        let entry = try #require(try await history().undo)
        func altered(action: String = "remove", done: Int = 1) -> AuditEntry {
            AuditEntry(
                id: entry.id, begun: entry.begun, ended: entry.ended, user: entry.user, host: entry.host,
                process: entry.process, client: nil, action: action, targets: entry.targets, targetCount: done,
                bytes: 0, objects: 0, reclaimable: 0, outcomes: ["done": done], results: entry.results,
                wayBack: entry.wayBack, undoes: nil, manifests: [])
        }
        _ = try await fixture.planner.undo(of: altered())
        await #expect(throws: ChangeError.self) { try await fixture.planner.undo(of: altered(done: 1500)) }
        await #expect(throws: ChangeError.self) { try await fixture.planner.undo(of: altered(action: "move")) }
    }

    /// The undo of another account counts as well.
    @Test func whatAnotherAccountHasUndoneIsNotOffered() async throws {
        let plan = try await fixture.planner.copy(from: fixture.reference("app"), to: fixture.reference("copy"))
        #expect(await fixture.admin.apply(plan).map(\.outcome) == [.done])
        let entry = try #require(try await history().undo)
        let stranger = RegistryAdmin(
            registry: fixture.registry, driver: fixture.driver, by: Operator(user: "stranger", host: "h", process: 1))
        guard case .change(let undo) = try await fixture.planner.undo(of: entry) else { throw CancellationError() }
        #expect(await stranger.apply(undo, undoing: entry.id).map(\.outcome) == [.done])
        #expect(try await history().undo == nil)
    }

    @Test func anUnknownWayBackHidesNoEntry() throws {
        let text = """
            {"format":1,"begun":0,"user":"u","host":"h","process":1,"action":"remove","targets":[],"targetCount":0,
            "bytes":0,"objects":0,"reclaimable":0,"wayBack":{"later":{}}}
            """
        let log = AuditLog.beginnings(in: AuditLog.object(month: 0))
        let beginning = try #require(log.decode(Array(text.utf8)))
        #expect(AuditEntry(id: "1", beginning, nil).wayBack == nil)
    }
}
