/// The size of a part of the screen, in rows and columns. Either may be 0.
nonisolated struct Size: Sendable, Equatable {
    let rows: Int
    let columns: Int

    init(rows: Int, columns: Int) {
        self.rows = max(0, rows)
        self.columns = max(0, columns)
    }
}
