import SafeText

/// The console without its terminal: a stack of screens, at most one question or input above them,
/// and a status line. Keys and results go in, frames come out; the console never waits.
package final class Console {
    enum Overlay {
        /// The query of this slot makes a plan, and its question follows.
        case planning(Slot)
        case question(QuestionPanel, accept: () -> Effect)
        case choice(ChoicePanel, then: (Int) -> Effect)
        case prompt(Prompt, LineEditor)
    }

    let board: TaskBoard
    /// From the first screen to the topmost one; never empty.
    private(set) var stack: [any Screen]
    var overlay: Overlay?
    /// The number of questions and choices so far.
    private(set) var asked = 0
    /// Returns true if the question on the screen has lost its subject.
    private var isMoot: () -> Bool = { false }
    /// Keys before this moment are dropped; nil if all keys count.
    private var deafUntil: ContinuousClock.Instant?
    /// True if the console ends as soon as no change runs.
    private var isLeaving = false
    var status = Status.none {
        didSet { messages.note(status) }
    }
    /// The messages of the session.
    private(set) var messages = Messages()
    /// The lines that were typed into inputs.
    var history: InputHistory
    /// The reason why changes are not allowed; nil if they are.
    private(set) var readOnlyReason: String?
    private(set) var hasEnded = false
    /// The error that ended the console; nil if the user ended it.
    package private(set) var failure: (any Error)?
    /// The top row, without the badge, which the console adds.
    private let header: () -> HeaderBar
    /// The screens that can be opened from everywhere; with hints on the first screen only.
    private let places: (_ withHints: Bool) -> [Command]
    private let refreshHeader: () -> Effect
    private let keyMap: KeyMap
    /// The colours and the use of the mouse; the loop passes changes to the terminal.
    var look: Look

    package init(
        root: any Screen, board: TaskBoard, readOnlyReason: String?, look: Look = Look(), keys: KeyMap = KeyMap(),
        header: @escaping () -> HeaderBar,
        places: @escaping (_ withHints: Bool) -> [Command] = { _ in [] },
        refreshHeader: @escaping () -> Effect = { .none }, history: InputHistory = InputHistory()
    ) {
        self.look = look
        keyMap = keys
        self.history = history
        stack = [root]
        self.board = board
        self.readOnlyReason = readOnlyReason
        self.header = header
        self.places = places
        self.refreshHeader = refreshHeader
    }

    /// Lets the first screen begin.
    func start() {
        perform(screen.appear())
    }

    var screen: any Screen { stack[stack.count - 1] }

    var headerBar: HeaderBar {
        var bar = header()
        if readOnlyReason != nil { bar.badge = "READ-ONLY" }
        return bar
    }

    /// Returns the whole screen. It depends on the model, the size and, for elapsed times, on
    /// `now`.
    func frame(_ size: Size, now: ContinuousClock.Instant = ContinuousClock.now) -> Frame {
        ConsoleFrame(console: self, size: size, now: now).frame
    }

    // MARK: - Commands

    /// The commands that work on every screen. A command of the screen with the same key or name
    /// comes first.
    var globalCommands: [Command] {
        places(stack.count == 1).map(elsewhere)
            + (ownCommands + lookCommands).map { command in
                guard command.name == "quit", stack.count > 1 else { return command }
                var command = command
                command.hint = "back"
                return command
            }
    }

    /// The commands of the screen with the keys of the user, then the other ones.
    var allCommands: [Command] { (screen.commands + globalCommands).map(keyMap.applied) }

    /// The key of a command for a sentence, or its name with a colon.
    private func key(_ name: String) -> String {
        allCommands.first { $0.name == name }?.keys.first?.label ?? ":\(name)"
    }

    /// A command that opens a screen which is not on the screen already.
    private func elsewhere(_ command: Command) -> Command {
        var command = command
        let open = command.action
        command.action = { [unowned self] in
            let effect = open()
            guard case .go(let next) = effect, Swift.type(of: next) == Swift.type(of: screen),
                next.title.title == screen.title.title
            else { return effect }
            return .say(.info("This is \(screen.title.title)."))
        }
        return command
    }

    private lazy var ownCommands: [Command] = [
        Command(
            name: "help", keys: [.character("?"), .function(1)], hint: "help", help: "Shows this page", group: .general
        ) {
            [unowned self] in
            screen is HelpScreen ? .back : .go(HelpScreen(about: screen.title.title, commands: workingCommands))
        },
        Command(
            name: "back", keys: [.left, .character("h"), .backspace], help: "Returns to the previous screen",
            group: .general, isEnabled: { [unowned self] in stack.count > 1 },
            whenDisabled: "This is the first screen; :quit ends regtop."
        ) { .back },
        Command(
            name: "quit", keys: [.character("q")], hint: "quit",
            help: "Returns to the previous screen; on the first screen, quits regtop", group: .general
        ) { [unowned self] in stack.count > 1 ? .back : .quit },
        Command(
            name: "escape", keys: [.escape],
            help: "Ends the innermost question, input, filter or scan, or a change after a question; else goes back",
            group: .general
        ) { [unowned self] in escape() },
        Command(
            name: "command", keys: [.character(":")], help: "Runs a command by its name, and lists the names",
            group: .general
        ) {
            [unowned self] in .prompt(commandPrompt)
        },
        Command(
            name: "yank", keys: [.character("y")],
            help: "Copies the shell command that prints this screen, or the name, digest, path or object of the row",
            group: .general, isEnabled: { [unowned self] in screen.twin != nil || !screen.copies.isEmpty },
            whenDisabled: "There is nothing to copy here."
        ) { [unowned self] in
            let line = screen.twin.map { CopyItem(.commandLine, CommandLineText.of($0)) }
            return CopyItem.copy([line].compactMap(\.self) + screen.copies)
        },
        Command(
            name: "command-line", keys: [],
            help: "Shows and copies the shell command that prints this screen", group: .general,
            isEnabled: { [unowned self] in screen.twin != nil },
            whenDisabled: "No shell command prints this screen."
        ) { [unowned self] in screen.twin.map { .copy(CommandLineText.of($0)) } ?? .none },
        Command(
            name: "messages", keys: [], help: "Shows all messages of this session, the latest first", group: .general
        ) { [unowned self] in
            screen is MessagesScreen ? .none : .go(MessagesScreen { [unowned self] in messages })
        },
        Command(name: "redraw", keys: [.control("l")], help: "Redraws the screen", group: .general) {
            [unowned self] in
            needsRedraw = true
            return .none
        },
    ]

    /// The width of the screen at the last key.
    private(set) var columns = 0
    /// Set by ^L; the loop resets it.
    var needsRedraw = false
    /// A text to copy; the loop sends it to the terminal and resets it.
    var clipboard: String?

    /// Every command that works at the moment, the screen's own first.
    var workingCommands: [Command] { namedCommands.filter(works) }

    /// The commands of the screen, then the other ones with names of their own.
    private var namedCommands: [Command] {
        var names: Set<String> = []
        return allCommands.filter { names.insert($0.name).inserted }
    }

    func works(_ command: Command) -> Bool { obstacle(to: command) == nil }

    /// The reason why a command does not work at the moment; nil if it works.
    private func obstacle(to command: Command) -> String? {
        if command.isChange, let readOnlyReason { return "This session is read-only: \(readOnlyReason)" }
        if command.isEnabled() { return nil }
        if let reason = command.whenDisabled() { return reason }
        let key = command.keys.first?.label ?? ":\(command.name)"
        return "Not possible here. \(key) \(command.help.prefix(1).lowercased())\(command.help.dropFirst())."
    }

    /// Carries a command out. This is the only place where a read-only session refuses changes.
    func run(_ command: Command, argument: String? = nil) {
        if command.group != .move { status = .none }
        if let obstacle = obstacle(to: command) {
            status = command.isChange && readOnlyReason != nil ? .failure(obstacle) : .info(obstacle)
        } else {
            perform(effect(of: command, argument))
        }
    }

    private func effect(of command: Command, _ argument: String?) -> Effect {
        guard let argument else { return command.action() }
        guard let accepting = command.argument else {
            return .say(.failure(":\(command.name) takes no argument."))
        }
        return accepting.action(argument)
    }

    private var commandPrompt: Prompt {
        let names = CommandNames(commands: workingCommands)
        // A command that does not work at the moment tells why.
        let all = CommandNames(commands: namedCommands)
        let palette = CommandPalette(all) { [unowned self] in obstacle(to: $0) }
        return Prompt(
            label: ":", complete: names.completed, history: "command", candidates: palette.list
        ) { [unowned self] line in
            switch (names.parse(line), all.parse(line)) {
            case (.success((let command, let argument)), _), (.failure, .success((let command, let argument))):
                run(command, argument: argument)
            case (.failure(let problem), _): return .say(.failure(problem.description))
            case (nil, _): break
            }
            return .none
        }
    }

    /// Stops running changes first: a user who wants to stop one is in a hurry, and the filter can
    /// wait.
    private func escape() -> Effect {
        let running = board.activities.filter { $0.slot.owner === screen && $0.stopsOnEscape && !$0.isStopping }
        if let change = running.first(where: \.isChange) { return .cancel(change.slot) }
        if screen.escape() { return .none }
        if !running.isEmpty {
            return .all(running.map { .cancel($0.slot) } + [.say(.info("Stopped; the results so far stay."))])
        }
        return stack.count > 1 ? .back : .say(.info("\(key("quit")) quits."))
    }

    // MARK: - Effects

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
        case .restart(let root, let reason): restart(root, reason)
        case .reappear: perform(screen.appear())
        case .quit: quit()
        case .fail(let error):
            failure = error
            hasEnded = true
        case .ask(let query): start(query)
        case .cancel(let slot): stop(slot)
        case .propose(let proposal): propose(proposal)
        case .apply(let query):
            if let readOnlyReason {
                status = .failure("This session is read-only: \(readOnlyReason)")
            } else {
                start(query)
            }
        case .prompt(let prompt): overlay = .prompt(prompt, LineEditor(prompt.text))
        case .choose(let panel, let then): ask(.choice(panel, then: then))
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

    /// Takes the results of the running queries.
    func drain() {
        let effects = board.drain()
        if case .question = overlay, isMoot() { overlay = nil }
        for effect in effects { perform(effect) }
        if case .planning(let slot) = overlay, !board.isRunning(slot) { overlay = nil }
        if isLeaving, changes.isEmpty { hasEnded = true }
    }

    private var changes: [TaskBoard.Activity] { board.activities.filter(\.isChange) }

    /// Ends a query. If it is a change, asks before.
    private func stop(_ slot: Slot) {
        guard let change = changes.first(where: { $0.slot == slot && !$0.isStopping }) else {
            return perform(board.cancel(slot))
        }
        let panel = QuestionPanel(
            title: "Stop the \(change.noun)", lines: [Self.amount(of: change)],
            question: "Stop the \(change.noun)\(Self.completion(of: change))?",
            declined: "The \(change.noun) goes on.")
        ask(
            .question(panel) { [unowned self] in
                status = .info("The \(change.noun) stops\(Self.completion(of: change)).")
                return board.cancel(slot)
            }, until: { [unowned self] in !board.isRunning(slot) })
    }

    /// A running query with its progress.
    private static func amount(of activity: TaskBoard.Activity) -> Line {
        let amount = activity.progress.amount
        return Line(activity.label + (amount.isEmpty ? "" : ": \(amount)"))
    }

    private static func completion(of change: TaskBoard.Activity) -> String {
        change.completes.map { " after \($0)" } ?? ""
    }

    /// Starts a refresh of the header. Nothing waits for it.
    func beat() {
        perform(refreshHeader())
    }

    /// Lets the screen look for changes of its subject, unless something runs: then the screen is
    /// being read, or the user waits.
    func lookAtSubject() {
        if board.activities.allSatisfy(\.isHousekeeping) { perform(screen.look()) }
    }

    private func start(_ query: Query) {
        if !board.start(query) {
            status = .failure("A change is still running here; wait for it, or stop it with Esc.")
        } else if query.isPlanning {
            overlay = .planning(query.slot)
        }
    }

    private func propose(_ proposal: Proposal) {
        guard !isAsking, proposal.owner === screen else {
            status = .info("\(proposal.panel.title): not asked while you were busy elsewhere. Nothing was changed.")
            return
        }
        ask(.question(proposal.panel, accept: proposal.accept))
    }

    /// True while a question, a choice or an input takes the keys.
    private var isAsking: Bool {
        switch overlay {
        case .planning, nil: false
        case .question, .choice, .prompt: true
        }
    }

    /// True while a question or a choice is above the screen.
    var isQuestioning: Bool {
        switch overlay {
        case .question, .choice: true
        case .planning, .prompt, nil: false
        }
    }

    /// Puts a question or a choice above the screen.
    ///
    /// - Parameter isMoot: Returns true if the question has lost its subject; it disappears then.
    private func ask(_ question: Overlay, until isMoot: @escaping () -> Bool = { false }) {
        asked += 1
        overlay = question
        self.isMoot = isMoot
    }

    private func goBack() { goBack(to: stack.count - 2) }

    /// Returns to a screen by its index in the stack.
    func goBack(to index: Int) {
        guard index >= 0, stack.count > index + 1 else { return }
        while stack.count > index + 1 { board.abandon(owner: stack.removeLast()) }
        perform(screen.appear())
    }

    private func restart(_ root: any Screen, _ reason: String?) {
        board.cancelAll()
        overlay = nil
        stack = [root]
        readOnlyReason = reason
        perform(root.appear())
    }

    /// Quits; asks before, if anything runs that the user can stop.
    private func quit() {
        let changes = changes
        guard let first = changes.first else { return askToLeaveTasks() }
        if isLeaving { return askToQuitAtOnce(changes) }
        let (noun, pronoun) = changes.count == 1 ? (first.noun, "it") : ("changes", "them")
        let panel = QuestionPanel(
            title: Self.quitTitle, lines: changes.map(Self.amount),
            question: "Stop \(pronoun)\(Self.completion(of: first)) and quit?",
            declined: "The \(noun) \(changes.count == 1 ? "goes" : "go") on.")
        ask(
            .question(panel) { [unowned self] in
                isLeaving = true
                status = .info("regtop quits\(Self.completion(of: first)); \(key("quit")) quits at once.")
                return .all(self.changes.map { board.cancel($0.slot) })
            })
    }

    /// Quits, after a question if tasks run.
    private func askToLeaveTasks() {
        let tasks = board.activities.filter { !$0.isHousekeeping && $0.stopsOnEscape }
        guard let first = tasks.first else {
            hasEnded = true
            return
        }
        let (pronoun, rest) = tasks.count == 1 ? ("it", "\(first.label) goes on.") : ("them", "The tasks go on.")
        let panel = QuestionPanel(
            title: Self.quitTitle, lines: tasks.map(Self.amount), question: "Stop \(pronoun) and quit?", declined: rest)
        ask(
            .question(panel) { [unowned self] in
                hasEnded = true
                return .none
            })
    }

    private func askToQuitAtOnce(_ changes: [TaskBoard.Activity]) {
        let panel = QuestionPanel(
            title: Self.quitTitle,
            lines: changes.map(Self.amount) + [
                Line("The next change, or regtop recover, completes or undoes what is half done.")
            ],
            question: "Quit at once?", declined: "regtop quits when the \(changes.first?.noun ?? "change") has stopped."
        )
        ask(
            .question(panel) { [unowned self] in
                hasEnded = true
                return .none
            })
    }

    private static let quitTitle = "Quit"

    /// Handles ^C. Asks, as `q` does on the first screen, if a change runs and ^C did not come
    /// before; returns false if the console has to end.
    func interrupt() -> Bool {
        if case .question(let panel, _) = overlay, panel.title == Self.quitTitle { return false }
        guard !changes.isEmpty, !isLeaving else { return false }
        quit()
        return true
    }

    // MARK: - Keys

    /// Handles a key.
    ///
    /// - Parameters:
    ///   - size: The size of the whole screen, for moves by pages and for the mouse.
    ///   - isHurried: True if the key came faster than a person answers a question.
    ///   - now: The time of the key.
    func handle(
        _ key: Key, size: Size, isHurried: Bool = false, now: ContinuousClock.Instant = ContinuousClock.now
    ) {
        columns = size.columns
        if case .mouse(let event) = key { return point(event, size) }
        if let deafUntil {
            if now < deafUntil { return swallow(now) }
            self.deafUntil = nil
        }
        switch overlay {
        case .planning(let slot): if key == .escape { stopPlanning(slot) }
        case .question(let panel, let accept): answer(key, isHurried, panel, accept, size, now)
        case .choice(let panel, let then): choose(key, isHurried, panel, then)
        case .prompt(let prompt, let editor): type(key, prompt, editor)
        case nil:
            if let command = command(for: key) {
                run(command)
            } else if key == .enter {
                status = .info("Enter opens nothing here.")
            } else if case .character = key, !isHurried {
                status = .info("The key \(key.label) does nothing here; \(self.key("help")) lists the keys.")
            }
        }
        if case .paste = key { refusePaste() }
    }

    /// The pause after which typed keys count again, once a key that is no answer has ended a
    /// question: the keys behind it belong to the same text.
    static let pause = Duration.milliseconds(500)

    /// Drops a key of a text that has ended a question.
    private func swallow(_ now: ContinuousClock.Instant) {
        deafUntil = now.advanced(by: Self.pause)
        if case .info(let text) = status, !text.hasSuffix(Self.dropped) { status = .info(text + Self.dropped) }
    }

    private static let dropped = " The keys that followed were ignored."

    private func stopPlanning(_ slot: Slot) {
        overlay = nil
        perform(.cancel(slot))
    }

    /// Says that a pasted text was neither a command nor an answer.
    private func refusePaste() {
        switch overlay {
        case .prompt, .planning: break
        case .question(let panel, _) where panel.typed != nil:
            status = .info("Pasted text is not taken here; type it.")
        case .question, .choice: status = .info("Pasted text is no answer.")
        case nil: status = .info("Pasted text is no command; it goes into an input, such as / or :.")
        }
    }

    private func command(for key: Key) -> Command? {
        let all = allCommands
        var candidates = all.filter { $0.keys.contains(key) }
        if candidates.isEmpty, let name = keyMap.command(of: key) { candidates = all.filter { $0.name == name } }
        return candidates.first { $0.isEnabled() } ?? candidates.first
    }

    /// Moves on the screen, whatever keys the user gave to the move.
    func move(_ name: String) {
        if let move = screen.commands.first(where: { $0.name == name && $0.group == .move }) { run(move) }
    }

    /// Scrolls by a row: the question or the candidates above the screen, or else the screen.
    func scroll(_ key: Key, size: Size) {
        switch overlay {
        case .prompt(let prompt, let editor):
            if prompt.passesMoves {
                move(Self.moves[key] ?? "")
            } else if !prompt.list.candidates.isEmpty {
                choose(key == .up ? -1 : 1, prompt, editor)
            }
        case .question, .choice: handle(key, size: size)
        case .planning: break
        case nil: move(Self.moves[key] ?? "")
        }
    }

    /// The moves that an input and the wheel pass on to the screen.
    static let moves: [Key: String] = [
        .up: "up", .down: "down", .pageUp: "page-up", .pageDown: "page-down",
    ]

    private func answer(
        _ key: Key, _ isHurried: Bool, _ panel: QuestionPanel, _ accept: @escaping () -> Effect, _ size: Size,
        _ now: ContinuousClock.Instant
    ) {
        var panel = panel
        let room = ConsoleFrame(console: self, size: size, now: now).room
        let answer = panel.handle(key, room, isHurried: isHurried)
        overlay = [.yes, .no, .other].contains(answer) ? nil : .question(panel, accept: accept)
        switch answer {
        case .yes: perform(accept())
        case .no: status = .info(panel.declined)
        case .other:
            status = .info(panel.declined)
            deafUntil = now.advanced(by: Self.pause)
        case .unseen: status = .failure("Read the whole summary first: ↓ or PgDn shows the rest.")
        case .mistyped:
            status = .failure("This is another text than \(panel.typed ?? ""): correct it, or leave with Esc.")
        case nil:
            // What was said about the former answer does not stay beside the next one.
            if case .paste = key { break }
            if !isHurried { status = .none }
        }
    }

    private func choose(
        _ key: Key, _ isHurried: Bool, _ panel: ChoicePanel, _ then: @escaping (Int) -> Effect
    ) {
        guard !isHurried || key == .escape else { return }
        var panel = panel
        let answer = panel.handle(key)
        overlay = answer == nil ? .choice(panel, then: then) : nil
        switch answer {
        case .chosen(let number): perform(then(number))
        case .nothing: status = .info(panel.declined)
        case nil: break
        }
    }
}
