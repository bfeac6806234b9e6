import AdminCore
import ArgumentParser

/// `regtop stat PATH`
struct StatCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "stat",
        abstract: "Say what lies at a path of the driver's tree.",
        discussion: """
            JSON: {path, type, size, modified, blob}; type is file or directory, blob the identifier of a file's chunks. The date of a \
            file is that of its chunk 0.

            EXAMPLE:
              regtop stat /docker/registry/v2/repositories
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions

    @Argument(help: ArgumentHelp("A file or a directory.", valueName: "path"), transform: ArgumentText.path)
    var path: StoragePath

    func run(in context: CommandContext) async throws {
        let row = TreeRow(try await context.session.storage.stat(path))
        try await context.print(format.format, json: row.json, plain: row.lines)
    }
}
