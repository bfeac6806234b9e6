/// One cause of damage, found.
public struct Problem: Hashable, Sendable {
    /// What kind it is.
    public let kind: ProblemKind
    /// How bad it is.
    public let severity: ProblemSeverity
    /// The file or directory; nil for what has no valid path.
    public let path: StoragePath?
    /// The identifier of the file's chunks.
    public let blob: BlobIdentifier?
    /// The object to look at.
    public let object: ObjectID?
    /// What it means for whoever uses the images, in a sentence or two.
    public let detail: String
    /// What would mend it; nil if nothing does, or if it is another command's.
    public let repair: Repair?

    /// See the properties.
    public init(
        kind: ProblemKind, severity: ProblemSeverity, path: StoragePath? = nil, blob: BlobIdentifier? = nil,
        object: ObjectID? = nil, detail: String, repair: Repair? = nil
    ) {
        self.kind = kind
        self.severity = severity
        self.path = path
        self.blob = blob
        self.object = object
        self.detail = detail
        self.repair = repair
    }

    /// What it is about, for people: the path, or the object, or the identifier.
    public var place: String { path?.string ?? object?.description ?? blob?.string ?? "the pool" }
}

extension Problem: Comparable {
    /// By kind, then by place.
    public static func < (left: Problem, right: Problem) -> Bool {
        if left.kind != right.kind {
            return (ProblemKind.allCases.firstIndex(of: left.kind) ?? 0)
                < (ProblemKind.allCases.firstIndex(of: right.kind) ?? 0)
        }
        return (left.path?.string ?? "", left.place, left.detail) < (
            right.path?.string ?? "", right.place, right.detail
        )
    }
}
