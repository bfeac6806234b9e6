import Testing

@testable import Registry

@Suite("Walks over documents")
struct ManifestTraversalTests {
    private func digest(_ name: String) -> Digest { Digest.sha256(of: name.utf8) }

    private func manifest(_ json: String) throws -> Manifest { try Manifest(parsing: Array(json.utf8)) }

    private func index(of names: [String]) throws -> Manifest {
        let entries = names.map { "{\"digest\":\"\(digest($0))\"}" }.joined(separator: ",")
        return try manifest(
            "{\"schemaVersion\":2,\"mediaType\":\"\(ManifestType.ociIndex)\",\"manifests\":[\(entries)]}")
    }

    @Test func aManifestEntersAgainOnlyAtALowerDepth() {
        var walk = ManifestTraversal<Never>(limit: 3)
        let limit = Manifest.nestingLimit
        func enters(_ name: String, _ depth: Int) -> Bool { walk.enters(digest(name), depth: depth) }
        #expect([2, 2, 1, 5].map { enters("a", $0) } == [true, false, true, false])
        #expect(walk.depth(of: digest("a")) == 1 && walk.depth(of: digest("b")) == nil)
        #expect(["c", "b", "c"].map { enters($0, limit + 1) } == [false, false, false])
        #expect(walk.tooDeep == [digest("c"), digest("b")])
        let isIn = enters("b", limit)
        #expect(isIn && walk.tooDeep == [digest("c")])
        // The third one enters and the fourth one does not. The first one enters again, at a lower
        // depth.
        #expect(["d", "e", "a"].map { enters($0, 0) } == [true, false, true])
    }

    @Test func stepsCanBeTakenFromEitherEnd() {
        var (new, old) = (ManifestTraversal<Int>(), ManifestTraversal<Int>())
        for step in 1...3 {
            new.add(step)
            old.add(step)
        }
        var taken = [new.newest(), old.oldest()]
        new.add(4)
        old.add(4)
        for _ in 1...4 { taken.append(new.newest()) }
        for _ in 1...4 { taken.append(old.oldest()) }
        #expect(taken == [3, 1, 4, 2, 1, nil, 2, 3, 4, nil])
    }

    /// A ring of indexes, a manifest with a long and a short path to it, and a manifest that is too
    /// deep.
    @Test func factsAreWalkedNearestFirst() throws {
        var facts = RepositoryFacts()
        func add(_ name: String, _ children: [String]) throws {
            let blob = BlobFinding(size: 1, state: .ok, reason: "")
            facts.manifests[digest(name)] = ManifestFinding(blob: blob, manifest: try index(of: children), reason: "")
        }
        try add("root", ["ring", "0"])
        try add("ring", ["root", "ring", "9"])
        for number in 0...9 { try add("\(number)", ["\(number + 1)"]) }
        var met: [Digest] = []
        let tooDeep = facts.walk(from: [digest("root"), digest("root")]) { digest, _ in met.append(digest) }
        #expect(met == (["root", "ring", "0", "9", "1", "10", "2", "3", "4", "5", "6", "7"]).map(digest))
        #expect(tooDeep == [digest("8")])
        #expect(facts.parts(of: digest("7")) == ["8", "9", "10"].map(digest))
    }

    @Test func edgesTellHowACollectionKeepsTheirTargets() throws {
        let image = """
            {"schemaVersion":2,"mediaType":"\(ManifestType.ociManifest)","config":{"digest":"\(digest("c"))","size":3},
            "layers":[{"digest":"\(digest("l"))","size":5}],"subject":{"digest":"\(digest("s"))"}EXTRA}
            """
        func said(_ manifest: Manifest) -> [String] {
            manifest.edges.map { "\($0.kind) \($0.need) \($0.size ?? 0)" }
        }
        let plain = try manifest(image.replacing("EXTRA", with: ""))
        #expect(said(plain) == ["config blob 3", "layer blob 5", "subject manifest 0"])
        #expect(plain.edges.map(\.digest) == ["c", "l", "s"].map(digest))
        let unclear = try manifest(image.replacing("EXTRA", with: ",\"more\":[{\"digest\":\"\(digest("o"))\"}]"))
        #expect(said(unclear) == ["config either 3", "layer either 5", "other either 0", "subject manifest 0"])
        let entry = "{\"mediaType\":\"text/plain\",\"digest\":\"\(digest("b"))\"}"
        let list = try manifest(
            "{\"mediaType\":\"\(ManifestType.ociIndex)\",\"manifests\":[{\"digest\":\"\(digest("m"))\"},\(entry)]}")
        #expect(said(list) == ["layer either 0", "manifest manifest 0"])
        #expect(list.children.map(\.digest) == [digest("m")] && list.blobs.map(\.digest) == [digest("b")])
    }
}
