import AdminCore
import Presentation
import SafeText
import ArgumentParser
import Foundation

/// `regtop ls PATH`
struct ListCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "List a directory of the driver's tree.",
        discussion: """
            This is the tree of the registry's storage driver: a directory is an object whose omap has the names of its \
            children, and a file is striped over chunk objects. ls shows an entry with an invalid name, such as `..`, as \
            invalid and never follows it.

            JSON: an array of {path, type, size, modified, blob}; type is file, directory or invalid.

            EXAMPLES:
              regtop ls /
              regtop ls /docker/registry/v2/repositories -f json
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions

    @Argument(
        help: ArgumentHelp("A directory or a file.", valueName: "path"), completion: .values(.path),
        transform: ArgumentText.path)
    var path: StoragePath = .root

    func run(in context: CommandContext) async throws {
        let storage = context.session.storage
        guard let entries = try await storage.entries(path) else {
            let status = try await storage.stat(path)
            let rows: [TreeRow]
            if case .file = status.kind { rows = [TreeRow(status)] } else { rows = [] }
            return try await show(rows, context)
        }
        let rows = try await context.rows(of: entries, phase: "entries") { entry -> TreeRow? in
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

/// `regtop stat PATH`
struct StatCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "stat",
        abstract: "Show a file or directory of the driver's tree.",
        discussion: """
            JSON: {path, type, size, modified, blob}; type is file or directory, blob the identifier of the file's chunks. \
            The date of a file is the date of its chunk 0.

            EXAMPLE:
              regtop stat /docker/registry/v2/repositories
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions

    @Argument(
        help: ArgumentHelp("A file or a directory.", valueName: "path"), completion: .values(.path),
        transform: ArgumentText.path)
    var path: StoragePath

    func run(in context: CommandContext) async throws {
        let row = TreeRow(try await context.session.storage.stat(path))
        try await context.print(format.format, json: row.json, plain: row.lines)
    }
}

/// A file, a directory or an invalid entry, for `ls` and `stat`.
nonisolated struct TreeRow: Sendable {
    /// The path; for an invalid entry the directory and the escaped name.
    let path: String
    /// `file`, `directory` or `invalid`.
    let type: String
    /// The size of a file in bytes; nil if it cannot be known.
    let size: UInt64?
    let modified: Date?
    /// The identifier of a file's chunks.
    let blob: String?
    /// The damage in a few words; nil if there is none.
    let problem: String?

    init(_ status: FileStatus) {
        path = status.path.string
        modified = status.modified
        switch status.kind {
        case .directory:
            (type, size, blob, problem) = ("directory", 0, nil, nil)
        case .file(let identifier):
            type = "file"
            blob = identifier.string
            problem = TreeRow.problem(status.head)
            size = status.size
        }
    }

    init(invalid entry: DirectoryEntry, in directory: StoragePath) {
        path = (directory.isRoot ? "" : directory.string) + "/" + entry.key.description
        (type, size, modified, blob) = ("invalid", nil, nil, nil)
        if case .invalid(let why) = entry.kind { problem = why } else { problem = nil }
    }

    /// - Parameter head: The head of a file; nil before it is read.
    init(_ entry: DirectoryEntry, _ head: FileHead?, in directory: StoragePath) {
        let place = entry.name.flatMap { try? directory.appending($0) }
        path = place?.string ?? (directory.isRoot ? "" : directory.string) + "/" + entry.key.description
        switch entry.kind {
        case .directory: (type, size, modified, blob, problem) = ("directory", 0, nil, nil, nil)
        case .file(let identifier):
            (type, size, modified) = ("file", head?.size, head?.modified)
            (blob, problem) = (identifier.string, head.flatMap { TreeRow.problem($0.state) })
        case .invalid(let why): (type, size, modified, blob, problem) = ("invalid", nil, nil, nil, why)
        }
    }

    private static func problem(_ head: FileHead.State) -> String? {
        switch head {
        case .sound: nil
        case .empty: "no chunks: either the file is empty, or all of them are lost"
        case .missing: "chunk 0, which has the size, is missing"
        case .badSize: "chunk 0 has no valid size"
        case .short: "chunk 0 is shorter than its part of the file"
        case .long: "chunk 0 is longer than a chunk"
        }
    }

    var json: JSONValue {
        [
            "path": .string(path), "type": .string(type), "size": .bytes(size), "modified": .time(modified),
            "blob": .text(blob),
        ]
    }

    /// Rows in columns.
    static func table(_ rows: [TreeRow]) -> String {
        var table = PlainTable(.left("TYPE"), .right("SIZE"), .left("MODIFIED"), .left("PATH"))
        for row in rows {
            table.add(
                row.type, row.type == "directory" ? "" : PlainTable.size(row.size), TimeText.second(row.modified),
                row.path)
        }
        return table.text
    }

    /// The row as facts.
    var lines: String {
        var facts = FactLines()
        facts.add("path", path)
        facts.add("type", type)
        facts.add("size", size.map { "\($0)" })
        facts.add("modified", TimeText.second(modified))
        facts.add("blob", blob)
        if let problem { facts.add("problem", problem) }
        return facts.text
    }
}
