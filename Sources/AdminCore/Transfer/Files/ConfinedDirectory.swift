import CLibc
import ObjectStore
import Registry
import StorageDriver
import Foundation
import Synchronization

/// A directory of the file system that no name leaves: each component of a path is opened without
/// following symbolic links, and `..`, `.`, empty and absolute names are refused.
///
/// Concurrency: every method blocks and may be called from any thread. `run` calls it away from the
/// cooperative pool. Errors: `StoreError`.
final class ConfinedDirectory: Sendable {
    /// The path, as the user gave it.
    let path: String
    private let root: Int32
    /// The directory of drafts, open from the first draft to `release`.
    private let openDrafts = Mutex<Int32?>(nil)
    /// True if anything changed since the last `settle`.
    private let isChanged = Atomic(false)
    private let serial = Atomic(0)

    /// The directory of files that are not yet in their place. It lies in the target, so that a
    /// rename puts a file in its place, and is removed at the end.
    static let drafts = ".regtop-drafts"

    /// Opens a directory. The path itself may contain symbolic links: the user chose it.
    ///
    /// - Parameter creating: True to make the directory, and those above it, if it is missing.
    /// - Throws: `StoreError`.
    init(path: String, creating: Bool) throws {
        self.path = path
        if creating {
            do {
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            } catch {
                throw StoreError(
                    .other, operation: "make the directory",
                    reason: "\(ByteString(path)) cannot be made: \(error.localizedDescription)")
            }
        }
        root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard root >= 0 else { throw ConfinedDirectory.failure(errno, "open the directory", [], in: path) }
    }

    deinit {
        closeDrafts()
        close(root)
    }

