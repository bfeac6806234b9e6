/// The kind of a manifest, by the media types that it names. Registries hold many manifests that no
/// engine can run.
public enum ArtifactKind: Hashable, Sendable {
    /// An image that can be run.
    case image
    /// A list, or an index, of manifests.
    case index
    /// A Helm chart.
    case helmChart
    /// A signature by cosign or another of sigstore's tools.
    case signature
    /// A bill of materials: a list of the contents of an image.
    case sbom
    /// A WebAssembly module.
    case wasm
    /// An attestation of an image, for example of how it was built.
    case attestation
    /// Another type, as written in the manifest; nil if the manifest has none.
    case artifact(String?)
}

extension ArtifactKind: CustomStringConvertible {
    /// The kind in words.
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
    /// True if BuildKit marks this part of an index as an attestation.
    var isAttestation: Bool { annotations["vnd.docker.reference.type"] == "attestation-manifest" }

    /// The manifest that this part attests; nil for other parts, and if the index does not name it.
    var attested: Digest? { isAttestation ? annotations["vnd.docker.reference.digest"].flatMap { Digest($0) } : nil }
}

extension ArtifactKind {
    /// True for everything except images and indexes. Only these kinds are shown to people.
    public var isSpecial: Bool { self != .image && self != .index }

    /// The types of configurations, artifacts and layers that determine a kind. Other types are
    /// shown unchanged: nothing is guessed from hostile text.
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

    /// The types of the configuration of an artifact that has none.
    private static let emptyConfigurations: Set<String> = [
        "application/vnd.oci.empty.v1+json", "application/vnd.unknown.config.v1+json",
    ]

    /// The kind of a manifest: by its configuration, by its own artifact type, or by its layers if
    /// all of them are of one known kind.
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
