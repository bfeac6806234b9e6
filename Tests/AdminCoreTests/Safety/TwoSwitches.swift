@testable import AdminCore

/// An order of two sides in which their turns change hands twice before one has ended: so many
/// operations of one side, then so many of the other one, then each to its end. Most of what can go
/// wrong between two goes wrong in one of these, and there are few enough to try all.
struct TwoSwitches: TurnOrder, CustomStringConvertible {
    /// The side that begins.
    let first: Int
    /// How many operations of this side come first, and how many of the other one follow.
    let runs: (Int, Int)
    /// How many each side has had.
    private(set) var taken = [0, 0]

    init(first: Int, runs: (Int, Int)) {
        self.first = first
        self.runs = runs
    }

    /// All of them for sides of so many operations.
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
