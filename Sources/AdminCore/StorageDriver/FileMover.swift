import ObjectStore

/// Moves files to other paths (docs/safety.md#move-a-file). Identifiers stay the same, and no data
/// moves.
package struct FileMover: Sendable {
    let journal: Journal

    private var writer: StorageWriter { journal.writer }
    private var reader: StorageReader { writer.reader }
    private var reversal: MoveReversal { MoveReversal(journal: journal) }

    /// Makes a whole move: writes the intent, makes all destinations, stage by stage, and removes
    /// the sources. After an error in these steps, takes everything back and throws the error. The
    /// intent stays until the last look, after the delay.
    ///
    /// - Parameters:
    ///   - leave: removes the sources, by `leaveSource`.
    ///   - then: removes the directories that the sources leave empty, below `floor`.
    package func move<Left: Sendable, Value: Sendable>(
        _ stages: [[FileMove]], _ what: String, below floor: StoragePath = .root,
        leave: () async throws -> Left, then: (Left) async throws -> Value
    ) async throws -> Value {
        let stages = try await markingBare(stages)
        let intent = try await journal.begin(.move(stages, floor: floor, keepsDirectories: false), what)
        let left = try await takingBack(intent, stages) {
            try await makeDestinations(stages)
            try await goOn(with: intent, to: .leaving)
            let left = try await leave()
            try await goOn(with: intent, to: .left)
            return left
        }
        return try await settle(intent) { try await then(left) }
    }

    /// Ends a move of which only the emptied directories remain, which `then` removes.
    private func settle<Value: Sendable>(
        _ intent: OpenIntent, after then: () async throws -> Value
    ) async throws -> Value {
        do {
            let value = try await then()
            try await close(intent, as: .settled)
            return value
        } catch {
            await intent.release()
            throw error
        }
    }

    /// A move of one file, and the facts that were read before.
    struct Preparation: Sendable {
        let file: FileMove
        /// The directory of the destination, without the file.
        let destination: KeyReading
        let basis: Journal.Basis
    }

    /// Moves one file by the steps of `move`, in fewer rounds. Returns false if another process
    /// changed the source meanwhile: then it stays, and the destination is undone.
    func move(_ prepared: Preparation, _ what: String) async throws -> Bool {
        let file = prepared.file
        let pruner = DirectoryPruner(journal: journal)
        let intent = try await journal.begin(
            .move([[file]], floor: .root, keepsDirectories: false), what, on: prepared.basis)
        let (isMoved, isSettled) = try await takingBack(intent, [[file]]) {
            if file.replaces != nil {
                try await replaceDestination(file)
            } else if try await !writer.publish(file.blob, at: file.destination, after: prepared.destination) {
                throw StorageError.alreadyExists(file.destination)
            }
            // Side by side: the source is left after both have ended.
            let steps: [@Sendable () async throws -> Void] = [
                { try await writer.linkUp([file.destination.parent]) }, { try await goOn(with: intent, to: .leaving) },
            ]
            _ = try await writer.each(steps) { try await $0() }
            let isMoved = try await leaveSource(file)
            // Where a directory is to be removed, or the last look is made at once, the journal
            // says first that the move is done.
            if isMoved, journal.policy.delay > 0, try await !pruner.isHollow(file.source.parent) {
                guard try await intent.settle(as: .settled, after: journal.policy.delay) else {
                    throw StorageError.takenOver(file.source)
                }
                return (true, true)
            }
            try await goOn(with: intent, to: .left)
            return (isMoved, false)
        }
        if isSettled { return isMoved }
        return try await settle(intent) {
            try await pruner.prune([file.source.parent] + (isMoved ? [] : [file.destination.parent]))
            return isMoved
        }
    }

    /// Advances an intent. Throws `StorageError.takenOver` if it belongs to another process.
    func goOn(with intent: OpenIntent, to state: Intent.State) async throws {
        guard try await intent.advance(to: state) else { throw StorageError.takenOver(await intent.intent.place) }
    }

    /// Marks the files that have no chunk 0 (`FileMove.isBare`).
    func markingBare(_ stages: [[FileMove]]) async throws -> [[FileMove]] {
        var marked = stages
        for (index, files) in stages.enumerated() {
            marked[index] = try await concurrentMap(files, window: reader.window) { file in
                var file = file
                file.isBare = try await reader.objects.read(.stat, of: file.blob.chunk(0)) == nil
                return file
            }
        }
        return marked
    }

    /// Makes the references at the destinations, stage by stage, and lists the directories above
    /// them. Leaves out files that replace others. Throws `.alreadyExists` if a destination is
    /// taken.
    func makeDestinations(_ stages: [[FileMove]]) async throws {
        for files in stages {
            let new = files.filter { $0.replaces == nil }
            let taken = try await writer.publish(new.map { ($0.destination, $0.blob) })
            if let first = taken.min() { throw StorageError.alreadyExists(first) }
            try await writer.linkUp(Set(new.map(\.destination.parent)))
        }
    }

    private func replaceDestination(_ file: FileMove) async throws {
        guard let present = file.replaces else { return }
        guard try await writer.exchange(present, for: file.blob, at: file.destination) else {
            throw StorageError.changedMeanwhile(file.destination)
        }
    }

    /// Removes the references of files at their sources. Where a source has changed, undoes the
    /// destination. Returns these files.
    func leaveSources(_ files: [FileMove]) async throws -> [FileMove] {
        let stay = Set(try await writer.remove(files.map { ($0.source, $0.blob) }))
        let changed = files.filter { stay.contains($0.source) }
        _ = try await writer.each(changed) { file in
            try await writer.exchange(file.blob, for: file.replaces, at: file.destination)
        }
        return changed
    }

    /// Removes the reference of one file at its source. If the source has changed, undoes the
    /// destination and returns false.
    package func leaveSource(_ file: FileMove) async throws -> Bool {
        if try await writer.exchange(file.blob, for: nil, at: file.source) { return true }
        _ = try await writer.exchange(file.blob, for: file.replaces, at: file.destination)
        return false
    }

    /// Executes a part of a move, and takes the whole move back if it fails: otherwise files would
    /// stay at two places, or a repository would be split. The move is taken back in a separate
    /// task, so that a cancelled caller leaves nothing behind. If taking back fails, the intent
    /// stays in the journal for a recovery.
    func takingBack<Value: Sendable>(
        _ intent: OpenIntent, _ stages: [[FileMove]], _ body: () async throws -> Value
    ) async throws -> Value {
        do {
            return try await body()
        } catch {
            await Task {
                do {
                    try await reversal.takeBack(stages, tookAway: await intent.intent.head.tookAway)
                    // Removes nothing if another process has taken the intent over.
                    try await intent.end()
                } catch {
                    await intent.release()
                }
            }.value
            throw error
        }
    }

    /// Ends the intent of a move by its last look, now or after the delay.
    func close(_ intent: OpenIntent, as state: Intent.State) async throws {
        try await intent.close(as: state) { [reversal] intent in try await reversal.lookAgain(at: intent) }
    }
}
