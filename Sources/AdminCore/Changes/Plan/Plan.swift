public import ObjectStore
public import Registry
import StorageDriver
import Foundation

/// A change as a value, before it is made: targets by identity, impact and notes.
///
/// Dry run, question and execution show and execute this same value. It is frozen: every step is
/// guarded by the state that the plan has read, and fails if the pool has changed since. Only
/// `RegistryAdmin.apply` executes a plan.
public protocol Plan: Sendable {
    /// The kind of change.
    var action: PlanAction { get }
    /// The names of the targets for people, in the order of execution; each once.
    var targetNames: [String] { get }
    /// The costs and the gains.
    var impact: Impact { get }
    /// Notes to read before saying yes, a sentence each.
    var notes: [String] { get }
    /// The names of the targets in the log, with their destinations.
    var logNames: [String] { get }
    /// The way back once the change is done; nil if there is none.
    var wayBack: WayBack? { get }
    /// The manifests that the change links and whose links its undo leaves, as digests.
    var linkedManifests: [Digest] { get }
    /// The steps, one for each target, in the order of `targetNames`.
    func steps(with context: ChangeContext, progress: ProgressHandler?) -> [PlanStep]
}

extension Plan {
    /// The names alone.
    public var logNames: [String] { targetNames }
    /// None.
    public var wayBack: WayBack? { nil }
    /// None.
    public var linkedManifests: [Digest] { [] }
}

/// The action of a plan, in one word: for questions, for the log and in JSON.
public enum PlanAction: String, Hashable, Sendable, CaseIterable {
    /// References are removed.
    case remove
    /// References are moved.
    case move
    /// Links are written that hold the same digests as other links.
    case copy
    /// Damage is mended.
    case repair
    /// References are restored from the trash.
    case restore
    /// References in the trash are dropped for good.
    case empty
    /// Unfinished uploads are removed.
    case purge
    /// Unneeded content is quarantined, restored or freed.
    case collect
}

/// The work for one target of a plan.
public struct PlanStep: Sendable {
    /// The target, as `Plan.targetNames` has it.
    public let name: String
    /// Changes the target. Throws unless all of it was done.
    let work: @Sendable () async throws -> Ending

    /// The end of a step whose work is done.
    struct Ending: Sendable {
        /// Notes for a person, a sentence each.
        let notes: [String]
        /// The id of the step's deletion in the trash; nil if nothing went there.
        let trash: TrashID?
    }

    /// A step that does `work`, which returns the notes. `trash` is the id of its deletion in the
    /// trash; nil if nothing goes there.
    init(_ name: String, trash: TrashID? = nil, _ work: @escaping @Sendable () async throws -> [String]) {
        self.init(name, ending: { Ending(notes: try await work(), trash: trash) })
    }

    /// A step whose `work` alone knows whether something went to the trash.
    init(_ name: String, ending work: @escaping @Sendable () async throws -> Ending) {
        self.name = name
        self.work = work
    }
}

/// The registry of a change and the right to change it, as every step of a plan gets them.
public struct ChangeContext: Sendable {
    /// The tree, with the right to change it.
    var driver: StorageDriver
    /// The registry that is changed.
    let registry: RegistryReader
    /// The person or job that changes it.
    let by: Operator

    var paths: RegistryPaths { registry.paths }

    /// Returns ids for `count` deletions that begin now.
    func trashIDs(count: Int) -> [TrashID] { TrashID.make(count: count, at: driver.policy.now) }
}

/// The costs and the gains of a change.
public struct Impact: Hashable, Sendable {
    /// Bytes of data that are gone when the change ends.
    public var bytes: UInt64 = 0
    /// Objects that are gone when the change ends: emptied directories; of a collection, chunks.
    public var objects: Int = 0
    /// Bytes that later collections can free because of it: content that nothing else in the
    /// registry needs, and the removed links themselves.
    public var reclaimable: UInt64 = 0
    /// Tags that are lost, as `repo:tag`, sorted.
    public var tags: [String] = []
    /// Tags that name the same manifests and stay, as `repo:tag`, sorted.
    public var siblingTags: [String] = []
    /// Manifests that lose their last tag and stay, as `repo@digest`, sorted. Their content keeps
    /// its space until they are removed as well.
    public var untagged: [String] = []
    /// Manifests that stay although their only index in the repository is removed, as
    /// `repo@digest`, sorted. Afterwards they can only be pulled by their digest.
    public var orphanedChildren: [String] = []
    /// Parts of a removed or untagged index that other indexes or tags name as well; a sentence for
    /// each, sorted.
    public var sharedChildren: [String] = []
    /// Indexes that stay and name a manifest that is removed from their repository, as
    /// `repo@digest`, sorted. Afterwards they cannot be pulled whole.
    public var brokenIndexes: [String] = []
    /// The number of blobs that the lost manifests reach and that remaining content needs, too.
    public var sharedBlobs: Int = 0
    /// Bytes of these blobs.
    public var sharedBytes: UInt64 = 0
    /// Manifests (revision links) that are lost.
    public var revisions: Int = 0
    /// Layer links that are lost.
    public var layers: Int = 0
    /// Unfinished uploads that are lost.
    public var uploads: Int = 0

    /// No impact.
    public init() {}
}

/// The id of one deletion in the trash, as in `20261124-234501-3f2a`: its time, and at least four
/// digits that distinguish it from other ids of that second. Ids sort by time, and can be typed.
public struct TrashID: Hashable, Sendable {
    /// The text, a valid component of a path.
    public let string: String

    init(_ string: String) { self.string = string }

    /// Returns `count` distinct ids for one moment, ascending.
    static func make(count: Int, at moment: Date) -> [TrashID] {
        let time = moment.formatted(
            Date.ISO8601FormatStyle(timeZone: .gmt).year().month().day().time(includingFractionalSeconds: false)
                .dateSeparator(.omitted).timeSeparator(.omitted)
        ).replacing("T", with: "-").replacing("Z", with: "")
        // All ids have the same number of digits, and the first digit is not 0: so the texts sort
        // like numbers.
        let least = count < 0x8000 ? 0x1000 : 0x1000_0000
        let first = Int.random(in: least...(least * 16 - 1 - count))
        return (0..<count).map { TrashID("\(time)-\(String(first + $0, radix: 16))") }
    }
}

extension TrashID: CustomStringConvertible {
    /// The text.
    public var description: String { string }
}
