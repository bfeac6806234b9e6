import Foundation
import Testing

@testable import Registry

@Suite("Manifest: what is understood, and what is refused in a sentence") struct ManifestTests {
    static let a = "sha256:" + String(repeating: "a", count: 64)
    static let b = "sha256:" + String(repeating: "b", count: 64)

    static func problem(_ text: String) -> String? {
        do {
            _ = try Manifest(parsing: Array(text.utf8))
            return nil
        } catch let problem as ManifestProblem {
            return problem.text
        } catch {
            return "\(error)"
        }
    }

    @Test("schema 1: layers lowest first, repeated ones repeated; date and platform from the newest history")
    func schema1() throws {
        let text = #"""
            {"schemaVersion":1,"name":"x","tag":"y","architecture":"arm64",
             "fsLayers":[{"blobSum":"\#(Self.a)"},{"blobSum":"\#(Self.b)"},{"blobSum":"\#(Self.a)"}],
             "history":[{"v1Compatibility":"{\"created\":\"2016-02-29T12:00:00.123456789+01:00\",\"os\":\"linux\",\"architecture\":\"arm64\"}"},
                        {"v1Compatibility":"{}"},{"v1Compatibility":"not json"}]}
            """#
        let manifest = try Manifest(parsing: Array(text.utf8))
        #expect(manifest.mediaType == "application/vnd.docker.distribution.manifest.v1+prettyjws")
        #expect(manifest.layers.map(\.digest.string) == [Self.a, Self.b, Self.a])
        #expect(manifest.layers.allSatisfy { $0.size == nil })
        #expect(manifest.platform == "linux/arm64")
        #expect(abs((manifest.created?.timeIntervalSince1970 ?? 0) - 1_456_743_600.123456789) < 0.000_01)
        #expect(!manifest.isIndex)
    }

    @Test("OCI documents may leave their media type out")
    func inferred() throws {
        let image = try Manifest(
            parsing: Array(
                #"{"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"\#(Self.a)","size":2},"layers":[],"subject":{"digest":"\#(Self.b)","size":3}}"#
                    .utf8))
        #expect(image.mediaType == "application/vnd.oci.image.manifest.v1+json")
        #expect(image.config?.size == 2)
        #expect(image.subject?.digest.string == Self.b)
        let index = try Manifest(
            parsing: Array(
                #"{"schemaVersion":2,"manifests":[{"digest":"\#(Self.a)","size":5,"platform":{"os":"linux","architecture":"arm","variant":"v7"}},{"digest":"\#(Self.b)","size":6,"mediaType":"application/vnd.docker.image.rootfs.diff.tar.gzip"}]}"#
                    .utf8))
        #expect(index.mediaType == "application/vnd.oci.image.index.v1+json")
        #expect(index.manifests.map(\.platform) == ["linux/arm/v7", nil])
        #expect(index.manifests.map(\.namesManifest) == [true, false])
        #expect(index.isIndex)
    }

    @Test("layers that need not be there: with URLs, or of a nondistributable type")
    func foreign() throws {
        let manifest = try Manifest(
            parsing: Array(
                #"""
                {"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","config":{"digest":"\#(Self.a)"},
                 "layers":[{"digest":"\#(Self.b)","urls":["https://example.org/x"]},
                  {"digest":"\#(Self.b)","mediaType":"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"},
                  {"digest":"\#(Self.b)","mediaType":"application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"},
                  {"digest":"\#(Self.b)","urls":[]}]}
                """#.utf8))
        #expect(manifest.layers.map(\.isForeign) == [true, true, true, false])
    }

    @Test(
        "refused",
        arguments: [
            ("", "is not JSON"), ("not json", "is not JSON"), ("{", "is not JSON"), ("\u{0}\u{1}\u{ff}", "is not JSON"),
            ("[]", "has a wrong value in its outermost part"), ("42", "has a wrong value in its outermost part"),
            ("{}", "is a JSON document, but no manifest"),
            (#"{"schemaVersion":2,"mediaType":"x/\u001b[31m"}"#, #"has an unknown media type, x/\x1b[31m"#),
            (#"{"schemaVersion":2,"layers":[],"manifests":[]}"#, "names both layers and manifests"),
            (#"{"schemaVersion":2,"layers":[]}"#, "names no configuration"),
            (#"{"schemaVersion":1}"#, "names no layers"),
            (#"{"schemaVersion":2,"config":{"digest":"../../etc"}}"#, "names “../../etc”, which is no digest"),
            (#"{"schemaVersion":2,"config":{}}"#, "lacks the field “digest”"),
            (#"{"schemaVersion":2,"config":{"digest":5}}"#, "has a wrong value in “config.digest”"),
        ])
    func refused(_ text: String, _ reason: String) {
        #expect(ManifestTests.problem(text) == reason)
    }

    @Test(
        "sizes are hints: whatever stands there is told, and stands in nobody's way",
        arguments: [
            ("-1", nil, "-1"), ("0", 0, nil), ("9223372036854775808", 9_223_372_036_854_775_808, nil),
            ("18446744073709551616", nil, "18446744073709551616"), ("1e400", nil, "1e400"), ("8.1e3", nil, "8.1e3"),
            (#""7\u001b""#, nil, #"“7\x1b”"#), ("null", nil, nil), ("[{}]", nil, "something that is no number"),
        ] as [(String, UInt64?, String?)])
    func sizes(_ text: String, _ size: UInt64?, _ nonsense: String?) throws {
        let manifest = try Manifest(
            parsing: Array(#"{"schemaVersion":2,"layers":[],"config":{"digest":"\#(Self.a)","size":\#(text)}}"#.utf8))
        #expect(manifest.config?.size == size && manifest.config?.badSize == nonsense)
    }

    @Test("what is missing has no bytes, whatever manifests claim")
    func sums() async throws {
        var pool = RegistryPool()
        let list = (1...4).map { #"{"size":9223372036854775807,"digest":"\#(RegistryPool.digest($0))"}"# }
        pool.manifest(
            "a", RegistryPool.digest(9),
            #"{"schemaVersion":2,"config":\#(list[0]),"layers":[\#(list.joined(separator: ","))]}"#)
        pool.tag("a", "t", RegistryPool.digest(9))
        let row = try await pool.pass.summary(of: "a")
        #expect(row.size == 599)
        #expect(row.state == .damaged)
        #expect(try await pool.pass.tags(of: "a").map(\.size) == [599])
    }

    @Test("nesting 200,000 deep is refused before a parser sees it; brackets in strings do not count")
    func depth() {
        for bracket in ["[", #"{"a":"#] {
            let text = #"{"x":"# + String(repeating: bracket, count: 200_000)
            #expect(ManifestTests.problem(text) == "is nested too deeply")
        }
        let text = #"{"schemaVersion":2,"layers":[],"annotations":{"x":"\#(String(repeating: "[", count: 1000))\"["}}"#
        #expect(ManifestTests.problem(text) == "names no configuration")
        let history = String(repeating: "[", count: 100_000)
        let schema1 = #"{"schemaVersion":1,"fsLayers":[],"history":[{"v1Compatibility":"\#(history)"}]}"#
        #expect(ManifestTests.problem(schema1) == nil)
    }

    @Test(
        "times as images write them",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2000-02-29T23:59:59Z", 951_868_799), ("2026-11-23T20:36:46Z", 1_795_466_206),
            ("2026-11-23T21:36:46+01:00", 1_795_466_206), ("2026-11-23T15:06:46.000-05:30", 1_795_466_206),
            ("2100-03-01T00:00:00z", 4_107_542_400),
        ])
    func times(_ text: String, _ seconds: Double) {
        #expect(Timestamp.parse(text)?.timeIntervalSince1970 == seconds)
    }

    @Test(
        "no times",
        arguments: [
            "", "0001-01-01T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01", "2026-01-01T00:00:00",
            "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:00Zx", "2026-01-01T24:00:00Z", "２０２６-01-01T00:00:00Z",
        ])
    func noTimes(_ text: String) {
        #expect(Timestamp.parse(text) == nil)
    }
}
