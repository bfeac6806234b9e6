import AdminCore
import Foundation
import Synchronization

/// The content of a registry that is computed instead of stored. Each image has a manifest, a
/// configuration and ten layers, two of which all images share.
struct SyntheticPool: ObjectReader {
    /// Layers of an image that no other one has.
    static let layers = 8
    /// Layers that all images have.
    static let shared = 2
    /// Blobs of an image that no other one has.
    static let own = layers + 2

    let repositories: Int
    /// Images in a repository.
    let images: Int
    /// Every second repository has lost its manifests: nothing needs its blobs.
    let isHalfGarbage: Bool

    /// A pool of about so many blobs.
    init(repositories: Int, blobs: Int, isHalfGarbage: Bool = false) {
        self.repositories = repositories
        images = max(1, blobs / (SyntheticPool.own * repositories))
        self.isHalfGarbage = isHalfGarbage
    }

    /// Whether a repository has manifests.
    func isWhole(_ repository: Int) -> Bool { !isHalfGarbage || repository % 2 == 0 }

    /// The exact number of blobs.
    var blobs: Int { repositories * images * SyntheticPool.own + SyntheticPool.shared }

    /// How many blobs nothing needs.
    var unneeded: Int { isHalfGarbage ? repositories / 2 * images * SyntheticPool.own : 0 }

    /// What a file is, and its number: 0 a blob, 1 a layer link, 2 a revision link, 3 a tag's link.
    private struct File {
        let kind: Int
        let number: Int
    }

    private static let root = "/docker/registry/v2"
    private static let layer = [UInt8](repeating: UInt8(ascii: "x"), count: 1000)
    private static let date = Date(timeIntervalSince1970: 1_400_000_000)

    // MARK: - Names

    /// 48 digits that say nothing, and 16 with the number.
    static func hex(_ blob: Int) -> String {
        (1...3).map { word(UInt64(blob) &* 3 &+ UInt64($0)) }.joined() + digits(UInt64(blob), 16)
    }

    private static func word(_ seed: UInt64) -> String {
        var value = seed &* 0x9e37_79b9_7f4a_7c15
        value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
        return digits(value ^ value >> 31, 16)
    }

