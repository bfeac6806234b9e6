/// What a command leads to. Screens return these; only the console carries them out.
enum Effect {
    case none
    case go(any Screen)
    /// Puts a screen in the place of the topmost one.
    case replace(any Screen)
    case back
    /// Tells the topmost screen that it may have to look again.
    case reappear
    case quit
    /// Ends the console for a reason that is told when the terminal has been given back.
    case fail(any Error)
    /// Starts a question to the store.
    case ask(Query)
    case cancel(Slot)
    /// Shows a frozen plan and asks.
    case propose(Proposal)
    /// Starts a change. Refused where changes are not allowed.
    case apply(Query)
    /// Lets a line of text be typed.
    case prompt(Prompt)
    /// Lets one of several answers be chosen.
    case choose(ChoicePanel, then: (Int) -> Effect)
    case say(Status)
    /// Shows a text in the status line and gives it to the terminal's clipboard.
    case copy(String)
    /// From now on nothing is changed any more, and why.
    case turnReadOnly(reason: String)
    case all([Effect])
}

/// What the status line says until the next command.
nonisolated enum Status: Sendable, Equatable {
    case none
    case info(String)
    case failure(String)
}

/// A change that waits for a yes.
struct Proposal {
    let title: String
    /// What will be done, as it will be done.
    let lines: [Line]
    let question: String
    /// What has to be typed for a yes; nil where `y` is enough.
    var typed: String?
    /// The screen that wants it. Asked while that is shown and nothing is being typed or asked there, dropped otherwise: a plan
    /// that takes a while must not catch a key that was meant for something else.
    let owner: any Screen
    let accept: () -> Effect
}

/// A line of text that somebody is asked for.
struct Prompt {
    let label: String
    var text = ""
    /// After every key that changed the text.
    var change: (String) -> Void = { _ in }
    /// On Esc.
    var cancel: () -> Void = {}
    /// On Tab: the text as far as it can only be meant.
    var complete: (String) -> String = { $0 }
    /// Whether arrows go on moving about the screen meanwhile.
    var passesMoves = false
    /// On Enter.
    let submit: (String) -> Effect
}
