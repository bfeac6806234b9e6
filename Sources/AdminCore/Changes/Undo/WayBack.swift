/// The way back from a change that is done, as the log keeps it.
///
/// The names are part of the format of the log. Manifests are texts of digests; nil where nothing
/// depends on them.
public enum WayBack: Codable, Hashable, Sendable {
    /// The deletions in the trash are restored; the results in the log name them.
    case trash
    /// A name gets another name, if it names the manifest `naming`. If the destination names the
    /// manifest `replacing`, it is replaced. Otherwise the destination must be free, and a deletion
    /// that the results in the log name is restored afterwards.
    case move(from: String, to: String, naming: String?, replacing: String?)
    /// Names are deleted.
    case removal([Name])
    /// A tag that names the manifest `from` gets the manifest `to`.
    case retag(String, from: String, to: String)

    /// A name that is deleted, if it names this manifest.
    public struct Name: Codable, Hashable, Sendable {
        /// The reference.
        let reference: String
        /// The manifest that it has to name; nil for any.
        let naming: String?
    }
}
