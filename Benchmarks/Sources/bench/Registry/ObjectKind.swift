/// What an object of a generated registry is, by its name.
enum ObjectKind: String, Sendable {
    // Chunks.
    case blob = "blob"
    case manifest = "manifest"
    case currentLink = "current link"
    case indexLink = "index link"
    case revisionLink = "revision link"
    case layerLink = "layer link"
    // Directories.
    case above = "directories above repositories and blobs"
    case names = "directories of repositories"
    case repository = "repository"
    case parts = "parts of a repository"
    case tags = "list of tags"
    case tag = "directory of a tag"
    case current = "directory of a current link"
    case index = "directories of an index"
    case revisions = "list of revisions"
    case revision = "directory of a revision"
    case layers = "list of layers"
    case layer = "directory of a layer link"
    case place = "directory of a blob"

    /// The kinds of chunks, in the order of the numbers with which their identifiers begin.
    static let chunks: [ObjectKind] = [.blob, .manifest, .currentLink, .indexLink, .revisionLink, .layerLink]

    /// An identifier that says what its chunk is.
    func identifier(_ number: Int) -> String {
        func digits(_ number: Int, _ count: Int) -> String {
            let text = String(number, radix: 16)
            return String(repeating: "0", count: count - text.count) + text
        }
        return "blob:\(digits(Self.chunks.firstIndex(of: self) ?? 0, 8))-0000-4000-8000-\(digits(number, 12))"
    }

    init(_ name: String) {
        if name.hasPrefix("blob:") {
            self = Int(name.dropFirst(5).prefix(8), radix: 16).map { Self.chunks[$0] } ?? .blob
            return
        }
        // After docker, registry and v2.
        let path = name.split(separator: "/").dropFirst(3)
        switch path.first {
        case "blobs": self = path.count == 4 ? .place : .above
        case "repositories": self = ObjectKind(below: Array(path.dropFirst()))
        default: self = .above
        }
    }

    /// - Parameter path: team, application, and the rest.
    private init(below path: [Substring]) {
        guard path.count > 1 else {
            self = .names
            return
        }
        switch (path.count > 3 ? path[3] : "", path.count) {
        case (_, 2): self = .repository
        case (_, 4) where path[2] == "_layers": self = .layers
        case (_, 5) where path[2] == "_layers": self = .layer
        case ("tags", 4): self = .tags
        case ("tags", 5): self = .tag
        case ("tags", _): self = path[5] == "current" ? .current : .index
        case ("revisions", 5): self = .revisions
        case ("revisions", 6): self = .revision
        default: self = .parts
        }
    }

    /// Whether it is a directory.
    var isDirectory: Bool { !Self.chunks.contains(self) }

    /// Whether `repos` cannot do without it: names, tags, manifests, and whether each blob is
    /// there. The presence of a link is a key of its list.
    var isReadByListing: Bool {
        switch self {
        case .names, .repository, .tags, .revisions, .layers, .current, .currentLink, .place, .blob, .manifest: true
        default: false
        }
    }

    /// Whether a mark cannot do without it: directories, links and manifests.
    var isReadByMark: Bool { self != .blob }
}
