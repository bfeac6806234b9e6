import Foundation

@testable import ObjectStore
@testable import StorageDriver

/// Repeats the operations of the `rados` driver of docker/distribution v2.3.1, without any guard.
/// It writes the key before the data and the child before its parent, and goes no further up than a
/// directory that already has a key. It overwrites under the same identifier. It removes a
/// directory after it has looked whether the directory is empty.
struct OldDriver: Sendable {
    let reader: any ObjectReader
    let writer: any ObjectWriter
    var chunkSize = 1024
    /// The identifier of the next new file.
    var identifier = BlobIdentifier.random()
    /// The date of the objects that the driver writes; now if nil.
    var modified: Date?

    enum Failure: Error {
        /// The error that callers get whenever a key cannot be read.
        case pathNotFound(String)
        /// Any other error.
        case failed(String)
    }

    /// Stat of a file as the driver's callers understand it: every error means "not there".
    func exists(_ path: String) async -> Bool {
        guard let blob = try? await oid(path) else { return false }
        return (try? await totalSize(blob)) != nil
    }

    /// PutContent, which is WriteStream at offset 0.
    func put(_ path: String, _ content: [UInt8]) async throws {
        let present = try? await oid(path)
        let blob = present ?? identifier
        if present != nil {
            _ = try await totalSize(blob)
        } else {
            try await putOid(path, blob.value)
        }
        for begin in stride(from: 0, to: content.count, by: chunkSize) {
            let chunk = Array(content[begin..<min(begin + chunkSize, content.count)])
            try await apply([.write(chunk, at: 0)], to: blob.chunk(begin / chunkSize))
            try await apply(
                [.setXattr(name: TotalSize.xattr, value: TotalSize.encode(UInt64(begin + chunk.count)))],
                to: blob.chunk(0))
        }
    }

    func move(_ source: String, to destination: String) async throws {
        let blob = try await oid(source)
        try await putOid(destination, blob.value)
        try await deleteOid(source)
    }

    /// Deletes a file: its chunks from first to last, then the key.
    func delete(_ path: String) async throws {
        let blob = try await oid(path)
        for begin in stride(from: 0, to: Int(try await totalSize(blob)), by: chunkSize) {
            try await apply([.remove], to: blob.chunk(begin / chunkSize))
        }
        try await deleteOid(path)
    }

    private func oid(_ path: String) async throws -> BlobIdentifier {
        let (directory, name) = split(path)
        let state = try? await reader.read(ReadOperation(omap: .keys([name])), of: directory)
        guard let value = state?.omap.first?.value, let blob = BlobIdentifier(value: value) else {
            throw Failure.pathNotFound(path)
        }
        return blob
    }

    private func totalSize(_ blob: BlobIdentifier) async throws -> UInt64 {
        guard let state = try await reader.read(ReadOperation(xattrs: true), of: blob.chunk(0)),
            let size = state.xattrs[TotalSize.xattr].flatMap(TotalSize.decode)
        else { throw Failure.failed("\(blob) has no size") }
        return size
    }

    private func putOid(_ path: String, _ value: [UInt8]) async throws {
        let (directory, name) = split(path)
        var reachesUp = true
        if value.isEmpty { reachesUp = try await isEmpty(directory) }
        try await apply([.setOmap([name: value])], to: directory)
        if reachesUp { try await putOid(parent(path), []) }
    }

    private func deleteOid(_ path: String) async throws {
        let (directory, name) = split(path)
        try await apply([.removeOmap([name])], to: directory)
        if try await isEmpty(directory) {
            try await apply([.remove], to: directory)
            try await deleteOid(parent(path))
        }
    }

    private func isEmpty(_ directory: ObjectID) async throws -> Bool {
        try await reader.read(ReadOperation(omap: .page(after: nil, limit: 1)), of: directory)?.omap.isEmpty ?? true
    }

    private func apply(_ mutations: [WriteOperation.Mutation], to object: ObjectID) async throws {
        let outcome = await writer.apply(WriteOperation(mutations, modified: modified), to: object)
        guard outcome == .applied else { throw Failure.failed("\(object): \(outcome)") }
    }

    private func parent(_ path: String) -> String {
        let parent = path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex)
        return parent.isEmpty ? "/" : String(parent)
    }

    private func split(_ path: String) -> (directory: ObjectID, name: ByteString) {
        let name = path.suffix(from: path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)
        return (ObjectID(ByteString(parent(path))), ByteString(name.isEmpty ? "/" : name))
    }
}
