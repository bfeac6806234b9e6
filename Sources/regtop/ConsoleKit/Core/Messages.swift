import SafeText

/// The messages of a session.
struct Messages {
    /// A message with the moment at which it was shown.
    struct Message {
        let status: Status
        let shown: ContinuousClock.Instant
    }

    /// The number of messages that are kept.
    static let limit = 500

    /// The latest last.
    private(set) var all: [Message] = []

    /// Keeps a message; `none` is not one.
    mutating func note(_ status: Status) {
        guard status != .none else { return }
        all.append(Message(status: status, shown: ContinuousClock.now))
        if all.count > Self.limit { all.removeFirst() }
    }
}

/// All messages of the session, the latest first.
final class MessagesScreen: Screen {
    private let messages: () -> Messages
    private let view: TextView

    init(_ messages: @escaping () -> Messages) {
        self.messages = messages
        view = TextView { columns in
            let now = ContinuousClock.now
            let lines = messages().all.reversed().flatMap { Self.lines($0, now, columns) }
            return lines.isEmpty ? [Line("No messages yet.", .dim)] : lines
        }
    }

    var title: TitleBar {
        TitleBar(title: "Messages", details: [Line(HumanText.count(messages().all.count))])
    }

    private(set) lazy var commands: [Command] = view.commands

    func lines(_ size: Size) -> [Line] { view.lines(size) }

    /// The age of a message and its text.
    private static func lines(_ message: Messages.Message, _ now: ContinuousClock.Instant, _ columns: Int) -> [Line] {
        let width = 11
        let age = Line(HumanText.duration(now - message.shown), .dim).fitted(to: width - 2, .right) + Line.blank(2)
        let (text, style): (String, Style) =
            switch message.status {
            case .none: ("", .normal)
            case .info(let text): (text, .normal)
            case .failure(let text): (text, .bad)
            }
        return Line.wrapped(text, to: max(1, columns - width), style).enumerated().map { number, line in
            (number == 0 ? age : Line.blank(width)) + line
        }
    }
}

/// The lines that were typed into inputs, by the kind of the input.
package struct InputHistory {
    /// The number of lines of a kind that are kept.
    package static let limit = 500

    private var lines: [String: [String]]
    private let save: (_ line: String, _ kind: String) -> Void

    /// - Parameters:
    ///   - lines: The lines of earlier sessions by kind, the latest last.
    ///   - save: Keeps a line for later sessions.
    package init(
        lines: [String: [String]] = [:], save: @escaping (_ line: String, _ kind: String) -> Void = { _, _ in }
    ) {
        (self.lines, self.save) = (lines, save)
    }

    /// Adds a line; an empty one, or the same as the last one, is not added.
    mutating func add(_ line: String, to kind: String) {
        guard !line.isEmpty, lines[kind]?.last != line else { return }
        lines[kind, default: []].append(line)
        if let count = lines[kind]?.count, count > Self.limit { lines[kind]?.removeFirst() }
        save(line, kind)
    }

    /// The line that was typed `back` lines ago, from 1; nil if there is none.
    func line(_ back: Int, of kind: String) -> String? {
        guard let lines = lines[kind], back > 0, back <= lines.count else { return nil }
        return lines[lines.count - back]
    }
}
