/// What a manifest is, by the media types that it names: registries hold much that no engine can run.
public enum ArtifactKind: Hashable, Sendable {
    /// An image that can be run.
    case image
    /// A list, or an index, of manifests.
    case index
    /// A chart of Helm.
    case helmChart
    /// A signature that cosign, or another of sigstore's tools, has made.
    case signature
    /// A list of what an image consists of.
    case sbom
    /// A WebAssembly module.
    case wasm
    /// What is attested of an image: how it was built, for example.
    case attestation
    /// Something else, with its type; nil where the manifest says none.
    case artifact(String?)
}

extension ArtifactKind: CustomStringConvertible {
    /// As people call it.
    public var description: String {
        switch self {
        case .image: "image"
        case .index: "index"
        case .helmChart: "Helm chart"
        case .signature: "cosign signature"
        case .sbom: "SBOM"
        case .wasm: "WASM"
        case .attestation: "attestation"
        case .artifact(let type): type.map { "artifact \($0)" } ?? "artifact"
        }
    }
}

extension Manifest.Reference {
    /// True if BuildKit says of this part of an index that it attests something.
    var isAttestation: Bool { annotations["vnd.docker.reference.type"] == "attestation-manifest" }

    /// What it attests something of; nil if that is not said.
    var attested: Digest? { isAttestation ? annotations["vnd.docker.reference.digest"].flatMap { Digest($0) } : nil }
}

extension ArtifactKind {
    /// True for what is neither an image nor an index: people are told of these only.
    public var isSpecial: Bool { self != .image && self != .index }

    /// The types of configurations, of artifacts and of layers that say what something is. Others are shown as they stand: nothing is guessed
    /// from hostile text.
    private static let known: [String: ArtifactKind] = [
        "application/vnd.cncf.helm.config.v1+json": .helmChart,
        "application/vnd.cncf.helm.chart.content.v1.tar+gzip": .helmChart,
        "application/vnd.dev.cosign.simplesigning.v1+json": .signature,
        "application/vnd.dev.cosign.artifact.sig.v1+json": .signature,
        "application/vnd.dev.sigstore.bundle.v0.3+json": .signature,
        "application/vnd.dev.cosign.artifact.sbom.v1+json": .sbom,
        "application/vnd.cyclonedx": .sbom,
        "application/vnd.cyclonedx+json": .sbom,
        "application/vnd.cyclonedx+xml": .sbom,
        "application/vnd.syft+json": .sbom,
        "application/spdx": .sbom,
        "application/spdx+json": .sbom,
        "text/spdx": .sbom,
        "text/spdx+json": .sbom,
        "text/spdx+xml": .sbom,
        "application/wasm": .wasm,
        "application/vnd.wasm.config.v0+json": .wasm,
        "application/vnd.wasm.config.v1+json": .wasm,
        "application/vnd.wasm.content.layer.v1+wasm": .wasm,
        "application/vnd.module.wasm.config.v1+json": .wasm,
        "application/vnd.module.wasm.content.layer.v1+wasm": .wasm,
        "application/vnd.in-toto+json": .attestation,
        "application/vnd.in-toto.bundle": .attestation,
        "application/vnd.dsse.envelope.v1+json": .attestation,
        "application/vnd.dev.cosign.artifact.att.v1+json": .attestation,
    ]

    /// The configuration of what has none.
    private static let emptyConfigurations: Set<String> = [
        "application/vnd.oci.empty.v1+json", "application/vnd.unknown.config.v1+json",
    ]

    /// What a manifest is: by its configuration, by the type that it says itself, by its layers if they are all of a known kind.
    init(_ manifest: Manifest) {
        guard !manifest.isIndex else {
            self = .index
            return
        }
        guard let config = manifest.config else {
            self = .image
            return
        }
        let type = config.mediaType ?? ""
        let isImage = ManifestType.imageConfigurations.contains(type)
        let layers = Set(manifest.layers.map { $0.mediaType.flatMap { ArtifactKind.known[$0] } })
        if let kind = ArtifactKind.known[type] ?? manifest.artifactType.flatMap({ ArtifactKind.known[$0] }) {
            self = kind
        } else if let kind = layers.first ?? nil, layers.count == 1 {
            self = kind
        } else if isImage, manifest.artifactType == nil {
            self = .image
        } else {
            let isBare = isImage || ArtifactKind.emptyConfigurations.contains(type)
            self = .artifact(
                manifest.artifactType
                    ?? (isBare ? manifest.layers.first?.mediaType : config.mediaType))
        }
    }
}
