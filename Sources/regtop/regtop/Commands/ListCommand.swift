import AdminCore
import ArgumentParser

/// `regtop ls PATH`
struct ListCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "List a directory of the driver's tree.",
        discussion: """
            The tree as the registry's storage driver keeps it: a directory is an object whose omap names the children, a file is \
            striped over chunk objects. An entry that breaks the driver's rules, such as the name `..`, is shown as invalid and \
            never followed.

            JSON: an array of {path, type, size, modified, blob}; type is file, directory or invalid.

            EXAMPLES:
              regtop ls /
              regtop ls /docker/registry/v2/repositories -f json
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions

    @Argument(help: ArgumentHelp("The directory, or a file.", valueName: "path"), transform: ArgumentText.path)
    var path: StoragePath = .root

    func run(in context: CommandContext) async throws {
        let storage = context.session.storage
        guard let entries = try await storage.entries(path) else {
            let status = try await storage.stat(path)
            let rows: [TreeRow]
            if case .file = status.kind { rows = [TreeRow(status)] } else { rows = [] }
            return try await show(rows, context)
        }
        let rows = try await Windowed.map(entries, phase: "entries", in: context) { entry -> TreeRow? in
            guard let name = entry.name else { return TreeRow(invalid: entry, in: path) }
            do {
                return TreeRow(try await storage.stat(try path.appending(name)))
            } catch StorageError.notFound {
                return nil
            }
        }
        try await show(rows, context)
    }

    private func show(_ rows: [TreeRow], _ context: CommandContext) async throws {
        try await context.print(format.format, json: .array(rows.map(\.json)), plain: TreeRow.table(rows))
    }
}
