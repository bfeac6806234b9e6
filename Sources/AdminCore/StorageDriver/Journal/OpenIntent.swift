import ObjectStore
package import Foundation

/// An intent that this process works on. A heartbeat says so in the journal until the work ends.
///
/// Concurrency: an actor; one task works with it. Call `end`, `settle`, `close` or `release` once.
package actor OpenIntent {
    private let journal: Journal
    private let keys: [ByteString]
    package private(set) var intent: Intent
    /// The value of the head in the journal.
    private var value: [UInt8]
    private var heartbeat: Task<Void, Never>?

    init(journal: Journal, intent: Intent, value: [UInt8], keys: [ByteString]) {
        self.journal = journal
        self.intent = intent
        self.value = value
        self.keys = keys
    }

    /// Begins the heartbeat.
    func beginHeartbeat() {
        heartbeat = Task { [weak self, pause = journal.policy.lease / 3] in
            while (try? await Task.sleep(for: .seconds(pause))) != nil {
                guard let self else { return }
                await self.beat()
            }
        }
    }

    deinit {
        heartbeat?.cancel()
        IntentsAtWork.remove(intent.id)
    }

    private func beat() async {
        await journal.beat(intent.id, value)
    }

    /// Writes the state of the change. False if another process has taken the intent over, or ended
    /// it.
    func advance(to state: Intent.State) async throws -> Bool {
        var head = intent.head
        head.state = state
        if state == .leaving { head.tookAway = true }
        return try await replace(head)
    }

    /// Leaves the intent in the journal for its last look after the delay, which any process makes.
    /// False if another process has taken the intent over, or ended it.
    package func settle(
        as state: Intent.State, after delay: TimeInterval, mayWake: Bool = false, caches: CacheState = .unknown
    ) async throws -> Bool {
        var head = intent.head
        head.state = state
        if caches != .unknown { head.caches = caches.rawValue }
        head.mayWake = mayWake ? true : nil
        head.owner = nil
        // The format has whole seconds: rounded up, so that nothing is due too early.
        head.due = Date(
            timeIntervalSince1970: (journal.policy.now.timeIntervalSince1970 + delay).rounded(.up))
        let isMine = try await replace(head)
        release()
        return isMine
    }

    /// Ends the work on a change that is done or taken back. If the delay is 0, makes `lastLook` at
    /// once and removes the intent; otherwise leaves it in the journal until the delay is over.
    func close(as state: Intent.State, lastLook: @Sendable (Intent) async throws -> Void) async throws {
        if journal.policy.delay > 0 {
            _ = try await settle(as: state, after: journal.policy.delay)
            return
        }
        if state == .undone { _ = try await advance(to: .undone) }
        try await lastLook(intent)
        try await end()
    }

    private func replace(_ head: Intent.Head) async throws -> Bool {
        let new = try Intent.encode(head)
        guard try await journal.exchange(intent.id, value, for: new, of: intent.place) else { return false }
        intent.head = head
        value = new
        return true
    }

    /// Removes the intent. False if another process has taken it over, or ended it.
    @discardableResult
    package func end() async throws -> Bool {
        heartbeat?.cancel()
        let isMine = try await journal.remove(intent.id, value, keys, of: intent.place)
        release()
        return isMine
    }

    /// Leaves the intent in the journal as it is, for any process to go on with.
    package func release() {
        heartbeat?.cancel()
        heartbeat = nil
        IntentsAtWork.remove(intent.id)
    }
}
