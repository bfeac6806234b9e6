import ObjectStore
import Registry
import StorageDriver
import Foundation

/// A list of images in use, made from access logs or by `kubectl`: each line holds a reference or a
/// digest.
///
/// A line may hold several of them, with blanks between them; `#` begins a comment. In a reference,
/// the name of the registry and a scheme (`docker://`) are ignored. A repository without a tag
/// means everything in it. A digest means the manifest in every repository, and everything of which
/// it is a part; the beginning of a digest is enough. Words that cannot be understood are counted.
/// In doubt, a word keeps more rather than less.
public struct KeepList: Hashable, Sendable {
    /// The name in sentences: that of its file.
    public let name: String
    /// The numbers of the lines that name something.
    public let usable: [Int]
    /// The numbers of the lines that hold neither a reference nor a digest, and are not empty.
    public let unusable: [Int]

    /// Texts that name something, each with its lines.
    private typealias Lines = [String: [Int]]
    private var repositories: Lines = [:]
    private var tags: [String: Lines] = [:]
    /// By algorithm and digits, or digits alone.
    private var digests: Lines = [:]
    /// The lengths of the keys of `digests`: a digest is looked up by its beginnings of these
    /// lengths.
    private var lengths: Set<Int> = []

    /// The longest accepted text, in bytes.
    public static let sizeLimit = 64 << 20

    /// Parses a list.
    /// - Throws: `ChangeError.unsuitable` if nothing in it is a reference or a digest: with such a
    ///   list, every image could be removed.
    public init(parsing bytes: some Sequence<UInt8>, name: String) throws(ChangeError) {
        self.name = name
        var usable: [Int] = []
        var unusable: [Int] = []
        var repositories: [(String, Int)] = []
        var tags: [(String, String, Int)] = []
        var digests: [(String, Int)] = []
        let text = String(decoding: Array(bytes), as: UTF8.self).unicodeScalars
        // A carriage return alone ends a line as well. Empty lines count.
        var number = 0
        var last: Unicode.Scalar?
        for line in text.split(
            omittingEmptySubsequences: false,
            whereSeparator: { scalar in
                defer { last = scalar }
                return scalar == "\n" && last != "\r" || scalar == "\r"
            })
        {
            number += 1
            let words = KeepList.words(line)
            if words.isEmpty { continue }
            let found = words.compactMap(Mention.init)
            if found.isEmpty { unusable.append(number) } else { usable.append(number) }
            for mention in found {
                digests += mention.digests.map { ($0, number) }
                for repository in mention.repositories {
                    if let tag = mention.tag {
                        tags.append((repository, tag, number))
                    } else if mention.digests.isEmpty {
                        repositories.append((repository, number))
                    }
                }
            }
        }
        guard !usable.isEmpty else {
            throw .unsuitable("\(name) names no image and no digest on any line: it is no list of images in use")
        }
        self.usable = usable
        self.unusable = unusable
        for (repository, line) in repositories { self.repositories[repository, default: []].append(line) }
        for (repository, tag, line) in tags { self.tags[repository, default: [:]][tag, default: []].append(line) }
        for (digest, line) in digests { self.digests[digest, default: []].append(line) }
        lengths = Set(self.digests.keys.map(\.utf8.count))
    }

    /// Returns the words of a line, without a comment, quotes and brackets.
    private static func words(_ line: Substring.UnicodeScalarView) -> [String] {
        let visible = line.filter { !$0.properties.isDefaultIgnorableCodePoint && $0 != "\0" }
        let words = String(String.UnicodeScalarView(visible)).split(whereSeparator: \.isWhitespace)
        return words.prefix { $0.first != "#" }.map { word in
            var word = word
            while let first = word.first, "\"'`,;(".contains(first) { word.removeFirst() }
            while let last = word.last, "\"'`,;)".contains(last) { word.removeLast() }
            return String(word)
        }.filter { !$0.isEmpty }
    }

    /// The lines that keep a tag, by its name or by one of these digests.
    func lines(keeping tag: String, of repository: RepositoryName, naming digests: [Digest]) -> [Int] {
        (tags[repository.string]?[tag] ?? []) + lines(keeping: digests, of: repository)
    }

