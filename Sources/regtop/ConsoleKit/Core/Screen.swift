/// One thing to look at. A screen holds a model; what it shows is a function of that model and a size.
protocol Screen: AnyObject {
    var title: TitleBar { get }
    /// All of them, always: the same list for every state. `isEnabled` says which mean something now.
    var commands: [Command] { get }
    /// When it comes to the top of the stack: the first time, and again when what was above it has gone.
    func appear() -> Effect
    /// At most `size.rows` lines.
    func lines(_ size: Size) -> [Line]
    /// Ends the innermost state that Esc can end, such as a filter; false if there is none.
    func escape() -> Bool
    /// What a click can choose something of; nil if there is nothing.
    var pointer: (any Pointable)? { get }
    /// The words of the command that prints what this screen shows; nil if there is none.
    var twin: [String]? { get }
}

extension Screen {
    func appear() -> Effect { .none }
    func escape() -> Bool { false }
    var pointer: (any Pointable)? { nil }
    var twin: [String]? { nil }
}