    private static func digits(_ number: UInt64, _ count: Int) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: max(0, count - text.count)) + text
    }

    /// Padded, so that the order of the names is that of the numbers.
    static func name(_ repository: Int) -> String { "r" + digits(UInt64(repository), 8) }

    static func repository(_ name: Substring) -> Int? { Int(name.dropFirst(), radix: 16) }

    private static func number(_ hex: Substring) -> Int? { Int(hex.suffix(16), radix: 16) }

    private static func identifier(_ file: File) -> String {
        "blob:" + digits(UInt64(file.kind), 8) + "-0000-4000-8000-" + digits(UInt64(file.number), 12)
    }

    /// The numbers of an image's blobs: manifest, configuration, layers.
    private static func blobs(_ image: Int) -> [Int] {
        (0..<own).map { shared + image * own + $0 } + (0..<shared)
    }

    // MARK: - Objects

    func read(_ operation: ReadOperation, of object: ObjectID) async throws -> ObjectState? {
        guard let name = object.name.string else { return nil }
        if name.hasPrefix("blob:") { return content(name).map { state($0.bytes, $0.size, operation) } }
        if name == "\(SyntheticPool.root)/repositories" { return names(operation) }
        guard let entries = entries(name.split(separator: "/")) else { return nil }
        var page = entries
        var hasMore = false
        switch operation.omap {
        case nil: page = []
        case .keys(let keys): page = entries.filter { keys.contains($0.key) }
        case .page(let after, let limit):
            page = entries.filter { entry in after.map { entry.key > $0 } ?? true }.sorted { $0.key < $1.key }
            hasMore = page.count > min(limit, 1024)
            page = Array(page.prefix(min(limit, 1024)))
        }
        return ObjectState(version: 1, size: 0, modified: SyntheticPool.date, omap: page, hasMore: hasMore)
    }

    /// A page of the repositories; the keys that are asked for are there.
    private func names(_ operation: ReadOperation) -> ObjectState {
        var page: [OmapEntry] = []
        var hasMore = false
        switch operation.omap {
        case nil: break
        case .keys(let keys): page = keys.map { OmapEntry(key: $0, value: []) }
        case .page(let after, let limit):
            let first = (after?.string).flatMap { SyntheticPool.repository($0[...]) }.map { $0 + 1 } ?? 0
            let last = min(repositories, first + min(limit, 1024))
            page = (first..<last).map { directory(SyntheticPool.name($0)) }
            hasMore = last < repositories
        }
        return ObjectState(version: 1, size: 0, modified: SyntheticPool.date, omap: page, hasMore: hasMore)
    }

    private func state(_ bytes: [UInt8], _ size: Int, _ operation: ReadOperation) -> ObjectState {
        var total = (0..<8).map { UInt8(truncatingIfNeeded: size >> ($0 * 8)) }
        total += [0, 0]
        let data = operation.data.map { range in
            Array(bytes[min(Int(range.lowerBound), bytes.count)..<min(Int(range.upperBound), bytes.count)])
        }
        return ObjectState(
            version: 1, size: UInt64(size), modified: SyntheticPool.date,
            xattrs: operation.xattrs ? ["total-size": total] : [:], data: data ?? [])
    }

    /// A directory's entries; nil if there is none.
    private func entries(_ path: [Substring]) -> [OmapEntry]? {
        let base = SyntheticPool.root.split(separator: "/")
        guard path.starts(with: base) else {
            return base.starts(with: path) ? [directory(String(base[path.count]))] : nil
        }
        let rest = Array(path.dropFirst(base.count))
        switch (rest.first, rest.count) {
        case (nil, _): return [directory("repositories"), directory("blobs")]
        case ("blobs", 4): return SyntheticPool.number(rest[3]).map { [file("data", File(kind: 0, number: $0))] }
        case ("repositories", _):
            guard rest.count > 1, let repository = SyntheticPool.repository(rest[1]) else { return nil }
            return entries(of: repository, Array(rest.dropFirst(2)))
        default: return []
        }
    }

    func images(of repository: Int) -> Range<Int> { repository * images..<(repository + 1) * images }

    private func entries(of repository: Int, _ rest: [Substring]) -> [OmapEntry]? {
        let images = self.images(of: repository)
        switch (rest.first, rest.count) {
        case (nil, _): return (isWhole(repository) ? [directory("_manifests")] : []) + [directory("_layers")]
        case ("_manifests", _) where !isWhole(repository): return nil
        case ("_manifests", 1): return [directory("revisions"), directory("tags")]
        case ("_manifests", 2):
            return rest[1] == "tags" ? images.map { directory("t\($0)") } : [directory("sha256")]
        case ("_manifests", 3) where rest[1] == "revisions":
            return images.map { directory(SyntheticPool.hex(SyntheticPool.blobs($0)[0])) }
        case ("_manifests", 3): return [directory("current")]
        case ("_manifests", 4) where rest[1] == "revisions":
            return SyntheticPool.number(rest[3]).map { [file("link", File(kind: 2, number: $0))] }
        case ("_manifests", 4):
            return Int(rest[2].dropFirst()).map {
                [file("link", File(kind: 3, number: SyntheticPool.blobs($0)[0]))]
            }
        case ("_layers", 1): return [directory("sha256")]
        case ("_layers", 2):
            return images.flatMap { SyntheticPool.blobs($0).dropFirst() }.map {
                directory(SyntheticPool.hex($0))
            }
        case ("_layers", 3): return SyntheticPool.number(rest[2]).map { [file("link", File(kind: 1, number: $0))] }
        default: return nil
        }
    }

    private func directory(_ name: String) -> OmapEntry { OmapEntry(key: ByteString(name), value: []) }

    private func file(_ name: String, _ file: File) -> OmapEntry {
        OmapEntry(key: ByteString(name), value: Array(SyntheticPool.identifier(file).utf8))
    }

    private func content(_ name: String) -> (bytes: [UInt8], size: Int)? {
        let parts = name.dropFirst(5).split(separator: "-")
        guard parts.count == 6, parts[5] == "0", let kind = Int(parts[0], radix: 16),
            let number = Int(parts[4], radix: 16)
        else { return nil }
        guard kind == 0 else {
            let link = Array("sha256:\(SyntheticPool.hex(number))".utf8)
            return (link, link.count)
        }
        let place = number - SyntheticPool.shared
        guard place >= 0, place % SyntheticPool.own == 0 else {
            return (SyntheticPool.layer, SyntheticPool.layer.count)
        }
        let blobs = SyntheticPool.blobs(place / SyntheticPool.own)
        func reference(_ blob: Int) -> String {
            #"{"mediaType":"application/octet-stream","size":1000,"digest":"sha256:\#(SyntheticPool.hex(blob))"}"#
        }
        let layers = blobs.dropFirst(2).map(reference).joined(separator: ",")
        let text =
            #"{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","config":"#
            + #"\#(reference(blobs[1])),"layers":[\#(layers)]}"#
        return (Array(text.utf8), text.utf8.count)
    }

    // MARK: - All of it

    /// The directories that hold files, and the chunks of the files. One page for each repository.
    func enumerate(_ scope: NamespaceScope, slices: Int) async throws -> [ObjectCursor] {
        let counter = Cursor()
        return [
            ObjectCursor {
                let repository = counter.take()
                return repository < repositories ? objects(of: repository) : nil
            }
        ]
    }

    private final class Cursor: Sendable {
        private let next = Atomic(0)

        func take() -> Int { next.wrappingAdd(1, ordering: .relaxed).oldValue }
    }

    private func objects(of repository: Int) -> [ObjectID] {
        var names: [String] = []
        let place = "\(SyntheticPool.root)/repositories/\(SyntheticPool.name(repository))"
        for image in images(of: repository) {
            let blobs = SyntheticPool.blobs(image)
            if isWhole(repository) {
                names.append("\(place)/_manifests/revisions/sha256/\(SyntheticPool.hex(blobs[0]))")
                names.append("\(place)/_manifests/tags/t\(image)/current")
                names += [2, 3].map { SyntheticPool.identifier(File(kind: $0, number: blobs[0])) + "-0" }
            }
            for blob in blobs where blob >= SyntheticPool.shared {
                let hex = SyntheticPool.hex(blob)
                names.append("\(SyntheticPool.root)/blobs/sha256/\(hex.prefix(2))/\(hex)")
                names.append("\(place)/_layers/sha256/\(hex)")
                names += [0, 1].map { SyntheticPool.identifier(File(kind: $0, number: blob)) + "-0" }
            }
        }
        return names.map { ObjectID(ByteString($0)) }
    }

    func placement(of object: ObjectID) async throws -> Placement? { nil }

    func status() async throws -> StoreStatus { StoreStatus(backend: .sqlite, name: "computed") }

    var load: StoreLoad { StoreLoad(limit: 128) }
}
