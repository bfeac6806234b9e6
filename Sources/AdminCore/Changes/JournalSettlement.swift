/// The settlement of the journal: takes back or ends what was interrupted, before a change.
///
/// A command settles before it plans, since the registry may look different afterwards. `apply`
/// settles once more, since another regtop may have been interrupted while the question was open:
/// then the plan is too old.
struct JournalSettlement: Sendable {
    let context: ChangeContext

    /// Takes back or ends what is in the journal, but for watches. Notes of content that is gone
    /// are dropped as well.
    func recover(progress: ProgressHandler?) async throws -> [Recovery] {
        let driver = context.driver
        let recoveries = try await driver.recover(progress: progress)
        let gone = try await SurplusNotes(driver: driver).removeGone(context.paths)
        if gone == 0 { return recoveries }
        let notes = PendingChange(
            id: SurplusNotes.object.name.description, what: "notes of \(gone) blobs with chunks behind their end",
            begun: nil, state: .gone)
        return recoveries + [Recovery(change: notes, outcome: .dropped, error: nil, notes: [], kind: nil)]
    }

    /// Returns a sentence about each recovery. Throws `StorageError.journal` if something stays
    /// that forbids every change.
    func sentences(about recoveries: [Recovery]) throws -> [String] {
        var sentences: [String] = []
        for recovery in recoveries {
            let what = recovery.change.what
            switch recovery.outcome {
            case .undone: sentences.append("a change that was interrupted is taken back: \(what)")
            case .finished: sentences.append("a change that was interrupted is ended: \(what)")
            case .dropped:
                sentences.append(
                    "this is dropped, as all that it speaks of is gone (the pool was emptied since): \(what)")
            case .checked, .watched, .left: break
            case .failed, .unknown:
                throw StorageError.journal("\(what): \(recovery.error ?? "it could not be ended")")
            }
            sentences += recovery.notes
        }
        return sentences
    }

    /// Returns the reason why a plan cannot be executed now; nil if it can. Links that a watch
    /// completes change no plan, so watches are left alone.
    func obstacle() async -> (reason: String, kind: StoreError.Kind?)? {
        do {
            let done = try sentences(about: await recover(progress: nil))
            if done.isEmpty { return nil }
            return ("not begun: \(done.joined(separator: "; ")); the plan is older than that", nil)
        } catch {
            return ("not begun: \(error)", (error as? StoreError)?.kind)
        }
    }
}
