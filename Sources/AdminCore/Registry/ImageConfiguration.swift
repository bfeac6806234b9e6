import Foundation

/// What an image's configuration says of the image: when it was made and for what machine.
struct ImageConfiguration: Hashable, Sendable {
    /// When it was made; nil if that is not said, or is no date that can be.
    let created: Date?
    /// What stands in the place of the date where that is none; hostile text, at most 100 characters.
    let undated: String?
    /// `os/architecture[/variant]`; nil if that is not said.
    let platform: String?

    /// No larger configuration is read. In bytes.
    static let sizeLimit = 8 << 20

    /// Understands a configuration, or the `v1Compatibility` of schema 1. Throws `ManifestProblem` if it is none.
    init(parsing bytes: [UInt8]) throws {
        let document = try BoundedJSON.decode(Document.self, from: bytes)
        created = document.created.flatMap(Timestamp.made)
        undated = created == nil ? document.created.map { String($0.unicodeScalars.prefix(100)) } : nil
        platform = Manifest.platform(
            os: document.os, architecture: document.architecture, variant: document.variant)
    }

    private struct Document: Decodable {
        let created: String?
        let os: String?
        let architecture: String?
        let variant: String?

        private enum CodingKeys: CodingKey {
            case created, os, architecture, variant
        }

        init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            created = fields.lenient(.created) ?? (fields.lenient(.created) as Double?).map { "\($0)" }
            os = fields.lenient(.os)
            architecture = fields.lenient(.architecture)
            variant = fields.lenient(.variant)
        }
    }
}
