/// The row above a screen: what it shows, facts about it, and the way that led there.
nonisolated struct TitleBar: Sendable, Equatable {
    let title: String
    /// In the order of importance: the last ones go first when there is too little room.
    var details: [Line] = []

    /// `behind`: the titles of the screens that one goes back to, the first one first. They yield before anything else does.
    func line(_ columns: Int, behind: [String] = []) -> Line {
        var line = Line(title, .title).truncated(to: columns, .middle)
        for detail in details where detail.width > 0 {
            guard line.width + 2 + detail.width <= columns else { break }
            line = line + Line.blank(2) + detail
        }
        return crumbs(behind, room: columns - line.width) + line
    }

    /// As many of the titles as fit, from the last one on; an ellipsis stands for the others.
    private func crumbs(_ titles: [String], room: Int) -> Line {
        var crumbs = Line()
        for (number, title) in titles.reversed().enumerated() {
            let more = Line(title + " › ", .dim) + crumbs
            let isLast = number == titles.count - 1
            guard more.width + (isLast ? 0 : 4) <= room else {
                return room - crumbs.width >= 4 ? Line("… › ", .dim) + crumbs : crumbs
            }
            crumbs = more
        }
        return crumbs
    }
}
