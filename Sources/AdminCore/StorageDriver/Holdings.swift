public import ObjectStore
import Algorithms
package import Foundation

/// Takes references out of the tree so that they can come back, puts them back, and frees their
/// chunks (docs/safety.md#1-freeing, #trash-a-file, #trash-a-repository, #quarantine, #restore).
public struct Holdings: Sendable {
    let journal: Journal

    private var writer: StorageWriter { journal.writer }
    private var reader: StorageReader { writer.reader }
    private var policy: JournalPolicy { journal.policy }
    private var mover: FileMover { FileMover(journal: journal) }
    private var pruner: DirectoryPruner { DirectoryPruner(journal: journal) }
    private var prover: ReferenceProver { ReferenceProver(journal: journal) }

    // MARK: - Put

    /// Takes references into a new holding at `path`. All references appear in it at once, before
    /// the first one leaves its place. An error takes everything back.
    ///
    /// - Parameters:
    ///   - stages: the references, in the order in which a move back would make them.
    ///   - others: files that change their paths by the same intent, in the order in which their
    ///     destinations are made; they may replace the references.
    ///   - what: the change in words; nil if it takes the references only.
    ///   - keepsDirectories: true leaves emptied directories alone, as a quarantine does.
    ///   - leave: removes the references at their places, by `FileMover.leaveSource` or by
    ///     exchanging them for the others; also the sources of the others.
    ///   - then: removes the directories that they leave empty.
    package func put<Left: Sendable>(
        _ stages: [[(origin: StoragePath, blob: BlobIdentifier)]], at path: StoragePath, _ note: Holding.Note,
        with others: [[FileMove]] = [], _ what: String? = nil,
        below floor: StoragePath = .root, keepsDirectories: Bool = false,
        leave: ([[FileMove]]) async throws -> Left, then: (Left) async throws -> Void
    ) async throws -> Left {
        let moves = try await mover.markingBare(
            stages.map { stage in
                try stage.map { reference in
                    FileMove(
                        blob: reference.blob, source: reference.origin,
                        destination: try path.appending(Holding.key(reference.origin).string ?? ""))
                }
            })
        // Taking back begins with the last stage: a reference leaves the holding when it is at its
        // place again.
        let all = moves + (try await mover.markingBare(others))
        let intent = try await journal.begin(
            .move(all, floor: floor, keepsDirectories: keepsDirectories), what ?? "take \(note.name) to \(path)")
        let left = try await mover.takingBack(intent, all) {
            try await make(path, note, moves.flatMap(\.self))
            try await mover.makeDestinations(others)
            try await mover.goOn(with: intent, to: .leaving)
            let left = try await leave(moves)
            try await mover.goOn(with: intent, to: .left)
            return left
        }
        do {
            var note = note
            note.unlinked = policy.now
            try await write(note, at: path)
            try await then(left)
            // Every mark looks at the quarantine until it is restored or freed: no last look is
            // needed.
            if keepsDirectories { try await intent.end() } else { try await mover.close(intent, as: .settled) }
            return left
        } catch {
            await intent.release()
            throw error
        }
    }

    // MARK: - Put one reference that is replaced

    /// Makes a reference appear in the holding of a deposit, which may be there already. The caller
    /// replaces it at its place afterwards, and has an intent that names the deposit.
    func keep(_ blob: BlobIdentifier, of origin: StoragePath, in deposit: LinkCopy.Deposit) async throws {
        do {
            try await make(deposit.holding, deposit.note, [(Holding.key(origin), blob)])
        } catch StorageError.alreadyExists {
            _ = try await writer.publish([(deposit.entry(of: origin), blob)])
            try await writer.linkUp([deposit.holding])
        }
    }

    /// Removes a reference from the holding of a deposit, and the holding if it is empty then.
    func withdraw(_ blob: BlobIdentifier, of origin: StoragePath, from deposit: LinkCopy.Deposit) async throws {
        _ = try await writer.exchange(blob, for: nil, at: deposit.entry(of: origin))
        try await pruner.prune([deposit.holding])
    }

    /// Writes the time at which the reference of a deposit had left its place, if the holding is
    /// there.
    func close(_ deposit: LinkCopy.Deposit) async throws {
        var note = deposit.note
        note.unlinked = policy.now
        try await write(note, at: deposit.holding)
    }

    /// Takes references into a new holding, each guarded by its identifier. Returns those that
    /// another process changed meanwhile: they stay at their places. `counter` counts each
    /// reference.
    public func put(
        _ references: [(origin: StoragePath, blob: BlobIdentifier)], at path: StoragePath, _ note: Holding.Note,
        keepsDirectories: Bool = false, counter: ProgressCounter? = nil
    ) async throws -> [StoragePath] {
        try await put([references], at: path, note, keepsDirectories: keepsDirectories) { stages in
            try await writer.each(stages.joined()) { file in
                defer { counter?.advance() }
                return try await mover.leaveSource(file) ? nil : file.source
            }.compactMap(\.self)
        } then: { _ in
            if !keepsDirectories { try await pruner.prune(references.map(\.origin.parent)) }
        }
    }

