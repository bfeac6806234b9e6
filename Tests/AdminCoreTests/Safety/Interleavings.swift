/// Searches all orders of the operations of two sides, depth first, and executes each order from
/// the beginning. Orders that differ only in the order of operations that commute count as one. If
/// two operations do not commute, the search also tries the side of the second operation at the
/// decision that chose the first one (dynamic partial order reduction: Flanagan, Godefroid, 2005).
/// An operation that was tried at a decision is not tried again before an operation that does not
/// commute with it has been executed (sleep sets).
struct Interleavings: TurnOrder {
    private struct Node {
        let wishes: [Turns.Wish?]
        /// The sides whose next operation was already tried before an operation that commutes with
        /// it.
        let asleep: Set<Int>
        var tried: Set<Int> = []
        var choice: Int
        /// The sides to try at this decision.
        var open: Set<Int>

        var wish: Turns.Wish? { wishes[choice] }
    }

    private var path: [Node] = []
    private var depth = 0
    private var isRedundant = false

    /// The number of orders that were executed to their end. Together they represent all orders.
    private(set) var executed = 0
    /// The number of orders that were begun and given up.
    private(set) var givenUp = 0

    /// Returns the side that has the next turn in the present order; nil if another order already
    /// covers the rest of this one.
    mutating func decide(_ wishes: [Turns.Wish?]) -> Int? {
        defer { depth += 1 }
        if depth < path.count { return path[depth].choice }
        for side in 0..<2 { openRace(of: side, wishing: wishes[side]) }
        let asleep = sleepers(wishes)
        guard let choice = (0..<2).first(where: { wishes[$0] != nil && !asleep.contains($0) }) else {
            isRedundant = true
            return nil
        }
        path.append(Node(wishes: wishes, asleep: asleep, choice: choice, open: [choice]))
        return choice
    }

    /// Finds the last operation of the other side that does not commute with the next operation of
    /// `side`. If the next operation could also come before it, the search is to try `side` there.
    private mutating func openRace(of side: Int, wishing wish: Turns.Wish?) {
        guard let wish, let race = lastConflict(of: side, wish, before: path.count) else { return }
        // The order is already fixed if an earlier operation of `side` conflicts with that
        // operation of the other side or with a later one.
        let settled = path.indices.reversed().contains { index in
            guard index > race, path[index].choice == side, let own = path[index].wish else { return false }
            return lastConflict(of: side, own, before: index).map { $0 >= race } ?? false
        }
        if !settled { path[race].open.insert(side) }
    }

    /// Returns the index of the last operation of the other side, before `step`, that does not
    /// commute with `wish`.
    private func lastConflict(of side: Int, _ wish: Turns.Wish, before step: Int) -> Int? {
        path[..<step].lastIndex { node in
            node.choice != side && !(node.wish?.commutes(with: wish) ?? true)
        }
    }

    private func sleepers(_ wishes: [Turns.Wish?]) -> Set<Int> {
        guard let last = path.last, let done = last.wish else { return [] }
        return last.asleep.union(last.tried).filter { side in
            side != last.choice && wishes[side] != nil && (last.wishes[side]?.commutes(with: done) ?? false)
        }
    }

    /// Prepares the next order. Returns false if there is none.
    mutating func advance() -> Bool {
        if isRedundant { givenUp += 1 } else { executed += 1 }
        depth = 0
        isRedundant = false
        while var node = path.popLast() {
            node.tried.insert(node.choice)
            if let next = node.open.subtracting(node.tried).subtracting(node.asleep).min() {
                node.choice = next
                path.append(node)
                return true
            }
        }
        return false
    }
}
