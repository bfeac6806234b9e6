import AdminCore

/// `chunks` for people: facts, who needs the blob, a table of the chunks, the holes.
nonisolated enum ChunkText {
    /// How many users are written out.
    private static let longestList = 20

    static func plain(_ report: BlobReport, usedBy uses: [BlobUse]) -> String {
        let layout = report.layout
        var facts = FactLines()
        facts.add("path", report.path.string)
        facts.add("blob", layout.blob.string)
        facts.add("size", layout.size.map { "\($0) bytes" })
        facts.add("chunk size", "\(layout.chunkSize) bytes")
        facts.add("modified", TimeText.second(layout.head.modified))
        facts.add("state", report.state.rawValue)
        for use in uses.prefix(longestList) {
            facts.add("used by", use.tag.map { "\(use.repository):\($0)" } ?? "\(use.repository)@\(use.digest)")
        }
        if uses.count > longestList { facts.add("used by", "\(HumanText.count(uses.count - longestList)) more") }
        if uses.isEmpty, report.digest != nil { facts.add("used by", "nothing") }
        for hole in layout.holes { facts.add("hole", "\(hole.length) bytes at \(hole.offset)") }
        guard !layout.chunks.isEmpty else { return facts.text }
        return facts.text + "\n" + table(report)
    }

    private static func table(_ report: BlobReport) -> String {
        var table = PlainTable(
            .right("INDEX"), .left("OBJECT"), .right("OFFSET"), .right("LENGTH"), .right("EXPECTED"), .left("STATE"),
            .left("PG"), .left("OSDS"))
        for (chunk, placement) in zip(report.layout.chunks, report.placements) {
            table.add(
                String(chunk.index), chunk.object.description, String(chunk.offset),
                chunk.length.map { String($0) } ?? "", String(chunk.expected), chunk.state.rawValue,
                placement?.placementGroup ?? "", placement?.osds.map { String($0) }.joined(separator: ",") ?? "")
        }
        return table.text
    }
}

extension BlobReport {
    nonisolated func json(usedBy uses: [BlobUse]) -> JSONValue {
        [
            "path": .text(path), "blob": .text(layout.blob), "size": .bytes(layout.size),
            "chunkSize": .unsigned(layout.chunkSize), "modified": .time(layout.head.modified),
            "usedBy": .array(uses.map(\.json)),
            "chunks": .array(zip(layout.chunks, placements).map { $0.json(at: $1) }),
            "holes": .array(layout.holes.map { ["offset": .unsigned($0.offset), "length": .unsigned($0.length)] }),
            "state": .string(state.rawValue),
        ]
    }
}

extension BlobUse {
    nonisolated var json: JSONValue {
        ["repository": .text(repository), "tag": .text(tag), "digest": .text(digest)]
    }
}

extension ChunkLayout.Chunk {
    nonisolated func json(at placement: Placement?) -> JSONValue {
        [
            "index": .count(index), "object": .text(object), "offset": .unsigned(offset), "length": .bytes(length),
            "expected": .unsigned(expected), "state": .string(state.rawValue), "pg": .text(placement?.placementGroup),
            "osds": placement.map { .array($0.osds.map { .count($0) }) } ?? .null,
        ]
    }
}