    /// The number of keys that one operation sets.
    private static let batch = 10_000

    private func make(_ path: StoragePath, _ note: Holding.Note, _ files: [FileMove]) async throws {
        try await make(path, note, files.map { (ByteString($0.destination.name), $0.blob) })
    }

    /// Puts orphans into a new holding at `path`. The holding refers to them, so that they can be
    /// freed like anything else after the delay. A crash leaves a smaller holding, which does no
    /// harm.
    package func put(orphans: [BlobIdentifier], at path: StoragePath, _ note: Holding.Note) async throws {
        var note = note
        note.unlinked = policy.now
        try await make(path, note, orphans.map { (Holding.key(Holding.orphan($0)), $0) })
    }

    private func make(
        _ path: StoragePath, _ note: Holding.Note, _ keys: [(key: ByteString, blob: BlobIdentifier)]
    ) async throws {
        let object = StorageReader.directory(path)
        let value = try Holding.encode(note)
        var rest = keys[...]
        var isNew = true
        repeat {
            let entries = Dictionary(
                rest.prefix(Holdings.batch).map { ($0.key, $0.blob.value) },
                uniquingKeysWith: { first, _ in first })
            rest = rest.dropFirst(Holdings.batch)
            let known = entries.keys.first
            let applied = try await writer.perform(
                WriteOperation(
                    guards: [isNew ? .doesNotExist : .xattr(name: Holding.xattr, equals: value)],
                    [.setXattr(name: Holding.xattr, value: value), .setOmap(entries)]),
                on: object, for: path
            ) { [reader] in
                guard let known else { return nil }
                return try await reader.value(of: known, in: object) != nil
            }
            guard applied else { throw StorageError.alreadyExists(path) }
            isNew = false
        } while !rest.isEmpty
        try await writer.linkUp([path])
    }

    private func write(_ note: Holding.Note, at path: StoragePath) async throws {
        let object = StorageReader.directory(path)
        let value = try Holding.encode(note)
        let applied = try await writer.perform(
            WriteOperation(guards: [.exists], [.setXattr(name: Holding.xattr, value: value)]), on: object, for: path
        ) { [reader] in
            try await reader.objects.read(ReadOperation(xattrs: true), of: object)?.xattrs[Holding.xattr] == value
        }
        // Refused: the holding is gone, since all references stayed at their places.
        guard applied else { return }
    }

    // MARK: - Rename

    /// Changes the origins of the references from below `old` to below `new`, and names the holding
    /// `name`. One operation renames up to 10,000 references; all of them stay in the holding.
    /// Throws `StorageError.changedMeanwhile` if another process has changed the holding since it
    /// was read.
    package func rename(_ holding: Holding, from old: StoragePath, to new: StoragePath, named name: String) async throws
    {
        let moved = holding.entries.filter { $0.claim == nil && ($0.origin == old || $0.origin.isBelow(old)) }
        // A last look would not find these references under their old keys, and would search the
        // whole pool for them.
        try await journal.forget(Set(moved.map(\.blob)), of: holding.path)
        for batch in moved.chunks(ofCount: Holdings.renamingBatch) {
            var entries: [ByteString: [UInt8]] = [:]
            for entry in batch {
                entries[Holding.key(entry.origin.moved(from: old, to: new))] = entry.blob.value
            }
            let keys = batch.map { Holding.key($0.origin) }
            let isLast = batch.endIndex == moved.endIndex
            var note = holding.note
            note?.name = name
            try await change(
                holding.path, note: isLast ? note : nil, [.removeOmap(keys), .setOmap(entries)], setting: entries,
                requiring: batch)
        }
    }

    /// Sets the date of a holding to now, if it has none: its creation was interrupted, or its note
    /// cannot be read. The delay counts from this date.
    package func date(_ holding: Holding, _ note: Holding.Note) async throws {
        var note = note
        note.unlinked = policy.now
        try await change(holding.path, note: note, [], setting: [:], requiring: [])
    }

    /// The number of references that one operation renames.
    private static let renamingBatch = 10_000

    private func change(
        _ path: StoragePath, note: Holding.Note?, _ mutations: [WriteOperation.Mutation],
        setting new: [ByteString: [UInt8]], requiring old: ArraySlice<Holding.Entry>
    ) async throws {
        let object = StorageReader.directory(path)
        let value = try note.map(Holding.encode)
        let keys = old.map { Holding.key($0.origin) }
        guard
            let state = try await reader.objects.read(
                ReadOperation(omap: keys.isEmpty ? nil : .keys(keys.sorted())), of: object),
            state.omap.count == keys.count
        else { throw StorageError.changedMeanwhile(path) }
        let applied = try await writer.perform(
            WriteOperation(
                guards: [.version(state.version)],
                mutations + (value.map { [.setXattr(name: Holding.xattr, value: $0)] } ?? [])),
            on: object, for: path
        ) { [reader] in
            if let key = new.keys.first { return try await reader.value(of: key, in: object) != nil }
            return try await reader.objects.read(ReadOperation(xattrs: true), of: object)?.xattrs[Holding.xattr]
                == value
        }
        guard applied else { throw StorageError.changedMeanwhile(path) }
    }

