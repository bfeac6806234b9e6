import Foundation
import Testing

@testable import Registry

/// The details of a manifest in addition to its blobs: its kind, its date, the labels of an index's
/// parts, and wrong sizes.
@Suite struct ImageDetailTests {
    private static let digest = RegistryPool.digest
    private static let ociManifest = "application/vnd.oci.image.manifest.v1+json"
    private static let imageConfig = "application/vnd.oci.image.config.v1+json"

    private static func document(
        config: String, layers: [String] = [], artifact: String? = nil, rest: String = ""
    ) -> String {
        let list = layers.enumerated().map { #"{"mediaType":"\#($1)","size":100,"digest":"\#(digest(10 + $0))"}"# }
        let type = artifact.map { #","artifactType":"\#($0)""# } ?? ""
        return #"{"schemaVersion":2,"mediaType":"\#(ociManifest)"\#(type),"config":{"mediaType":"\#(config)","size":2,"#
            + #""digest":"\#(digest(9))"},"layers":[\#(list.joined(separator: ","))]\#(rest)}"#
    }

    @Test(
        arguments: [
            (imageConfig, ["application/vnd.oci.image.layer.v1.tar+gzip"], nil, "image"),
            ("application/vnd.docker.container.image.v1+json", [], nil, "image"),
            (
                "application/vnd.cncf.helm.config.v1+json", ["application/vnd.cncf.helm.chart.content.v1.tar+gzip"],
                nil, "Helm chart"
            ),
            (imageConfig, ["application/vnd.dev.cosign.simplesigning.v1+json"], nil, "cosign signature"),
            (
                "application/vnd.oci.empty.v1+json", ["x/y"], "application/vnd.dev.sigstore.bundle.v0.3+json",
                "cosign signature"
            ),
            (imageConfig, ["text/spdx+json"], nil, "SBOM"),
            ("application/vnd.oci.empty.v1+json", ["application/vnd.cyclonedx+json"], nil, "SBOM"),
            ("application/vnd.wasm.config.v0+json", ["application/wasm"], nil, "WASM"),
            (imageConfig, ["application/vnd.in-toto+json", "application/vnd.in-toto+json"], nil, "attestation"),
            (imageConfig, ["application/vnd.dsse.envelope.v1+json"], nil, "attestation"),
            (
                "application/vnd.example.config", ["application/wasm", "x/y"], nil,
                "artifact application/vnd.example.config"
            ),
            (imageConfig, ["application/wasm", "x/y"], nil, "image"),
            ("application/vnd.oci.empty.v1+json", ["x/y"], nil, "artifact x/y"),
            (imageConfig, [], "application/vnd.example", "artifact application/vnd.example"),
            ("\u{1b}[2J", [], nil, "artifact"),
        ] as [(String, [String], String?, String)])
    func kinds(_ config: String, _ layers: [String], _ artifact: String?, _ kind: String) throws {
        let config = config.replacingOccurrences(of: "\u{1b}", with: #"\u001b"#)
        let manifest = try Manifest(
            parsing: Array(Self.document(config: config, layers: layers, artifact: artifact).utf8))
        #expect(ArtifactKind(manifest).description == kind)
    }

    @Test("no date is invented: what only fills the place of one is told as it stands")
    func dates() async throws {
        let texts: [(String, String?)] = [
            (#""2015-11-02T10:00:00Z""#, nil), (#""1999-12-31T23:59:59-05:00""#, nil),
            (#""0001-01-01T00:00:00Z""#, "0001-01-01T00:00:00Z"), (#""1970-01-01T00:00:00Z""#, "1970-01-01T00:00:00Z"),
            (#""1970-01-01T00:00:01Z""#, "1970-01-01T00:00:01Z"), (#""1980-01-01T00:00:01Z""#, "1980-01-01T00:00:01Z"),
            (#""2999-01-01T00:00:00Z""#, "2999-01-01T00:00:00Z"), (#""9999-12-31T23:59:59Z""#, "9999-12-31T23:59:59Z"),
            (#""yesterday""#, "yesterday"), ("5", "5.0"), (#""""#, ""),
            ("\"" + String(repeating: "x", count: 500) + "\"", String(repeating: "x", count: 100)),
        ]
        for (text, undated) in texts {
            var pool = RegistryPool()
            pool.image("a", 1, layers: [5])
            pool.blob(Self.digest(2), Array(#"{"created":\#(text),"os":"linux","architecture":"arm"}"#.utf8))
            pool.tag("a", "t", Self.digest(1))
            let image = try await pool.pass.image(#require(ImageReference("a:t")))
            #expect(image.undated == undated && (image.created == nil) == (undated != nil), "\(text)")
            #expect(image.platforms == ["linux/arm"] && image.state == .ok, "\(text)")
            #expect(try await pool.pass.tag("t", of: "a").created == image.created)
        }
    }

    @Test("the parts of an index: versions and features, attestations, sizes of the pool")
    func index() async throws {
        var pool = RegistryPool()
        for number in [100, 200, 300] { pool.image("a", number, layers: [number + 5]) }
        pool.blob(Self.digest(9), [0x7b, 0x7d])
        pool.linkLayer("a", Self.digest(9))
        pool.blob(Self.digest(10), [1])
        pool.linkLayer("a", Self.digest(10))
        pool.manifest(
            "a", Self.digest(400), Self.document(config: Self.imageConfig, layers: ["application/vnd.in-toto+json"]))
        func entry(_ number: Int, _ platform: String, _ annotations: String = "") -> String {
            #"{"mediaType":"application/vnd.docker.distribution.manifest.v2+json","size":1,"digest":"\#(Self.digest(number))","#
                + #""platform":{\#(platform)}\#(annotations)}"#
        }
        let unknown = #""os":"unknown","architecture":"unknown""#
        let annotations =
            #","annotations":{"vnd.docker.reference.type":"attestation-manifest","vnd.docker.reference.digest":"\#(Self.digest(100))"}"#
        pool.manifest(
            "a", Self.digest(500),
            #"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":["#
                + [
                    entry(100, #""os":"linux","architecture":"arm","variant":"v7""#),
                    entry(200, #""os":"windows","architecture":"amd64","os.version":"10.0.17763.1""#),
                    entry(
                        300,
                        #""os":"windows","architecture":"amd64","os.version":"10.0.20348.1","os.features":["win32k"]"#),
                    entry(400, unknown, annotations), entry(400, unknown),
                ].joined(separator: ",") + "]}")
        pool.tag("a", "t", Self.digest(500))
        let image = try await pool.pass.image(#require(ImageReference("a:t")))
        #expect(
            image.manifests.map(\.label) == [
                "linux/arm/v7", "windows/amd64 10.0.17763.1", "windows/amd64 10.0.20348.1 win32k",
                "attestation of linux/arm/v7", "attestation",
            ])
        #expect(image.manifests.map(\.attested) == [nil, nil, nil, Self.digest(100), nil])
        #expect(image.manifests.allSatisfy { $0.platform != "unknown/unknown" && $0.size > 100 })
        #expect(image.platforms == ["linux/arm/v7", "windows/amd64"] && image.kind == .index && image.state == .ok)
        #expect(image.notes.count == 4, "each claims one byte: \(image.notes)")
    }

    @Test("what is elsewhere is no damage and has no bytes; what a manifest claims of sizes is a note")
    func elsewhere() async throws {
        var pool = RegistryPool()
        pool.blob(Self.digest(9), [0x7b, 0x7d])
        pool.linkLayer("a", Self.digest(9))
        pool.blob(Self.digest(20), [UInt8](repeating: 1, count: 77))
        let layers = [
            #"{"mediaType":"x/y","size":5000,"digest":"\#(Self.digest(20))","urls":["https://example.com"]}"#,
            #"{"mediaType":"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip","size":9,"digest":"\#(Self.digest(21))"}"#,
            #"{"mediaType":"x/y","size":-1,"digest":"\#(Self.digest(9))"}"#,
        ]
        let text = Self.document(config: Self.imageConfig)
            .replacingOccurrences(of: #""layers":[]"#, with: #""layers":[\#(layers.joined(separator: ","))]"#)
        pool.manifest("a", Self.digest(1), text)
        pool.tag("a", "t", Self.digest(1))
        let image = try await pool.pass.image(#require(ImageReference("a:t")))
        #expect(image.layers.map(\.state) == [.ok, .elsewhere, .ok] && image.state == .ok)
        #expect(image.layers.map(\.size) == [77, 0, 2] && image.size == UInt64(text.utf8.count) + 2 + 77)
        #expect(
            image.notes == [
                "The manifest says 5,000 bytes for \(Self.digest(20)), which has 77 bytes; the pool's size counts.",
                "The manifest says -1 for the size of \(Self.digest(9)), which has 2 bytes; the pool's size counts.",
            ])
        let summary = try await pool.pass.summary(of: "a")
        #expect(summary.state == .ok && summary.size == image.size)
    }
}
