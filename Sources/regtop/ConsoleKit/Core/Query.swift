/// Something to be found out, or done, away from the console: where it runs, what it is called meanwhile, and what becomes
/// of what it finds.
struct Query {
    let slot: Slot
    /// What the status line calls it: "listing repositories".
    let label: String
    /// Changes are neither superseded nor abandoned: they end by themselves, when they are asked to stop.
    var isChange = false
    /// Whether Esc on its screen stops it.
    var stopsOnEscape = true
    /// What regtop does for itself, such as refreshing the header: no list of tasks has it.
    var isHousekeeping = false
    /// Whether it goes on when its screen is left: its results are kept, and wanted later.
    var outlivesItsScreen = false
    let begin: (_ ping: @escaping @Sendable () -> Void) -> Run

    /// A running query, its types erased.
    struct Run {
        struct News {
            let progress: TaskProgress
            let effect: Effect
            /// nil as long as it runs.
            let ending: Ending?
        }

        let task: Task<Void, Never>
        /// Folds what has arrived into the model.
        let drain: () -> News
        /// The same, and ends it as cancelled, without waiting for the work to notice.
        let abandon: () -> Effect
    }

    /// A query with partial results.
    /// - Parameters:
    ///   - work: runs off the main actor. Cancellation reaches it as a task's.
    ///   - fold: takes up the parts that have arrived since the last time; never called after `end`.
    ///   - end: called once.
    static func stream<Part: Sendable>(
        _ slot: Slot, _ label: String,
        work: @escaping @Sendable (Reporter<Part>) async throws -> Void,
        fold: @escaping ([Part]) -> Void,
        end: @escaping (Ending) -> Effect
    ) -> Query {
        Query(slot: slot, label: label) { ping in
            let mailbox = Mailbox<Part>()
            let task = Task.detached {
                var ending = Ending.finished
                do {
                    try await work(Reporter(mailbox: mailbox, ping: ping))
                } catch is CancellationError {
                    ending = .cancelled
                } catch {
                    ending = .failed(error)
                }
                mailbox.put { [ending] in $0.ending = ending }
                ping()
            }
            func take() -> Mailbox<Part>.Content {
                let content = mailbox.take()
                if !content.parts.isEmpty { fold(content.parts) }
                return content
            }
            return Run(
                task: task,
                drain: {
                    let content = take()
                    return Run.News(
                        progress: content.progress, effect: content.ending.map(end) ?? .none, ending: content.ending)
                },
                abandon: {
                    _ = take()
                    return end(.cancelled)
                })
        }
    }

    /// A query with one result. `then` is not called when it was cancelled.
    static func value<Value: Sendable>(
        _ slot: Slot, _ label: String,
        work: @escaping @Sendable () async throws -> Value,
        then: @escaping (Result<Value, any Error>) -> Effect
    ) -> Query {
        var effect = Effect.none
        return stream(slot, label) { (reporter: Reporter<Value>) in
            reporter.emit(try await work())
        } fold: { values in
            if let value = values.last { effect = then(.success(value)) }
        } end: { ending in
            if case .failed(let error) = ending { return then(.failure(error)) }
            return effect
        }
    }

    /// A change, with progress. `then` gets its outcome, also when it was asked to stop and did.
    static func change<Value: Sendable>(
        _ slot: Slot, _ label: String,
        work: @escaping @Sendable (_ progress: @escaping @Sendable (TaskProgress) -> Void) async throws -> Value,
        then: @escaping (Result<Value, any Error>) -> Effect
    ) -> Query {
        var effect = Effect.none
        var query = stream(slot, label) { (reporter: Reporter<Value>) in
            reporter.emit(try await work { reporter.progress($0) })
        } fold: { values in
            if let value = values.last { effect = then(.success(value)) }
        } end: { ending in
            switch ending {
            case .finished: effect
            case .cancelled: then(.failure(CancellationError()))
            case .failed(let error): then(.failure(error))
            }
        }
        query.isChange = true
        return query
    }
}
