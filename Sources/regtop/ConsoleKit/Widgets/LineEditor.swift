/// A line of text that a person types, with the keys of Emacs and of shells.
nonisolated struct LineEditor: Sendable, Equatable {
    private(set) var text: [Character]
    /// The index of the character after the cursor, 0...text.count.
    private(set) var cursor: Int
    private var killed: [Character] = []

    init(_ text: String = "") {
        self.text = Array(text)
        cursor = self.text.count
    }

    var string: String { String(text) }

    /// Takes another text; text that was cut before can still be put back.
    mutating func replace(_ text: String) {
        self.text = Array(text)
        cursor = self.text.count
    }

    /// The characters that have a meaning with Alt.
    static let metaKeys: Set<Character> = ["b", "f", "d", "\u{7f}", "\u{8}"]

    /// Returns false if the key has no meaning here.
    mutating func handle(_ key: Key) -> Bool {
        switch key {
        case .character(let character): insert([character])
        // Pasted text has no line ends here, and no tabs.
        case .paste(let text): insert(text.filter { KeyParser.isVisible($0) })
        case .left, .control("b"): cursor = max(0, cursor - 1)
        case .right, .control("f"): cursor = min(text.count, cursor + 1)
        case .home, .control("a"): cursor = 0
        case .end, .control("e"): cursor = text.count
        case .backspace, .control("h"): if cursor > 0 { remove(cursor - 1..<cursor) }
        case .delete, .control("d"): if cursor < text.count { remove(cursor..<cursor + 1) }
        case .control("k"): kill(cursor..<text.count)
        case .control("u"): kill(0..<cursor)
        case .control("w"): kill(wordStart..<cursor)
        case .control("y"): insert(killed)
        case .control("t"): transpose()
        case .meta("b"): cursor = nameStart
        case .meta("f"): cursor = nameEnd
        case .meta("d"): kill(cursor..<nameEnd)
        case .meta("\u{7f}"), .meta("\u{8}"): kill(nameStart..<cursor)
        default: return false
        }
        return true
    }

    /// The start of the letters and digits before the cursor, for `M-b`.
    private var nameStart: Int {
        var start = cursor
        while start > 0, !Self.isPartOfName(text[start - 1]) { start -= 1 }
        while start > 0, Self.isPartOfName(text[start - 1]) { start -= 1 }
        return start
    }

    private var nameEnd: Int {
        var end = cursor
        while end < text.count, !Self.isPartOfName(text[end]) { end += 1 }
        while end < text.count, Self.isPartOfName(text[end]) { end += 1 }
        return end
    }

    private static func isPartOfName(_ character: Character) -> Bool { character.isLetter || character.isNumber }

    private mutating func transpose() {
        guard cursor > 0, text.count > 1 else { return }
        let second = min(cursor, text.count - 1)
        text.swapAt(second - 1, second)
        cursor = second + 1
    }

    /// The start of the word or of the part of a path before the cursor, for `^W`.
    private var wordStart: Int {
        var start = cursor
        while start > 0, text[start - 1] == " " { start -= 1 }
        while start > 0, text[start - 1] != " ", text[start - 1] != "/" || start == cursor { start -= 1 }
        return start
    }

    private mutating func insert(_ characters: some Collection<Character>) {
        text.insert(contentsOf: characters, at: cursor)
        cursor += characters.count
    }

    private mutating func remove(_ range: Range<Int>) {
        text.removeSubrange(range)
        cursor = range.lowerBound
    }

    private mutating func kill(_ range: Range<Int>) {
        guard !range.isEmpty else { return }
        killed = Array(text[range])
        remove(range)
    }

    /// Returns the text after its label, scrolled so that the cursor is visible, and the column of
    /// the cursor.
    func line(label: String, columns: Int) -> (line: Line, cursor: Int) {
        let front = Line(label, .key)
        let before = Line(String(text[..<cursor]))
        let whole = before + Line(String(text[cursor...]))
        // If there is hardly any room, the text matters more than its label.
        let room = columns - front.width >= 4 ? columns - front.width : columns
        let shownFront = room == columns ? Line() : front
        let start = max(0, before.width - max(0, room - 1))
        return (shownFront + whole.slice(from: start, width: room), shownFront.width + before.width - start)
    }
}
