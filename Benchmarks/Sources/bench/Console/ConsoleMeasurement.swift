import Foundation

/// Starts a program, waits for its first output and for its rest, then presses keys.
enum ConsoleMeasurement {
    /// See `ConsoleStart`.
    static func run(frame: String, mark: String, _ words: [String]) throws {
        let terminal = try PseudoTerminal(words)
        defer { terminal.end() }
        let start = try ConsoleStart(terminal, frame: frame, mark: mark)
        print("  first frame after    \(milliseconds(start.first))")
        print("  shown after          \(milliseconds(start.shown))")
        print("  at rest after        \(milliseconds(start.rest))")
        let memory = start.memory
        print("  memory               \(memory.now >> 20) MiB, at most \(memory.most >> 20) MiB (\(memory.now) bytes)")
        let inPage = Array(repeating: Array(repeating: "j", count: 10) + Array(repeating: "k", count: 10), count: 15)
        report("a step in the page", inPage.flatMap(\.self), terminal)
        // To the last row of the page, from where each step scrolls.
        report("to the page's end", Array(repeating: "j", count: 20), terminal)
        report("a step that scrolls", Array(repeating: "j", count: 200), terminal)
        report("a page", Array(repeating: "\u{1b}[6~", count: 100), terminal)
    }

    /// Each key when the one before is answered.
    private static func report(_ name: String, _ keys: [String], _ terminal: PseudoTerminal) {
        let answers = keys.map { key in
            let began = ContinuousClock.now
            terminal.type(key)
            return terminal.answer(since: began, quiet: 30)
        }
        let (times, bytes) = (answers.map(\.time).sorted(), answers.map(\.bytes).sorted())
        func share<Value>(_ values: [Value], _ part: Double) -> Value {
            values[min(values.count - 1, Int(Double(values.count) * part))]
        }
        let time = "median \(milliseconds(share(times, 0.5))), p99 \(milliseconds(share(times, 0.99)))"
        let sent = "bytes: median \(share(bytes, 0.5)), p99 \(share(bytes, 0.99))"
        print("  \(name.padding(toLength: 21, withPad: " ", startingAt: 0))\(time); \(sent)")
    }

    private static func milliseconds(_ duration: Duration) -> String {
        let milliseconds = duration / .milliseconds(1)
        return "\((milliseconds * 10).rounded() / 10) ms"
    }
}
