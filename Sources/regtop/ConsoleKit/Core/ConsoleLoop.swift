import Glibc

/// The console on a terminal: the loop takes keys, takes results and draws. It waits only for the
/// next ping.
package final class ConsoleLoop {
    /// The end of the console.
    package enum Outcome: Equatable {
        case quit
        /// A signal of this number ended the console.
        case signal(Int32)

        /// The exit code as a shell reports it: 0, or 128 plus the number of the signal.
        package var exitCode: Int32 {
            switch self {
            case .quit: 0
            case .signal(let number): 128 + number
            }
        }
    }

    /// The shortest time between two drawings of results. A key is drawn at once.
    private static let dataInterval = Duration.milliseconds(50)
    /// The time before the first results of a screen, which is still empty.
    private static let firstInterval = Duration.milliseconds(10)
    /// The time between two drawings of elapsed times while a query runs.
    private static let tick = Duration.milliseconds(250)
    /// The time between two refreshes of the header while the user is present.
    private static let beat = Duration.seconds(5)
    /// The time between two looks for changes of the screen's subject.
    private static let look = Duration.seconds(10)
    /// The time without a key after which the user counts as absent.
    private static let patience = Duration.seconds(60)

    private let console: Console
    private let ping: Ping
    private let trace = FrameTrace()
    private var keys = 0
    private var lastDrawing = ContinuousClock.now
    private var lastScreen: ObjectIdentifier?
    /// The number of questions that the user has seen.
    private var seen = 0
    /// No results are drawn before this.
    private var due = ContinuousClock.now
    private var lastKey = ContinuousClock.now
    private var lastBeat = ContinuousClock.now
    private var lastLook = ContinuousClock.now
    private var alarm: Task<Void, Never>?
    /// A signal that came with keys that do not count.
    private var lateEnding: Int32?

    /// - Parameter ping: The ping that the task board of the console sends.
    package init(_ console: Console, ping: Ping) {
        self.console = console
        self.ping = ping
    }

    /// Runs until the user quits or a signal comes. The terminal is restored before this returns or
    /// throws.
    ///
    /// - Parameter log: The file that gets standard output and standard error meanwhile.
    package func run(log: String?, look: Look = Look()) async throws(TerminalError) -> Outcome {
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
        if let notice = display.notice { console.status = .info(notice) }
        draw(display)
        for await _ in ping.stream {
            let input = display.read()
            if let ending = input.ending ?? lateEnding {
                guard ending == SIGINT, console.interrupt() else { return .signal(ending) }
                lateEnding = nil
            }
            var look = console.look
            var answered = false
            for key in input.keys where key != .resize && !console.hasEnded {
                keys += key.strokes
                lastKey = ContinuousClock.now
                // Nobody answers a question that is not on the screen yet, or types a command
                // before the answer has had its effect.
                guard console.asked == seen, !answered else { continue }
                let wasAsking = console.isQuestioning
                console.handle(key, size: display.size, isHurried: input.isHurried)
                answered = wasAsking && !console.isQuestioning
            }
            if console.look != look {
                look = console.look
                if let obstacle = display.adopt(look) { console.status = .info(obstacle) }
            }
            if console.hasEnded { break }
            beat()
            if input.keys.isEmpty, ContinuousClock.now < due {
                wake(at: due)
            } else {
                draw(display)
                // A result may end the console, such as a store that cannot be opened.
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
        guard now - lastLook >= Self.look else { return }
        lastLook = now
        console.lookAtSubject()
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
        if console.asked != seen {
            seen = console.asked
            drop(display.read())
        }
        trace?.drew(keys: keys, busy: console.board.busy, size: display.size, screen: console.screen.title.title)
        if console.board.busy > 0 {
            wake(at: lastDrawing.advanced(by: Self.tick))
        } else if lastDrawing - lastKey < Self.patience {
            wake(at: lastBeat.advanced(by: Self.beat))
        }
    }

    /// Drops keys that were typed before the question was on the screen.
    private func drop(_ input: DisplayInput) {
        keys += input.keys.reduce(0) { $0 + ($1 == .resize ? 0 : $1.strokes) }
        lateEnding = input.ending
        // The size that came with them, or the signal, needs another round.
        if input.ending != nil || input.keys.contains(.resize) { ping.send() }
    }

    /// Sets the only alarm: the loop sets a new one each time it wakes earlier.
    private func wake(at instant: ContinuousClock.Instant) {
        alarm?.cancel()
        alarm = Task { [ping] in
            guard (try? await Task.sleep(until: instant, clock: .continuous)) != nil else { return }
            ping.send()
        }
    }
}

/// A notice of new input or results, without data. Several pings before the next look count as one.
package nonisolated struct Ping: Sendable {
    let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    package init() {
        (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Sends the ping; any thread may call this.
    package func send() {
        continuation.yield()
    }
}

/// Traces frames for tests and measurements: if `REGTOP_TRACE_FILE` names a file, each frame
/// appends a line to it, such as
///
///     frame=12 keys=7 busy=0 size=80x24 screen=Repositories
///
/// `keys` is the number of handled keys and `busy` the number of running queries: a test that has
/// sent n keys waits for a line with `keys=n busy=0`. The file may be a FIFO; a full one loses
/// lines.
final class FrameTrace {
    private let descriptor: Int32
    private var frames = 0

    /// Returns nil without `REGTOP_TRACE_FILE`, or if the file cannot be opened.
    init?() {
        guard let path = getenv("REGTOP_TRACE_FILE") else { return nil }
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return nil }
    }

    isolated deinit {
        close(descriptor)
    }

    func drew(keys: Int, busy: Int, size: Size, screen: String) {
        frames += 1
        let line = "frame=\(frames) keys=\(keys) busy=\(busy) size=\(size.columns)x\(size.rows) screen=\(screen)\n"
        _ = line.withCString { write(descriptor, $0, strlen($0)) }
    }
}
