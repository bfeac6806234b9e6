import AdminCore
import Foundation

/// The file that `--keep-file` names.
nonisolated enum KeepFile {
    /// What it says is in use; nil where none was named. Throws `CommandFailure` if it cannot be read or is too large, and what
    /// `KeepList` throws.
    static func read(_ path: String?) async throws -> KeepList? {
        guard let path else { return nil }
        let bytes = try await BlockingCall.run(on: .global()) { () throws -> Data in
            guard let file = FileHandle(forReadingAtPath: path) else {
                throw CommandFailure("\(path) cannot be read: \(String(cString: strerror(errno)))")
            }
            do {
                return try file.read(upToCount: KeepList.sizeLimit + 1) ?? Data()
            } catch {
                throw CommandFailure("\(path) cannot be read")
            }
        }
        guard bytes.count <= KeepList.sizeLimit else {
            throw CommandFailure("\(path) is longer than \(HumanText.bytes(UInt64(KeepList.sizeLimit)))")
        }
        return try KeepList(parsing: bytes, name: path)
    }
}
