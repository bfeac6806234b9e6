import Foundation

/// Reads links, the files that hold a digest.
///
/// Damage is part of every answer; the readers throw only what the store throws
/// (docs/layout.md#d12).
struct LinkReader: Sendable {
    let registry: RegistryReader

    private var storage: StorageReader { registry.storage }
    private var paths: RegistryPaths { registry.paths }

    /// No link is longer, in bytes.
    static let limit = 1024

    /// Reads the link at a path. Two dependent round trips.
    func read(at path: StoragePath) async throws -> LinkFinding {
        try await read(storage.entry(path), at: path)
    }

    /// Reads a link whose directory entry is known, nil if there is none.
    func read(_ entry: DirectoryEntry?, at path: StoragePath) async throws -> LinkFinding {
        switch entry?.kind {
        case nil: .missing
        case .directory: LinkFinding(state: .bad("is a directory"), modified: nil)
        case .invalid: LinkFinding(state: .bad("has no valid identifier"), modified: nil)
        case .file(let file): try await read(file, at: path)
        }
    }

    /// Reads a link whose identifier is known. `path` is for messages: the link may have left it.
    func read(_ file: BlobIdentifier, at path: StoragePath) async throws -> LinkFinding {
        do {
            let (head, bytes) = try await storage.file(file, at: path, limit: LinkReader.limit)
            let state =
                LinkText(bytes).map(LinkFinding.State.init) ?? .bad(bytes.isEmpty ? "is empty" : "holds no digest")
            return LinkFinding(state: state, modified: head.modified)
        } catch let error as StorageError {
            return LinkFinding(state: .bad("cannot be read"), modified: nil, damage: error)
        }
    }

    /// Reads the current link of a tag. Of a missing one, `remains` says what is left of the tag: a
    /// push, or a deletion, may have stopped half-way.
    func read(ofTag tag: String, of name: RepositoryName) async throws -> LinkFinding {
        guard let directory = paths.tag(name, tag), let path = paths.currentLink(name, tag: tag) else {
            return .missing
        }
        var link = try await read(at: path)
        guard link.state == .missing, let entries = try await storage.entries(directory) else { return link }
        if entries.isEmpty {
            link.remains = "nothing is left of the tag but its name"
        } else if entries.allSatisfy({ $0.name == "index" }) {
            link.remains = "only the list of what the tag named once is left of it"
        }
        return link
    }

    /// Reads the links `<algorithm>/<hex>/link` below a directory, by the digest that their path
    /// says.
    func read(below directory: StoragePath) async throws -> [Digest: LinkFinding] {
        let digests = try await registry.digests(below: directory) ?? []
        let links = try await concurrentMap(digests, window: registry.window) { digest in
            try await read(at: paths.link(to: digest, below: directory))
        }
        return Dictionary(uniqueKeysWithValues: zip(digests, links))
    }
}

extension RegistryReader {
    /// Reads links.
    var links: LinkReader { LinkReader(registry: self) }
}

/// The answer of a link.
struct LinkFinding: Hashable, Sendable {
    /// Whether the link leads anywhere.
    enum State: Hashable, Sendable {
        /// The link holds this digest.
        case good(Digest)
        /// The link means this digest, but holds other text, or less: no registry reads it.
        case inexact(Digest)
        /// The link is not there.
        case missing
        /// The link is there and holds no digest; the text ends a sentence that begins with the
        /// link's name.
        case bad(String)

        /// The state of a link with this content.
        init(_ text: LinkText) {
            self = text.isExact ? .good(text.digest) : .inexact(text.digest)
        }
    }

    let state: State
    /// The time of the last write to the link; nil if it has no date.
    let modified: Date?
    /// The damage of the file, if that is why the link cannot be read.
    var damage: StorageError?
    /// What there is in place of a missing link, as the end of a sentence; nil if there is nothing
    /// to say.
    var remains: String?

    static let missing = LinkFinding(state: .missing, modified: nil)

    /// The digest that the link means; nil if the link cannot be read.
    var digest: Digest? {
        switch state {
        case .good(let digest), .inexact(let digest): digest
        case .missing, .bad: nil
        }
    }

    /// The fault of a link that should hold `expected` (any digest if nil), as the end of a
    /// sentence; nil if there is none. A link below another digest than a SHA-256 may hold the
    /// SHA-256 of the same blob.
    func fault(expecting expected: Digest? = nil) -> String? {
        switch state {
        case .good(let digest), .inexact(let digest):
            if let expected, digest != expected, expected.algorithm == digest.algorithm || expected.isCanonical {
                "names another digest, \(digest)"
            } else if case .inexact = state {
                "holds more than a digest, so that no registry reads it"
            } else {
                nil
            }
        case .missing: "is missing" + (remains.map { ": \($0)" } ?? "")
        case .bad(let reason): reason
        }
    }
}

/// The digest that the content of a link means.
///
/// A registry writes the digest and nothing else, and reads nothing else (`digest.ParseDigest` in
/// docker/distribution). Editors, scripts and copies leave other text around the digest. As long as
/// the content can mean one digest only, the link means that one.
struct LinkText: Hashable, Sendable {
    /// The digest.
    let digest: Digest
    /// True if the link holds nothing else. No registry reads other links.
    let isExact: Bool

    /// Parses the content of a link. nil if it can mean no digest, or more than one.
    init?(_ bytes: some Collection<UInt8>) {
        let text = String(decoding: bytes, as: UTF8.self)
        if let digest = Digest(text) {
            (self.digest, isExact) = (digest, true)
            return
        }
        let words = text.split { !LinkText.isOfDigest($0) }
        let digests = Set(words.compactMap { Digest(lenient: $0) ?? Digest(lenient: "sha256:\($0)") })
        guard let digest = digests.first, digests.count == 1 else { return nil }
        (self.digest, isExact) = (digest, false)
    }

    private static func isOfDigest(_ character: Character) -> Bool {
        guard let byte = character.asciiValue else { return false }
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: ":"), UInt8(ascii: "+"), UInt8(ascii: "."),
            UInt8(ascii: "_"), UInt8(ascii: "-"):
            return true
        default: return false
        }
    }
}
