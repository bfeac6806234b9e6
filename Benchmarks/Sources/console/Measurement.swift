import Foundation

/// Starts a program, waits for its first output and for its rest, then presses keys.
enum Measurement {
    /// - Parameters:
    ///   - frame: what its first frame has, whatever is still to come.
    ///   - mark: what says that the first rows are there.
    static func run(frame: String, mark: String, _ words: [String]) throws {
        let clock = ContinuousClock()
        let began = clock.now
        let terminal = try PseudoTerminal(words)
        defer { terminal.end() }
        let (frame, mark) = (Array(frame.utf8), Array(mark.utf8))
        var first: Duration?
        let shown = terminal.answer(since: began, quiet: 60_000) { text in
            if first == nil, contains(text, frame) { first = began.duration(to: .now) }
            return contains(text, mark)
        }.time
        print("  first frame after    \(milliseconds(first ?? shown))")
        print("  shown after          \(milliseconds(shown))")
        // Whatever it still reads: a second without a byte.
        let rest = terminal.answer(since: began, quiet: 1500)
        print("  at rest after        \(milliseconds(max(shown, rest.time)))")
        let memory = try terminal.memory()
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

    private static func contains(_ text: [UInt8], _ wanted: [UInt8]) -> Bool {
        guard text.count >= wanted.count else { return false }
        return (0...text.count - wanted.count).contains { text[$0..<$0 + wanted.count].elementsEqual(wanted) }
    }

    private static func milliseconds(_ duration: Duration) -> String {
        let milliseconds = duration / .milliseconds(1)
        return "\((milliseconds * 10).rounded() / 10) ms"
    }
}
