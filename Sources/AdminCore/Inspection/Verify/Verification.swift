/// What a verification found.
public struct Verification: Hashable, Sendable {
    /// Something that is not as it should be.
    public struct Finding: Hashable, Sendable {
        /// The repository; nil of a blob by itself.
        public let repository: RepositoryName?
        /// The tag, where that is what is wrong, or what leads to it; nil for a manifest without one.
        public let tag: String?
        /// The blob; nil for a link that says none.
        public let digest: Digest?
        /// How bad it is.
        public let state: ImageDetail.BlobState
        /// What is wrong, a sentence.
        public let problem: String
    }

    /// How many manifests were checked.
    public internal(set) var manifests = 0
    /// How many distinct blobs were read, the manifests among them; those that the same verifier had read before do not count.
    public internal(set) var blobs = 0
    /// How many bytes of them were hashed.
    public internal(set) var bytes: UInt64 = 0
    /// What is wrong, sorted by repository.
    public internal(set) var findings: [Finding] = []
    /// False if it was stopped before everything was checked.
    public internal(set) var isComplete = true

    /// True if all that was checked is right.
    public var isSound: Bool { findings.isEmpty }
}
