/// Moves files from path to path, journal included (docs/safety.md#move-a-file): the identifiers stay, no data moves.
struct FileMover: Sendable {
    let journal: Journal

    private var writer: StorageWriter { journal.writer }
    private var reader: StorageReader { writer.reader }
    private var reversal: MoveReversal { MoveReversal(journal: journal) }

    /// A move of files (docs/safety.md#3-the-steps), whole: the intent, then all destinations, stage by stage;
    /// `leave` lets the sources vanish, by `leaveSource`, and `then` what they leave empty, up to `floor`. Where one
    /// of the first two fails, everything is taken back, and this throws its error. The intent stays until the delay
    /// is over, and then the files are looked at once more.
    func move<Left: Sendable, Value: Sendable>(
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
        do {
            let value = try await then(left)
            try await close(intent, as: .settled)
            return value
        } catch {
            await intent.release()
            throw error
        }
    }

    /// Throws `StorageError.takenOver` if the intent is not ours any more.
    func goOn(with intent: OpenIntent, to state: Intent.State) async throws {
        guard try await intent.advance(to: state) else { throw StorageError.takenOver(await intent.intent.place) }
    }

    /// Which files have no chunk 0 to begin with.
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

    /// The first half of a move: the references at the destinations, stage by stage, each with the directories above
    /// it. Throws `.alreadyExists` where one of them is taken.
    private func makeDestinations(_ stages: [[FileMove]]) async throws {
        for files in stages {
            _ = try await writer.each(files.filter { $0.replaces != nil }) { try await replaceDestination($0) }
            let new = files.filter { $0.replaces == nil }
            let taken = try await writer.publish(new.map { ($0.destination, $0.blob) })
            if let first = taken.min() { throw StorageError.alreadyExists(first) }
            try await writer.linkUp(Set(files.map(\.destination.parent)))
        }
    }

    private func replaceDestination(_ file: FileMove) async throws {
        guard let present = file.replaces else { return }
        guard try await writer.exchange(present, for: file.blob, at: file.destination) else {
            throw StorageError.changedMeanwhile(file.destination)
        }
    }

    /// The second half for one file: the reference at the source goes if it still is the same one; otherwise the
    /// destination is undone. False in the latter case.
    func leaveSource(_ file: FileMove) async throws -> Bool {
        if try await writer.exchange(file.blob, for: nil, at: file.source) { return true }
        _ = try await writer.exchange(file.blob, for: file.replaces, at: file.destination)
        return false
    }

    /// Executes a part of a move, and takes the whole move back if that fails: otherwise the files would stay in two
    /// places, or one half of a repository here and the other there. In a task of its own, so that a cancelled caller
    /// leaves nothing behind either. If that fails as well, the intent stays in the journal for whoever comes next.
    func takingBack<Value: Sendable>(
        _ intent: OpenIntent, _ stages: [[FileMove]], _ body: () async throws -> Value
    ) async throws -> Value {
        do {
            return try await body()
        } catch {
            await Task {
                do {
                    try await reversal.takeBack(stages, tookAway: await intent.intent.head.tookAway)
                    // If it was taken over, this removes nothing: it is the other's.
                    try await intent.end()
                } catch {
                    await intent.release()
                }
            }.value
            throw error
        }
    }

    /// Ends the intent of a move: where no registry is writing by the last look, otherwise by leaving it in the journal
    /// until the delay is over.
    func close(_ intent: OpenIntent, as state: Intent.State) async throws {
        try await intent.close(as: state) { [reversal] intent in try await reversal.lookAgain(at: intent) }
    }
}
