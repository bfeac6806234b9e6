import AdminCore

/// An error of the program itself. Its description is one sentence for people, and says what to do.
nonisolated protocol ProgramError: Error, CustomStringConvertible {}

/// Errors of the core as one sentence for people: what failed, on what, why, what to do.
nonisolated enum ErrorText {
    /// Whether the error comes from the core (and not from the parser of the command line).
    static func isOurs(_ error: any Error) -> Bool {
        error is StoreError || error is StorageError || error is SessionError || error is ChangeError
            || error is DigestPrefixError || error is any ProgramError
    }

    /// The sentence. Nothing in it is obeyed by a terminal.
    static func sentence(_ error: any Error) -> String {
        let text =
            switch error {
            case let error as StoreError: error.description + advice(error.kind)
            case StorageError.notFound(let path):
                "\(path) does not exist; `regtop ls \(path.parent)` lists what is there"
            case ChangeError.notFound(let reference):
                "\(reference) does not exist; `regtop repos` and `regtop tags \(reference.repository)` list what is there"
            case StorageError.isDirectory(let path): "\(path) is a directory; name a file below it"
            default: "\(error)"
            }
        return VisibleText.of(text)
    }

    /// What to do where the reason does not say it.
    private static func advice(_ kind: StoreError.Kind) -> String {
        switch kind {
        case .timedOut: "; an OSD or monitor does not answer: see `ceph -s`, or wait longer with --timeout"
        case .full: "; the pool or the cluster is full: see `ceph df`"
        case .blocklisted: "; the cluster has shut this client out: see `ceph osd blocklist ls`"
        case .busy: "; try again when less is written there"
        default: ""
        }
    }
}
