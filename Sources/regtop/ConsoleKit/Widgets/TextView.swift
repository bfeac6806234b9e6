/// Lines that can be scrolled: help, a manifest's text, a log.
final class TextView {
    /// Made anew for each width.
    private let content: (_ columns: Int) -> [Line]
    private(set) var top = 0
    private var page = 1
    private var count = 0

    init(_ content: @escaping (_ columns: Int) -> [Line]) {
        self.content = content
    }

    func lines(_ size: Size) -> [Line] {
        let lines = content(size.columns)
        page = max(1, size.rows)
        count = lines.count
        top = max(0, min(top, count - size.rows))
        return lines.dropFirst(top).prefix(size.rows).map { $0.truncated(to: size.columns) }
    }

    private(set) lazy var commands: [Command] = [
        scroll("down", [.down, .character("j"), .enter], "One line down") { top, _ in top + 1 },
        scroll("up", [.up, .character("k")], "One line up") { top, _ in top - 1 },
        scroll("page-down", [.pageDown, .control("f"), .character(" ")], "One page down") { $0 + $1 },
        scroll("page-up", [.pageUp, .control("b")], "One page up") { $0 - $1 },
        scroll("top", [.character("g"), .home], "To the beginning") { _, _ in 0 },
        scroll("bottom", [.character("G"), .end], "To the end") { _, _ in .max },
    ]

    private func scroll(_ name: String, _ keys: [Key], _ help: String, _ target: @escaping (Int, Int) -> Int) -> Command
    {
        Command(name: name, keys: keys, help: help, group: .move) { [unowned self] in
            top = max(0, min(target(top, page), count - page))
            return .none
        }
    }
}
