import ArgumentParser

@main
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measures regtop on a throwaway cluster. Start it with scripts/bench.",
        subcommands: [
            TableCommand.self, GrowthCommand.self, MemoryCommand.self, ComputedCommand.self, RoundsCommand.self,
            ConsoleCommand.self,
        ],
        defaultSubcommand: TableCommand.self)
}
