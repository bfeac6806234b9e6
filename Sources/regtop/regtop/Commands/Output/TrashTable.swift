import AdminCore

/// `trash ls` in columns.
nonisolated enum TrashTable {
    static func text(_ items: [TrashItem]) -> String {
        var table = PlainTable(
            .left("ID"), .left("KIND"), .left("DELETED"), .left("BY"), .right("SIZE"), .right("RECLAIMABLE"),
            .text("NAME"))
        for item in items {
            table.add(
                item.id, item.kind.rawValue, TimeText.second(item.deleted), item.by ?? "", PlainTable.size(item.bytes),
                PlainTable.size(item.reclaimable), item.name)
        }
        return table.text
    }
}

extension TrashItem {
    nonisolated var json: JSONValue {
        [
            "id": .string(id), "name": .string(name), "kind": .string(kind.rawValue), "deleted": .time(deleted),
            "by": .text(by), "bytes": .bytes(bytes), "reclaimable": .bytes(reclaimable),
        ]
    }
}
