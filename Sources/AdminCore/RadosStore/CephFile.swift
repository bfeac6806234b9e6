#if RADOS
import Glibc

/// A file as librados reads it: a ceph.conf or a keyring. Looked at before librados gets it, since librados takes both apart with one
/// parser, which ends the process at a character that it does not bear.
struct CephFile: Sendable {
    /// Why a file cannot be read.
    enum Trouble: Error, Hashable {
        case missing
        /// The system's answer to opening or reading it.
        case refused(Int32)
        /// What it is in place of a file, with its article.
        case isNoFile(String)
        case tooLong(Int)
    }

    /// More than any ceph.conf or keyring has.
    private static let sizeLimit = 16 << 20

    /// Its path, as it was given.
    let path: String
    /// Its content.
    let bytes: [UInt8]

    /// Reads the file, which may block. `/dev/null` counts as an empty file, as it does for Ceph.
    init(_ path: String) throws(Trouble) {
        // A pipe without a writer would block otherwise.
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw errno == ENOENT ? .missing : .refused(errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .refused(errno) }
        self.path = path
        switch status.st_mode & S_IFMT {
        case S_IFREG: bytes = try Self.content(of: descriptor)
        case S_IFDIR: throw .isNoFile("a directory")
        case S_IFIFO: throw .isNoFile("a pipe")
        case S_IFCHR where path == "/dev/null": bytes = []
        default: throw .isNoFile("a device")
        }
    }

    private static func content(of descriptor: Int32) throws(Trouble) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count == 0 { return bytes }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw .refused(errno)
            }
            bytes += buffer[..<count]
            guard bytes.count <= sizeLimit else { throw .tooLong(sizeLimit) }
        }
    }

    /// A sentence's end that says why a file of this path cannot be read: "does not exist".
    static func sentence(_ path: String, _ trouble: Trouble) -> String {
        switch trouble {
        case .missing: "\(ByteString(path)) does not exist"
        case .refused(EACCES), .refused(EPERM):
            "\(ByteString(path)) may not be read by the user \(user); check its permissions and those of its directories"
        case .refused(let number): "\(ByteString(path)) cannot be read: \(StoreError.systemText(number))"
        case .isNoFile(let kind): "\(ByteString(path)) is \(kind), not a file"
        case .tooLong(let limit): "\(ByteString(path)) has more than \(limit >> 20) MiB, which no file of Ceph's has"
        }
    }

    /// The elements of a list of files. Ceph separates them by commas and semicolons, and takes blanks for parts of a name.
    static func list(_ text: String) -> [String] {
        text.split { $0 == "," || $0 == ";" }.map(String.init)
    }

    /// The user that the system checks, by name, else by number.
    static var user: String {
        let number = geteuid()
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        let name = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16 << 10) { buffer -> String? in
            guard let start = buffer.baseAddress, getpwuid_r(number, &entry, start, buffer.count, &found) == 0,
                found != nil
            else { return nil }
            return entry.pw_name.map { String(cString: $0) }
        }
        return name ?? "number \(number)"
    }
}
#endif