    // MARK: - Restore

    /// The outcome of restoring one reference.
    public enum RestoreOutcome: Hashable, Sendable {
        /// The reference is at its place; it may have been there before.
        case restored
        /// Another process has claimed or removed it before.
        case gone
        /// Another identifier is at its place: it stays in the holding.
        case taken
    }

    /// Restores references of the holding at `path`. Each is claimed first; `recover` completes an
    /// interrupted restore. Throws `StorageError.notADirectory` where a file is in the way;
    /// `StoreError`.
    public func restore(_ entries: [Holding.Entry], of path: StoragePath) async throws -> [RestoreOutcome] {
        try await restore([entries], of: path)
    }

    /// Restores references stage by stage: those of a later stage appear after all of an earlier
    /// one. Returns the outcomes in this order.
    package func restore(_ stages: [[Holding.Entry]], of path: StoragePath) async throws -> [RestoreOutcome] {
        let entries = stages.flatMap(\.self)
        // Before anything is claimed, since a claim that cannot be followed would block every
        // change.
        try await reader.checkWays(through: Set(entries.map(\.origin.parent)))
        let intent = try await journal.begin(.claims(path), "restore from \(path)")
        do {
            let claims = Claims(writer: writer, path: path)
            let claimed = try await claims.claim(entries, as: .restoring)
            let taken = try await claims.restore(stages.map { $0.filter(claimed.contains) })
            try await pruner.prune([path])
            try await intent.end()
            return entries.map { entry in
                !claimed.contains(entry) ? .gone : taken.contains(entry.origin) ? .taken : .restored
            }
        } catch {
            await intent.release()
            throw error
        }
    }

    /// Follows every claim in the holding at `path` to its end.
    func follow(_ path: StoragePath) async throws {
        try await Claims(writer: writer, path: path).follow()
        try await pruner.prune([path])
    }

    // MARK: - Free

    /// The outcome of freeing one reference.
    public enum FreeOutcome: Hashable, Sendable {
        /// The chunks are gone, and the reference as well.
        case freed
        /// Something else refers to the chunks: only the reference in the holding is removed.
        case dropped
        /// The delay is not over, or the holding does not say when it began.
        case early
        /// Another process has claimed or removed it before.
        case gone
    }

    /// Frees references of a holding whose delay is over, after one complete scan has proven that
    /// nothing else refers to their chunks. After an error the next recovery frees what is claimed.
    ///
    /// - Returns: the outcomes, in the order of `entries`.
    /// - Throws: `StorageError.journal` while a change is open; `StoreError`.
    public func free(
        _ entries: [Holding.Entry], of holding: Holding, progress: ProgressHandler? = nil
    ) async throws -> [FreeOutcome] {
        guard isOld(holding, at: policy.now) else { return entries.map { _ in .early } }
        let census = try await prover.references(to: Set(entries.map(\.blob)), progress: progress)
        return try await free(entries, of: holding, by: census)
    }

    /// Frees references by a census of `ReferenceProver` that covers them, and possibly those of
    /// other holdings. The census must have begun after the delay of this holding. `counter` counts
    /// each reference whose chunks are gone.
    package func free(
        _ entries: [Holding.Entry], of holding: Holding, by census: ReferenceCensus, counter: ProgressCounter? = nil
    ) async throws -> [FreeOutcome] {
        guard isOld(holding, at: census.began) else { return entries.map { _ in .early } }
        try await reader.objects.status().requireWholeListings()
        let path = holding.path
        let intent = try await journal.begin(.claims(path), "free what is in \(path)")
        do {
            let elsewhere = Set(entries.filter { census.isElsewhere($0, than: path) })
            let dropped = try await drop(Array(elsewhere), of: path)
            let claims = Claims(writer: writer, path: path)
            let claimed = try await claims.claim(entries.filter { !elsewhere.contains($0) }, as: .freeing)
            try await claims.free(entries.filter(claimed.contains), counter: counter) {
                census.chunks.indices(of: $0)
            }
            let outcomes = entries.map { entry -> FreeOutcome in
                claimed.contains(entry) ? .freed : dropped.contains(entry) ? .dropped : .gone
            }
            try await pruner.prune([path])
            try await intent.end()
            return outcomes
        } catch {
            await intent.release()
            throw error
        }
    }

    /// True if the delay of a holding is over at a moment.
    package func isOld(_ holding: Holding, at moment: Date) -> Bool {
        guard let unlinked = holding.note?.unlinked else { return false }
        // Without a delay the clock does not matter, since the clock of another machine may be
        // ahead.
        return policy.delay == 0 || unlinked.addingTimeInterval(policy.delay) <= moment
    }

    /// Removes references to chunks to which something else refers as well. Returns the removed
    /// ones.
    private func drop(_ entries: [Holding.Entry], of path: StoragePath) async throws -> Set<Holding.Entry> {
        let gone = try await writer.each(entries) { entry in
            try await writer.exchange(
                entry.blob, for: nil, at: try path.appending(Holding.key(entry.origin).string ?? ""))
                ? entry : nil
        }
        return Set(gone.compactMap(\.self))
    }
}
