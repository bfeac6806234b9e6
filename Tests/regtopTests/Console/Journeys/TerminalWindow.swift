import Foundation
import Subprocess

/// The built console in its own tmux server. A test sends keys and reads the screen; the trace of
/// the frames tells when all keys are answered, so no test sleeps.
actor TerminalWindow {
    nonisolated let place: TemporaryPlace
    private let trace: TraceReader
    private let socket: String
    private var keys = 0

    /// Starts the console in a window of this size, runs `body`, and ends the server.
    static func with<Value: Sendable>(
        _ arguments: [String], columns: Int = 80, rows: Int = 24, environment: [String] = [],
        in place: TemporaryPlace? = nil, _ body: @Sendable (TerminalWindow) async throws -> Value
    ) async throws -> Value {
        let window = try await TerminalWindow(in: place ?? TemporaryPlace())
        do {
            try await window.start(arguments, columns: columns, rows: rows, environment: environment)
            let value = try await body(window)
            await window.end()
            return value
        } catch {
            await window.end()
            throw error
        }
    }

    private init(in place: TemporaryPlace) async throws {
        self.place = place
        socket = "\(place.path)/tmux"
        trace = try TraceReader(path: "\(place.path)/trace")
    }

    private func start(_ arguments: [String], columns: Int, rows: Int, environment: [String]) async throws {
        let words = ["env"] + RegtopProgram.environment(place) + environment
        let program = [RegtopProgram.path] + arguments
        // The shell catches ^C, which its whole foreground receives. In the console the signal has
        // its default again. The shell outlives the console and reports the restored terminal.
        let script = """
            trap : INT
            set -m
            stty -g > before
            \(Self.quoted(words)) REGTOP_TRACE_FILE=trace sh -c 'echo $$ > pid; exec "$@"' sh \(Self.quoted(program))
            code=$?
            # Stopped by ^Z: the shell is there, until somebody presses Enter.
            while [ $code -eq 148 ]; do
                stty -g > between
                echo "this is the shell"
                echo "ended=$code" > trace
                read -r line
                fg > fg
                code=$?
            done
            stty -g > after
            echo "ended=$code" > trace
            exec cat
            """
        try script.write(toFile: "\(place.path)/script", atomically: true, encoding: .utf8)
        try await tmux(
            "-f", "/dev/null", "new-session", "-d", "-x", "\(columns)", "-y", "\(rows)", "-c", place.path,
            "sh script 2> \(Self.quoted(["\(place.path)/errors"]))", ";", "set-option", "-g", "status", "off", ";",
            "resize-window", "-x", "\(columns)", "-y", "\(rows)")
    }

    /// Ends the server, even after the test was cancelled.
    private func end() async {
        await Task { _ = try? await tmux("kill-server") }.value
        trace.stop()
    }

    private static func quoted(_ words: [String]) -> String {
        words.map { "'" + $0.replacing("'", with: "'\\''") + "'" }.joined(separator: " ")
    }

    @discardableResult
    private func tmux(_ arguments: String...) async throws -> String {
        let result = try await Subprocess.run(
            .name("tmux"), arguments: Arguments(["-u", "-S", socket] + arguments),
            environment: .inherit.updating(["LC_ALL": "C.UTF-8", "TMUX": nil]),
            output: .string(limit: 1 << 20), error: .string(limit: 1 << 16))
        guard case .exited(0) = result.terminationStatus else {
            throw TraceReader.Failure(
                description: "tmux \(arguments.joined(separator: " ")): \(result.standardError)")
        }
        return result.standardOutput
    }

    // MARK: Input

    /// Types keys by their tmux names. Returns when all of them are answered and no query runs.
    @discardableResult
    func press(_ names: String...) async throws -> TraceReader.Frame {
        for name in names { try await tmux("send-keys", name) }
        keys += names.count
        return try await idle()
    }

    /// Types keys; returns when they are answered, even if queries still run.
    @discardableResult
    func strike(_ names: String...) async throws -> TraceReader.Frame {
        for name in names { try await tmux("send-keys", name) }
        keys += names.count
        let expected = keys
        return try await frame { $0.keys >= expected }
    }

    /// Sends a text in one write, as a paste without marks.
    @discardableResult
    func type(_ text: String) async throws -> TraceReader.Frame {
        try await tmux("send-keys", "-l", "--", text)
        keys += text.count
        return try await idle()
    }

    /// Types a text as a person does, one key at a time.
    func spell(_ text: String) async throws {
        for character in text { try await type(String(character)) }
    }

    /// Lets the terminal send bytes in one write; `strokes` of them are keys or pasted characters.
    func send(_ bytes: String, strokes: Int = 0) async throws {
        try await tmux("send-keys", "-l", "--", bytes)
        keys += strokes
    }

    /// Presses the left button on a row, counted from 0.
    @discardableResult
    func click(row: Int, times: Int = 1) async throws -> TraceReader.Frame {
        let click = "\u{1b}[<0;8;\(row + 1)M\u{1b}[<0;8;\(row + 1)m"
        try await tmux("send-keys", "-l", "--", String(repeating: click, count: times))
        keys += times
        return try await idle()
    }

    /// Turns the wheel down once.
    func scroll() async throws {
        try await tmux("send-keys", "-l", "--", "\u{1b}[<65;8;8M")
        keys += 1
        try await idle()
    }

    /// Lets the shell continue a stopped program.
    func resume() async throws {
        try await tmux("send-keys", "Enter")
        _ = try await frame { _ in true }
    }

    /// Types a key that ends the program, so that no frame follows.
    func finish(_ name: String) async throws -> Int {
        try await tmux("send-keys", name)
        return try await exitCode()
    }

    func resize(columns: Int, rows: Int) async throws {
        try await tmux("resize-window", "-x", "\(columns)", "-y", "\(rows)")
        _ = try await frame { $0.size == "\(columns)x\(rows)" }
    }

    /// The process of the console.
    var process: Int32 {
        get throws {
            let text = try String(contentsOfFile: "\(place.path)/pid", encoding: .utf8)
            guard let number = Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)), number > 1 else {
                throw TraceReader.Failure(description: "no process")
            }
            return number
        }
    }

    /// The number of bytes that the console has written, to the terminal and to the trace.
    var written: Int {
        get throws {
            let text = try String(contentsOfFile: "/proc/\(process)/io", encoding: .utf8)
            let field = text.split(separator: "\n").first { $0.hasPrefix("wchar: ") }
            guard let count = field.flatMap({ Int($0.dropFirst("wchar: ".count)) }) else {
                throw TraceReader.Failure(description: "no count of bytes: \(text)")
            }
            return count
        }
    }

    // MARK: Output

    /// Waits until every key is answered and no query runs.
    @discardableResult
    func idle() async throws -> TraceReader.Frame {
        let expected = keys
        return try await frame { $0.keys >= expected && $0.busy == 0 && !$0.screen.hasPrefix("Opening") }
    }

    /// Returns the next frame that meets a condition. Throws if the console ends first.
    @discardableResult
    func frame(_ isWanted: (TraceReader.Frame) async throws -> Bool) async throws -> TraceReader.Frame {
        while let frame = await next() {
            if frame.exitCode != nil {
                let errors = (try? String(contentsOfFile: "\(place.path)/errors", encoding: .utf8)) ?? ""
                throw TraceReader.Failure(description: "the console has ended: \(frame) \(errors)")
            }
            if try await isWanted(frame) { return frame }
        }
        throw TraceReader.Failure(description: "no more frames")
    }

    func exitCode() async throws -> Int {
        while let frame = await next() {
            if let code = frame.exitCode { return code }
        }
        throw TraceReader.Failure(description: "it did not end")
    }

    private func next() async -> TraceReader.Frame? {
        var iterator = trace.frames.makeAsyncIterator()
        return await iterator.next(isolation: self)
    }

    /// The rows of the screen, without trailing blanks.
    func screen() async throws -> [String] {
        // The server takes the program's output before it answers this request.
        try await tmux("display-message", "-p", "")
        return try await tmux("capture-pane", "-p").split(separator: "\n", omittingEmptySubsequences: false).map(
            String.init)
    }

    /// The screen with the sequences of its colours.
    func colours() async throws -> String {
        try await tmux("display-message", "-p", "")
        return try await tmux("capture-pane", "-e", "-N", "-p")
    }

    func text() async throws -> String { try await screen().joined(separator: "\n") }

    /// A variable of tmux, such as `alternate_on`.
    func variable(_ name: String) async throws -> String {
        try await tmux("display-message", "-p", "#{\(name)}").trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// The notes of the shell.
    nonisolated func note(_ name: String) throws -> String {
        try String(contentsOfFile: "\(place.path)/\(name)", encoding: .utf8)
    }
}
