/// The console on a real terminal: drains keys, drains news, draws. It waits for the next ping and for nothing else.
final class ConsoleLoop {
    /// How the console came to its end.
    enum Outcome: Equatable {
        case quit
        /// By a signal, of this number.
        case signal(Int32)

        /// As a shell reports it: 0, or 128 and the signal's number.
        var exitCode: Int32 {
            switch self {
            case .quit: 0
            case .signal(let number): 128 + number
            }
        }
    }

    /// News is drawn at most this often; keys are answered at once.
    private static let dataInterval = Duration.milliseconds(50)
    /// How often elapsed times are drawn anew while something runs.
    private static let tick = Duration.milliseconds(250)

    private let console: Console
    private let ping: Ping
    private let trace = FrameTrace()
    private var keys = 0
    private var lastDrawing = ContinuousClock.now
    private var alarm: Task<Void, Never>?

    /// `ping` is the one that the console's task board sends.
    init(_ console: Console, ping: Ping) {
        self.console = console
        self.ping = ping
    }

    /// Runs until somebody quits or a signal ends it. The terminal is given back before this returns or throws; standard
    /// output and error lead to the file `log` until then.
    func run(log: String?) async throws(TerminalError) -> Outcome {
        let terminal = try Terminal(log: log) { [ping] in ping.send() }
        defer {
            alarm?.cancel()
            console.board.cancelAll()
            terminal.stop()
        }
        console.start()
        draw(terminal)
        for await _ in ping.stream {
            let input = terminal.read()
            if let ending = input.ending { return .signal(ending) }
            for key in input.keys where key != .resize && !console.hasEnded {
                keys += 1
                console.handle(key, size: terminal.size)
            }
            if console.hasEnded { break }
            let due = lastDrawing.advanced(by: Self.dataInterval)
            if input.keys.isEmpty, ContinuousClock.now < due {
                wake(at: due)
            } else {
                draw(terminal)
                // News may end it as well as a key: a store that cannot be opened.
                if console.hasEnded { break }
            }
        }
        return .quit
    }

    private func draw(_ terminal: Terminal) {
        console.drain()
        if console.needsRedraw {
            console.needsRedraw = false
            terminal.redraw()
        }
        lastDrawing = .now
        terminal.show(console.frame(terminal.size))
        trace?.drew(keys: keys, busy: console.board.busy, size: terminal.size, screen: console.screen.title.title)
        if console.board.busy > 0 { wake(at: lastDrawing.advanced(by: Self.tick)) }
    }

    /// Only the next alarm counts: whatever wakes the loop earlier sets a new one.
    private func wake(at instant: ContinuousClock.Instant) {
        alarm?.cancel()
        alarm = Task { [ping] in
            guard (try? await Task.sleep(until: instant, clock: .continuous)) != nil else { return }
            ping.send()
        }
    }
}
