/// Sorts rows by a column without moving them.
nonisolated enum RowOrder {
    /// The numbers of the rows in their order. Stable either way: rows with equal keys stay as they came.
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
