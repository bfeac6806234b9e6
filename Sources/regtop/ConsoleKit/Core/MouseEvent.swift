/// What a mouse did, and where on the screen, counted from 0.
nonisolated struct MouseEvent: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        case click, doubleClick, wheelUp, wheelDown
    }

    let kind: Kind
    let row: Int
    let column: Int
}

/// A part of a screen that a click can choose something of.
protocol Pointable: AnyObject {
    /// Chooses what is shown at a row of the screen's body, which has so many; false if nothing is there.
    func point(at row: Int, of rows: Int) -> Bool
}
