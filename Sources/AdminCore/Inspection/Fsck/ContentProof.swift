package import Registry
package import StorageDriver

/// Damage of a file that has all of its bytes.
enum Intactness: Sendable {
    /// An upload was resumed inside a chunk: in the new order the bytes are the content
    /// (docs/layout.md#d1).
    case resumed(Rearrangement)
    /// In the order of the chunks, the bytes are the content; the size is wrong or missing.
    case sizeIsWrong(Rearrangement)
    /// The empty blob, without a chunk (docs/layout.md#d3).
    case noChunk

    /// The damage, as the end of a sentence that begins with the file's name.
    var reason: String {
        switch self {
        case .resumed: "comes from a resumed upload and has some bytes in the wrong chunk"
        case .sizeIsWrong: "has all of its bytes, but its first chunk has no size or a wrong one"
        case .noChunk: "is empty by its digest and has no chunk"
        }
    }
}

/// Proves the content of the file at a path: by the digest of a blob, or by the path of a link.
package struct ContentProof: Sendable {
    package let registry: RegistryReader
    package let path: StoragePath

    package init(registry: RegistryReader, path: StoragePath) {
        self.registry = registry
        self.path = path
    }

    private var storage: StorageReader { registry.storage }
    /// False for a blob in a snapshot, of which nothing can be proven.
    private var hasData: Bool { !storage.isSnapshot || file?.isBlob != true }
    private var file: RegistryFile? { registry.paths.file(at: path) }

    /// Returns the damage of a damaged file if its content is proven to be in the chunks of `blob`;
    /// else nil. Reads the whole file if the lengths of its chunks allow that.
    func intactness(of blob: BlobIdentifier) async throws -> Intactness? {
        let layout = try await storage.layout(of: blob)
        if let order = try? layout.rearranged(), try await isRight(blob, in: order) { return .resumed(order) }
        if case .blob(let digest) = file, BlobFinding.emptyDigests.contains(digest.string),
            layout.head.state == .empty
        {
            return .noChunk
        }
        var lengths: [Int: UInt64] = [:]
        for chunk in layout.chunks { lengths[chunk.index] = chunk.length }
        guard let order = try? Rearrangement(asTheyStand: lengths, chunkSize: storage.chunkSize),
            layout.head.state == .badSize || order.size != layout.size, try await isRight(blob, in: order)
        else { return nil }
        return .sizeIsWrong(order)
    }

    /// Returns whether a reader of `blob` gets the content.
    package func isRight(_ blob: BlobIdentifier) async throws -> Bool {
        guard let file, !file.isUpload, hasData else { return false }
        do {
            if case .blob(let digest) = file {
                return try await storage.content(of: blob, at: path, has: digest) ?? false
            }
            return file.isLink(try await storage.content(of: blob, at: path, limit: LinkReader.limit))
        } catch is StorageError {
            return false
        }
    }

    /// Returns whether the bytes of `blob` in this order are the content.
    package func isRight(_ blob: BlobIdentifier, in order: Rearrangement) async throws -> Bool {
        guard let file, !file.isUpload, hasData else { return false }
        do {
            if case .blob(let digest) = file { return try await storage.content(of: blob, order, has: digest) }
            guard order.size <= UInt64(LinkReader.limit) else { return false }
            var bytes: [UInt8] = []
            for piece in order.targets.flatMap(\.pieces) { bytes += try await storage.bytes(of: piece, blob) }
            return file.isLink(bytes)
        } catch is StorageError {
            return false
        }
    }
}

extension RegistryFile {
    /// Returns whether the bytes are the content of this link: the digest in its path, or any
    /// digest for a tag.
    fileprivate func isLink(_ bytes: [UInt8]) -> Bool {
        guard let found = Digest(String(decoding: bytes, as: UTF8.self)) else { return false }
        return digest == nil || digest == found
    }
}
