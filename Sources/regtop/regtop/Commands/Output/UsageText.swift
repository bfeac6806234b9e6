import AdminCore

/// `du` for people.
nonisolated enum UsageText {
    static func plain(_ usage: Usage) -> String {
        var table = PlainTable(
            .left("NAME"), .right("BLOBS"), .right("SIZE"), .right("UNIQUE"), .right("SHARED"), .right("UNREAD"))
        for row in usage.repositories {
            table.add(
                row.name.string, String(row.blobs), PlainTable.size(row.size), PlainTable.size(row.unique),
                PlainTable.size(row.shared), row.unread == 0 ? "" : String(row.unread))
        }
        var facts = FactLines()
        facts.add("registry", "\(HumanText.bytes(usage.size)) in \(HumanText.count(usage.blobs, "blob"))")
        facts.add("unique", HumanText.bytes(usage.unique))
        facts.add("shared", HumanText.bytes(usage.shared))
        if !usage.isComplete { facts.add("incomplete", "it was stopped: these are parts, and unique is too large") }
        return table.text + "\n" + facts.text + (usage.pool.map { "\n" + plain($0) } ?? "")
            + (usage.poolObstacle.map { "\n" + VisibleText.of($0) + "\n" } ?? "")
    }

    private static func plain(_ pool: PoolUsage) -> String {
        var table = PlainTable(.left("FOR"), .right("OBJECTS"), .right("BYTES"))
        for purpose in PoolUsage.Purpose.allCases where pool[purpose].objects > 0 {
            table.add(purpose.name, String(pool[purpose].objects), PlainTable.size(pool[purpose].bytes))
        }
        table.add("total", String(pool.total.objects), PlainTable.size(pool.total.bytes))
        return table.text
    }

    static func plain(_ usage: RepositoryUsage) -> String {
        var table = PlainTable(
            .left("TAG"), .left("DIGEST"), .right("SIZE"), .right("UNIQUE"), .right("SHARED"))
        for item in usage.items {
            table.add(
                item.tag ?? "", item.digest.map(PlainTable.short) ?? "", PlainTable.size(item.size),
                PlainTable.size(item.unique), PlainTable.size(item.shared))
        }
        var facts = FactLines()
        facts.add("repository", usage.name.string)
        facts.add("size", HumanText.bytes(usage.size))
        facts.add("unique", HumanText.bytes(usage.unique))
        facts.add("shared", HumanText.bytes(usage.shared))
        return table.text + "\n" + facts.text
    }
}

extension Usage {
    nonisolated var json: JSONValue {
        [
            "complete": .bool(isComplete), "blobs": .count(blobs), "size": .unsigned(size), "unique": .unsigned(unique),
            "shared": .unsigned(shared), "repositories": .array(repositories.map(\.json)),
            "pool": pool?.json ?? .null,
        ]
    }
}

extension Usage.Repository {
    nonisolated var json: JSONValue {
        [
            "name": .text(name), "blobs": .count(blobs), "size": .unsigned(size), "unique": .unsigned(unique),
            "shared": .unsigned(shared), "unread": .count(unread),
        ]
    }
}

extension PoolUsage {
    nonisolated var json: JSONValue {
        .object(
            Purpose.allCases.map { JSONValue.Member(key: $0.name, value: self[$0].json) }
                + [JSONValue.Member(key: "total", value: total.json)])
    }
}

extension PoolUsage.Share {
    nonisolated var json: JSONValue { ["objects": .count(objects), "bytes": .unsigned(bytes)] }
}

extension RepositoryUsage {
    nonisolated var json: JSONValue {
        [
            "name": .text(name), "size": .unsigned(size), "unique": .unsigned(unique), "shared": .unsigned(shared),
            "items": .array(items.map(\.json)),
        ]
    }
}

extension RepositoryUsage.Item {
    nonisolated var json: JSONValue {
        [
            "tag": .text(tag), "digest": .text(digest), "size": .unsigned(size), "unique": .unsigned(unique),
            "shared": .unsigned(shared),
        ]
    }
}
