@testable import AdminCore

/// An order of two sides in which the turn changes sides twice before one of them has ended: some
/// operations of one side, then some of the other side, then each side to its end. Most faults
/// between two sides occur in one of these orders, and there are few enough of them to try all.
struct TwoSwitches: TurnOrder, CustomStringConvertible {
    /// The side that begins.
    let first: Int
    /// The number of operations of `first` that come first, and the number of operations of the
    /// other side that follow.
    let runs: (Int, Int)
    /// The number of turns that each side has had.
    private(set) var taken = [0, 0]

    init(first: Int, runs: (Int, Int)) {
        self.first = first
        self.runs = runs
    }

    /// Returns all such orders for sides with these numbers of operations.
    static func all(_ lengths: [Int]) -> [TwoSwitches] {
        (0..<2).flatMap { first in
            (0...lengths[first]).flatMap { begun in
                (1...max(1, lengths[1 - first])).map { TwoSwitches(first: first, runs: (begun, $0)) }
            }
        }
    }

    mutating func decide(_ wishes: [Turns.Wish?]) -> Int? {
        let other = 1 - first
        let isFirst =
            if wishes[other] == nil || wishes[first] == nil {
                wishes[first] != nil
            } else {
                taken[first] < runs.0 || taken[other] >= runs.1
            }
        let side = isFirst ? first : other
        taken[side] += 1
        return side
    }

    var description: String { "\(runs.0) operations of side \(first), then \(runs.1) of the other one" }
}
