/// The beginning of a program on a terminal, up to its first keys.
struct ConsoleStart {
    /// Until a first frame, until the mark, and until it wrote nothing more.
    let first, shown, rest: Duration
    let memoryAtMark, memory: ResidentMemory

    /// - Parameters:
    ///   - terminal: Has just started the program.
    ///   - frame: What the first frame has, whatever is still to come.
    ///   - mark: What says that the first rows are there.
    init(_ terminal: PseudoTerminal, frame: String, mark: String) throws {
        let began = terminal.began
        let (frame, mark) = (Array(frame.utf8), Array(mark.utf8))
        var first: Duration?
        let shown = terminal.answer(since: began, quiet: 60_000) { text in
            if first == nil, Self.contains(text, frame) { first = began.duration(to: .now) }
            return Self.contains(text, mark)
        }.time
        memoryAtMark = try Self.memory(terminal)
        // Whatever it still reads: a second and a half without a byte.
        let last = terminal.answer(since: began, quiet: 1500)
        memory = try Self.memory(terminal)
        self.first = first ?? shown
        self.shown = shown
        rest = max(shown, last.time)
    }

    private static func memory(_ terminal: PseudoTerminal) throws -> ResidentMemory {
        guard let memory = ResidentMemory(of: terminal.process) else { throw ProcessFailure(description: "it ended") }
        return memory
    }

    private static func contains(_ text: [UInt8], _ wanted: [UInt8]) -> Bool {
        guard text.count >= wanted.count else { return false }
        return (0...text.count - wanted.count).contains { text[$0..<$0 + wanted.count].elementsEqual(wanted) }
    }
}
