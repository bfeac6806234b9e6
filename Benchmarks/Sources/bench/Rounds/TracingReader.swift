import AdminCore
import Synchronization

/// The reads of a work: of which kind, when they began and when they were answered.
final class Trace: Sendable {
    struct Event: Sendable {
        let kind: ObjectKind
        /// Seconds since the trace began.
        let began, ended: Double
    }

    private let start = ContinuousClock.now
    private let recorded = Mutex<[Event]>([])

    var now: Double { start.duration(to: .now) / .seconds(1) }
    var events: [Event] { recorded.withLock(\.self) }

    func add(_ event: Event) { recorded.withLock { $0.append(event) } }
}

/// A reader that records each read.
struct TracingReader: ObjectReader {
    let base: any ObjectReader
    let trace: Trace

    func read(_ operation: ReadOperation, of object: ObjectID) async throws -> ObjectState? {
        let began = trace.now
        defer {
            trace.add(.init(kind: ObjectKind(object.name.string ?? ""), began: began, ended: trace.now))
        }
        return try await base.read(operation, of: object)
    }

    func enumerate(_ scope: NamespaceScope, slices: Int) async throws -> [ObjectCursor] {
        try await base.enumerate(scope, slices: slices)
    }

    func placement(of object: ObjectID) async throws -> Placement? { try await base.placement(of: object) }

    func status() async throws -> StoreStatus { try await base.status() }

    var load: StoreLoad { base.load }
}
