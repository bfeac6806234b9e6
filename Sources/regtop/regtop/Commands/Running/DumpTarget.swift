import AdminCore
import Foundation

/// A file that is complete or not there: written beside its place, and put there in the end.
nonisolated struct DumpTarget: Sendable {
    /// Where it is to be.
    let path: String
    /// Where it is written until then; the place itself if that is a device or a pipe.
    let draft: String

    init(path: String) {
        self.path = path
        let type = try? FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType
        draft = type == nil || type == .typeRegular ? path + ".part-\(getpid())" : path
    }

    /// Puts the draft in its place. Throws `CommandFailure`.
    func publish() throws {
        guard draft != path, rename(draft, path) != 0 else { return }
        throw CommandFailure("\(path) cannot be put in its place: \(String(cString: strerror(errno)))")
    }

    /// Takes the draft away.
    func discard() {
        if draft != path { unlink(draft) }
    }
}
