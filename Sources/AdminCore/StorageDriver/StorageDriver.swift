public import Foundation

/// The storage driver, whole: what `StorageReader` reads, and the changes, in the order and with the guards of
/// docs/safety.md#3-the-steps. A change that a crash could leave half-way is written in the journal first; `recover`
/// takes it back or ends it.
///
/// Concurrency: a value; every method may be called from any task, and beside other writers: guards decide. Errors:
/// `StorageError`, and `StoreError` from below.
public struct StorageDriver: Sendable {
    /// The reading half.
    public let reader: StorageReader
    let writer: any ObjectWriter
    /// Gives the identifier for a new file. For tests that compare with a dump; random otherwise.
    let makeIdentifier: @Sendable (StoragePath) -> BlobIdentifier
    /// The modification time to record; nil for now. For samples whose dates lie years apart.
    var modified: Date?
    /// How the journal is kept: how long deferred checks wait, and for whom this driver works.
    public var policy: JournalPolicy

    /// A driver that reads through `reader` and changes through `writer`, which must be the same store.
    public init(
        reader: StorageReader, writer: any ObjectWriter, modified: Date? = nil, policy: JournalPolicy,
        makeIdentifier: @escaping @Sendable (StoragePath) -> BlobIdentifier = { _ in .random() }
    ) {
        self.reader = reader
        self.writer = writer
        self.modified = modified
        self.policy = policy
        self.makeIdentifier = makeIdentifier
    }

    var journal: Journal { Journal(driver: self) }
}
