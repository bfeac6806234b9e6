import Synchronization

/// What the bars of a column are drawn to: the largest value so far.
nonisolated final class Scale: Sendable {
    private let most = Mutex<UInt64>(0)

    /// Takes values into account.
    func take(_ values: some Sequence<UInt64>) {
        guard let largest = values.max() else { return }
        most.withLock { $0 = max($0, largest) }
    }

    /// A bar for a size, exactly so wide; the part that is shared with others in another colour where it is known.
    func bar(_ size: UInt64, unique: UInt64?, columns: Int) -> Line {
        let whole = Double(most.withLock { $0 })
        guard let unique, unique < size, whole > 0 else { return Bar.line(Double(size), of: whole, columns: columns) }
        // As long as any bar of this size; what it is divided into can only be told by whole columns.
        let shared = Bar.line(Double(size), of: whole, columns: columns, style: .barShared)
        let drawn = shared.spans.first?.width ?? 0
        let own = Int((Double(unique) / Double(size) * Double(drawn)).rounded())
        return Bar.line(Double(size), of: whole, columns: columns).slice(from: 0, width: own)
            + shared.slice(from: own, width: columns - own)
    }
}
