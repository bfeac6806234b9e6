import AdminCore
import Synchronization

/// Many rows at once, in their order.
nonisolated enum Windowed {
    /// Makes a row of every item, `window` (1…) of them under way at once; items whose row is nil are left out. `phase` names the work
    /// for the progress line. The first error ends it.
    static func map<Item: Sendable, Row: Sendable>(
        _ items: [Item], phase: String, in context: CommandContext,
        _ row: @escaping @Sendable (Item) async throws -> Row?
    ) async throws -> [Row] {
        let window = max(16, context.session.objects.load.limit)
        return try await withThrowingTaskGroup(of: (Int, Row?).self) { group in
            var rows = [Row?](repeating: nil, count: items.count)
            var next = 0
            var done: UInt64 = 0
            func submit() {
                guard next < items.count else { return }
                let (index, item) = (next, items[next])
                next += 1
                group.addTask { (index, try await row(item)) }
            }
            for _ in 0..<window { submit() }
            while let (index, row) = try await group.next() {
                rows[index] = row
                done += 1
                context.progress.show(WorkProgress(phase: phase, completed: done, total: UInt64(items.count)))
                submit()
            }
            return rows.compactMap(\.self)
        }
    }
}
