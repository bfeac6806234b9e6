/// The relation of a companion to its image: something that belongs to an image without being one,
/// such as a signature, an attestation, a bill of materials or a referrer.
public struct Companion: Hashable, Sendable {
    /// The kind of a companion.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// A signature, by the tag that cosign makes for it: `sha256-<hex>.sig`.
        case signature = "sig"
        /// An attestation: `sha256-<hex>.att`.
        case attestation = "att"
        /// A bill of materials: `sha256-<hex>.sbom`.
        case sbom
        /// A manifest with a `subject` (OCI), or the index of such manifests in registries that
        /// keep none themselves (`sha256-<hex>`).
        case referrer
    }

    /// The kind of the companion.
    public let kind: Kind
    /// The manifest that the companion belongs to: an image, a child of an index, or another
    /// companion.
    public let subject: Digest

    /// Creates a relation from its parts.
    public init(kind: Kind, subject: Digest) {
        self.kind = kind
        self.subject = subject
    }

    /// The relation that the name of a tag alone shows; nil for the tag of an image. A name without
    /// an ending may also belong to an image: the manifest decides.
    package init?(tag: String) {
        guard let dash = tag.firstIndex(of: "-"), Self.algorithms.contains(String(tag[..<dash])) else { return nil }
        let rest = tag[tag.index(after: dash)...]
        let hex = rest.prefix { $0 != "." }
        guard let subject = Digest(algorithm: String(tag[..<dash]), hex: String(hex)) else { return nil }
        switch rest[hex.endIndex...] {
        case "": self.init(kind: .referrer, subject: subject)
        case let ending:
            guard let kind = Kind(rawValue: String(ending.dropFirst())), kind != .referrer else { return nil }
            self.init(kind: kind, subject: subject)
        }
    }

    /// The relation of a tag, or of a manifest without a tag, to another manifest; nil for an
    /// image. `manifest` is nil if it cannot be read.
    package init?(tag: String?, digest: Digest?, manifest: Manifest?) {
        if let named = tag.flatMap({ Companion(tag: $0) }), named.subject != digest,
            named.kind != .referrer || manifest?.isIndex == true
        {
            self = named
        } else if let subject = manifest?.subject?.digest, subject != digest {
            self.init(kind: .referrer, subject: subject)
        } else {
            return nil
        }
    }

    private static let algorithms: Set<String> = ["sha256", "sha384", "sha512"]
}

extension Companion.Kind {
    /// The kind in words.
    public var noun: String {
        switch self {
        case .signature: "signature"
        case .attestation: "attestation"
        case .sbom: "bill of materials"
        case .referrer: "referrer"
        }
    }
}
