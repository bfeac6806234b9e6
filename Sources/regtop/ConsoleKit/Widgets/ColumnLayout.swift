/// Which columns fit, and how wide each is.
nonisolated enum ColumnLayout {
    static let gap = 2

    struct Place: Equatable {
        let index: Int
        let width: Int
    }

    /// What a column asks for.
    struct Wish {
        let minimum: Int
        let ideal: Int?
        let priority: Int
        var isExtra = false
    }

    /// In their order from left to right; the widths and the gaps between them never exceed `available`. At least one
    /// column is kept as long as there is any room.
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
        // Of equals, whoever is content with less is served first.
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