    /// The lines that keep a manifest of a repository; `digests` are its own and those of its
    /// parts.
    func lines(keeping digests: [Digest], of repository: RepositoryName?) -> [Int] {
        (repository.flatMap { repositories[$0.string] } ?? []) + digests.flatMap(lines)
    }

    /// The lines that name a digest.
    func lines(naming digest: Digest) -> [Int] {
        guard !digests.isEmpty else { return [] }
        let (text, hex) = (digest.string, digest.hex)
        return lengths.flatMap { length in
            (digests[String(text.prefix(length))] ?? []) + (digests[String(hex.prefix(length))] ?? [])
        }
    }

    /// Returns a sentence with the numbers of lines that kept something and that did not.
    /// `matched`: the lines that kept something.
    func report(_ matched: Set<Int>) -> String {
        func count(_ number: Int) -> String { number == 1 ? "1 line" : "\(number) lines" }
        let idle = usable.count { !matched.contains($0) }
        var text =
            "of \(count(usable.count)) in \(name), \(usable.count - idle) keep something here, \(idle) match nothing"
        if let first = unusable.first {
            text += "; \(count(unusable.count)) more, such as line \(first), name neither an image nor a digest"
        }
        return text
    }
}

/// A word of a list, parsed.
private struct Mention {
    /// The repositories that the word may name.
    var repositories: [String] = []
    var tag: String?
    /// Digests, or beginnings of them.
    var digests: [String] = []

    init?(_ word: String) {
        var text = word[...]
        if let scheme = text.range(of: "://") { text = text[scheme.upperBound...] }
        // The path of a request, as in an access log.
        if let path = text.range(of: "/v2/"), let manifests = text.range(of: "/manifests/", options: .backwards),
            path.upperBound <= manifests.lowerBound
        {
            let reference = text[manifests.upperBound...].prefix { $0 != "?" }
            let sign = reference.contains(":") ? "@" : ":"
            text = "\(text[path.upperBound..<manifests.lowerBound])\(sign)\(reference)"
        }
        if let at = text.firstIndex(of: "@") {
            guard let digest = Mention.digest(text[text.index(after: at)...]) else { return nil }
            digests = [digest]
            text = text[..<at]
        } else if let digest = Mention.digest(text) {
            digests = [digest]
            // Digits alone may also be the name of a repository.
            if digest.contains(":") { return }
        }
        let slash = text.lastIndex(of: "/") ?? text.startIndex
        if let colon = text[slash...].firstIndex(of: ":") {
            let name = String(text[text.index(after: colon)...])
            guard StoragePath.isValid(component: name) else { return nil }
            tag = name
            text = text[..<colon]
        }
        repositories = Mention.repositories(text)
        if repositories.isEmpty, digests.isEmpty { return nil }
    }

    /// Parses a digest or the beginning of one. A word with too few digits is no digest: it is more
    /// likely a name.
    private static func digest(_ text: Substring) -> String? {
        let colon = text.firstIndex(of: ":")
        let hex = colon.map { text[text.index(after: $0)...] } ?? text
        let algorithms: Set<Substring> = ["sha256", "sha384", "sha512"]
        guard hex.count >= (colon == nil ? 7 : 4), hex.count <= 128,
            hex.utf8.allSatisfy({ Hexadecimal.value(of: $0) != nil }),
            colon.map({ algorithms.contains(text[..<$0]) }) ?? true
        else { return nil }
        return String(text)
    }

    /// Returns the name as it is, and the name without the registry's host; a name of one part may
    /// also be in Docker's library.
    private static func repositories(_ text: Substring) -> [String] {
        var names: [String] = []
        if let name = RepositoryName(text) { names.append(name.string) }
        if let slash = text.firstIndex(of: "/") {
            let host = text[..<slash]
            if host.contains(".") || host.contains(":") || host == "localhost",
                let name = RepositoryName(text[text.index(after: slash)...])
            {
                names.append(name.string)
            }
        }
        return names + names.filter { !$0.contains("/") }.map { "library/\($0)" }
    }
}
