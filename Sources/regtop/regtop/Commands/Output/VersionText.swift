import AdminCore

/// What `--version` prints.
nonisolated enum VersionText {
    /// The program's name and version, then librados' where it is in.
    static var text: String {
        let rados = Session.radosVersion.map { "with RADOS through \($0)" } ?? "without RADOS: SQLite stores only"
        return "regtop \(BuildVersion.string)\n\(rados)"
    }
}
