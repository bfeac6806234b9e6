/// Damage of a file of which no byte is lost.
enum Intactness: Sendable {
    /// It was resumed inside a chunk: in this order the bytes are its content (docs/layout.md#d1).
    case resumed(Rearrangement)
    /// The bytes as they stand are its content, and its size is another one, or none.
    case sizeIsWrong(Rearrangement)
    /// It is the blob of no bytes, and has no chunk (docs/layout.md#d3).
    case noChunk

    /// What is wrong, as the end of a sentence that begins with the file's name.
    var reason: String {
        switch self {
        case .resumed: "comes from an upload that was resumed, and a part of its bytes stands in the wrong chunk"
        case .sizeIsWrong: "has all of its bytes, and its first chunk does not say how many these are"
        case .noChunk: "has no bytes by its digest, and no chunk that says so"
        }
    }
}

extension RegistryReader {
    /// What is wrong with a file that is damaged, if its content is proven to be there all the same; nil if it is
    /// not. Reads the whole file where the lengths of its chunks allow that.
    func intactness(of blob: BlobIdentifier, at path: StoragePath) async throws -> Intactness? {
        let layout = try await storage.layout(of: blob)
        if let order = try? layout.rearranged(), try await isProven(path, blob, in: order) { return .resumed(order) }
        if case .blob(let digest) = paths.file(at: path), BlobFinding.emptyDigests.contains(digest.string),
            layout.head.state == .empty
        {
            return .noChunk
        }
        var lengths: [Int: UInt64] = [:]
        for chunk in layout.chunks { lengths[chunk.index] = chunk.length }
        guard let order = try? Rearrangement(asTheyStand: lengths, chunkSize: storage.chunkSize),
            layout.head.state == .badSize || order.size != layout.size, try await isProven(path, blob, in: order)
        else { return nil }
        return .sizeIsWrong(order)
    }

    /// Whether the content of a file is proven to be what it should be: by the digest of a blob, or as a link that
    /// says what its path says.
    func isProvenRight(_ path: StoragePath, _ blob: BlobIdentifier) async throws -> Bool {
        guard let file = paths.file(at: path), !file.isUpload else { return false }
        do {
            if case .blob(let digest) = file {
                return try await storage.content(of: blob, at: path, has: digest) ?? false
            }
            return file.isLink(try await storage.content(of: blob, at: path, limit: RegistryReader.linkLimit))
        } catch is StorageError {
            return false
        }
    }

    /// The same of these bytes of its chunks.
    func isProven(_ path: StoragePath, _ blob: BlobIdentifier, in order: Rearrangement) async throws -> Bool {
        guard let file = paths.file(at: path), !file.isUpload else { return false }
        do {
            if case .blob(let digest) = file { return try await storage.content(of: blob, order, has: digest) }
            guard order.size <= UInt64(RegistryReader.linkLimit) else { return false }
            var bytes: [UInt8] = []
            for piece in order.targets.flatMap(\.pieces) { bytes += try await storage.bytes(of: piece, blob) }
            return file.isLink(bytes)
        } catch is StorageError {
            return false
        }
    }
}

extension RegistryFile {
    /// Whether these bytes are what the link holds that this is: the digest that its path says, or any for a tag.
    fileprivate func isLink(_ bytes: [UInt8]) -> Bool {
        guard let found = Digest(String(decoding: bytes, as: UTF8.self)) else { return false }
        return digest == nil || digest == found
    }
}
