/// Hashes files as they are read.
struct BlobHasher: Sendable {
    let registry: RegistryReader

    /// What is wrong with the content of a blob, as the end of a sentence that begins with its name; nil if nothing is. `names`: the
    /// other digests by which manifests name it. `read` is told of bytes as they come. Memory: the chunks that are read ahead.
    func fault(
        of digest: Digest, names: Set<Digest> = [], _ read: @Sendable (Int) -> Void
    ) async throws -> Hashing.Fault? {
        let path = registry.paths.blob(digest)
        guard case .file(let file)? = try await registry.storage.entry(path)?.kind else {
            let blob = try await registry.blob(digest)
            return Hashing.Fault(state: blob.state, reason: blob.reason)
        }
        let fault = try await fault(in: file, at: path, digest, names, read)
        // Before anything is called lost: where every byte is there, and stands in the wrong place only, fsck can mend it.
        if let fault, fault.state == .damaged, let what = try await registry.intactness(of: file, at: path) {
            return Hashing.Fault(
                state: .damaged, reason: "\(what.reason): no byte is lost, `regtop fsck --repair` mends it")
        }
        return fault
    }

    private func fault(
        in file: BlobIdentifier, at path: StoragePath, _ digest: Digest, _ names: Set<Digest>,
        _ read: @Sendable (Int) -> Void
    ) async throws -> Hashing.Fault? {
        let head = try await registry.storage.head(of: file)
        let blob = BlobFinding(head, of: digest)
        // One that is too long may still have every byte where a reader looks for it: that is what the hash says.
        guard blob.state == .ok || head.state == .long else {
            return Hashing.Fault(state: blob.state, reason: blob.reason)
        }
        do {
            // An algorithm that is not known says nothing.
            guard
                try await registry.storage.content(
                    of: file, head, at: path, has: digest, counted: { read(Int($0)) }) != false
            else {
                return Hashing.Fault(
                    state: .damaged, reason: "has another digest than its name says: its content is not what was pushed"
                )
            }
            for name in names.sorted() {
                guard
                    try await registry.storage.content(of: file, head, at: path, has: name, counted: { _ in }) != false
                else {
                    return Hashing.Fault(state: .damaged, reason: "is not what a manifest names \(name)")
                }
            }
        } catch StorageError.damaged(_, let what) {
            return Hashing.Fault(state: .damaged, reason: "cannot be read as it was written: \(what)")
        }
        return blob.state == .ok ? nil : Hashing.Fault(state: blob.state, reason: blob.reason)
    }
}
