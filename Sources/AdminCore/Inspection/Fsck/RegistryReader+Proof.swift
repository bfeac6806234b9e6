extension RegistryReader {
    /// Whether the content of a file is proven to be what it should be: by the digest of a blob, or as a link that says what its path says.
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
