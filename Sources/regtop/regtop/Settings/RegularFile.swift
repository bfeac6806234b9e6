import Foundation
import Glibc

/// Reads small files of the user. A file that is no regular file is refused, because a read of a
/// FIFO or of a device may never end.
nonisolated enum RegularFile {
    /// Returns the beginning of a file; nil if there is no such file.
    ///
    /// - Parameter limit: The most bytes to return.
    static func read(_ path: String, limit: Int) throws(SettingsError) -> Data? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw SettingsError("\(path): \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var information = stat()
        guard fstat(descriptor, &information) == 0, information.st_mode & S_IFMT == S_IFREG else {
            throw SettingsError("\(path): not a regular file")
        }
        var data = Data(count: min(limit, Int(information.st_size)))
        let count = data.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
        return count >= 0 ? data.prefix(count) : nil
    }
}
