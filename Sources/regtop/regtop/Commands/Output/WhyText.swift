import AdminCore

/// `why` for people: what keeps the blob, then every way to it.
nonisolated enum WhyText {
    static func plain(_ found: BlobExplanation) -> String {
        var facts = FactLines()
        facts.add("blob", found.digest.string)
        facts.add("size", found.size.map { "\($0) bytes" })
        facts.add("state", found.state.rawValue)
        facts.add("because", reason(found.state))
        for name in found.trash { facts.add("in the trash", name) }
        for name in found.quarantine { facts.add("quarantine", name) }
        for name in found.linkedIn { facts.add("linked in", "\(name), where no manifest needs it") }
        guard !found.uses.isEmpty else { return facts.text }
        var table = PlainTable(.left("REPOSITORY"), .left("TAG"), .left("WAY"))
        for use in found.uses {
            let way = use.path.isEmpty ? "itself" : use.path.map(PlainTable.short).joined(separator: ">")
            table.add(use.repository.string, use.tag ?? "", way)
        }
        return facts.text + "\n" + table.text
    }

    private static func reason(_ state: BlobExplanation.State) -> String {
        switch state {
        case .needed: "manifests need it"
        case .trash: "nothing needs it but what lies in the trash; it is reclaimable when that is emptied"
        case .quarantine: "nothing needed it, and a collection has taken it away"
        case .unreferenced: "nothing needs it: it is garbage, and reclaimable"
        case .missing: "it is not there"
        }
    }
}

extension BlobExplanation {
    nonisolated var json: JSONValue {
        [
            "digest": .text(digest), "state": .string(state.rawValue), "size": .bytes(size),
            "uses": .array(uses.map(\.jsonWithPath)), "trash": .array(trash.map { .string($0) }),
            "quarantine": .array(quarantine.map { .string($0) }), "linkedIn": .array(linkedIn.map { .text($0) }),
        ]
    }
}

extension BlobUse {
    /// The use with the way to it.
    nonisolated var jsonWithPath: JSONValue {
        [
            "repository": .text(repository), "tag": .text(tag), "digest": .text(digest),
            "path": .array(path.map { .text($0) }),
        ]
    }
}
