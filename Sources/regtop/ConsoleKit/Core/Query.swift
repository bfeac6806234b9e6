package import SafeText
import Synchronization

/// Work away from the console, such as a question to a store or a change: its slot, its label, and
/// the use of its results.
package struct Query {
    package let slot: Slot
    /// The name in the status line: "listing repositories".
    let label: String
    /// A change is neither replaced nor abandoned: it ends by itself after it is asked to stop.
    var isChange = false
    /// The change as a noun, such as "deletion".
    var noun = "change"
    /// The part of a change that is completed before it stops; nil if it stops at once.
    var completes: String?
    /// True if the query makes a plan and a question follows. The console takes no key but Esc
    /// until then.
    package var isPlanning = false
    /// True if Esc on its screen stops the query.
    package var stopsOnEscape = true
    /// True if no list of tasks shows the query: the program makes it for itself, such as for the
    /// header.
    package var isHousekeeping = false
    /// True if the query goes on after the user leaves its screen, because its results are kept.
    package var outlivesItsScreen = false
    let begin: (_ ping: @escaping @Sendable () -> Void) -> Run

    /// A running query with its types erased.
    struct Run {
        struct News {
            let progress: TaskProgress
            let effect: Effect
            /// nil while the query runs.
            let ending: Ending?
        }

        let task: Task<Void, Never>
        /// Folds the results that have arrived into the model.
        let drain: () -> News
        /// Does the same and ends the query as cancelled, without waiting for the work.
        let abandon: () -> Effect
    }

    /// Returns a query with partial results.
    ///
    /// - Parameters:
    ///   - work: Runs off the main actor. A cancelled query cancels its task.
    ///   - fold: Takes the parts that have arrived since the last call. Not called after `end`.
    ///   - end: Called once.
    package static func stream<Part: Sendable>(
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

    /// Returns a query with one result. `then` is not called after a cancellation.
    package static func value<Value: Sendable>(
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

    /// Returns a change with progress. `then` gets the outcome, a `CancellationError` after a stop.
    ///
    /// - Parameters:
    ///   - noun: The change as a noun, such as "deletion".
    ///   - completes: The part that is completed before the change stops; nil if it stops at once.
    package static func change<Value: Sendable>(
        _ slot: Slot, _ label: String, noun: String = "change", completes: String? = nil,
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
        query.noun = noun
        query.completes = completes
        return query
    }
}

/// A place for one running query. A newer query in a slot replaces the older one.
package nonisolated struct Slot: Hashable {
    /// The screen of the query. The slot retains it, so that no new object can get its identity.
    let owner: AnyObject
    let name: String

    package init(_ owner: AnyObject, _ name: String) {
        self.owner = owner
        self.name = name
    }

    package static func == (left: Slot, right: Slot) -> Bool {
        left.owner === right.owner && left.name == right.name
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(ObjectIdentifier(owner))
        hasher.combine(name)
    }
}

/// The end of a query.
package nonisolated enum Ending: Sendable {
    case finished
    case cancelled
    case failed(any Error)
}

/// The results of a query that the console has not taken yet. Any thread may put, the console
/// takes.
nonisolated final class Mailbox<Part: Sendable>: Sendable {
    struct Content: Sendable {
        var parts: [Part] = []
        var progress = TaskProgress()
        var ending: Ending?
    }

    private let content = Mutex(Content())

    func put(_ change: (inout sending Content) -> Void) {
        content.withLock { change(&$0) }
    }

    /// Returns the content and removes its parts.
    func take() -> Content {
        content.withLock { content in
            let taken = content
            content.parts = []
            return taken
        }
    }
}

/// Reports results and progress from the work of a query, from any thread or task.
package nonisolated struct Reporter<Part: Sendable>: Sendable {
    let mailbox: Mailbox<Part>
    let ping: @Sendable () -> Void

    /// Reports a partial result. All of them arrive, in the order of each task.
    package func emit(_ part: Part) {
        mailbox.put { $0.parts.append(part) }
        ping()
    }

    /// Reports the progress. Only the newest value counts.
    package func progress(_ progress: TaskProgress) {
        mailbox.put { $0.progress = progress }
        ping()
    }
}
