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
                row.repository.string, row.id, TimeText.second(row.lastKnown), age(of: row, now: now) ?? "",
                PlainTable.size(row.size), row.kind)
        }
        return table.text
    }

    /// `3d`, `5h`, `2min`: in the largest unit that it has one of; nil if nothing says it.
    static func age(of upload: UploadSummary, now: Date) -> String? {
        guard let began = upload.lastKnown else { return nil }
        let seconds = Int(max(0, now.timeIntervalSince(began)))
        return switch seconds {
        case 86_400...: "\(seconds / 86_400)d"
        case 3600...: "\(seconds / 3600)h"
        case 60...: "\(seconds / 60)min"
        default: "\(seconds)s"
        }
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
