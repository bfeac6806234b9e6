/// The top row: the store and its state.
package nonisolated struct HeaderBar: Sendable, Equatable {
    package struct Item: Sendable, Equatable {
        package let text: String
        /// If there is too little room, the items with the greatest numbers are left out first; 0
        /// stays.
        package var priority = 0
        package var isAlert = false

        package init(text: String, priority: Int = 0, isAlert: Bool = false) {
            self.text = text
            self.priority = priority
            self.isAlert = isAlert
        }
    }

    /// From left to right.
    package var items: [Item] = []
    /// Shown at the right edge and never left out, such as READ-ONLY.
    var badge: String?

    package init(items: [Item] = [], badge: String? = nil) {
        self.items = items
        self.badge = badge
    }

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

/// The row above a screen: its subject, facts about it, and the screens below it.
package nonisolated struct TitleBar: Sendable, Equatable {
    package let title: String
    /// The most important one first; the last ones are left out if there is too little room.
    package var details: [Line] = []

    package init(title: String, details: [Line] = []) {
        self.title = title
        self.details = details
    }

    /// - Parameter behind: The titles of the screens below this one, the first screen first. They
    ///   are the first to be left out.
    func line(_ columns: Int, behind: [String] = []) -> Line {
        var line = Line(title, .title).truncated(to: columns, .middle)
        for detail in details where detail.width > 0 {
            guard line.width + 2 + detail.width <= columns else { break }
            line = line + Line.blank(2) + detail
        }
        return crumbs(behind, room: columns - line.width) + line
    }

    /// The last titles that fit, after an ellipsis for the others.
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

/// The bottom row: the keys that work here, the most important one first, as many as fit.
nonisolated enum HintBar {
    struct Hint: Sendable, Equatable {
        let key: String
        let text: String
    }

    /// Returns the hints that fit, closer together if more of them fit then.
    ///
    /// - Parameter always: The hints at the end (help, quit), which keep their place.
    static func line(_ hints: [Hint], always: [Hint] = [], columns: Int) -> Line {
        let wide = line(hints, always: always, columns: columns, gap: 3)
        let narrow = line(hints, always: always, columns: columns, gap: 2)
        return narrow.count > wide.count ? narrow.line : wide.line
    }

    private static func line(_ hints: [Hint], always: [Hint], columns: Int, gap: Int) -> (line: Line, count: Int) {
        var (tail, count) = (Line(), 0)
        for hint in always {
            let piece = drawn(hint)
            let front = tail.width > 0 ? gap : 0
            guard tail.width + front + piece.width <= columns else { return (tail, count) }
            tail = tail + Line.blank(front) + piece
            count += 1
        }
        var line = Line()
        for hint in hints {
            let piece = drawn(hint)
            guard line.width + piece.width + gap + tail.width <= columns else { return (line + tail, count) }
            line = line + piece + Line.blank(gap)
            count += 1
        }
        return (line + tail, count)
    }

    private static func drawn(_ hint: Hint) -> Line {
        Line(hint.key, .key) + Line(" " + hint.text)
    }
}
