import Foundation

/// A subject to look at. A screen holds a model; its lines are a function of the model and a size.
package protocol Screen: AnyObject {
    var title: TitleBar { get }
    /// The same commands in every state; `isEnabled` tells which of them work at the moment.
    var commands: [Command] { get }
    /// Called whenever the screen comes to the top of the stack.
    func appear() -> Effect
    /// Called every few seconds while the user is present. The effect should cost next to nothing.
    func look() -> Effect
    /// Returns at most `size.rows` lines.
    func lines(_ size: Size) -> [Line]
    /// Ends the innermost state that Esc can end, such as a filter; returns false if there is none.
    func escape() -> Bool
    /// The part of the screen that takes clicks; nil for none.
    var pointer: (any Pointable)? { get }
    /// The texts that can be copied here, beside the command line.
    var copies: [CopyItem] { get }
    /// The words of the command that prints the content of this screen; nil if there is none.
    var twin: [String]? { get }
}

extension Screen {
    package func appear() -> Effect { .none }
    package func look() -> Effect { .none }
    package func escape() -> Bool { false }
    package var pointer: (any Pointable)? { nil }
    package var copies: [CopyItem] { pointer?.copies ?? [] }
    package var twin: [String]? { nil }
}

/// A part of a screen on which a click chooses something.
package protocol Pointable: AnyObject {
    /// Chooses the content at a place of the screen's body, which has `rows` rows.
    func point(at row: Int, _ column: Int, of rows: Int) -> Pointed
    /// The texts of the chosen content that can be copied.
    var copies: [CopyItem] { get }
    /// The number of rows above the window. The title says it.
    var rowsAbove: Int { get }
    /// The number of rows below the window. The title says it.
    var rowsBelow: Int { get }
    /// True if a wide console shows the details beside the screen; false if the screen has them.
    var hasDetailsBeside: Bool { get }
    /// True if there is nothing to choose.
    var isEmpty: Bool { get }
    /// Returns what is known about the chosen content; no lines if there is none.
    func details(_ columns: Int) -> [Line]
}

/// The meaning of a place on a screen.
package enum Pointed {
    case nothing
    /// A row, which is under the cursor now.
    case row
    case action(Effect)
}

/// The result of a command. Screens return effects; only the console carries them out.
package enum Effect {
    case none
    case go(any Screen)
    /// Replaces the topmost screen.
    case replace(any Screen)
    case back
    /// Begins again with this screen as the first one. Abandons all queries, so no change may run.
    /// A reason forbids changes.
    case restart(any Screen, readOnlyReason: String?)
    /// Calls `appear` of the topmost screen again.
    case reappear
    case quit
    /// Ends the console with an error, to be shown after the terminal is restored.
    case fail(any Error)
    /// Starts a query that changes nothing.
    case ask(Query)
    case cancel(Slot)
    /// Shows a plan and asks whether to carry it out.
    case propose(Proposal)
    /// Starts a change. The console refuses it if changes are not allowed.
    case apply(Query)
    /// Asks for a line of text.
    case prompt(Prompt)
    /// Asks for one of several answers.
    case choose(ChoicePanel, then: (Int) -> Effect)
    case say(Status)
    /// Shows a text in the status line and copies it into the clipboard of the terminal.
    case copy(String)
    /// Allows no more changes, for this reason.
    case turnReadOnly(reason: String)
    case all([Effect])
}

/// The text of the status line until the next command.
package nonisolated enum Status: Sendable, Equatable {
    case none
    case info(String)
    case failure(String)
}

/// A change that waits for a yes.
package struct Proposal {
    /// The question with its plan.
    let panel: QuestionPanel
    /// The screen of the proposal. The console asks only while it shows this screen without a
    /// question or an input, and drops the proposal otherwise: a key that is meant for something
    /// else must not answer a plan that arrives late.
    let owner: any Screen
    let accept: () -> Effect

    /// - Parameters:
    ///   - summary: The part of the plan that must have been on the screen before a yes.
    ///   - lines: The rest of the plan, exactly as it will be carried out.
    ///   - typed: The text to type for a yes; nil if `y` is enough.
    ///   - isPermanent: True if nothing brings back what the change takes away.
    package init(
        title: String, summary: [Line] = [], lines: [Line], question: String, typed: String? = nil,
        isPermanent: Bool = false, owner: any Screen, accept: @escaping () -> Effect
    ) {
        panel = QuestionPanel(
            title: title, summary: summary, lines: lines, question: question, typed: typed, isPermanent: isPermanent)
        self.owner = owner
        self.accept = accept
    }
}

/// A line of text to ask for.
package struct Prompt {
    let label: String
    var text = ""
    /// The reason why the text was not accepted, shown below it until it changes.
    var problem: String?
    /// Called after every key that changed the text.
    var change: (String) -> Void = { _ in }
    /// Called on Esc.
    var cancel: () -> Void = {}
    /// Called on Tab; returns the text, completed as far as it is unambiguous.
    var complete: (String) -> String = { $0 }
    /// Called with the text for every frame; returns the reason why it is not acceptable yet.
    var judge: (String) -> String? = { _ in nil }
    /// True if Down and the page keys still move the cursor of the screen.
    var passesMoves = false
    /// The kind of the input, whose earlier lines Up recalls; nil for none.
    var history: String?
    /// Returns the candidates for a text; called whenever the text changes.
    var candidates: (String) -> CandidateList = { _ in CandidateList() }
    /// The candidates for the present text.
    var list = CandidateList()
    /// The number of lines that Up went back, and the text that was typed before.
    var recalled: (back: Int, draft: String)?
    /// Called on Enter.
    let submit: (String) -> Effect

    package init(
        label: String, text: String = "", problem: String? = nil, change: @escaping (String) -> Void = { _ in },
        cancel: @escaping () -> Void = {}, complete: @escaping (String) -> String = { $0 },
        judge: @escaping (String) -> String? = { _ in nil }, passesMoves: Bool = false, history: String? = nil,
        candidates: @escaping (String) -> CandidateList = { _ in CandidateList() }, submit: @escaping (String) -> Effect
    ) {
        self.label = label
        self.text = text
        self.problem = problem
        self.change = change
        self.cancel = cancel
        self.complete = complete
        self.judge = judge
        self.passesMoves = passesMoves
        self.history = history
        self.candidates = candidates
        list = candidates(text)
        self.submit = submit
    }

    /// Returns a text completed as far as it is unambiguous; the text itself if it is empty or no
    /// choice begins with it.
    package static func completed(_ text: String, _ choices: [String]) -> String {
        let found = choices.filter { $0.hasPrefix(text) }
        guard let first = found.first, !text.isEmpty else { return text }
        return found.dropFirst().reduce(first) { $0.commonPrefix(with: $1) }
    }
}
