/// The console without its terminal: a stack of screens, at most one question or input above them, and a status line.
/// Keys and news go in, frames come out; it never waits for anything.
final class Console {
    enum Overlay {
        case question(QuestionPanel, accept: () -> Effect)
        case choice(ChoicePanel, then: (Int) -> Effect)
        case prompt(Prompt, LineEditor)
    }

    let board: TaskBoard
    /// From the root to what is shown; never empty.
    private(set) var stack: [any Screen]
    var overlay: Overlay?
    var status = Status.none
    /// Why nothing may be changed; nil where changes are allowed.
    private(set) var readOnlyReason: String?
    private(set) var hasEnded = false
    /// Why it has ended, if it did not end by itself.
    private(set) var failure: (any Error)?
    /// The topmost row, without the badge, which the console adds.
    private let header: () -> HeaderBar
    /// The screens that can be gone to from anywhere; with their keys on the first screen only.
    private let places: (_ withKeys: Bool) -> [Command]
    /// What keeps the header fresh while somebody is there.
    private let refreshHeader: () -> Effect

    init(
        root: any Screen, board: TaskBoard, readOnlyReason: String?, header: @escaping () -> HeaderBar,
        places: @escaping (_ withKeys: Bool) -> [Command] = { _ in [] },
        refreshHeader: @escaping () -> Effect = { .none }
    ) {
        stack = [root]
        self.board = board
        self.readOnlyReason = readOnlyReason
        self.header = header
        self.places = places
        self.refreshHeader = refreshHeader
    }

    /// Lets the root screen begin.
    func start() {
        perform(screen.appear())
    }

    var screen: any Screen { stack[stack.count - 1] }

    var headerBar: HeaderBar {
        var bar = header()
        if readOnlyReason != nil { bar.badge = "READ-ONLY" }
        return bar
    }

    // MARK: Commands

    /// What works everywhere. A screen's own commands come first where they share a key or a name.
    var globalCommands: [Command] {
        places(stack.count == 1)
            + ownCommands.map { command in
                guard command.name == "quit", stack.count > 1 else { return command }
                var command = command
                command.hint = "back"
                return command
            }
    }

    private lazy var ownCommands: [Command] = [
        Command(
            name: "help", keys: [.character("?"), .function(1)], hint: "help", help: "Shows this page", group: .general
        ) {
            [unowned self] in
            screen is HelpScreen ? .back : .go(HelpScreen(about: screen.title.title, commands: workingCommands))
        },
        Command(
            name: "back", keys: [.left, .character("h"), .backspace], help: "Goes back to the screen before",
            group: .general,
            isEnabled: { [unowned self] in stack.count > 1 }
        ) { .back },
        Command(
            name: "quit", keys: [.character("q")], hint: "quit", help: "Goes back; on the first screen, ends regtop",
            group: .general
        ) { [unowned self] in stack.count > 1 ? .back : .quit },
        Command(
            name: "escape", keys: [.escape],
            help: "Ends the innermost of question, input, change, filter and scan; then goes back", group: .general
        ) { [unowned self] in escape() },
        Command(name: "command", keys: [.character(":")], help: "Runs a command by its name", group: .general) {
            [unowned self] in .prompt(commandPrompt)
        },
        Command(
            name: "command-line", keys: [.character("y")],
            help: "Shows the command that prints what is seen here, and copies it", group: .general,
            isEnabled: { [unowned self] in screen.twin != nil }
        ) { [unowned self] in screen.twin.map { .copy(CommandLineText.of($0)) } ?? .none },
        Command(name: "redraw", keys: [.control("l")], help: "Draws the screen anew", group: .general) {
            [unowned self] in
            needsRedraw = true
            return .none
        },
    ]

    /// Set by ^L; the loop resets it.
    var needsRedraw = false
    /// Set by whatever copies a text; the loop gives it to the terminal and resets it.
    var clipboard: String?

    /// Every command that does something right now, the screen's first.
    var workingCommands: [Command] {
        let own = screen.commands
        return (own + globalCommands.filter { global in !own.contains { $0.name == global.name } }).filter(works)
    }

