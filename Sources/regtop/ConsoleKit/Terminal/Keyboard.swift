import CNcurses
import Glibc

/// Reads the keys of a terminal from standard input.
nonisolated struct Keyboard {
    /// The time without a byte after which an Esc was the key, in milliseconds.
    private static let escapeDelay: Int32 = 25
    /// The most bytes of one look; the rest waits for the next one.
    private static let limit = 64 << 10

    /// True if the console takes the mouse.
    var hasMouse: Bool
    private var parser: KeyParser

    /// - Parameters:
    ///   - known: Keys by their whole sequences, from the terminal's description.
    ///   - hasUnicode: True if characters are UTF-8.
    ///   - hasMouse: True if the console takes the mouse.
    init(known: [[UInt8]: Key] = [:], hasUnicode: Bool, hasMouse: Bool) {
        self.hasMouse = hasMouse
        parser = KeyParser(known: known, hasUnicode: hasUnicode)
    }

    /// Returns everything that was typed since the last call. Waits no longer than it takes to
    /// tell an Esc from a sequence.
    mutating func read() -> TypedKeys {
        var typed = TypedKeys()
        var bytes = [UInt8](repeating: 0, count: 4096)
        var taken = 0
        while taken < Self.limit {
            guard Self.hasInput(within: parser.isUndecided ? Self.escapeDelay : 0) else {
                typed.keys += parser.takeSilence().keys
                break
            }
            let count = Glibc.read(0, &bytes, bytes.count)
            guard count > 0 else { break }
            taken += count
            let more = parser.take(bytes[..<count], at: ContinuousClock.now)
            typed.isHurried = typed.isHurried || more.isHurried || !(typed.keys.isEmpty || more.keys.isEmpty)
            typed.keys += more.keys
        }
        if !hasMouse {
            typed.keys.removeAll { key in
                if case .mouse = key { true } else { false }
            }
        }
        return typed
    }

    private static func hasInput(within milliseconds: Int32) -> Bool {
        var input = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
        return poll(&input, 1, milliseconds) > 0 && input.revents & Int16(POLLIN) != 0
    }

    /// Returns the keys of the terminal that curses has opened, by their sequences. Sequences of
    /// other forms than `Esc [` and `Esc O` cannot be told from Alt.
    static func described() -> [[UInt8]: Key] {
        var names: [(String, Key)] = [
            ("kcuu1", .up), ("kcud1", .down), ("kcub1", .left), ("kcuf1", .right), ("khome", .home), ("kend", .end),
            ("kfnd", .home), ("kslt", .end), ("kpp", .pageUp), ("knp", .pageDown), ("kent", .enter),
            ("kdch1", .delete), ("kich1", .insert), ("kcbt", .backtab),
        ]
        for number in 1...24 { names.append(("kf\(number)", .function(number))) }
        var known: [[UInt8]: Key] = [:]
        for (name, key) in names {
            guard let text = CNcurses_key_sequence(name) else { continue }
            let bytes = Array(String(cString: text).utf8)
            if bytes.count > 2, bytes[0] == 0x1b, bytes[1] == UInt8(ascii: "[") || bytes[1] == UInt8(ascii: "O") {
                known[bytes] = key
            }
        }
        return known
    }
}
