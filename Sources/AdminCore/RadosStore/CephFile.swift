#if RADOS
import ObjectStore
import Glibc

/// A ceph.conf or a keyring, checked before librados reads it: librados parses both with one
/// parser, which ends the process at some characters.
struct CephFile: Sendable {
    /// The reason why a file cannot be read.
    enum Trouble: Error, Hashable {
        case missing
        /// Opening or reading it failed with this errno.
        case refused(Int32)
        /// It is no file; the text says what it is, such as "a directory".
        case isNoFile(String)
        /// It has more than this number of bytes.
        case tooLong(Int)
    }

    /// Longest accepted file, in bytes.
    private static let sizeLimit = 16 << 20

    /// The path, as given.
    let path: String
    /// The content.
    let bytes: [UInt8]

    /// Reads the file, which may block. `/dev/null` is an empty file, as for Ceph.
    init(_ path: String) throws(Trouble) {
        // Without O_NONBLOCK, a pipe without a writer blocks.
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

    /// A sentence that says why the file cannot be read: "FILE does not exist".
    static func sentence(_ path: String, _ trouble: Trouble) -> String {
        switch trouble {
        case .missing: "\(ByteString(path)) does not exist"
        case .refused(EACCES), .refused(EPERM):
            "\(ByteString(path)) may not be read by the user \(user); check its permissions and those of its directories"
        case .refused(let number): "\(ByteString(path)) cannot be read: \(StoreError.systemText(number))"
        case .isNoFile(let kind): "\(ByteString(path)) is \(kind), not a file"
        case .tooLong(let limit):
            "\(ByteString(path)) has more than \(limit >> 20) MiB, which is too long for a file of Ceph"
        }
    }

    /// The paths in a list of files. Ceph separates them by commas and semicolons; blanks belong to
    /// a name.
    static func list(_ text: String) -> [String] {
        text.split { $0 == "," || $0 == ";" }.map(String.init)
    }

    /// The effective user, by name, else by number.
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

    /// A place in the file that librados refuses.
    struct Finding: Hashable, Sendable {
        /// The line, from 1.
        let line: Int
        /// The mistake, such as "the quotes are not closed".
        let text: String
    }

    /// The first place at which librados would end the process, or fail silently: a character
    /// beyond ASCII outside of comments and quoted values, a byte that is no UTF-8, or NUL.
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

    /// The first mistake in the syntax of sections, names and values.
    var mistake: Finding? {
        var scan = Scan(bytes)
        return scan.run().mistake
    }

    /// The place and the mistake: "FILE, line 3: …".
    func sentence(_ finding: Finding) -> String {
        "\(ByteString(path)), line \(finding.line): \(finding.text)"
    }
}

/// A walk through the bytes by librados' grammar, as far as needed to tell comments and quoted
/// values from the rest.
///
/// Outside of comments and quoted values, the parser asks for each byte whether it is a blank. For
/// a byte beyond ASCII, that question ends the process.
private struct Scan {
    private enum Place {
        /// At the start of a line, or behind blanks there.
        case start
        case heading, headingOver
        case name
        /// Behind the equals sign, or behind blanks there; `true` on a continued line, where a
        /// blank begins the value.
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
            // The parser fails inside of quotes, and reads no further.
            guard step() else { return (nil, mistake) }
        }
        if fatal == nil, isUnended { note("the last line does not end with a line break") }
        return (fatal, mistake)
    }

    private mutating func note(_ text: String) {
        if mistake == nil { mistake = CephFile.Finding(line: line, text: text) }
    }

    /// Moves by one byte, or by two that belong together. False if librados reads no further.
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
            note("there is text behind the closing quote")
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
            if isIndented { note("there are blanks before the section; it must begin its line") }
            place = .heading
            (hasSection, isUnended) = (true, true)
        case (.start, UInt8(ascii: "=")):
            note("there is no name before the equals sign")
            place = .beforeValue(false)
        case (.start, _) where isBlank:
            if !hasSection { note("there are blanks before the first section") }
            isIndented = true
        case (.start, _):
            if !hasSection { note("there is a setting before the first section, such as [global]") }
            place = .name
            isUnended = true
        case (.heading, UInt8(ascii: "]")):
            place = .headingOver
        case (.headingOver, _) where !isBlank:
            note("there is text behind the section's name")
        case (.name, UInt8(ascii: "=")):
            place = .beforeValue(false)
        case (.name, UInt8(ascii: "[")):
            note("there is a bracket in the name of a setting")
        case (.beforeValue, UInt8(ascii: "\"")), (.beforeValue, UInt8(ascii: "'")):
            place = .quoted(byte)
        case (.beforeValue(let isContinued), _) where !isBlank || isContinued:
            place = .value
        case (.afterQuotes, _) where !isBlank:
            note("there is text behind the closing quote")
            return false
        default:
            break
        }
        return true
    }

    /// Notes what is missing at the end of a line, or before its comment.
    private mutating func noteEnd() {
        switch place {
        case .heading: note("the section's name does not end with a bracket")
        case .name: note("there is a name without an equals sign")
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
            : "librados accepts only ASCII outside of comments and quotes; write the line again"
        fatal = CephFile.Finding(line: line, text: "there is \(code) (\(name)); \(advice)")
        return true
    }
}
#endif
