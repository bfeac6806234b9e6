import AdminCore
import Foundation
import Synchronization

/// A generated pool without damage, with every directory that a registry makes, and with a file for
/// every layer link: for checks that compare all objects with the tree.
struct CompletePool: ObjectReader {
    private static let root = "/docker/registry/v2"
    private static let links = "blob:00000004-0000-4000-8000-"

    private let base: SyntheticPool
    /// The blobs by the first two digits of their digests.
    private let groups: [String: [UInt32]]

    /// The pool of the same blobs.
    init(_ base: SyntheticPool) {
        self.base = base
        groups = Dictionary(grouping: (0..<UInt32(base.blobs))) { String(SyntheticPool.hex(Int($0)).prefix(2)) }
    }

    // MARK: - Reading

    func read(_ operation: ReadOperation, of object: ObjectID) async throws -> ObjectState? {
        guard let name = object.name.string else { return nil }
        if name.hasPrefix(CompletePool.links) {
            guard let number = Int(name.dropFirst(CompletePool.links.count).prefix(12)) else { return nil }
            let text = Array("sha256:\(SyntheticPool.hex(number % 10))".utf8)
            let size: [UInt8] = [UInt8(text.count)] + [UInt8](repeating: 0, count: 9)
            return ObjectState(
                version: 1, size: UInt64(text.count), modified: date, xattrs: ["total-size": size],
                data: operation.data == nil ? [] : text)
        }
        guard let own = entries(name) else { return try await base.read(operation, of: object) }
        switch operation.omap {
        case nil: return ObjectState(version: 1, size: 0, modified: date)
        case .keys(let keys):
            return ObjectState(version: 1, size: 0, modified: date, omap: own.filter { keys.contains($0.key) })
        case .page(let after, let limit):
            let rest = own.sorted { $0.key < $1.key }.drop { entry in after.map { entry.key <= $0 } ?? false }
            let page = Array(rest.prefix(min(limit, 1024)))
            return ObjectState(version: 1, size: 0, modified: date, omap: page, hasMore: page.count < rest.count)
        }
    }

    private var date: Date { Date(timeIntervalSince1970: 1_400_000_000) }

    /// What the other pool does not have, or all repositories have in common there.
    private func entries(_ name: String) -> [OmapEntry]? {
        func directories(_ names: some Sequence<String>) -> [OmapEntry] {
            names.map { OmapEntry(key: ByteString($0), value: []) }
        }
        let blobs = "\(CompletePool.root)/blobs"
        if name == blobs { return directories(["sha256"]) }
        if name == "\(blobs)/sha256" { return directories(groups.keys) }
        if name.hasPrefix("\(blobs)/sha256/"), name.count == blobs.count + 10 {
            return groups[String(name.suffix(2))].map { directories($0.map { SyntheticPool.hex(Int($0)) }) }
        }
        let parts = name.dropFirst(CompletePool.root.count).split(separator: "/")
        guard parts.count == 5, parts[2] == "_layers", let shared = Int(parts[4].suffix(16), radix: 16),
            shared < SyntheticPool.shared, let repository = SyntheticPool.repository(parts[1])
        else { return nil }
        return [OmapEntry(key: "link", value: Array(link(repository, shared).utf8))]
    }

    private func link(_ repository: Int, _ shared: Int) -> String {
        let digits = String(repository * 10 + shared)
        return CompletePool.links + String(repeating: "0", count: 12 - digits.count) + digits
    }

    // MARK: - All of it

    func enumerate(_ scope: NamespaceScope, slices: Int) async throws -> [ObjectCursor] {
        let pages = try await base.enumerate(scope, slices: slices)
        let counter = Counter()
        return pages.map { cursor in
            ObjectCursor {
                guard let page = try await cursor.next() else { return nil }
                let number = counter.take()
                return page.filter(isListed) + (number == 0 ? above() : []) + directories(of: number)
            }
        }
    }

    /// False for the layer links to manifests, which the other pool has and lists nowhere.
    private func isListed(_ object: ObjectID) -> Bool {
        guard let name = object.name.string else { return false }
        var number: Int?
        if name.hasPrefix("blob:00000001-") {
            number = Int(name.dropLast(2).suffix(12), radix: 16)
        } else if name.hasPrefix("\(CompletePool.root)/repositories/"), name.contains("/_layers/") {
            number = Int(name.suffix(16), radix: 16)
        }
        guard let number, number >= SyntheticPool.shared else { return true }
        return (number - SyntheticPool.shared) % SyntheticPool.own != 0
    }

    private final class Counter: Sendable {
        private let next = Atomic(0)
        func take() -> Int { next.wrappingAdd(1, ordering: .relaxed).oldValue }
    }

    /// The directories that belong to no repository, and the blobs that belong to all.
    private func above() -> [ObjectID] {
        var names = ["/", "/docker", "/docker/registry", CompletePool.root]
        names += ["repositories", "blobs", "blobs/sha256"].map { "\(CompletePool.root)/\($0)" }
        names += groups.keys.map { "\(CompletePool.root)/blobs/sha256/\($0)" }
        for shared in 0..<SyntheticPool.shared {
            let hex = SyntheticPool.hex(shared)
            names.append("\(CompletePool.root)/blobs/sha256/\(hex.prefix(2))/\(hex)")
            names.append("blob:00000000-0000-4000-8000-00000000000\(shared)-0")
        }
        return names.map { ObjectID(ByteString($0)) }
    }

    /// Those of a repository that hold no file, and its links to the blobs that all share.
    private func directories(of repository: Int) -> [ObjectID] {
        let place = "\(CompletePool.root)/repositories/\(SyntheticPool.name(repository))"
        var names = ["", "/_layers", "/_layers/sha256"]
        if base.isWhole(repository) {
            names += ["", "/revisions", "/revisions/sha256", "/tags"].map { "/_manifests" + $0 }
            names += base.images(of: repository).map { "/_manifests/tags/t\($0)" }
        }
        names += (0..<SyntheticPool.shared).map { "/_layers/sha256/\(SyntheticPool.hex($0))" }
        let chunks = (0..<SyntheticPool.shared).map { link(repository, $0) + "-0" }
        return (names.map { place + $0 } + chunks).map { ObjectID(ByteString($0)) }
    }

    func placement(of object: ObjectID) async throws -> Placement? { nil }

    func status() async throws -> StoreStatus { StoreStatus(backend: .sqlite, name: "computed") }

    var load: StoreLoad { StoreLoad(limit: 128) }
}
