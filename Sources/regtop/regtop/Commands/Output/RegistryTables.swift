import AdminCore

/// `repos` in columns.
nonisolated enum RepositoryTable {
    static func text(_ rows: [RepositorySummary], unique: [RepositoryName: UInt64]?) -> String {
        var table = PlainTable(
            .left("NAME"), .right("TAGS"), .right("REVISIONS"), .right("UPLOADS"), .right("SIZE"), .right("UNIQUE"),
            .left("MODIFIED"), .left("STATE"))
        for row in rows {
            table.add(
                row.name.string, String(row.tags), String(row.revisions), String(row.uploads),
                PlainTable.size(row.size), PlainTable.size(unique?[row.name]),
                TimeText.second(row.modified), row.state.rawValue)
        }
        return table.text
    }
}

/// `tags` in columns.
nonisolated enum TagTable {
    /// `rows` as `TagSummary.arranged` has them. Where something belongs to an image, two more columns say what it is, and to which.
    static func text(_ rows: [(tag: TagSummary, images: [String])]) -> String {
        let own: [PlainTable.Column] = [
            .left("TAG"), .left("DIGEST"), .right("SIZE"), .left("CREATED"), .left("MODIFIED"), .left("PLATFORMS"),
            .left("STATE"),
        ]
        let hasCompanions = rows.contains { $0.tag.companion != nil }
        var table = PlainTable(own + (hasCompanions ? [.left("COMPANION"), .left("OF")] : []))
        for (row, images) in rows {
            let subject = row.companion.map { PlainTable.short($0.subject) }
            table.add(
                row.tag, row.digest.map(PlainTable.short) ?? "", PlainTable.size(row.size),
                TimeText.second(row.created),
                TimeText.second(row.modified), row.place, row.state.rawValue,
                row.companion?.kind.rawValue ?? "", images.isEmpty ? subject ?? "" : images.joined(separator: ","))
        }
        return table.text
    }
}

extension TagSummary {
    /// For what it is; of what is no image, what it is.
    nonisolated fileprivate var place: String {
        guard let kind, kind.isSpecial else { return platforms.joined(separator: ",") }
        return "\(kind)".replacing(" ", with: "-")
    }
}
