import AdminCore
import SafeText

/// An error of the program itself. Its description is one sentence for people, and says what to do.
package protocol ProgramError: Error, CustomStringConvertible {}

/// Errors as one sentence for people, which says what failed, on what, why, and what to do.
package enum ErrorText {
    /// True for errors of the core and of the program, false for those of the command line's
    /// parser.
    package static func isOurs(_ error: any Error) -> Bool {
        error is StoreError || error is StorageError || error is SessionError || error is ChangeError
            || error is DigestPrefixError || error is any ProgramError
    }

    /// The sentence, safe to print.
    package static func sentence(_ error: any Error) -> String {
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

    /// The sentence with the reason first, for a row that may be too short for all of it.
    package static func reasonFirst(_ error: any Error) -> String {
        guard let error = error as? StoreError else { return sentence(error) }
        let number = error.errno == 0 ? "" : " (errno \(error.errno))"
        let reason = error.reason.prefix(1).uppercased() + error.reason.dropFirst()
        let what = error.object.map { "\(error.operation) of \($0)" } ?? error.operation
        return VisibleText.of("\(reason)\(number)\(advice(error.kind)): \(what)")
    }

    /// The advice, if the description of the error has none.
    private static func advice(_ kind: StoreError.Kind) -> String {
        switch kind {
        case .timedOut: "; wait longer with --timeout"
        case .blocklisted: "; the cluster has blocklisted this client: see `ceph osd blocklist ls`"
        case .busy: "; try again when fewer clients write there"
        default: ""
        }
    }
}
