/// The topmost row: where one is and how it goes there.
nonisolated struct HeaderBar: Sendable, Equatable {
    struct Item: Sendable, Equatable {
        let text: String
        /// Items with greater numbers go first when there is too little room; 0 stays, cut if need be.
        var priority = 0
        var isAlert = false
    }

    /// From left to right.
    var items: [Item] = []
    /// Shown at the right edge and never dropped, such as READ-ONLY.
    var badge: String?

    func line(_ columns: Int) -> Line {
        let badge = self.badge.map { Line(" \($0) ", .headerAlert) } ?? Line()
        let room = columns - badge.width
        guard room > 0 else { return badge.slice(from: 0, width: columns) }
        var kept = items
        func content() -> Line {
            kept.reduce(Line(" ", .header)) { line, item in
                line + Line(item.text, item.isAlert ? .headerAlert : .header) + Line("  ", .header)
            }
        }
        while kept.count > 1, content().width > room {
            guard
                let yields = kept.indices.max(by: { (kept[$0].priority, $0) < (kept[$1].priority, $1) }),
                kept[yields].priority > 0
            else { break }
            kept.remove(at: yields)
        }
        return content().fitted(to: room, fill: .header) + badge
    }
}
