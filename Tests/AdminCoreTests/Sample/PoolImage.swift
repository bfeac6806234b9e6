@testable import ObjectStore
import Foundation

/// The whole content of a store, by object.
struct PoolImage: Equatable, Sendable {
    struct Object: Equatable, Sendable {
        var data: [UInt8]
        var omap: [ByteString: [UInt8]]
        var xattrs: [ByteString: [UInt8]]
        var modified: Date
    }

    var objects: [ObjectID: Object] = [:]

    init(_ reader: any ObjectReader) async throws {
        for cursor in try await reader.enumerate(.all, slices: 1) {
            while let page = try await cursor.next() {
                for object in page {
                    guard
                        let state = try await reader.read(ReadOperation(xattrs: true, data: 0..<64 << 20), of: object),
                        let omap = try await reader.wholeOmap(of: object)?.omap
                    else { continue }
                    objects[object] = Object(
                        data: state.data,
                        omap: Dictionary(omap.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first }),
                        xattrs: state.xattrs, modified: state.modified)
                }
            }
        }
    }

    /// The same without the dates of directories.
    var withoutDirectoryDates: PoolImage {
        var image = self
        for (id, object) in objects where !object.omap.isEmpty {
            image.objects[id]?.modified = .distantPast
        }
        return image
    }
}

/// The damage in a pool (docs/layout.md#defects), found by comparing all objects without the code
/// under test.
enum Anomaly: Hashable, Sendable {
    /// Chunks of an identifier without a reference.
    case orphan
    /// A reference to an identifier without a chunk 0.
    case dangling
    /// An identifier with two references.
    case doubleReference
    /// A chunk whose length differs from the one that the size demands, or a chunk after the end.
    case wrongLength
    /// A directory's object that its parent does not list.
    case unlistedDirectory
    /// A directory that is listed and has no object.
    case missingDirectory
    /// A directory's object without a key.
    case emptyDirectory
    /// A key that is no valid name.
    case badName
}

extension PoolImage {
    /// All kinds of damage in the pool, with chunks of 4 MiB.
    var anomalies: Set<Anomaly> {
        var found: Set<Anomaly> = []
        var references: [String: Int] = [:]
        var chunks: [String: [Int: Object]] = [:]
        for (id, object) in objects {
            let name = id.name.string ?? ""
            if name.hasPrefix("blob:") {
                chunks[String(name.prefix(41)), default: [:]][Int(name.dropFirst(42)) ?? -1] = object
                continue
            }
            if object.omap.isEmpty { found.insert(.emptyDirectory) }
            if name != "/", !isListed(name) { found.insert(.unlistedDirectory) }
            for (key, value) in object.omap where key != "/" {
                let child = key.string ?? ""
                if child == ".." || child == "." {
                    found.insert(.badName)
                } else if value.isEmpty {
                    let path = ByteString(name == "/" ? "/\(child)" : "\(name)/\(child)")
                    if objects[ObjectID(path)] == nil { found.insert(.missingDirectory) }
                } else {
                    references[String(decoding: value, as: UTF8.self), default: 0] += 1
                }
            }
        }
        if references.values.contains(where: { $0 > 1 }) { found.insert(.doubleReference) }
        if references.keys.contains(where: { chunks[$0]?[0] == nil }) { found.insert(.dangling) }
        if chunks.keys.contains(where: { references[$0] == nil }) { found.insert(.orphan) }
        if chunks.values.contains(where: hasWrongLength) { found.insert(.wrongLength) }
        return found
    }

    private func isListed(_ path: String) -> Bool {
        guard let slash = path.lastIndex(of: "/") else { return false }
        let parent = slash == path.startIndex ? "/" : String(path[..<slash])
        return objects[ObjectID(ByteString(parent))]?.omap[ByteString(path[path.index(after: slash)...])] == []
    }

    private func hasWrongLength(_ chunks: [Int: Object]) -> Bool {
        guard let bytes = chunks[0]?.xattrs["total-size"] else { return false }
        let size = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
        let parts = max(1, (size + (4 << 20) - 1) >> 22)
        return chunks.count != parts
            || (0..<parts).contains { chunks[$0]?.data.count != min(4 << 20, size - $0 << 22) }
    }
}
