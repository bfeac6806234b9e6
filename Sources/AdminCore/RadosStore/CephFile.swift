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

    // MARK: - Mistakes

    /// Something in the file that librados does not take.
    struct Finding: Hashable, Sendable {
        /// The line, from 1.
        let line: Int
        /// What is wrong, as "the quotes are not closed".
        let text: String
    }

    /// The first thing at which librados would end the process, or fail without a word: a character beyond ASCII outside of comments and
    /// quoted values, a byte that is no UTF-8, NUL.
    var fatal: Finding? {
        if bytes.starts(with: [0xff, 0xfe]) || bytes.starts(with: [0xfe, 0xff]) {
            return Finding(line: 1, text: "the file is written as UTF-16; save it as UTF-8 without a byte order mark")
        }
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if let index = lines.firstIndex(where: { String(validating: $0, as: UTF8.self) == nil }) {
            return Finding(line: index + 1, text: "there are bytes that are no UTF-8; write the line again")
        }
        var scan = Scan(bytes)
        return scan.run().fatal
    }

    /// The first mistake in how sections, names and values are written.
    var mistake: Finding? {
        var scan = Scan(bytes)
        return scan.run().mistake
    }

    /// Where the file is wrong, for a sentence: "FILE, line 3: …".
    func sentence(_ finding: Finding) -> String {
        "\(ByteString(path)), line \(finding.line): \(finding.text)"
    }
}

/// A walk through the bytes that knows as much of librados' grammar as tells comments and quoted values from all else.
///
/// The parser asks of every byte where a comment might begin, whether it is a blank; of a byte beyond ASCII that question ends the process.
/// Only inside of comments and quoted values it does not ask.
private struct Scan {
    private enum Place {
        /// Before anything but blanks.
        case start
        case heading, headingOver
        case name
        /// Behind the equals sign, before anything but blanks; `true` behind a continued line, where blanks begin a value.
        case beforeValue(Bool)
        case value
        case quoted(UInt8)
        case afterQuotes
        case comment
    }

    private let bytes: [UInt8]
    private var index = 0
    private var line = 1
    private var place = Place.start
    private var isIndented = false
    private var hasSection = false
    private var isUnended = false
    private var fatal: CephFile.Finding?
    private var mistake: CephFile.Finding?

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func run() -> (fatal: CephFile.Finding?, mistake: CephFile.Finding?) {
        while index < bytes.count, fatal == nil {
            // The parser gives up inside of quotes, before it comes to what is behind.
            guard step() else { return (nil, mistake) }
        }
        if fatal == nil, isUnended { note("the last line does not end with a line break") }
        return (fatal, mistake)
    }

    private mutating func note(_ text: String) {
        if mistake == nil { mistake = CephFile.Finding(line: line, text: text) }
    }

    /// Goes on by a byte, or by two that belong together. False where librados goes no further.
    private mutating func step() -> Bool {
        let byte = bytes[index]
        let isEnd = byte == 10 || byte == 13
        switch place {
        case .comment:
            if isEnd { endLine() } else { index += 1 }
            return true
        case .quoted(let quote):
            return stepInQuotes(byte, isEnd, quote)
        default:
            break
        }
        if byte >= 0x80 || byte == 0 { return refuse(at: index) }
        if isEnd {
            noteEnd()
            endLine()
            return true
        }
        if byte == UInt8(ascii: "#") || byte == UInt8(ascii: ";") {
            noteEnd()
            place = .comment
            index += 1
            return true
        }
        if byte == UInt8(ascii: "\\"), index + 1 < bytes.count { return stepOverBackslash() }
        defer { index += 1 }
        return advance(byte)
    }

    private mutating func stepInQuotes(_ byte: UInt8, _ isEnd: Bool, _ quote: UInt8) -> Bool {
        if isEnd || byte == UInt8(ascii: "#") || byte == UInt8(ascii: ";") {
            note(
                isEnd
                    ? "the quotes are not closed"
                    : "a comment begins between quotes; write \\# or \\; for the character")
            return false
        }
        let isEscape = byte == UInt8(ascii: "\\") && index + 1 < bytes.count && !isLineEnd(index + 1)
        if byte == quote { place = .afterQuotes }
        index += isEscape ? 2 : 1
        return true
    }

    private mutating func stepOverBackslash() -> Bool {
        if isLineEnd(index + 1) {
            // The line goes on in the next one.
            index += 1
            skipLineEnd()
            if case .beforeValue = place { place = .beforeValue(true) }
            return true
        }
        if case .afterQuotes = place {
            note("something stands behind the closing quote")
            return false
        }
        if bytes[index + 1] >= 0x80 || bytes[index + 1] == 0 { return refuse(at: index + 1) }
        index += 2
        isUnended = true
        switch place {
        case .start: place = .name
        case .beforeValue: place = .value
        default: break
        }
        return true
    }

    private mutating func advance(_ byte: UInt8) -> Bool {
        let isBlank = byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
        switch (place, byte) {
        case (.start, UInt8(ascii: "[")):
            if isIndented { note("a section begins behind blanks; it must begin its line") }
            place = .heading
            (hasSection, isUnended) = (true, true)
        case (.start, UInt8(ascii: "=")):
            note("no name stands before the equals sign")
            place = .beforeValue(false)
        case (.start, _) where isBlank:
            if !hasSection { note("blanks stand before the first section") }
            isIndented = true
        case (.start, _):
            if !hasSection { note("a setting stands before the first section, such as [global]") }
            place = .name
            isUnended = true
        case (.heading, UInt8(ascii: "]")):
            place = .headingOver
        case (.headingOver, _) where !isBlank:
            note("something stands behind the section's name")
        case (.name, UInt8(ascii: "=")):
            place = .beforeValue(false)
        case (.name, UInt8(ascii: "[")):
            note("a bracket stands in the name of a setting")
        case (.beforeValue, UInt8(ascii: "\"")), (.beforeValue, UInt8(ascii: "'")):
            place = .quoted(byte)
        case (.beforeValue(let isContinued), _) where !isBlank || isContinued:
            place = .value
        case (.afterQuotes, _) where !isBlank:
            note("something stands behind the closing quote")
            return false
        default:
            break
        }
        return true
    }

    /// What is missing where a line, or all of it but a comment, is over.
    private mutating func noteEnd() {
        switch place {
        case .heading: note("the section's name does not end with a bracket")
        case .name: note("a name stands without an equals sign")
        default: break
        }
    }

    private mutating func endLine() {
        place = .start
        (isIndented, isUnended) = (false, false)
        skipLineEnd()
    }

    private mutating func skipLineEnd() {
        let isPair = bytes[index] == 13 && index + 1 < bytes.count && bytes[index + 1] == 10
        index += isPair ? 2 : 1
        line += 1
    }

    private func isLineEnd(_ index: Int) -> Bool {
        bytes[index] == 10 || bytes[index] == 13
    }

    private mutating func refuse(at index: Int) -> Bool {
        let character = String(decoding: bytes[index...].prefix(4), as: UTF8.self).unicodeScalars.first ?? "\0"
        let code = "U+" + String(character.value, radix: 16, uppercase: true, width: 4)
        let name =
            switch character {
            case "\0": "NUL"
            case "\u{FEFF}": "BYTE ORDER MARK"
            default: character.properties.name ?? "no name"
            }
        let advice =
            character == "\u{FEFF}" && index == 0
            ? "save the file without it"
            : "librados takes only ASCII outside of comments and quotes; write the line again"
        fatal = CephFile.Finding(line: line, text: "there is \(code) (\(name)); \(advice)")
        return true
    }
}
#endif
