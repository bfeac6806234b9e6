extension CollectionPlan {
    /// One thing that is collected. A plan may hold a million: a blob takes less than a hundred
    /// bytes.
    public struct Item: Hashable, Sendable {
        /// The identifier of its chunks: the guard of every change.
        public let blob: BlobIdentifier
        /// Bytes of it; 0 where that was not looked up.
        public let bytes: UInt64
        private let place: Place

        private enum Place: Hashable, Sendable {
            case blob(Digest, RegistryPaths)
            case path(PackedPath)
            /// A file of an upload, and the blob that has the same identifier.
            case upload(PackedPath, twin: PackedPath)
        }

        /// True for a blob; false for a link, a file of an upload, and chunks that belong to
        /// nothing.
        var isBlob: Bool {
            if case .blob = place { true } else { false }
        }

        /// A blob at its path.
        init(_ digest: Digest, in paths: RegistryPaths, blob: BlobIdentifier, bytes: UInt64) {
            self.blob = blob
            self.bytes = bytes
            place = .blob(digest, paths)
        }

        /// A file.
        init(origin: StoragePath, blob: BlobIdentifier, bytes: UInt64) {
            self.blob = blob
            self.bytes = bytes
            place = .path(PackedPath(origin))
        }

        /// A file of an upload that is a blob's as well.
        init(upload: StoragePath, twin: StoragePath, blob: BlobIdentifier) {
            self.blob = blob
            bytes = 0
            place = .upload(PackedPath(upload), twin: PackedPath(twin))
        }

        /// Its place, or the place that it was taken from; of chunks that nothing refers to, a path
        /// that no registry has.
        public var origin: StoragePath {
            switch place {
            case .blob(let digest, let paths): paths.blob(digest)
            case .path(let path), .upload(let path, _): path.path
            }
        }

        /// The blob with the same identifier as a file of an upload; nil for others.
        var twin: StoragePath? {
            if case .upload(_, let twin) = place { twin.path } else { nil }
        }

        var reference: (origin: StoragePath, blob: BlobIdentifier) { (origin, blob) }
    }
}
