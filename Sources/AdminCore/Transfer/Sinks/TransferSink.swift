import Registry
import Foundation

/// A target of a transfer. The engine calls it in an order that shows only whole images: blobs,
/// then the links to blobs, then the links to manifests, then tags, with `settle` in between.
///
/// Concurrency: `holds` and `draft` may be called from any task; the other methods one at a time.
/// Errors: `StoreError` and `StorageError`; each of them ends the transfer.
protocol TransferSink: Sendable {
    /// True if blobs come one after the other, whole and proven, since the target takes nothing
    /// back.
    var isStream: Bool { get }

    /// Takes the target for this transfer.
    func begin() async throws

    /// True if the target has a blob of this size.
    ///
    /// - Parameter hashing: True to read it and compare its digest.
    func holds(_ digest: Digest, size: UInt64, hashing: Bool) async throws -> Bool

    /// A new blob. Nothing of it is visible before it is published.
    func draft(_ digest: Digest, size: UInt64, modified: Date?) async throws -> any BlobDraft

    /// Makes everything that was published last beyond a power cut.
    func settle() async throws

    /// Writes the links of a repository to its layers and signatures. No client sees them yet.
    func linkBlobs(of repository: TransferPlan.Repository) async throws

    /// Writes the links of a repository to its manifests: a client may pull by digest from now on.
    func linkManifests(of repository: TransferPlan.Repository) async throws

    /// Sets the tags of a repository. Returns those that are not set, with the reason.
    func tag(_ repository: TransferPlan.Repository, _ plan: TransferPlan) async throws -> [TransferPlan.LeftOut]

    /// The repositories at the target that a copy of the whole source replaces; none for a store,
    /// which may hold other repositories.
    func repositories() async throws -> [RepositoryName]

    /// The tags of a repository at the target.
    func tags(of repository: RepositoryName) async throws -> [String: Digest]

    /// Removes tags.
    func remove(_ tags: [ImageReference]) async throws

    /// Ends the transfer: what it published stays.
    ///
    /// - Parameter isWhole: False if it stops half-way.
    func end(isWhole: Bool) async throws
}

/// A blob that is being written.
protocol BlobDraft: Sendable {
    /// Appends bytes.
    func write(_ bytes: [UInt8]) async throws

    /// Makes the blob visible. To be called after its digest was proven.
    func publish() async throws

    /// Drops the blob.
    func discard() async
}
