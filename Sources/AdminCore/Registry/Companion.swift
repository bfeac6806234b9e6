/// That something belongs to an image and is none: a signature, an attestation, a bill of materials, or whatever else refers to it.
public struct Companion: Hashable, Sendable {
    /// What it is to its image.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// A signature, by the tag that cosign gives it: `sha256-<hex>.sig`.
        case signature = "sig"
        /// An attestation: `sha256-<hex>.att`.
        case attestation = "att"
        /// A bill of materials: `sha256-<hex>.sbom`.
        case sbom
        /// Something that says so itself (OCI `subject`), or the index of such things for registries that keep none (`sha256-<hex>`).
        case referrer
    }

    /// What it is to its image.
    public let kind: Kind
    /// The manifest that it belongs to; that may be an image, a child of an index, or a companion itself.
    public let subject: Digest

    /// See the properties.
    public init(kind: Kind, subject: Digest) {
        self.kind = kind
        self.subject = subject
    }

    /// What a tag says by its name alone; nil for the tag of an image. A name without an ending may be an image's as well: the manifest
    /// tells.
    init?(tag: String) {
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

    /// What a tag, or a manifest without one, is to another; nil for an image. `manifest` is nil if it cannot be read.
    init?(tag: String?, digest: Digest?, manifest: Manifest?) {
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
    /// What people call it.
    public var noun: String {
        switch self {
        case .signature: "signature"
        case .attestation: "attestation"
        case .sbom: "bill of materials"
        case .referrer: "referrer"
        }
    }
}

extension RepositoryFacts {
    /// What a manifest names as a part of itself: the manifests of an index, to any depth that is followed, and the configurations.
    func parts(of digest: Digest) -> [Digest] {
        var seen: Set<Digest> = [digest]
        var found: [Digest] = []
        walk(from: [digest]) { _, finding in
            guard let manifest = finding?.manifest else { return }
            let parts = (manifest.config.map { [$0.digest] } ?? []) + manifest.children.map(\.digest)
            found += parts.filter { seen.insert($0).inserted }
        }
        return found
    }
}
