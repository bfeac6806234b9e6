import Foundation
import Synchronization

@testable import ObjectStore

/// A store in plain dictionaries, for tests of thousands of rounds: it answers at once, in the
/// caller's task, and a copy of it costs nothing. The conformance suite tests it like the other
/// stores.
final class MemoryStore: ObjectReader, ObjectWriter {
    struct Object: Sendable {
        var version: UInt64 = 0
        var modified = WallClock.test.now
        var data: [UInt8] = []
        var xattrs: [ByteString: [UInt8]] = [:]
        var omap: [ByteString: [UInt8]] = [:]
    }

    /// All objects, as a value.
    struct Contents: Sendable {
        var objects: [ObjectID: Object] = [:]
        fileprivate var clock: UInt64 = 0
    }

    private let state: Mutex<Contents>

    init(_ contents: Contents = Contents()) { state = Mutex(contents) }

    var contents: Contents { state.withLock { $0 } }

    var underTest: StoreUnderTest { StoreUnderTest(.sqliteMemory, reader: self, writer: self) }

    func read(_ operation: ReadOperation, of object: ObjectID) async throws -> ObjectState? {
        try check("read", object)
        if let reason = object.violation ?? operation.violation {
            throw StoreError(.invalid, operation: "read", object: object, reason: reason)
        }
        guard let found = state.withLock({ $0.objects[object] }) else { return nil }
        var entries: [OmapEntry] = []
        var hasMore = false
        switch operation.omap {
        case nil: break
        case .keys(let keys):
            entries = Set(keys).compactMap { key in found.omap[key].map { OmapEntry(key: key, value: $0) } }
        case .page(let after, let limit):
            entries = found.omap.filter { entry in after.map { $0 < entry.key } ?? true }
                .map { OmapEntry(key: $0.key, value: $0.value) }
            hasMore = entries.count > min(limit, ReadOperation.largestPage)
        }
        entries.sort { $0.key < $1.key }
        if hasMore, case .page(_, let limit) = operation.omap {
            entries = Array(entries.prefix(min(limit, ReadOperation.largestPage)))
        }
        let data = operation.data.map { range in
            let size = UInt64(found.data.count)
            return Array(found.data[Int(min(range.lowerBound, size))..<Int(min(range.upperBound, size))])
        }
        return ObjectState(
            version: found.version, size: UInt64(found.data.count), modified: found.modified,
            xattrs: operation.xattrs ? found.xattrs : [:], omap: entries, hasMore: hasMore, data: data ?? [])
    }

    func enumerate(_ scope: NamespaceScope, slices: Int) async throws -> [ObjectCursor] {
        guard slices >= 1 else { throw StoreError(.invalid, operation: "list objects", reason: "\(slices) slices") }
        let names = state.withLock { $0.objects.keys }.filter { object in
            if case .namespace(let namespace) = scope { object.namespace == namespace } else { true }
        }.sorted()
        return (0..<slices).map { slice in
            let own = names[names.count * slice / slices..<names.count * (slice + 1) / slices]
            let isRead = Mutex(false)
            return ObjectCursor {
                try Task.checkCancelled("list objects", nil)
                return isRead.withLock { isRead in
                    defer { isRead = true }
                    return isRead ? nil : Array(own)
                }
            }
        }
    }

    func placement(of object: ObjectID) async throws -> Placement? { nil }

    func status() async throws -> StoreStatus {
        var status = StoreStatus(backend: .sqlite, name: "memory")
        status.objects = state.withLock { UInt64($0.objects.count) }
        return status
    }

    var load: StoreLoad { StoreLoad(limit: 128, latency: 0.000_001) }

    func apply(_ operation: WriteOperation, to object: ObjectID) async -> WriteOutcome {
        if let reason = object.violation ?? operation.violation {
            return .failed(StoreError(.invalid, operation: "write", object: object, reason: reason))
        }
        do { try check("write", object) } catch {
            return .failed(StoreError(.cancelled, operation: "write", object: object, reason: "it was cancelled"))
        }
        return state.withLock { $0.apply(operation, to: object) }
    }

    private func check(_ name: String, _ object: ObjectID?) throws { try Task.checkCancelled(name, object) }
}

extension Task where Success == Never, Failure == Never {
    fileprivate static func checkCancelled(_ operation: String, _ object: ObjectID?) throws {
        guard isCancelled else { return }
        throw StoreError(.cancelled, operation: operation, object: object, reason: "it was cancelled")
    }
}

extension MemoryStore.Contents {
    fileprivate mutating func apply(_ operation: WriteOperation, to id: ObjectID) -> WriteOutcome {
        let found = objects[id]
        for condition in operation.guards where !holds(condition, found) { return .refused(condition) }
        let creates = operation.guards.contains(.doesNotExist)
        if found == nil, !creates {
            switch operation.mutations.first {
            case .remove, .removeOmap: return .refused(.exists)
            default: break
            }
        }
        guard creates || !operation.mutations.isEmpty else { return .applied }
        clock += 1
        var object = found ?? MemoryStore.Object()
        object.version = clock
        object.modified = operation.modified ?? WallClock.test.now
        for mutation in operation.mutations {
            if mutation == .remove {
                objects[id] = nil
                return .applied
            }
            object.execute(mutation)
        }
        objects[id] = object
        return .applied
    }

    private func holds(_ condition: WriteOperation.Guard, _ found: MemoryStore.Object?) -> Bool {
        switch condition {
        case .exists: found != nil
        case .doesNotExist: found == nil
        case .version(let version): found?.version == version
        case .omapValue(let key, let value): found?.omap[key] == value
        case .xattr(let name, let value): found?.xattrs[name] == value
        }
    }
}

extension MemoryStore.Object {
    fileprivate mutating func execute(_ mutation: WriteOperation.Mutation) {
        switch mutation {
        case .create, .remove: break
        case .write(let bytes, let offset):
            extend(to: Int(offset) + bytes.count)
            data.replaceSubrange(Int(offset)..<Int(offset) + bytes.count, with: bytes)
        case .writeFull(let bytes): data = bytes
        case .truncate(let size):
            extend(to: Int(size))
            data.removeLast(data.count - Int(size))
        case .setXattr(let name, let value): xattrs[name] = value
        case .removeXattr(let name): xattrs[name] = nil
        case .setOmap(let entries): omap.merge(entries) { $1 }
        case .removeOmap(let keys): for key in keys { omap[key] = nil }
        }
    }

    private mutating func extend(to size: Int) {
        if size > data.count { data += [UInt8](repeating: 0, count: size - data.count) }
    }
}
