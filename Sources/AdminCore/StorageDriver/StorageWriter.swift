package import ObjectStore
import Algorithms
import Foundation
import Synchronization

/// The writing half of the storage driver: the guarded steps of docs/safety.md#3-the-steps, each on
/// one object.
///
/// A step does not use the journal. The types above this one make changes of several steps.
///
/// Concurrency: a value; every method may be called from any task, and beside other writers: guards
/// decide. Errors: `StorageError`, and `StoreError` from below.
package struct StorageWriter: Sendable {
    /// The reading half; it reads the same store.
    let reader: StorageReader
    package let objects: any ObjectWriter
    /// The modification time to record; nil for now.
    var modified: Date?

    // MARK: - One operation

    /// Executes an operation. Resolves an unknown outcome by reading back, never by repeating.
    ///
    /// - Parameter landed: reads whether the operation was applied; nil if another client has
    ///   changed the place since, so that either may be true. It runs in a separate task, so that a
    ///   cancelled caller learns the outcome. It sees the effect of the operation, since a store
    ///   executes the operations of one client on one object in order.
    /// - Returns: true if it was applied, false if a guard refused it.
    /// - Throws: the store's error if it was not applied; `StorageError.outcomeUnknown` if no
    ///   answer came and `landed` did not resolve it.
    func perform(
        _ operation: WriteOperation, on object: ObjectID, for path: StoragePath,
        landed: @escaping @Sendable () async throws -> Bool?
    ) async throws -> Bool {
        var operation = operation
        operation.modified = operation.modified ?? modified
        switch await objects.apply(operation, to: object) {
        case .applied: return true
        case .refused: return false
        case .failed(let error): throw error
        case .unknown(let error):
            let answer = await Task { try await landed() }.result
            guard let done = (try? answer.get()) ?? nil else { throw StorageError.outcomeUnknown(path, error) }
            guard done else { throw error }
            return true
        }
    }

    /// `absent(d, k, v)` of docs/safety.md for many keys of one directory: sets the keys that are
    /// not there, and creates the directory's object if need be. Guarded by the version, or the
    /// absence, of the object, so that nothing is overwritten. Returns the keys that have another
    /// value, which they keep.
    ///
    /// One operation sets many keys, since each insertion changes the version: insertions side by
    /// side would refuse each other.
    ///
    /// - Parameter reading: an earlier reading of all these keys: then the first attempt needs no
    ///   other one. The guard refuses it if the directory was changed since.
    func insert(
        _ entries: [ByteString: [UInt8]], into directory: StoragePath, after reading: KeyReading? = nil
    ) async throws -> Set<ByteString> {
        if entries.count <= StorageWriter.insertionBatch {
            return try await insertBatch(entries, into: directory, after: reading)
        }
        var taken: Set<ByteString> = []
        for batch in entries.keys.sorted().chunks(ofCount: StorageWriter.insertionBatch) {
            let keys = Set(batch)
            // Each insertion changes the version, so no earlier reading serves all batches.
            taken.formUnion(try await insertBatch(entries.filter { keys.contains($0.key) }, into: directory))
        }
        return taken
    }

    private func insertBatch(
        _ entries: [ByteString: [UInt8]], into directory: StoragePath, after known: KeyReading? = nil
    ) async throws -> Set<ByteString> {
        let object = StorageReader.directory(directory)
        var known = known
        for _ in 0..<StorageWriter.attempts {
            let reading: KeyReading
            if let first = known.take() {
                reading = first
            } else {
                reading = KeyReading(
                    try await reader.objects.read(ReadOperation(omap: .keys(entries.keys.sorted())), of: object))
            }
            let absent = entries.filter { reading.values[$0.key] == nil }
            let taken = Set(entries.keys.filter { key in reading.values[key].map { $0 != entries[key] } ?? false })
            guard let (key, value) = absent.first else { return taken }
            var new = absent
            // The root of a new pool points at itself, as in pools of the old driver.
            if directory.isRoot, reading.version == nil { new[StorageReader.rootKey] = [] }
            let applied = try await perform(
                WriteOperation(guards: [reading.unchanged], [.setOmap(new)]), on: object, for: directory
            ) { [reader] in
                let present = try await reader.objects.read(ReadOperation(omap: .keys([key])), of: object)
                if present?.omap.first?.value == value { return true }
                return present?.version == reading.version ? false : nil
            }
            if applied { return taken }
        }
        throw StorageWriter.contention(object)
    }

    /// Inserts a reference at a path that was looked at before. False if another value is there.
    /// The caller links up the directory afterwards.
    func publish(_ blob: BlobIdentifier, at path: StoragePath, after reading: KeyReading?) async throws -> Bool {
        try await insert([ByteString(path.name): blob.value], into: path.parent, after: reading).isEmpty
    }

    /// Inserts references in any directories. Returns the paths that are taken by another value.
    /// The caller links up the directories afterwards.
    package func publish(_ files: some Sequence<(path: StoragePath, blob: BlobIdentifier)>) async throws -> Set<
        StoragePath
    > {
        let directories = Dictionary(grouping: files, by: \.path.parent).sorted { $0.key < $1.key }
        let taken = try await each(directories) { directory, files in
            let entries = files.map { (ByteString($0.path.name), $0.blob.value) }
            let taken = try await insert(Dictionary(entries) { first, _ in first }, into: directory)
            return files.map(\.path).filter { taken.contains(ByteString($0.name)) }
        }
        return Set(taken.joined())
    }

    /// The number of keys that one operation inserts or removes.
    private static let insertionBatch = 1000

    /// `cas(d, k, a → b)` of docs/safety.md: replaces the identifier at a path, or removes the key
    /// if `new` is nil. False if the key has another value, or is gone.
    package func exchange(_ old: BlobIdentifier, for new: BlobIdentifier?, at path: StoragePath) async throws -> Bool {
        let object = StorageReader.directory(path.parent)
        let key = ByteString(path.name)
        return try await perform(
            WriteOperation(
                guards: [.omapValue(key: key, equals: old.value)],
                [new.map { .setOmap([key: $0.value]) } ?? .removeOmap([key])]),
            on: object, for: path
        ) { [reader] in
            let value = try await reader.value(of: key, in: object)
            if value == old.value { return false }
            return new == nil || value == new?.value ? true : nil
        }
    }

    /// Removes references, each if it is still the one that is named. Returns those that are not:
    /// they stay. One operation removes many keys of one directory, if the directory has not
    /// changed since they were read; where others keep changing it, each key is removed by an
    /// operation of its own.
    func remove(
        _ files: some Sequence<(path: StoragePath, blob: BlobIdentifier)>
    ) async throws -> [StoragePath] {
        let directories = Dictionary(grouping: files, by: \.path.parent).sorted { $0.key < $1.key }
        return try await each(directories) { directory, files in
            var stay: [StoragePath] = []
            for batch in files.chunks(ofCount: StorageWriter.insertionBatch) {
                if batch.count > 1, let left = try await removeBatch(Array(batch), from: directory) {
                    stay += left
                    continue
                }
                stay += try await each(batch) { try await exchange($0.blob, for: nil, at: $0.path) ? nil : $0.path }
                    .compactMap(\.self)
            }
            return stay
        }.flatMap(\.self)
    }

    /// Removes references from one directory by one operation. Returns those that stay, since they
    /// have other values; nil if the directory changed each time.
    private func removeBatch(
        _ files: [(path: StoragePath, blob: BlobIdentifier)], from directory: StoragePath
    ) async throws -> [StoragePath]? {
        let object = StorageReader.directory(directory)
        for _ in 0..<3 {
            let reading = try await reader.keys(files.map(\.path.name), of: directory)
            let gone = files.filter { reading.values[ByteString($0.path.name)] == $0.blob.value }
            guard let first = gone.first else { return files.map(\.path) }
            let isDone = try await perform(
                WriteOperation(
                    guards: [reading.unchanged], [.removeOmap(gone.map { ByteString($0.path.name) })]),
                on: object, for: first.path
            ) { [reader] in
                let now = try await reader.keys(gone.map(\.path.name), of: directory)
                let left = gone.count { now.values[ByteString($0.path.name)] == $0.blob.value }
                return left == 0 ? true : left == gone.count ? false : nil
            }
            guard isDone else { continue }
            let removed = Set(gone.map(\.path))
            return files.map(\.path).filter { !removed.contains($0) }
        }
        return nil
    }

    /// The number of attempts of a guarded step before it fails as busy. An attempt is lost only
    /// when the write of another client succeeds.
    static let attempts = 1000

    static func contention(_ object: ObjectID) -> StoreError {
        StoreError(.busy, operation: "change", object: object, reason: "others changed it again and again meanwhile")
    }

    // MARK: - Several operations

    /// Makes one change for each item, side by side. Returns the results in the order of the items.
    ///
    /// After the first failure no further change is begun. Changes in progress end normally:
    /// cancelling them would make their outcomes unknown.
    ///
    /// - Throws: `StorageError.outcomeUnknown` if an outcome is unknown, otherwise the first
    ///   failure in the order of the items.
    package func each<Item: Sendable, Value: Sendable>(
        _ items: some Sequence<Item>, _ change: @escaping @Sendable (Item) async throws -> Value
    ) async throws -> [Value] {
        let halt = Halt()
        let results = try await concurrentMap(items, window: reader.window) { item -> Result<Value, any Error>? in
            if halt.isSet { return nil }
            do {
                return .success(try await change(item))
            } catch {
                halt.set()
                return .failure(error)
            }
        }
        var failure: (any Error)?
        for case .failure(let error)? in results {
            if case .outcomeUnknown = error as? StorageError { throw error }
            failure = failure ?? error
        }
        if let failure { throw failure }
        return results.compactMap { try? $0?.get() }
    }

    /// `link_up` of docs/safety.md: lists directories in their parents, the child first, then each
    /// parent, always up to the root, since the old driver may be pruning. Then it reads the chain
    /// downward; if an entry is missing, it repeats everything. Throws `StorageError.notADirectory`
    /// if a file is at the path of a directory.
    ///
    /// The reads that `absent` needs are made at once for all levels: each insertion has its guard,
    /// and the chain is read once more after the last one.
    package func linkUp(_ directories: some Sequence<StoragePath>) async throws {
        let levels = StoragePath.levels(of: directories)
        for _ in 0..<StorageWriter.attempts {
            let found = try await reader.listings(of: levels.joined())
            let byLevel = Dictionary(grouping: found, by: \.parent.components.count).sorted { $0.key > $1.key }
            for (_, families) in byLevel {
                _ = try await each(families) { parent, children, reading in
                    let names = children.map { (ByteString($0.name), [UInt8]()) }
                    let taken = try await insert(
                        Dictionary(names) { first, _ in first }, into: parent, after: reading)
                    if let file = children.first(where: { taken.contains(ByteString($0.name)) }) {
                        throw StorageError.notADirectory(file)
                    }
                }
            }
            let isListed = try await reader.listings(of: levels.joined()).allSatisfy { _, children, reading in
                children.allSatisfy { reading.values[ByteString($0.name)] != nil }
            }
            if isListed { return }
        }
        throw StorageWriter.contention(StorageReader.directory(.root))
    }

    /// Removes a key that is no valid component of a path, if it has this value. False otherwise.
    package func removeKey(_ key: ByteString, value: [UInt8], of object: ObjectID) async throws -> Bool {
        for _ in 0..<StorageWriter.attempts {
            let state = try await reader.objects.read(ReadOperation(omap: .keys([key])), of: object)
            guard let state, let entry = state.omap.first, entry.value == value else { return false }
            // RADOS cannot compare with an empty value, so the whole directory must be unchanged.
            let condition: WriteOperation.Guard =
                value.isEmpty ? .version(state.version) : .omapValue(key: key, equals: value)
            let done = try await perform(
                WriteOperation(guards: [condition], [.removeOmap([key])]), on: object, for: .root
            ) { [reader] in
                try await reader.value(of: key, in: object) == nil ? true : false
            }
            if done { return true }
        }
        throw StorageWriter.contention(object)
    }

    /// Removes an object. True if it existed.
    @discardableResult
    func remove(_ object: ObjectID, for path: StoragePath) async throws -> Bool {
        try await perform(WriteOperation([.remove]), on: object, for: path) { [reader] in
            try await reader.objects.read(.stat, of: object) == nil
        }
    }

    /// Removes the chunks of an identifier that no path ever named: the last first, chunk 0 at the
    /// end. A failure leaves orphans, which a collection finds.
    func free(_ blob: BlobIdentifier, chunks: Int, of path: StoragePath) async {
        for index in stride(from: chunks - 1, through: 0, by: -1) {
            switch await objects.apply(WriteOperation([.remove]), to: blob.chunk(index)) {
            case .applied, .refused: continue
            case .failed, .unknown: return
            }
        }
    }
}

/// Tells many tasks to begin nothing new.
private final class Halt: Sendable {
    private let flag = Mutex(false)

    var isSet: Bool { flag.withLock(\.self) }

    func set() { flag.withLock { $0 = true } }
}
