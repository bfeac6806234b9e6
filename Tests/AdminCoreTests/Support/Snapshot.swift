@testable import ObjectStore

/// All objects of a store with their content, as in a dump: without versions and dates, and without
/// the log of changes, which only grows.
struct Snapshot: Hashable, Sendable {
    /// The content of one object.
    struct Content: Hashable, Sendable {
        let data: [UInt8]
        let xattrs: [ByteString: [UInt8]]
        let omap: [OmapEntry]
    }

    var objects: [ObjectID: Content] = [:]

    init(_ reader: any ObjectReader) async throws {
        for cursor in try await reader.enumerate(.all, slices: 1) {
            while let page = try await cursor.next() {
                for object in page where !object.isLog {
                    guard let omap = try await reader.wholeOmap(of: object),
                        let state = try await reader.read(
                            ReadOperation(xattrs: true, data: 0..<max(1, omap.size)), of: object)
                    else { continue }
                    objects[object] = Content(data: state.data, xattrs: state.xattrs, omap: omap.omap)
                }
            }
        }
    }

    /// The objects whose name has this prefix.
    func below(_ prefix: ByteString) -> [ObjectID: Content] {
        objects.filter { $0.key.name.hasPrefix(prefix) }
    }

    /// The names of the objects that are new, changed or gone in comparison with `other`.
    func differences(to other: Snapshot) -> Set<String> {
        let names = Set(objects.keys).union(other.objects.keys)
        return Set(names.filter { objects[$0] != other.objects[$0] }.map(\.description))
    }
}

extension ObjectID {
    /// Whether the object holds a part of the log of changes.
    var isLog: Bool { namespace == "regtop" && name.hasPrefix("log-") }
}
