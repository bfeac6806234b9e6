@testable import ObjectStore
@testable import Registry

/// The registry that a pool serves, read object by object. The reader has its own implementation of
/// directories, chunks, links and digests.
struct RawRegistry: Sendable {
    /// The repositories, by name.
    private(set) var repositories: [String: RegistryModel.Repository] = [:]
    /// The repositories to which the links of each deletion in the trash belong, by the id of the
    /// deletion.
    private(set) var trash: [String: Set<String>] = [:]
    /// A message for each fault in the pool.
    private(set) var faults: [String] = []
    /// The digests of all blobs that are whole.
    private(set) var blobs: Set<String> = []

    private static let root = ["docker", "registry", "v2"]

    init(_ reader: any ObjectReader) async throws {
        let objects = try await RawRegistry.objects(reader)
        var directories = [[String]()]
        while let directory = directories.popLast() {
            let name = "/" + directory.joined(separator: "/")
            guard let state = objects[ByteString(name)] else {
                if !directory.isEmpty { faults.append("\(name) is listed and not there") }
                continue
            }
            // The directory of all repositories stays even if it is empty.
            if state.omap.isEmpty, directory != RawRegistry.root + ["repositories"] {
                faults.append("\(name) is empty")
            }
            for entry in state.omap {
                let key = String(decoding: entry.key.bytes, as: UTF8.self)
                if key == "/" { continue }
                if entry.value.isEmpty {
                    directories.append(directory + [key])
                } else if directory.starts(with: ["docker", "registry", "regtop-trash"]) {
                    trash[directory.last ?? "", default: []].insert(RawRegistry.repository(ofTrashed: key))
                } else {
                    let identifier = String(decoding: entry.value, as: UTF8.self)
                    take(directory + [key], RawRegistry.content(objects[ByteString("\(identifier)-0")]))
                }
            }
        }
        for (name, repository) in repositories { repositories[name]?.remains.subtract(repository.tags.keys) }
    }

    /// Returns all objects, by name. They are read concurrently, because the test reads the pool
    /// after every change.
    private static func objects(_ reader: any ObjectReader) async throws -> [ByteString: ObjectState] {
        var objects: [ByteString: ObjectState] = [:]
        for cursor in try await reader.enumerate(.namespace(""), slices: 1) {
            while let page = try await cursor.next() {
                try await withThrowingTaskGroup(of: (ByteString, ObjectState?).self) { group in
                    for object in page {
                        group.addTask {
                            let all = ReadOperation(
                                omap: .page(after: nil, limit: 1000), xattrs: true, data: 0..<(64 << 10))
                            return try await (object.name, reader.read(all, of: object))
                        }
                    }
                    for try await (name, state) in group { objects[name] = state }
                }
            }
        }
        return objects
    }

    /// Returns the repository in the escaped path of a link in the trash.
    private static func repository(ofTrashed key: String) -> String {
        let path = key.split(separator: "-.").map { $0.replacing("--", with: "-") }
        return path.drop { $0 != "repositories" }.dropFirst().prefix { !$0.hasPrefix("_") }.joined(separator: "/")
    }

    /// Returns the data of chunk 0 if it has the size that chunk 0 states; otherwise nil.
    private static func content(_ first: ObjectState?) -> [UInt8]? {
        guard let first,
            let size = first.xattrs["total-size"]?.prefix(8).reversed().reduce(0, { $0 << 8 | Int($1) })
        else { return nil }
        return size == first.data.count ? first.data : nil
    }

    static func hash(_ content: [UInt8]) -> String {
        Digest.sha256(of: content).hex
    }

    private mutating func take(_ path: [String], _ content: [UInt8]?) {
        let name = "/" + path.joined(separator: "/")
        guard let content else { return faults.append("\(name) cannot be read") }
        guard path.starts(with: RawRegistry.root) else { return faults.append("\(name) is strange") }
        let rest = Array(path.dropFirst(3))
        if rest.first == "blobs" {
            guard RawRegistry.hash(content) == rest[3] else { return faults.append("\(name) has another content") }
            blobs.insert(rest[3])
            return
        }
        let parts = rest.dropFirst()
        let repository = parts.prefix { $0.first != "_" }.joined(separator: "/")
        let own = Array(parts.drop { $0.first != "_" })
        let link = String(decoding: content, as: UTF8.self).replacing("sha256:", with: "")
        switch (own[0], own[1]) {
        case ("_layers", _):
            repositories[repository, default: .init()].layers.insert(own[2])
            if link != own[2] { faults.append("\(name) says \(link)") }
        case ("_manifests", "revisions"):
            repositories[repository, default: .init()].revisions.insert(own[3])
            if link != own[3] { faults.append("\(name) says \(link)") }
        case ("_manifests", "tags") where own[3] == "current":
            repositories[repository, default: .init()].tags[own[2]] = link
        case ("_manifests", "tags"):
            repositories[repository, default: .init()].remains.insert(own[2])
            if link != own[5] { faults.append("\(name) says \(link)") }
        default: faults.append("\(name) is strange")
        }
    }
}