    private func works(_ command: Command) -> Bool {
        command.isEnabled() && !(command.isChange && readOnlyReason != nil)
    }

    /// Carries a command out. The one place where a read-only session refuses changes.
    func run(_ command: Command, argument: String? = nil) {
        if command.group != .move { status = .none }
        if command.isChange, let readOnlyReason {
            status = .failure("This session is read-only: \(readOnlyReason)")
        } else if !command.isEnabled() {
            status = .info("\"\(command.name)\" means nothing here.")
        } else {
            perform(effect(of: command, argument))
        }
    }

    private func effect(of command: Command, _ argument: String?) -> Effect {
        guard let argument else { return command.action() }
        guard let accepting = command.argument else {
            return .say(.failure("\"\(command.name)\" takes nothing behind it."))
        }
        return accepting.action(argument)
    }

    // MARK: Effects

    func perform(_ effect: Effect) {
        switch effect {
        case .none: break
        case .go(let next):
            stack.append(next)
            perform(next.appear())
        case .replace(let next):
            board.abandon(owner: stack.removeLast())
            stack.append(next)
            perform(next.appear())
        case .back: goBack()
        case .reappear: perform(screen.appear())
        case .quit: quit()
        case .fail(let error):
            failure = error
            hasEnded = true
        case .ask(let query): start(query)
        case .cancel(let slot): perform(board.cancel(slot))
        case .propose(let proposal):
            guard case nil = overlay, proposal.owner === screen else {
                status = .info("\(proposal.title): not asked, because you were busy elsewhere; nothing was changed.")
                return
            }
            let panel = QuestionPanel(
                title: proposal.title, lines: proposal.lines, question: proposal.question, typed: proposal.typed)
            overlay = .question(panel, accept: proposal.accept)
        case .apply(let query):
            if let readOnlyReason {
                status = .failure("This session is read-only: \(readOnlyReason)")
            } else {
                start(query)
            }
        case .prompt(let prompt): overlay = .prompt(prompt, LineEditor(prompt.text))
        case .choose(let panel, let then): overlay = .choice(panel, then: then)
        case .say(let status): self.status = status
        case .copy(let text):
            clipboard = text
            status = .info(text)
        case .turnReadOnly(let reason):
            readOnlyReason = reason
            status = .failure("This session is read-only from now on: \(reason)")
        case .all(let effects): for effect in effects { perform(effect) }
        }
    }

    /// Takes up what the running queries have found.
    func drain() {
        for effect in board.drain() { perform(effect) }
    }

    /// Lets the header be asked for anew. Nobody waits for it.
    func beat() {
        perform(refreshHeader())
    }

    private func start(_ query: Query) {
        if !board.start(query) {
            status = .failure("A change is still running here; wait for it, or stop it with Esc.")
        }
    }

    private func goBack() {
        guard stack.count > 1 else { return }
        board.abandon(owner: stack.removeLast())
        perform(screen.appear())
    }

    private func quit() {
        let changes = board.activities.filter(\.isChange)
        guard let first = changes.first else {
            hasEnded = true
            return
        }
        let panel = QuestionPanel(
            title: "Quit", lines: changes.map { Line("still running: \($0.label)") },
            question: "Stop \(first.label) in between and quit?")
        overlay = .question(panel) { [unowned self] in
            hasEnded = true
            return .none
        }
    }

    /// A change first: who wants to stop one is in a hurry, and the filter can wait.
    private func escape() -> Effect {
        let running = board.activities.filter { $0.slot.owner === screen && $0.stopsOnEscape && !$0.isStopping }
        let changes = running.filter(\.isChange)
        if !changes.isEmpty { return .all(changes.map { .cancel($0.slot) } + [.say(.info("Stopping."))]) }
        if screen.escape() { return .none }
        if !running.isEmpty {
            return .all(running.map { .cancel($0.slot) } + [.say(.info("Stopped; what was found stays."))])
        }
        return stack.count > 1 ? .back : .say(.info("q quits."))
    }
}
