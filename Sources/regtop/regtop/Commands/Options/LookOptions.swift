import ArgumentParser

/// How the console looks and listens.
struct LookOptions: ParsableArguments {
    @Flag(help: "Leave the mouse to the terminal, for choosing text with it.")
    var noMouse = false

    @Flag(help: "Write line by line what is new, for screen readers: no boxes, nothing drawn twice.")
    var linear = false

    /// What the options say; where they say nothing, the configuration does.
    func look(_ settings: Settings) -> Look { Look(hasMouse: !noMouse && settings.hasMouse, isLinear: linear) }
}
