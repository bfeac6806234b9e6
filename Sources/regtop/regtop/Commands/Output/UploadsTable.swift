import AdminCore
import Foundation

/// `uploads` in columns.
nonisolated enum UploadsTable {
    static func text(_ rows: [UploadSummary], now: Date) -> String {
        var table = PlainTable(
            .left("REPOSITORY"), .left("ID"), .left("STARTED"), .right("AGE"), .right("SIZE"),
            .left("KIND"))
        for row in rows {
            table.add(
                row.repository.string, row.id, TimeText.second(row.lastKnown), row.age(at: now) ?? "",
                PlainTable.size(row.size), row.kind)
        }
        return table.text
    }
}

extension UploadSummary {
    /// What it is, in a word.
    nonisolated var kind: String { isStray ? "file" : "upload" }

    nonisolated var json: JSONValue {
        let fallback = started == nil && lastKnown != nil
        let json: JSONValue = [
            "repository": .text(repository), "id": .string(id), "started": .time(lastKnown), "size": .unsigned(size),
        ]
        return json.adding("startedFrom", fallback ? .string(written == nil ? "directory" : "chunk") : nil)
            .adding("kind", isStray ? .string(kind) : nil)
    }
}
