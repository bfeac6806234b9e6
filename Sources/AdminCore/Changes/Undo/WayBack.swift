import Registry
import StorageDriver

/// The way back from a change that is done, as the log keeps it.
///
/// The names are part of the format of the log. Every way says what the change has left, so that
/// nothing is taken back which another client has changed since. No dates are compared: the clocks
/// of other machines do not count.
public enum WayBack: Codable, Hashable, Sendable {
    /// The deletions in the trash are restored; the results in the log name them.
    case trash
    /// A name gets another name, if it has the content `naming` (`Name.naming`). If the destination
    /// names the manifest `replacing`, it is replaced. Otherwise the destination must be free, and
    /// a deletion that the results in the log name is restored afterwards.
    case move(from: String, to: String, naming: String, replacing: String?)
    /// Names are deleted.
    case removal([Name])
    /// Unfinished uploads are removed again.
    case purge([Name])
    /// A tag that names the manifest `from` gets the manifest `to`.
    case retag(String, from: String, to: String)

    /// A name that is deleted, if it has this content.
    public struct Name: Codable, Hashable, Sendable {
        /// The reference; the name of an upload (`UploadSummary.targetName`).
        let reference: String
        /// The manifest that a tag has to name. For a repository and for a manifest the fingerprint
        /// of its links (`NamedContent`), for an upload that of its files.
        let naming: String
        /// The companions that may go with a tag: their tags, with their manifests.
        let companions: [String: String]
    }

    /// True if an action leaves this way back.
    func fits(_ action: String) -> Bool {
        switch (self, PlanAction(rawValue: action)) {
        case (.trash, .remove), (.trash, .purge), (.trash, .repair), (.move, .move), (.removal, .copy),
            (.retag, .copy), (.removal, .restore), (.purge, .restore):
            true
        default: false
        }
    }
}

/// The tags with their manifests, and the manifests, among the links of one repository.
struct NamedContent: Hashable, Sendable {
    /// The manifest of each tag; an empty text for a link that cannot be read.
    private(set) var tags: [String: String] = [:]
    private var revisions: Set<String> = []

    /// The content of links with the digests that they hold. Only those of tags are used.
    init(_ links: some Sequence<(path: StoragePath, digest: Digest?)>) {
        for (path, digest) in links {
            // A component of a repository's name never begins with an underscore.
            let own = path.components.drop { $0 != "_manifests" }.dropFirst().map(\.self)
            guard own.count == 4, own[3] == "link" else { continue }
            if own[0] == "tags", own[2] == "current" { tags[own[1]] = digest?.string ?? "" }
            if own[0] == "revisions" { revisions.insert("\(own[1]):\(own[2])") }
        }
    }

    init(_ target: ChangePlan.Target) {
        self.init(target.links.map { ($0.path, $0.digest) })
    }

    /// A digest of all of it.
    var fingerprint: String {
        Self.fingerprint(tags.map { "\($0.key) \($0.value)" }.sorted() + revisions.sorted())
    }

    /// The same content without some manifests.
    func without(_ manifests: Set<String>) -> NamedContent {
        var content = self
        content.revisions.subtract(manifests)
        return content
    }

    /// The fingerprint of the files of an upload.
    static func fingerprint(ofUpload files: [(path: StoragePath, blob: BlobIdentifier)]) -> String {
        fingerprint(files.map { "\($0.path) \($0.blob.string)" }.sorted())
    }

    private static func fingerprint(_ lines: [String]) -> String {
        Digest.sha256(of: lines.joined(separator: "\n").utf8).string
    }

    /// What a way back expects of a reference with this content; nil for a tag that cannot be read.
    func name(_ reference: ImageReference) -> WayBack.Name? {
        guard case .tag(let tag) = reference.selector else {
            return WayBack.Name(reference: reference.description, naming: fingerprint, companions: [:])
        }
        guard let manifest = tags[tag], !manifest.isEmpty else { return nil }
        return WayBack.Name(
            reference: reference.description, naming: manifest, companions: tags.filter { $0.key != tag })
    }
}
