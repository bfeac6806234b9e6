import ObjectStore
package import StorageDriver
package import Foundation

/// Reads links, the files that hold a digest.
///
/// Damage is part of every answer; the methods throw only the errors of the store
/// (docs/layout.md#d12).
package struct LinkReader: Sendable {
    let registry: RegistryReader

    private var storage: StorageReader { registry.storage }
    private var paths: RegistryPaths { registry.paths }

    /// The size of the largest link that is read, in bytes.
    package static let limit = 1024

    /// Reads the link at a path. Two dependent round trips.
    package func read(at path: StoragePath) async throws -> LinkFinding {
        try await read(storage.entry(path), at: path)
    }

    /// Reads a link whose directory entry is known, nil if there is none.
    package func read(_ entry: DirectoryEntry?, at path: StoragePath) async throws -> LinkFinding {
        switch entry?.kind {
        case nil: .missing
        case .directory: LinkFinding(state: .bad("is a directory"), modified: nil)
        case .invalid: LinkFinding(state: .bad("has no valid identifier"), modified: nil)
        case .file(let file): try await read(file, at: path)
        }
    }

    /// Reads a link whose identifier is known. `path` appears in errors only: the link may be
    /// elsewhere by now.
    package func read(_ file: BlobIdentifier, at path: StoragePath) async throws -> LinkFinding {
        do {
            let (head, bytes) = try await storage.file(file, at: path, limit: LinkReader.limit)
            let state =
                LinkText(bytes).map(LinkFinding.State.init) ?? .bad(bytes.isEmpty ? "is empty" : "holds no digest")
            return LinkFinding(state: state, modified: head.modified)
        } catch let error as StorageError {
            return LinkFinding(state: .bad("cannot be read"), modified: nil, damage: error)
        }
    }

    /// Reads the current link of a tag. If it is missing, `remains` describes the rest of the tag:
    /// a push or a deletion may have stopped half-way.
    func read(ofTag tag: String, of name: RepositoryName) async throws -> LinkFinding {
        guard let directory = paths.tag(name, tag), let path = paths.currentLink(name, tag: tag) else {
            return .missing
        }
        var link = try await read(at: path)
        guard link.state == .missing, let entries = try await storage.entries(directory) else { return link }
        if entries.isEmpty {
            link.remains = "only the name of the tag is left"
        } else if entries.allSatisfy({ $0.name == "index" }) {
            link.remains = "only the list of its former manifests is left"
        }
        return link
    }

    /// Reads the links `<algorithm>/<hex>/link` below a directory, by the digest in their path.
    func read(below directory: StoragePath) async throws -> [Digest: LinkFinding] {
        try await read(registry.digests(below: directory) ?? [], below: directory)
    }

    /// Reads these of the links below a directory.
    func read(_ digests: [Digest], below directory: StoragePath) async throws -> [Digest: LinkFinding] {
        let links = try await concurrentMap(digests, window: registry.window) { digest in
            try await read(at: paths.link(to: digest, below: directory))
        }
        return Dictionary(uniqueKeysWithValues: zip(digests, links))
    }
}

extension RegistryReader {
    /// The reader of the links of this registry.
    package var links: LinkReader { LinkReader(registry: self) }
}

/// The result of reading a link.
package struct LinkFinding: Hashable, Sendable {
    /// The content of the link.
    package enum State: Hashable, Sendable {
        /// The link holds this digest.
        case good(Digest)
        /// The link means this digest, but does not hold exactly its text: no registry reads it.
        case inexact(Digest)
        /// The link is not there.
        case missing
        /// The link is there and means no digest. The text ends a sentence that begins with the
        /// link's name.
        case bad(String)
        /// The directory of the link is listed; the link was not read (`RepositoryInquiry`).
        case listed

        /// The state of a link with this content.
        package init(_ text: LinkText) {
            self = text.isExact ? .good(text.digest) : .inexact(text.digest)
        }
    }

    package let state: State
    /// The time of the last write to the link; nil if it has no date.
    package let modified: Date?
    /// The damage of the link's file, if that is why the link cannot be read.
    package var damage: StorageError?
    /// The remains in place of a missing link, as the end of a sentence; nil if there is nothing to
    /// say.
    var remains: String?

    package init(state: State, modified: Date?, damage: StorageError? = nil, remains: String? = nil) {
        self.state = state
        self.modified = modified
        self.damage = damage
        self.remains = remains
    }

    package static let missing = LinkFinding(state: .missing, modified: nil)

    /// A link that was not read.
    static let listed = LinkFinding(state: .listed, modified: nil)

    /// The digest that the link means; nil if the link cannot be read.
    package var digest: Digest? {
        switch state {
        case .good(let digest), .inexact(let digest): digest
        case .missing, .bad, .listed: nil
        }
    }

    /// The fault of a link that should hold `expected` (any digest if nil), as the end of a
    /// sentence; nil if there is none. A link below another digest than a SHA-256 may hold the
    /// SHA-256 of the same blob.
    package func fault(expecting expected: Digest? = nil) -> String? {
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
        case .listed: nil
        }
    }
}

/// The digest that the content of a link means.
///
/// A registry writes the digest and nothing else, and reads nothing else (`digest.ParseDigest` in
/// docker/distribution). Editors, scripts and copies leave other text around the digest. As long as
/// the content can mean one digest only, the link means that one.
package struct LinkText: Hashable, Sendable {
    /// The digest.
    package let digest: Digest
    /// True if the link holds nothing else. Registries read only such links.
    package let isExact: Bool

    /// Parses the content of a link; nil if it can mean no digest, or more than one.
    package init?(_ bytes: [UInt8]) {
        if let digest = Digest(utf8: bytes) {
            (self.digest, isExact) = (digest, true)
            return
        }
        let words = bytes.split { !LinkText.isOfDigest($0) }.filter { $0.count >= LinkText.shortest }
        let digests = Set(
            words.compactMap { word in
                Digest(utf8: word, inAnyCase: true) ?? Digest(utf8: Array("sha256:".utf8) + word, inAnyCase: true)
            })
        guard let digest = digests.first, digests.count == 1 else { return nil }
        (self.digest, isExact) = (digest, false)
    }

    /// The fewest bytes of a digest: an algorithm, a colon and 32 digits.
    private static let shortest = 34

    private static func isOfDigest(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: ":"), UInt8(ascii: "+"), UInt8(ascii: "."),
            UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
