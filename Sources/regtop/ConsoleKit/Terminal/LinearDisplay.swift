import CNcurses
import Glibc

/// The console line by line, for screen readers and simple terminals: it writes new lines below the
/// old ones, and no line twice.
final class LinearDisplay: Display {
    private let signals: Int32
    private let hasUnicode: Bool
    private var diversion: OutputDiversion?
    private var watch: InputWatch?
    private var keyboard: Keyboard
    private var modes = termios()
    private var text = LinearText()
    private var isOpen = true

    let notice: String? = nil

    /// See `Terminal.init`.
    init(log: String?, notice: @escaping @Sendable () -> Void) throws(TerminalError) {
        guard isatty(0) == 1 else { throw .notATerminal("input") }
        guard isatty(1) == 1 else { throw .notATerminal("output") }
        hasUnicode = CNcurses_locale_is_utf8()
        keyboard = Keyboard(hasUnicode: hasUnicode, hasMouse: false)
        let diversion = try OutputDiversion(to: log)
        signals = CNcurses_signals_start()
        guard signals >= 0 else { throw .system("catch signals", code: errno) }
        CNcurses_guard_start(nil, 0, diversion.output, diversion.error)
        tcgetattr(0, &modes)
        self.diversion = consume diversion
        listen()
        do {
            watch = try InputWatch([0, signals], notice: notice)
        } catch {
            stop()
            throw error
        }
    }

    /// Makes keys come one by one, without echo, and a read return at once.
    private func listen() {
        var raw = modes
        raw.c_lflag &= ~tcflag_t(ICANON | ECHO)
        withUnsafeMutableBytes(of: &raw.c_cc) { bytes in
            bytes[Int(VMIN)] = 0
            bytes[Int(VTIME)] = 0
        }
        tcsetattr(0, TCSANOW, &raw)
    }

    var size: Size {
        var (rows, columns): (Int32, Int32) = (24, 80)
        CNcurses_terminal_size(diversion?.output ?? 1, &rows, &columns)
        // At least wide enough for the columns of a table: a screen reader does not mind broken
        // lines.
        return Size(rows: max(10, Int(rows)), columns: max(100, Int(columns)))
    }

    func read() -> DisplayInput {
        var input = DisplayInput(keyboard.read())
        var byte: UInt8 = 0
        while Glibc.read(signals, &byte, 1) == 1 {
            switch Int32(byte) {
            case SIGWINCH: break
            case SIGTSTP:
                tcsetattr(0, TCSANOW, &modes)
                CNcurses_stop_process()
                listen()
            case SIGCONT: listen()
            default: input.ending = input.ending ?? Int32(byte)
            }
        }
        if watch?.hasHungUp == true { input.ending = input.ending ?? SIGHUP }
        watch?.rearm()
        return input
    }

    func show(_ frame: Frame) {
        for line in text.news(frame) { write(line + "\n") }
    }

    func adopt(_ look: Look) -> String? { "Line by line, the console has neither colours nor a mouse." }

    func redraw() {
        text.forget()
    }

    func copy(_ text: String) {
        write(ClipboardSequence.of(text))
    }

    private func write(_ text: String) {
        guard let output = diversion?.output else { return }
        var bytes = Array((hasUnicode ? text : ASCIIFallback.of(text)).utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(output, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }

    func stop() {
        guard isOpen else { return }
        isOpen = false
        watch?.stop()
        watch = nil
        tcsetattr(0, TCSANOW, &modes)
        CNcurses_guard_stop()
        CNcurses_signals_stop()
        diversion = nil
    }
}

/// The text of frames for a screen reader: one line for each row that is new, without boxes and
/// bars.
nonisolated struct LinearText {
    private var said: Set<String> = []
    private var selected: String?

    /// Returns the lines of a frame that were not in the last one. The row under the cursor is new
    /// if another row was under the cursor before.
    mutating func news(_ frame: Frame) -> [String] {
        var news: [String] = []
        var now: Set<String> = []
        var chosen: String?
        for (number, line) in frame.lines.enumerated() {
            let text = Self.plain(line.text)
            guard !text.isEmpty else { continue }
            // Numbers in the header and in the status line change all the time; ^L reads them
            // again.
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

    /// Makes every line new again.
    mutating func forget() {
        said = []
        selected = nil
    }

    /// Returns the text without drawing characters and without the blanks between columns.
    private static func plain(_ text: String) -> String {
        var words: [Substring] = []
        for column in text.split(separator: " ") {
            let kept = column.unicodeScalars.filter { !(0x2500...0x259f).contains($0.value) }
            if !kept.isEmpty { words.append(Substring(String(String.UnicodeScalarView(kept)))) }
        }
        return words.joined(separator: " ")
    }
}
