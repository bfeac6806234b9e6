/// What shows frames to a person and hears what that person types: a full screen, or lines one after the other.
protocol Display: AnyObject {
    var size: Size { get }
    /// Everything that was typed or signalled since the last call. Never waits for more. ^Z is served in here.
    func read() -> Terminal.Input
    func show(_ frame: Frame)
    /// Shows everything anew, whatever is seen.
    func redraw()
    /// Gives a text to the terminal's clipboard, where it takes it.
    func copy(_ text: String)
    /// Gives the terminal back. Harmless when it was given back already.
    func stop()
}

extension Terminal: Display {}
