import AdminCore
import ArgumentParser

/// `regtop` without a subcommand.
struct ConsoleCommand: ConsoleStarting {
    static let configuration = CommandConfiguration(
        commandName: "console",
        abstract: "Open the console.",
        discussion: """
            What `regtop` without a subcommand does. `?` in the console explains its keys.

            EXAMPLES:
              regtop -p registry
              regtop --read-only --store sqlite:copy.db
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var look: LookOptions

    @MainActor
    func start(_ streams: StandardStreams) async throws -> Int32 {
        try await ConsoleStart.run(store.session(waiting: true), store.log, look)
    }
}
