import ObjectStore
import Registry
import Foundation

/// The `index.json` of an OCI image layout: the images, each with the reference that names it.
///
/// Format: https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md
struct OCIIndex {
    /// One image of a layout.
    struct Entry {
        /// The descriptor as it stands in the file, with the fields that regtop does not know.
        private(set) var fields: [String: Any]

        init(_ fields: [String: Any]) { self.fields = fields }

        var digest: String { fields["digest"] as? String ?? "" }

        private var annotations: [String: Any] { fields["annotations"] as? [String: Any] ?? [:] }

        /// The annotation that names the image; nil for an image without a tag.
        var reference: String? { annotations[OCIIndex.referenceName] as? String }

        /// The repository of the image; nil if the entry does not say it.
        var repository: RepositoryName? {
            if let text = annotations[OCIIndex.repositoryName] as? String { return RepositoryName(text) }
            guard case .tag? = whole?.selector else { return nil }
            return whole?.repository
        }

        /// The tag of the image; nil if it has none.
        var tag: String? {
            if case .tag(let tag)? = whole?.selector { return tag }
            return reference.flatMap { $0.contains("/") || $0.contains(":") ? nil : $0 }
        }

        private var whole: ImageReference? { reference.flatMap { $0.contains(":") ? ImageReference($0) : nil } }
    }

    /// The annotation that names an image.
    static let referenceName = "org.opencontainers.image.ref.name"
    /// The annotation in which regtop names the repository of an image.
    static let repositoryName = "regtop.repository"

    private(set) var entries: [Entry] = []
    private var fields: [String: Any] = ["schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json"]

    /// An index without images.
    init() {}

    /// Parses an index. Throws `StoreError`.
    init(parsing bytes: [UInt8]) throws {
        guard let fields = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any],
            let entries = fields["manifests"] as? [[String: Any]]
        else {
            throw StoreError(.invalid, operation: "read index.json", reason: "it is no index of an OCI layout")
        }
        self.fields = fields
        self.entries = entries.map { Entry($0) }
    }

    /// Adds images of a repository, in place of those that have the same tag, or the same digest
    /// and no tag. The others stay.
    mutating func replace(_ repository: RepositoryName, by new: [Entry]) {
        func key(_ entry: Entry) -> String { entry.tag ?? "@\(entry.digest)" }
        let names = Set(new.map(key))
        entries.removeAll { $0.repository == repository && names.contains(key($0)) }
        entries += new
    }

    /// The tags of a repository.
    func tags(of repository: RepositoryName) -> [String: Digest] {
        entries.reduce(into: [:]) { tags, entry in
            if entry.repository == repository, let tag = entry.tag { tags[tag] = Digest(entry.digest) }
        }
    }

    /// Removes a tag of a repository.
    mutating func remove(_ tag: String, of repository: RepositoryName) {
        entries.removeAll { $0.repository == repository && $0.tag == tag }
    }

    /// The file.
    func bytes() throws -> [UInt8] {
        var fields = fields
        fields["manifests"] = entries.map(\.fields)
        return Array(
            try JSONSerialization.data(withJSONObject: fields, options: [.sortedKeys, .withoutEscapingSlashes]))
    }

    /// The place of a blob in a layout.
    static func blob(_ digest: Digest) -> [String] { ["blobs", digest.algorithm, digest.hex] }

    /// The content of the file `oci-layout`.
    static let layout = Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8)
}
