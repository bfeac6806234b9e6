import AdminCore

extension OpenStore {
    /// What keeps the header fresh: a question to the store and one to the journal, unless the last ones are unanswered still. Says
    /// nothing in the status line: what went wrong is for whoever asked for something.
    func beat(_ board: TaskBoard) -> Effect {
        let (status, journal) = (Slot(self, "status"), Slot(self, "journal"))
        guard !board.isRunning(status), !board.isRunning(journal) else { return .none }
        let (objects, session) = (session.objects, session)
        return .all([
            .ask(
                quiet(status, "asking how the store is") {
                    try await objects.status()
                } take: {
                    $0.status = $1
                }),
            .ask(
                quiet(journal, "reading the journal") {
                    try await session.pendingChanges()
                } take: {
                    $0.pending = $1
                }),
        ])
    }

    private func quiet<Value: Sendable>(
        _ slot: Slot, _ label: String, work: @escaping @Sendable () async throws -> Value,
        take: @escaping (OpenStore, Value) -> Void
    ) -> Query {
        var query = Query.value(slot, label, work: work) { [unowned self] result in
            switch result {
            case .success(let value):
                isStale = false
                take(self, value)
            case .failure: isStale = true
            }
            return .none
        }
        query.stopsOnEscape = false
        query.isHousekeeping = true
        return query
    }
}
