/// What a screen reader is told of frames: a row a line, only what is new, without boxes and bars.
nonisolated struct LinearText {
    private var said: Set<String> = []
    private var selected: String?

    /// The lines of a frame that were not in the one before. The row under the cursor is new whenever it is another one.
    mutating func news(_ frame: Frame) -> [String] {
        var news: [String] = []
        var now: Set<String> = []
        var chosen: String?
        for (number, line) in frame.lines.enumerated() {
            let text = Self.plain(line.text)
            guard !text.isEmpty else { continue }
            // Numbers in the header and in the line of what is going on change all the time: they are read when asked for.
            let ticks = number == 0 || number == frame.size.rows - 2
            let isSelected = text.hasPrefix("> ")
            let key = ticks ? text.filter { !$0.isNumber } : isSelected ? String(text.dropFirst(2)) : text
            now.insert(key)
            if isSelected { chosen = key }
            if !said.contains(key) || isSelected && selected != key { news.append(text) }
        }
        said = now
        selected = chosen ?? selected
        return news
    }

    /// Everything is new again.
    mutating func forget() {
        said = []
        selected = nil
    }

    /// Without what is only drawn, and without the blanks that make columns.
    private static func plain(_ text: String) -> String {
        var words: [Substring] = []
        for column in text.split(separator: " ") {
            let kept = column.unicodeScalars.filter { !(0x2500...0x259f).contains($0.value) }
            if !kept.isEmpty { words.append(Substring(String(String.UnicodeScalarView(kept)))) }
        }
        return words.joined(separator: " ")
    }
}