    /// Runs a blocking call of a directory away from the cooperative pool, to its end.
    static func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try Task.checkCancellation()
        return try await BlockingCall.run(cancelled: nil, body)
    }

    // MARK: - Reading

    /// A file or a directory, by its name.
    struct Entry: Sendable {
        let name: String
        let isDirectory: Bool
        /// True for a regular file.
        let isFile: Bool
        let size: UInt64
        let modified: Date
    }

    /// The entry at a path; nil if there is none. A symbolic link is an entry that is neither a
    /// file nor a directory.
    func entry(_ components: [String]) throws -> Entry? {
        guard let name = components.last else { return nil }
        return try within(Array(components.dropLast()), creating: false) { directory in
            try ConfinedDirectory.check(name, in: path)
            var status = stat()
            guard fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
                if errno == ENOENT { return nil }
                throw ConfinedDirectory.failure(errno, "look at", components, in: path)
            }
            return Entry(name, status)
        } ?? nil
    }

    /// The names in a directory, sorted by their bytes; nil if there is no such directory.
    func names(_ components: [String]) throws -> [String]? {
        try within(components, creating: false) { directory in
            // A descriptor of its own, since reading moves the position.
            let own = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard own >= 0, let stream = fdopendir(own) else {
                if own >= 0 { close(own) }
                throw ConfinedDirectory.failure(errno, "list", components, in: path)
            }
            defer { closedir(stream) }
            var names: [String] = []
            errno = 0
            while let next = readdir(stream) {
                let name = withUnsafePointer(to: &next.pointee.d_name) { pointer in
                    pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(validatingCString: $0) }
                }
                // A name that is no UTF-8 is no name of a registry.
                if let name, name != ".", name != ".." { names.append(name) }
                errno = 0
            }
            guard errno == 0 else { throw ConfinedDirectory.failure(errno, "list", components, in: path) }
            return names.sorted { ByteString($0) < ByteString($1) }
        }
    }

    /// The bytes of a file in a range, fewer at its end; nil if there is no such file.
    func read(_ components: [String], _ range: Range<UInt64>) throws -> [UInt8]? {
        guard let descriptor = try openFile(components) else { return nil }
        defer { close(descriptor) }
        return try read(descriptor, range, components)
    }

    private func read(_ descriptor: Int32, _ range: Range<UInt64>, _ components: [String]) throws -> [UInt8] {
        var failed: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
            while count < range.count {
                let done = pread(
                    descriptor, buffer.baseAddress?.advanced(by: count), range.count - count,
                    off_t(range.lowerBound) + off_t(count))
                if done > 0 {
                    count += done
                } else if done == 0 {
                    break
                } else if errno != EINTR {
                    failed = errno
                    break
                }
            }
        }
        guard failed == 0 else { throw ConfinedDirectory.failure(failed, "read", components, in: path) }
        return bytes
    }

    /// True if a file has this digest; false if it is missing. Reads it in pieces.
    func has(_ digest: Digest, _ components: [String]) throws -> Bool {
        guard let descriptor = try openFile(components), var hash = ContentHash(like: digest) else { return false }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = Foundation.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw ConfinedDirectory.failure(errno, "read", components, in: path) }
            if count == 0 { return hash.matches(digest) }
            hash.update(count == buffer.count ? buffer : Array(buffer[..<count]))
        }
    }

    private func openFile(_ components: [String]) throws -> Int32? {
        guard let name = components.last else { return nil }
        return try within(Array(components.dropLast()), creating: false) { directory in
            try ConfinedDirectory.check(name, in: path)
            return try openFile(name, in: directory, components)
        } ?? nil
    }

    /// Opens a regular file of an open directory; nil if there is no such file.
    private func openFile(_ name: String, in directory: Int32, _ components: [String]) throws -> Int32? {
        // A pipe must not block the reader.
        let descriptor = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        if descriptor < 0, errno == ENOENT { return nil }
        guard descriptor >= 0 else { throw ConfinedDirectory.failure(errno, "open", components, in: path) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw ConfinedDirectory.failure(EINVAL, "open", components, in: path)
        }
        return descriptor
    }

    // MARK: - Writing

    /// A new file in the directory of drafts, open for writing.
    func draft() throws -> (descriptor: Int32, name: String) {
        let name = "\(getpid())-\(serial.wrappingAdd(1, ordering: .relaxed).newValue)"
        return (try create(name, O_WRONLY | O_CREAT | O_EXCL), name)
    }

    /// Opens a file in the directory of drafts.
    private func create(_ name: String, _ flags: Int32) throws -> Int32 {
        let descriptor = openat(try drafts(), name, flags | O_NOFOLLOW | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw ConfinedDirectory.failure(errno, "create", [ConfinedDirectory.drafts, name], in: path)
        }
        return descriptor
    }

    /// The directory of drafts, which is made if it is missing.
    private func drafts() throws -> Int32 {
        try openDrafts.withLock { open in
            if let open { return open }
            let name = [ConfinedDirectory.drafts]
            let new = try within(name, creating: true) { fcntl($0, F_DUPFD_CLOEXEC, 0) }
            guard let new, new >= 0 else { throw ConfinedDirectory.failure(errno, "open", name, in: path) }
            open = new
            return new
        }
    }

    private func closeDrafts() {
        if let drafts = openDrafts.withLock({ $0.take() }) { close(drafts) }
    }

    /// Flushes a draft to the disk, gives it its date, and renames it to its place.
    func publish(_ draft: (descriptor: Int32, name: String), at components: [String], modified: Date?) throws {
        guard let name = components.last else { return }
        try ConfinedDirectory.check(name, in: path)
        _ = try within(Array(components.dropLast()), creating: true) { directory in
            try publish(draft, as: name, in: directory, components, modified: modified, isFlushed: true)
        }
    }

    private func publish(
        _ draft: (descriptor: Int32, name: String), as name: String, in directory: Int32, _ components: [String],
        modified: Date?, isFlushed: Bool
    ) throws {
        if let modified {
            let seconds = modified.timeIntervalSince1970.rounded(.down)
            let time = timespec(
                tv_sec: Int(seconds), tv_nsec: Int((modified.timeIntervalSince1970 - seconds) * 1_000_000_000))
            // A date is worth no failure.
            _ = futimens(draft.descriptor, [time, time])
        }
        guard !isFlushed || fsync(draft.descriptor) == 0,
            renameat(try drafts(), draft.name, directory, name) == 0
        else { throw ConfinedDirectory.failure(errno, "write", components, in: path) }
        isChanged.store(true, ordering: .relaxed)
    }

    /// Removes a draft.
    func discard(_ name: String) {
        if let drafts = try? drafts() { unlinkat(drafts, name, 0) }
    }

    /// Makes `bytes` the content of a file, unless it has them already.
    ///
    /// - Parameter isFlushed: True if the content is to be beyond a power cut before the file has
    ///   its name; false if the next `settle` is early enough. A file that is replaced is always
    ///   flushed: a power cut leaves the old content or the new one.
    func put(_ bytes: [UInt8], at components: [String], modified: Date? = nil, isFlushed: Bool) throws {
        guard let name = components.last else { return }
        try ConfinedDirectory.check(name, in: path)
        _ = try within(Array(components.dropLast()), creating: true) { directory in
            let present = try content(of: name, in: directory, components, limit: UInt64(bytes.count + 1))
            if present == bytes { return }
            let draft = try draft()
            defer { close(draft.descriptor) }
            do {
                try ConfinedDirectory.write(bytes, to: draft.descriptor, path)
                try publish(
                    draft, as: name, in: directory, components, modified: modified,
                    isFlushed: isFlushed || present != nil)
            } catch {
                discard(draft.name)
                throw error
            }
        }
    }

    /// The first bytes of a regular file of an open directory; nil if there is none.
    private func content(
        of name: String, in directory: Int32, _ components: [String], limit: UInt64
    ) throws -> [UInt8]? {
        var status = stat()
        guard fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0, status.st_mode & S_IFMT == S_IFREG,
            let descriptor = try openFile(name, in: directory, components)
        else { return nil }
        defer { close(descriptor) }
        return try read(descriptor, 0..<limit, components)
    }

    /// Removes a file, and the directories above it that become empty, up to `floor` components.
    /// Nothing happens if there is no such file.
    func remove(_ components: [String], pruningTo floor: Int) throws {
        var components = components
        var flags: Int32 = 0
        while components.count > floor, let name = components.popLast() {
            let isGone = try within(components, creating: false) { directory in
                try ConfinedDirectory.check(name, in: path)
                return unlinkat(directory, name, flags) == 0 || errno == ENOENT
            }
            guard isGone == true else {
                if flags != 0 { return }
                throw ConfinedDirectory.failure(errno, "remove", components + [name], in: path)
            }
            isChanged.store(true, ordering: .relaxed)
            flags = AT_REMOVEDIR
        }
    }

    /// Flushes the file system if anything changed: after a power cut the files are there. One call
    /// for all of them costs less than one for each file and directory.
    func settle() throws {
        guard isChanged.exchange(false, ordering: .relaxed) else { return }
        guard syncfs(root) == 0 else { throw ConfinedDirectory.failure(errno, "flush", [], in: path) }
    }

    /// Takes the directory for this process: removes drafts that a killed process left behind.
    /// Another process that writes there is refused.
    ///
    /// - Returns: the lock, which lasts until it is closed.
    func take() throws -> Int32 {
        let lock = try create("lock", O_RDWR | O_CREAT)
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            close(lock)
            // The other export removes the directory at its end.
            closeDrafts()
            throw StoreError(.busy, operation: "write to \(ByteString(path))", reason: "another export writes there")
        }
        for name in try names([ConfinedDirectory.drafts]) ?? [] where name != "lock" { discard(name) }
        return lock
    }

    /// Ends `take`: removes the directory of drafts.
    func release(_ lock: Int32) {
        discard("lock")
        closeDrafts()
        unlinkat(root, ConfinedDirectory.drafts, AT_REMOVEDIR)
        close(lock)
    }

    /// The bytes that can be written to the file system of a path, which need not exist yet; nil if
    /// the file system does not say. Blocks.
    static func available(at path: String) -> UInt64? {
        var path = path
        var status = statvfs()
        while statvfs(path.isEmpty ? "." : path, &status) != 0 {
            guard errno == ENOENT, !path.isEmpty, path != "/", path != "." else { return nil }
            path = FileDraft.directory(of: path)
        }
        // File systems of the kernel, such as /proc, have no blocks.
        return status.f_blocks == 0 ? nil : UInt64(status.f_bavail) * UInt64(status.f_frsize)
    }

    /// Writes all bytes.
    static func write(_ bytes: [UInt8], to descriptor: Int32, _ path: String) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure(errno, "write", [], in: path) }
            rest = rest.dropFirst(count)
        }
    }

    // MARK: - The way down

    /// Opens a directory component by component and calls `body` with its descriptor; nil if it is
    /// not there.
    private func within<Value>(_ components: [String], creating: Bool, _ body: (Int32) throws -> Value) throws -> Value?
    {
        for name in components { try ConfinedDirectory.check(name, in: path) }
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
        var (descriptor, depth) = (root, components.count)
        defer { if descriptor != root { close(descriptor) } }
        // One step leads to the deepest directory that is there. After any other error the way goes
        // component by component, and so tells which one it is.
        while depth > 0 {
            let next = CLibc_open_confined(root, components[..<depth].joined(separator: "/"), flags)
            if next >= 0 { descriptor = next }
            if next >= 0 || errno != ENOENT { break }
            if !creating { return nil }
            depth -= 1
        }
        if descriptor == root { depth = 0 }
        for (index, name) in components.enumerated().dropFirst(depth) {
            var next = openat(descriptor, name, flags)
            if next < 0, errno == ENOENT {
                guard creating else { return nil }
                guard mkdirat(descriptor, name, 0o755) == 0 || errno == EEXIST else {
                    throw ConfinedDirectory.failure(errno, "make", Array(components[...index]), in: path)
                }
                isChanged.store(true, ordering: .relaxed)
                next = openat(descriptor, name, flags)
            }
            guard next >= 0 else {
                throw ConfinedDirectory.failure(errno, "open", Array(components[...index]), in: path)
            }
            if descriptor != root { close(descriptor) }
            descriptor = next
        }
        return try body(descriptor)
    }

    private static func check(_ name: String, in path: String) throws {
        guard !name.isEmpty, name != ".", name != "..", !name.utf8.contains(UInt8(ascii: "/")), !name.utf8.contains(0)
        else {
            throw StoreError(
                .invalid, operation: "open",
                reason: "\(ByteString(name)) is no name of a file below \(ByteString(path))")
        }
    }

    private static func failure(_ number: Int32, _ verb: String, _ components: [String], in path: String) -> StoreError
    {
        let place = ByteString(([path] + components).joined(separator: "/"))
        switch number {
        case ELOOP, ENOTDIR:
            return StoreError(
                .invalid, operation: verb, errno: number,
                reason: "\(place) is a symbolic link or no directory, and is not followed")
        case ENOSPC, EDQUOT:
            return StoreError(
                .ofFile(number), operation: verb, errno: number, reason: "there is no space left for \(place)")
        default:
            return StoreError(
                .ofFile(number), operation: verb, errno: number, reason: "\(place): \(StoreError.systemText(number))")
        }
    }
}

extension ConfinedDirectory.Entry {
    fileprivate init(_ name: String, _ status: stat) {
        let type = status.st_mode & S_IFMT
        self.init(
            name: name, isDirectory: type == S_IFDIR, isFile: type == S_IFREG, size: UInt64(max(0, status.st_size)),
            modified: Date(
                timeIntervalSince1970: Double(status.st_mtim.tv_sec) + Double(status.st_mtim.tv_nsec) / 1_000_000_000))
    }
}
