import AdminCore
import Foundation

/// What lies at a path, as `ls` and `stat` show it.
nonisolated struct TreeRow: Sendable {
    /// The path; for an invalid entry, its directory and the escaped name.
    let path: String
    /// `file`, `directory` or `invalid`.
    let type: String
    /// Bytes of a file; nil if that cannot be known.
    let size: UInt64?
    let modified: Date?
    /// The identifier of a file's chunks.
    let blob: String?
    /// What is wrong, in a few words.
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

    private static func problem(_ head: FileHead.State) -> String? {
        switch head {
        case .sound: nil
        case .empty: "no chunk: an empty file, as the old driver leaves it, or one that has lost them all"
        case .missing: "chunk 0 is missing, and the size with it"
        case .badSize: "chunk 0 carries no valid size"
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

    /// Many, in columns; the path comes last, for it is the longest.
    static func table(_ rows: [TreeRow]) -> String {
        var table = PlainTable(.left("TYPE"), .right("SIZE"), .left("MODIFIED"), .left("PATH"))
        for row in rows {
            table.add(
                row.type, row.type == "directory" ? "" : PlainTable.size(row.size), TimeText.second(row.modified),
                row.path)
        }
        return table.text
    }

    /// One, as facts.
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
