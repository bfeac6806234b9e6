/// The row above a screen: what it shows, and facts about it.
nonisolated struct TitleBar: Sendable, Equatable {
    let title: String
    /// In the order of importance: the last ones go first when there is too little room.
    var details: [Line] = []

    func line(_ columns: Int) -> Line {
        var line = Line(title, .title).truncated(to: columns, .middle)
        for detail in details where detail.width > 0 {
            guard line.width + 2 + detail.width <= columns else { break }
            line = line + Line.blank(2) + detail
        }
        return line
    }
}
