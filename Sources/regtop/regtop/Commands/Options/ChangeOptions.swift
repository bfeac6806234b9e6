import ArgumentParser

/// What every command has that changes something.
struct ChangeOptions: ParsableArguments {
    @Flag(name: [.short, .long], help: "Don't ask. Without a terminal nothing is changed unless this is given.")
    var yes = false

    @Flag(name: .long, help: "Show what would be changed, and end.")
    var dryRun = false
}
