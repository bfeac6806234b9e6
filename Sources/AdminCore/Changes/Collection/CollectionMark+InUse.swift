extension CollectionMark {
    /// Whether somebody has said that one of these manifests is in use, or the tag of this link.
    mutating func notesUse(of digests: [Digest], _ link: CollectionIndex.Link) -> Bool {
        guard let list = options.inUse, let name = paths.repositoryName(of: link.path.path) else { return false }
        let lines =
            if case .currentLink(let tag) = link.file {
                list.lines(keeping: tag, of: name, naming: digests)
            } else {
                list.lines(keeping: digests, of: name)
            }
        linesInUse.formUnion(lines)
        return !lines.isEmpty
    }
}
