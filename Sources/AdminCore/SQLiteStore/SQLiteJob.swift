import GRDB

/// One call that waits for the connection. Whoever claims it answers it: the connection, or the cancellation of its task.
struct SQLiteJob: Sendable {
    /// Resumes the caller.
    typealias Answer = @Sendable () -> Void
    /// Executes a read inside a transaction.
    typealias Read = @Sendable (Result<Database, StoreError>) -> Answer

    /// A change, and the task that waits for its outcome.
    struct Write: Sendable {
        let change: WriteOperation
        let object: ObjectID
        let shot: OneShot<WriteOutcome, Never>

        func answer(_ outcome: WriteOutcome) -> Answer {
            { shot.deliver(.success(outcome)) }
        }
    }

    enum Work: Sendable {
        case read(Read)
        case write(Write)
    }

    let operation: String
    let object: ObjectID?
    let claim: any Claimable
    let work: Work
    let submitted = ContinuousClock.now

    var isRead: Bool {
        if case .read = work { true } else { false }
    }

    /// Answers with an error, unless the call was answered before.
    func fail(_ error: StoreError) {
        guard claim.claim() else { return }
        switch work {
        case .read(let execute): execute(.failure(error))()
        case .write(let write): write.answer(.failed(error))()
        }
    }
}
