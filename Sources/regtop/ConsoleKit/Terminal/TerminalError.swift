/// Why there can be no full screen here. Each is one sentence that says what to do.
nonisolated enum TerminalError: ProgramError, Equatable {
    case notATerminal(String)
    case unusableType(String?)
    case system(String, code: Int32)

    var description: String {
        switch self {
        case .notATerminal(let stream):
            "The console needs a terminal, but standard \(stream) is none; use a command such as \"regtop repos\" here."
        case .unusableType(nil):
            "The console needs to know the terminal, but TERM is not set; set it, for example to xterm-256color."
        case .unusableType(let type?):
            "The console cannot draw on a terminal of the type \"\(VisibleText.of(type))\"; set TERM to what the terminal is, "
                + "or use a command such as \"regtop repos\"."
        case .system(let what, let code):
            "The console could not \(what): error \(code)."
        }
    }
}
