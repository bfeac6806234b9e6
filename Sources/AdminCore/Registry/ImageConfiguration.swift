import Foundation

/// The parts of an image's configuration that lists show: the date of the image and its platform.
struct ImageConfiguration: Hashable, Sendable {
    /// The time at which the image was made; nil if the configuration has none, or an impossible
    /// one.
    let created: Date?
    /// The text in place of the date if it is no date; hostile, at most 100 characters.
    let undated: String?
    /// `os/architecture[/variant]`; nil if the configuration has none.
    let platform: String?

    /// The size of the largest configuration that is read, in bytes.
    static let sizeLimit = 8 << 20

    /// Parses a configuration, or the `v1Compatibility` of schema 1.
    ///
    /// - Throws: `ManifestProblem` if the bytes are no configuration.
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
