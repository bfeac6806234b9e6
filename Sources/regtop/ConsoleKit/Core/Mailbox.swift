import Synchronization

/// How a query ended.
nonisolated enum Ending: Sendable {
    case finished
    case cancelled
    case failed(any Error)
}

/// What a query has found and the console has not yet taken up. Any thread may put, the console takes.
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

    /// Everything there is; parts are handed out once.
    func take() -> Content {
        content.withLock { content in
            let taken = content
            content.parts = []
            return taken
        }
    }
}

/// How the work of a query tells the console what it finds. Any thread, any task.
nonisolated struct Reporter<Part: Sendable>: Sendable {
    let mailbox: Mailbox<Part>
    let ping: @Sendable () -> Void

    /// A partial result. All of them arrive, in the order of each task.
    func emit(_ part: Part) {
        mailbox.put { $0.parts.append(part) }
        ping()
    }

    /// How far it has come. Only the newest value counts.
    func progress(_ progress: TaskProgress) {
        mailbox.put { $0.progress = progress }
        ping()
    }
}
