import SafeText
import CNcurses
import Glibc

/// The terminal as a full screen, from `init` to `stop`. `stop` restores everything that `init`
/// changes; a signal handler does if the process crashes.
final class Terminal: Display {
    let notice: String?
    private let signals: Int32
    private let hasUnicode: Bool
    /// The number of colours; 0 for none, also by `NO_COLOR`.
    private let colours: Int
    private var palette: Palette
    private var look: Look
    private var diversion: OutputDiversion?
    private var watch: InputWatch?
    private var keyboard: Keyboard
    private var shown: Frame?
    private var isOpen = true

    /// - Parameters:
    ///   - log: The file that gets standard output and standard error until `stop`.
    ///   - notice: Called on any thread when `read` has input to return.
    /// - Throws: `TerminalError` if no full screen is possible; nothing is changed then.
    init(log: String?, look: Look = Look(), notice: @escaping @Sendable () -> Void) throws(TerminalError) {
        let (asked, type) = try Self.usableType()
        self.notice =
            asked == type
            ? nil : "This machine has no description of \(VisibleText.of(asked)); the screen is drawn as for \(type)."
        hasUnicode = CNcurses_locale_is_utf8()
        let diversion = try OutputDiversion(to: log)
        signals = CNcurses_signals_start()
        guard signals >= 0 else { throw .system("catch signals", code: errno) }
        CNcurses_guard_start(type, 0, diversion.output, diversion.error)
        guard CNcurses_open(type, 0, diversion.output) == 0 else {
            CNcurses_guard_stop()
            CNcurses_signals_stop()
            throw .unusableType(type)
        }
        self.look = look
        colours = Self.startColours()
        palette = Self.palette(colours, look)
        keyboard = Keyboard(known: Keyboard.described(), hasUnicode: hasUnicode, hasMouse: look.hasMouse)
        CNcurses_reports_start(look.hasMouse)
        self.diversion = consume diversion
        do {
            watch = try InputWatch([0, signals], notice: notice)
        } catch {
            stop()
            throw error
        }
    }

    /// Returns the same as `namedType` if the console has a terminal.
    private static func usableType() throws(TerminalError) -> (asked: String, type: String) {
        guard isatty(0) == 1 else { throw .notATerminal("input") }
        guard isatty(1) == 1 else { throw .notATerminal("output") }
        return try namedType()
    }

    /// Returns the type in `TERM`, and the type to draw as: the same, or one of its family.
    fileprivate nonisolated static func namedType() throws(TerminalError) -> (asked: String, type: String) {
        guard let value = getenv("TERM"), value.pointee != 0 else { throw .unusableType(nil) }
        let asked = String(cString: value)
        let types = asked == "dumb" ? [] : [asked] + TerminalFamily.bases(of: asked)
        guard let type = types.first(where: { CNcurses_probe($0, 1) == 0 }) else { throw .unusableType(asked) }
        return (asked, type)
    }

    /// True if the user wants no colours in any program: https://no-color.org.
    private static var refusesColours: Bool { getenv("NO_COLOR").map { $0.pointee != 0 } ?? false }

    private static func startColours() -> Int { refusesColours ? 0 : Int(CNcurses_start_colours()) }

    private static func palette(_ colours: Int, _ look: Look) -> Palette {
        let palette = Palette(colours: colours, theme: look.theme, own: look.paints)
        for style in Style.allCases where palette[style].hasColours {
            init_extended_pair(pair(style), palette[style].foreground, palette[style].background)
        }
        // Cells without text have the background of normal text.
        CNcurses_set_background(palette[.normal].hasColours ? Int16(pair(.normal)) : 0)
        return palette
    }

    private static func pair(_ style: Style) -> Int32 { Int32(style.rawValue) + 1 }

    func adopt(_ look: Look) -> String? {
        if look.hasMouse != keyboard.hasMouse {
            keyboard.hasMouse = look.hasMouse
            CNcurses_reports_mouse(look.hasMouse)
        }
        guard look.theme != self.look.theme else { return nil }
        self.look = look
        guard colours > 0 else {
            return Self.refusesColours ? "NO_COLOR is set, so no theme has colours." : "This terminal has no colours."
        }
        palette = Self.palette(colours, look)
        shown = nil
        return nil
    }

    var size: Size { Size(rows: Int(CNcurses_rows()), columns: Int(CNcurses_columns())) }

    func stop() {
        guard isOpen else { return }
        isOpen = false
        watch?.stop()
        watch = nil
        CNcurses_close()
        CNcurses_guard_stop()
        CNcurses_signals_stop()
        diversion = nil
    }

