import Foundation

/// What an image's configuration says of the image: when it was made and for what machine.
struct ImageConfiguration: Hashable, Sendable {
    /// When it was made; nil if that is not said, or is the year 1 with which Go says so.
    let created: Date?
    /// `os/architecture[/variant]`; nil if that is not said.
    let platform: String?

    /// No larger configuration is read. In bytes.
    static let sizeLimit = 8 << 20

    /// Understands a configuration, or the `v1Compatibility` of schema 1. Throws `ManifestProblem` if it is none.
    init(parsing bytes: [UInt8]) throws {
        let document = try BoundedJSON.decode(Document.self, from: bytes)
        created = document.created.flatMap(Timestamp.parse)
        platform = Manifest.platform(
            os: document.os, architecture: document.architecture, variant: document.variant)
    }

    private struct Document: Decodable {
        let created: String?
        let os: String?
        let architecture: String?
        let variant: String?
    }
}
