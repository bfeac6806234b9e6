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
    /// What a screen has to show follows it sooner: it has just appeared, with nothing in it.
    private static let firstInterval = Duration.milliseconds(10)
    /// How often elapsed times are drawn anew while something runs.
    private static let tick = Duration.milliseconds(250)
    /// How often the header is asked for anew while somebody is there.
    private static let beat = Duration.seconds(5)
    /// Nobody is there when no key came for so long.
    private static let patience = Duration.seconds(60)

    private let console: Console
    private let ping: Ping
    private let trace = FrameTrace()
    private var keys = 0
    private var lastDrawing = ContinuousClock.now
    private var lastScreen: ObjectIdentifier?
    /// Before this, no news is drawn.
    private var due = ContinuousClock.now
    private var lastKey = ContinuousClock.now
    private var lastBeat = ContinuousClock.now
    private var alarm: Task<Void, Never>?

    /// `ping` is the one that the console's task board sends.
    init(_ console: Console, ping: Ping) {
        self.console = console
        self.ping = ping
    }

    /// Runs until somebody quits or a signal ends it. The terminal is given back before this returns or throws; standard
    /// output and error lead to the file `log` until then.
    func run(log: String?, look: Look = Look()) async throws(TerminalError) -> Outcome {
        let notice: @Sendable () -> Void = { [ping] in ping.send() }
        let display: any Display =
            look.isLinear
            ? try LinearDisplay(log: log, notice: notice) : try Terminal(log: log, look: look, notice: notice)
        defer {
            alarm?.cancel()
            console.board.cancelAll()
            display.stop()
        }
        console.start()
        draw(display)
        for await _ in ping.stream {
            let input = display.read()
            if let ending = input.ending { return .signal(ending) }
            for key in input.keys where key != .resize && !console.hasEnded {
                keys += key.strokes
                lastKey = ContinuousClock.now
                console.handle(key, size: display.size)
            }
            if console.hasEnded { break }
            beat()
            if input.keys.isEmpty, ContinuousClock.now < due {
                wake(at: due)
            } else {
                draw(display)
                // News may end it as well as a key: a store that cannot be opened.
                if console.hasEnded { break }
            }
        }
        return .quit
    }

    private func beat() {
        let now = ContinuousClock.now
        guard now - lastKey < Self.patience, now - lastBeat >= Self.beat else { return }
        lastBeat = now
        console.beat()
    }

    private func draw(_ display: any Display) {
        console.drain()
        if console.needsRedraw {
            console.needsRedraw = false
            display.redraw()
        }
        if let text = console.clipboard {
            console.clipboard = nil
            display.copy(text)
        }
        lastDrawing = ContinuousClock.now
        let screen = ObjectIdentifier(console.screen)
        due = lastDrawing.advanced(by: screen == lastScreen ? Self.dataInterval : Self.firstInterval)
        lastScreen = screen
        display.show(console.frame(display.size))
        trace?.drew(keys: keys, busy: console.board.busy, size: display.size, screen: console.screen.title.title)
        if console.board.busy > 0 {
            wake(at: lastDrawing.advanced(by: Self.tick))
        } else if lastDrawing - lastKey < Self.patience {
            wake(at: lastBeat.advanced(by: Self.beat))
        }
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