    /// A ^Z restores the terminal and stops the process; the call returns when the process goes on.
    func read() -> DisplayInput {
        var input = DisplayInput(keyboard.read())
        takeSignals(into: &input)
        if watch?.hasHungUp == true { input.ending = input.ending ?? SIGHUP }
        watch?.rearm()
        return input
    }

    func copy(_ text: String) {
        let sequence = ClipboardSequence.of(text)
        sequence.withCString { CNcurses_send($0, sequence.utf8.count) }
    }

    private func takeSignals(into input: inout DisplayInput) {
        var byte: UInt8 = 0
        while Glibc.read(signals, &byte, 1) == 1 {
            switch Int32(byte) {
            case SIGWINCH:
                followSize(into: &input)
            case SIGTSTP:
                CNcurses_suspend()
                CNcurses_stop_process()
                repaint(into: &input)
            case SIGCONT:
                // After a stop that cannot be caught, the shell has changed the modes of the
                // terminal.
                repaint(into: &input)
            default:
                input.ending = input.ending ?? Int32(byte)
            }
        }
    }

    private func repaint(into input: inout DisplayInput) {
        CNcurses_resume()
        followSize(into: &input)
    }

    private func followSize(into input: inout DisplayInput) {
        CNcurses_follow_size()
        shown = nil
        if input.keys.last != .resize { input.keys.append(.resize) }
    }

    func redraw() {
        CNcurses_resume()
    }

    /// Passes the lines that differ from the last frame to curses, which sends only the
    /// differences.
    func show(_ frame: Frame) {
        for (row, line) in frame.lines.enumerated() where shown?.size != frame.size || shown?.lines[row] != line {
            put(line, row: row)
        }
        if let cursor = frame.cursor {
            CNcurses_update(Int32(cursor.row), Int32(cursor.column))
        } else {
            CNcurses_update(-1, 0)
        }
        shown = frame
    }

    private func put(_ line: Line, row: Int) {
        var column = 0
        for span in line.spans {
            let look = palette[span.style]
            var text: [UInt32] = []
            for scalar in span.text.unicodeScalars {
                if hasUnicode {
                    text.append(scalar.value)
                } else {
                    let columns = DisplayWidth.of(scalar) ?? 0
                    text += Array(repeating: ASCIIFallback.of(scalar).value, count: columns)
                }
            }
            CNcurses_put(
                Int32(row), Int32(column), text, Int32(text.count), look.attributes,
                look.hasColours ? Int16(Self.pair(span.style)) : 0)
            column += span.width
        }
        CNcurses_clear_row(Int32(row), Int32(column))
    }
}

/// The terminal and the locale as the console would find them. Reading them changes nothing.
package nonisolated struct TerminalFacts: Sendable {
    /// The version of curses, such as `ncurses 6.4.20221231`.
    package let library: String
    /// True if a standard stream is a terminal.
    package let isTerminal: Bool
    /// The type in `TERM`; nil if it is not set.
    package let type: String?
    /// The type to draw as; nil if no full screen is possible.
    package let drawn: String?
    /// The reason for that.
    package let fault: String?
    /// The number of colours; 0 for none, also by `NO_COLOR`.
    package let colours: Int
    /// The size; nil if it is not known.
    package let size: (rows: Int, columns: Int)?
    /// The variable that names the locale, with its value; nil if none is set.
    package let locale: String?
    /// True if the encoding of the locale is UTF-8.
    package let isUTF8: Bool

    /// Reads the facts. Call it before the standard streams are diverted.
    package init() {
        func value(_ name: String) -> String? {
            getenv(name).flatMap { $0.pointee == 0 ? nil : String(cString: $0) }
        }
        library = String(cString: curses_version())
        isTerminal = (0...2).contains { isatty($0) == 1 }
        type = value("TERM")
        let found = Result { () throws(TerminalError) in try Terminal.namedType() }
        switch found {
        case .success(let names): (drawn, fault) = (names.type, nil)
        case .failure(let error): (drawn, fault) = (nil, error.description)
        }
        colours = value("NO_COLOR") == nil ? drawn.map { Int(CNcurses_colours($0, 1)) } ?? 0 : 0
        var (rows, columns): (Int32, Int32) = (0, 0)
        for stream in Int32(0)...2 where rows == 0 { CNcurses_terminal_size(stream, &rows, &columns) }
        size = rows > 0 ? (Int(rows), Int(columns)) : nil
        locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { name in value(name).map { "\(name)=\($0)" } }.first
        isUTF8 = CNcurses_locale_is_utf8()
    }
}
