/// One column of a table: its name, its cells, its order, and its share of a narrow screen.
package nonisolated struct Column<Row: Sendable>: Sendable, Identifiable {
    /// The sort key of a row. Rows with equal keys keep their order.
    package enum Order: Sendable {
        case none
        /// Rows without a number come last in both directions.
        case number(@Sendable (Row) -> Int64?)
        case text(@Sendable (Row) -> String)
    }

    /// The name in `:sort` and in the configuration.
    package let id: String
    package let title: String
    package var alignment: Line.Alignment = .left
    package var trimming: Line.Trimming = .end
    /// The smallest useful width, in columns of the terminal.
    package let minimum: Int
    /// The width that the column needs; nil takes all the room that is left.
    package var ideal: Int?
    /// If there is too little room, the columns with the greatest numbers are hidden first; 0
    /// stays.
    package var priority = 0
    /// True for the names of the rows: other columns yield before a name is cut.
    package var isName = false
    /// True if the column is shown only if every other column has its ideal width.
    package var isExtra = false
    /// True if only the details of a row have the value, unless the user names the column in the
    /// configuration.
    package var isDetail = false
    /// True if words of the filter are highlighted in this column.
    package var isSearched = false
    package var order = Order.none
    /// True if the first sort by this column puts the largest value on top.
    package var startsDescending = false
    /// Returns the cell of a row for a width. The table cuts a longer cell.
    let cell: @Sendable (Row, _ width: Int) -> Line
    /// Returns the whole value for the pane of details, a text each; nil for the cell.
    let details: (@Sendable (Row) -> [String])?

    package init(
        id: String, title: String, alignment: Line.Alignment = .left, trimming: Line.Trimming = .end, minimum: Int,
        ideal: Int? = nil, priority: Int = 0, isName: Bool = false, isExtra: Bool = false, isDetail: Bool = false,
        isSearched: Bool = false, order: Order = Order.none, startsDescending: Bool = false,
        details: (@Sendable (Row) -> [String])? = nil, cell: @escaping @Sendable (Row, _ width: Int) -> Line
    ) {
        self.id = id
        self.title = title
        self.alignment = alignment
        self.trimming = trimming
        self.minimum = minimum
        self.ideal = ideal
        self.priority = priority
        self.isName = isName
        self.isExtra = isExtra
        self.isDetail = isDetail
        self.isSearched = isSearched
        self.order = order
        self.startsDescending = startsDescending
        self.details = details
        self.cell = cell
    }
}

/// Chooses the columns that fit, and their widths.
nonisolated enum ColumnLayout {
    static let gap = 2

    struct Place: Equatable {
        let index: Int
        let width: Int
    }

    /// The demands of a column; see `Column`.
    struct Wish {
        let minimum: Int
        let ideal: Int?
        let priority: Int
        var isExtra = false
    }

    /// Returns the places from left to right. The widths and the gaps between them never exceed
    /// `available`. At least one column stays if there is any room.
    static func places(_ wishes: [Wish], available: Int) -> [Place] {
        guard available > 0 else { return [] }
        var kept = Array(wishes.indices)
        func wanted() -> Int {
            kept.reduce(gap * (kept.count - 1)) { sum, index in
                sum + (wishes[index].isExtra ? wishes[index].minimum : wishes[index].ideal ?? wishes[index].minimum)
            }
        }
        while kept.count > 1, wanted() > available, let extra = kept.last(where: { wishes[$0].isExtra }) {
            kept.removeAll { $0 == extra }
        }
        func needed() -> Int { kept.reduce(0) { $0 + wishes[$1].minimum } + gap * (kept.count - 1) }
        while kept.count > 1, needed() > available {
            guard let yields = kept.max(by: { (wishes[$0].priority, $0) < (wishes[$1].priority, $1) }) else { break }
            kept.removeAll { $0 == yields }
        }
        var spare = max(0, available - needed())
        var widths = [Int: Int](uniqueKeysWithValues: kept.map { ($0, min(wishes[$0].minimum, available)) })
        // Of columns with equal priority, the one with the smaller demand comes first.
        func growth(_ index: Int) -> Int { max(0, (wishes[index].ideal ?? 0) - wishes[index].minimum) }
        let hungry = kept.sorted { (wishes[$0].priority, growth($0), $0) < (wishes[$1].priority, growth($1), $1) }
        for index in hungry {
            guard let ideal = wishes[index].ideal else { continue }
            let more = min(spare, max(0, ideal - wishes[index].minimum))
            widths[index, default: 0] += more
            spare -= more
        }
        let greedy = kept.filter { wishes[$0].ideal == nil }
        for (position, index) in greedy.enumerated() {
            let share = spare / (greedy.count - position)
            widths[index, default: 0] += share
            spare -= share
        }
        return kept.map { Place(index: $0, width: widths[$0] ?? 0) }
    }
}

/// Sorts rows by a column without moving them.
nonisolated enum RowOrder {
    /// Returns whether an entry comes before another one, as in `of`. An entry has a row for its
    /// key, and a number for its place among entries with equal keys.
    static func precedes<Row>(
        _ one: (row: Row?, number: Int), _ other: (row: Row?, number: Int), by order: Column<Row>.Order,
        descending: Bool
    ) -> Bool {
        switch order {
        case .none: return descending ? one.number > other.number : one.number < other.number
        case .number(let number):
            switch (one.row.flatMap(number), other.row.flatMap(number)) {
            case (nil, nil): return one.number < other.number
            case (nil, _): return false
            case (_, nil): return true
            case (let left?, let right?):
                return left == right ? one.number < other.number : descending ? left > right : left < right
            }
        case .text(let text):
            let (left, right) = (one.row.map(text) ?? "", other.row.map(text) ?? "")
            return left == right ? one.number < other.number : descending ? left > right : left < right
        }
    }

    /// Returns the indices of the rows in the order of the column. The sort is stable in both
    /// directions.
    static func of<Row>(_ rows: [Row], by order: Column<Row>.Order, descending: Bool) -> [Int] {
        switch order {
        case .none:
            return descending ? rows.indices.reversed() : Array(rows.indices)
        case .number(let number):
            let keys = rows.map(number)
            return rows.indices.sorted { left, right in
                switch (keys[left], keys[right]) {
                case (nil, nil): left < right
                case (nil, _): false
                case (_, nil): true
                case (let one?, let other?):
                    one == other ? left < right : descending ? one > other : one < other
                }
            }
        case .text(let text):
            let keys = rows.map(text)
            return rows.indices.sorted { left, right in
                keys[left] == keys[right]
                    ? left < right : descending ? keys[left] > keys[right] : keys[left] < keys[right]
            }
        }
    }
}
