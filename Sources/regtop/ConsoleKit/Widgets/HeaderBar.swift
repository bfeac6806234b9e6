/// The top row: the store and its state.
package nonisolated struct HeaderBar: Sendable, Equatable {
    package struct Item: Sendable, Equatable {
        package private(set) var text: String
        /// If there is too little room, the items with the greatest numbers are left out first; 0
        /// stays.
        package var priority = 0
        /// True for an item that is never left out.
        package var isAlert = false
        /// Shorter texts, in the order in which they replace the text if there is too little room.
        package private(set) var shorter: [String]

        package init(text: String, priority: Int = 0, isAlert: Bool = false, shorter: [String] = []) {
            self.text = text
            self.priority = priority
            self.isAlert = isAlert
            self.shorter = shorter
        }

        fileprivate mutating func shorten() {
            guard let next = shorter.first else { return }
            (text, shorter) = (next, Array(shorter.dropFirst()))
        }
    }

    /// From left to right.
    package var items: [Item] = []
    /// Shown at the right edge and never left out, such as READ-ONLY.
    var badge: String?
    /// True if the store does not answer at the moment, so that no estimate of a time holds.
    package var isWaiting = false

    package init(items: [Item] = [], badge: String? = nil, isWaiting: Bool = false) {
        self.items = items
        self.badge = badge
        self.isWaiting = isWaiting
    }

    func line(_ columns: Int) -> Line {
        let badge = self.badge.map { Line(" \($0) ", .headerAlert) } ?? Line()
        let room = columns - badge.width
        guard room > 0 else { return badge.slice(from: 0, width: columns) }
        return Self.content(fitted(to: room)).fitted(to: room, fill: .header) + badge
    }

    private static func content(_ items: [Item]) -> Line {
        items.reduce(Line(" ", .header)) { line, item in
            line + Line(item.text, item.isAlert ? .headerAlert : .header) + Line("  ", .header)
        }
    }

    /// The items for a width. Facts are left out first; then alerts become shorter, those with the
    /// most forms first; then the name of the store is left out.
    private func fitted(to room: Int) -> [Item] {
        var kept = items
        func isTooWide() -> Bool { Self.content(kept).width > room }
        func leaveOut(_ mayYield: (Item) -> Bool) -> Bool {
            let candidates = kept.indices.filter { !kept[$0].isAlert && mayYield(kept[$0]) }
            guard kept.count > 1, let yields = candidates.max(by: { (kept[$0].priority, $0) < (kept[$1].priority, $1) })
            else { return false }
            kept.remove(at: yields)
            return true
        }
        while isTooWide(), leaveOut({ $0.priority > 1 }) {}
        while isTooWide(),
            let yields = kept.indices.filter({ !kept[$0].shorter.isEmpty }).max(by: {
                (kept[$0].shorter.count, -$0) < (kept[$1].shorter.count, -$1)
            })
        {
            kept[yields].shorten()
        }
        while isTooWide(), leaveOut({ $0.priority > 0 || kept.contains(where: \.isAlert) }) {}
        return kept
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
        let own = own(columns)
        return crumbs(behind, room: columns - own.width).reduce(Line()) { $0 + $1.line } + own
    }

    /// Returns the index of the title at a place among the titles of the screens below this one;
    /// nil for none.
    func crumb(at column: Int, _ columns: Int, behind: [String]) -> Int? {
        var end = 0
        for crumb in crumbs(behind, room: columns - own(columns).width) {
            end += crumb.line.width
            if column < end { return crumb.index }
        }
        return nil
    }

    /// The subject with its facts.
    private func own(_ columns: Int) -> Line {
        var line = Line(title, .title).truncated(to: columns, .middle)
        for detail in details where detail.width > 0 {
            guard line.width + 2 + detail.width <= columns else { break }
            line = line + Line.blank(2) + detail
        }
        return line
    }

    /// The last titles that fit, after an ellipsis, which leads to the last one of the others.
    private func crumbs(_ titles: [String], room: Int) -> [(line: Line, index: Int)] {
        var crumbs: [(line: Line, index: Int)] = []
        var width = 0
        for (index, title) in titles.enumerated().reversed() {
            let line = Line(title + " › ", .dim)
            guard width + line.width + (index == 0 ? 0 : 4) <= room else {
                return room - width >= 4 ? [(Line("… › ", .dim), index)] + crumbs : crumbs
            }
            crumbs.insert((line, index), at: 0)
            width += line.width
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
        let (shown, gap) = shown(hints, always, columns: columns)
        return shown.enumerated().reduce(Line()) { line, next in
            line + Line.blank(next.offset > 0 ? gap : 0) + drawn(next.element.hint)
        }
    }

    /// Returns the index of the hint at a place, in `hints` and `always` together; nil for none.
    static func index(at column: Int, _ hints: [Hint], always: [Hint], columns: Int) -> Int? {
        let (shown, gap) = shown(hints, always, columns: columns)
        var start = 0
        for (index, hint) in shown {
            let end = start + drawn(hint).width
            if (start..<end).contains(column) { return index }
            start = end + gap
        }
        return nil
    }

    /// The hints that fit, with their indices, and the gap between them.
    private static func shown(
        _ hints: [Hint], _ always: [Hint], columns: Int
    ) -> (shown: [(index: Int, hint: Hint)], gap: Int) {
        let wide = shown(hints, always, columns: columns, gap: 3)
        let narrow = shown(hints, always, columns: columns, gap: 2)
        return narrow.count > wide.count ? (narrow, 2) : (wide, 3)
    }

    private static func shown(
        _ hints: [Hint], _ always: [Hint], columns: Int, gap: Int
    ) -> [(index: Int, hint: Hint)] {
        var room = columns
        func fitting(_ hints: [Hint], from first: Int) -> [(index: Int, hint: Hint)] {
            var found: [(index: Int, hint: Hint)] = []
            for (number, hint) in hints.enumerated() {
                let width = drawn(hint).width + (room < columns ? gap : 0)
                guard width <= room else { break }
                room -= width
                found.append((first + number, hint))
            }
            return found
        }
        let tail = fitting(always, from: hints.count)
        return fitting(hints, from: 0) + tail
    }

    private static func drawn(_ hint: Hint) -> Line {
        Line(hint.key, .key) + Line(" " + hint.text)
    }
}
