import Foundation

/// Taking references out of the tree so that they can come back (docs/safety.md#trash-a-file, #trash-a-repository,
/// #quarantine, #restore).
extension StorageDriver {
    /// Takes references into a new holding at `path`, stage by stage; what `leave` lets vanish at its place stays in
    /// the holding. Where it fails, everything is taken back. `keepsDirectories`: emptied directories are left alone,
    /// as a quarantine does.
    ///
    /// This is a move to a place where nobody else writes: all entries are set at once, before the first reference is
    /// touched.
    func holding<Left: Sendable>(
        _ stages: [[(origin: StoragePath, blob: BlobIdentifier)]], at path: StoragePath, _ note: Holding.Note,
        below floor: StoragePath = .root, keepsDirectories: Bool = false,
        leave: ([[FileMove]]) async throws -> Left, then: (Left) async throws -> Void
    ) async throws -> Left {
        let moves = try await markingBare(
            stages.map { stage in
                try stage.map { reference in
                    FileMove(
                        blob: reference.blob, source: reference.origin,
                        destination: try path.appending(Holding.key(reference.origin).string ?? ""))
                }
            })
        let intent = try await journal.begin(
            .move(moves, floor: floor, keepsDirectories: keepsDirectories), "take \(note.name) to \(path)")
        let left = try await takingBack(intent, moves) {
            try await make(path, note, moves.flatMap(\.self))
            try await goOn(with: intent, to: .leaving)
            let left = try await leave(moves)
            try await goOn(with: intent, to: .left)
            return left
        }
        do {
            var note = note
            note.unlinked = policy.now
            try await write(note, at: path)
            try await then(left)
            // A quarantine is looked at by every mark anyway, until it is restored or freed.
            if keepsDirectories { try await intent.end() } else { try await closing(intent, as: .settled) }
            return left
        } catch {
            await intent.release()
            throw error
        }
    }

    /// Takes references into a new holding (see above), each guarded by its identifier. One that somebody else
    /// changed meanwhile stays where it is; gives these. `counter` is told of each.
    func hold(
        _ references: [(origin: StoragePath, blob: BlobIdentifier)], at path: StoragePath, _ note: Holding.Note,
        keepsDirectories: Bool = false, counter: ProgressCounter? = nil
    ) async throws -> [StoragePath] {
        try await holding([references], at: path, note, keepsDirectories: keepsDirectories) { stages in
            try await each(stages.joined()) { file in
                defer { counter?.advance() }
                return try await leaveSource(file) ? nil : file.source
            }.compactMap(\.self)
        } then: { _ in
            if !keepsDirectories { try await prune(references.map(\.origin.parent)) }
        }
    }

    /// How many keys one operation sets.
    private static let batch = 10_000

    private func make(_ path: StoragePath, _ note: Holding.Note, _ files: [FileMove]) async throws {
        try await make(path, note, files.map { (ByteString($0.destination.name), $0.blob) })
    }

    /// Notes chunks that nothing refers to in a new holding at `path`: by this they are referred to, so that they can
    /// be freed like anything else once the delay is over. Whatever a crash leaves of it is as good.
    func note(_ orphans: [BlobIdentifier], at path: StoragePath, _ note: Holding.Note) async throws {
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
                rest.prefix(StorageDriver.batch).map { ($0.key, $0.blob.value) },
                uniquingKeysWith: { first, _ in first })
            rest = rest.dropFirst(StorageDriver.batch)
            let known = entries.keys.first
            let applied = try await perform(
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
        try await linkUp([path])
    }

    private func write(_ note: Holding.Note, at path: StoragePath) async throws {
        let object = StorageReader.directory(path)
        let value = try Holding.encode(note)
        let applied = try await perform(
            WriteOperation(guards: [.exists], [.setXattr(name: Holding.xattr, value: value)]), on: object, for: path
        ) { [reader] in
            try await reader.objects.read(ReadOperation(xattrs: true), of: object)?.xattrs[Holding.xattr] == value
        }
        // Everything in it stayed where it was.
        guard applied else { return }
    }

    // MARK: - Back

    /// What became of a reference that was to be restored.
    public enum Restoring: Hashable, Sendable {
        /// It is at its place again, or was already.
        case restored
        /// Somebody else has claimed it, or taken it, before.
        case gone
        /// Its place has another identifier by now: it stays in the holding.
        case taken
    }

    /// Puts references of a holding back to their places. Each is claimed first; whoever stops half-way is continued
    /// by a recovery. Throws `StorageError.notADirectory` where a file stands in the way, errors of the store.
    public func restore(_ entries: [Holding.Entry], of path: StoragePath) async throws -> [Restoring] {
        try await restore([entries], of: path)
    }

    /// The same, stage by stage: what is in a later one appears after all that is in an earlier one. Gives the
    /// outcomes in this order.
    func restore(_ stages: [[Holding.Entry]], of path: StoragePath) async throws -> [Restoring] {
        let entries = stages.flatMap(\.self)
        // Before anything is claimed: a claim that cannot be followed would be in the way of every change.
        try await checkWays(through: Set(entries.map(\.origin.parent)))
        let intent = try await journal.begin(.claims(path), "restore from \(path)")
        do {
            let claimed = try await claim(entries, as: .restoring, in: path)
            let taken = try await restoreClaimed(stages.map { $0.filter(claimed.contains) }, of: path)
            try await prune([path])
            try await intent.end()
            return entries.map { entry in
                !claimed.contains(entry) ? .gone : taken.contains(entry.origin) ? .taken : .restored
            }
        } catch {
            await intent.release()
            throw error
        }
    }

    /// Claimed references at their places again; the claim goes back to what it was where the place is taken. Gives
    /// these.
    private func restoreClaimed(_ stages: [[Holding.Entry]], of path: StoragePath) async throws -> Set<StoragePath> {
        var taken: Set<StoragePath> = []
        for entries in stages where !entries.isEmpty {
            taken.formUnion(try await publish(entries.map { ($0.origin, $0.blob) }))
            try await linkUp(Set(entries.map(\.origin).filter { !taken.contains($0) }.map(\.parent)))
        }
        let entries = stages.flatMap(\.self)
        try await unclaim(entries.filter { !taken.contains($0.origin) }, as: .restoring, in: path)
        try await unclaim(entries.filter { taken.contains($0.origin) }, as: .restoring, givingBack: true, in: path)
        return taken
    }

    /// Goes on with whatever is claimed in a holding: what a crash left, or somebody who stalled.
    func followClaims(in path: StoragePath) async throws {
        let claimed = (try await reader.holding(path)?.entries ?? []).filter { $0.claim != nil }
        _ = try await restoreClaimed([claimed.filter { $0.claim == .restoring }], of: path)
        try await freeClaimed(claimed.filter { $0.claim == .freeing }, of: path) { blob in
            try await reader.layout(of: blob).chunks.filter { $0.state != .missing }.map(\.index)
        }
        try await prune([path])
    }
}

extension Holding {
    static func encode(_ note: Note) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        var note = note
        // The format knows whole seconds: nothing may be due too early.
        note.unlinked = note.unlinked.map {
            Date(timeIntervalSince1970: $0.timeIntervalSince1970.rounded(.up))
        }
        return Array(try encoder.encode(note))
    }
}
