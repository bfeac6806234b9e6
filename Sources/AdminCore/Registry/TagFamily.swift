/// The relations between the tags of a repository: of signatures to images, and of images to
/// indexes. Computed; reads nothing.
package struct TagFamily {
    /// A tag.
    package struct Member {
        package let tag: String
        package let digest: Digest?
        package let companion: Companion?
        /// See `TagSummary.parts`.
        package let parts: [Digest]

        package init(tag: String, digest: Digest?, companion: Companion?, parts: [Digest]) {
            self.tag = tag
            self.digest = digest
            self.companion = companion
            self.parts = parts
        }
    }

    package let members: [Member]
    /// The indexes of the members that name a manifest, or name it as a part.
    private let holders: [Digest: [Int]]

    /// Creates a family. `others` are further manifests for `holders(of:)`.
    package init(_ members: [Member], asking others: [Digest] = []) {
        self.members = members
        let wanted = Set(members.compactMap(\.companion?.subject) + members.compactMap(\.digest) + others)
        var holders: [Digest: [Int]] = [:]
        for (number, member) in members.enumerated() {
            for digest in (member.digest.map { [$0] } ?? []) + member.parts where wanted.contains(digest) {
                holders[digest, default: []].append(number)
            }
        }
        self.holders = holders
    }

    package init(of tags: [TagSummary]) {
        self.init(
            tags.map { Member(tag: $0.tag, digest: $0.digest, companion: $0.companion, parts: $0.parts) })
    }

    /// The tags that a companion belongs to: those that name its subject, or an index that has the
    /// subject as a part. Empty for an image.
    package func owners(of number: Int) -> [Int] {
        guard let subject = members[number].companion?.subject else { return [] }
        return (holders[subject] ?? []).filter { $0 != number }
    }

    /// The tags that name a manifest, or an index that has it as a part. Works for subjects of
    /// companions, manifests of tags, and `others`.
    package func holders(of digest: Digest) -> [Int] { holders[digest] ?? [] }

    /// The images that a companion belongs to, also through other companions. A ring of companions
    /// leads to no image.
    package func images(of number: Int) -> [Int] {
        var seen: Set<Int> = [number]
        var open = owners(of: number)
        var images: [Int] = []
        while let next = open.popLast() {
            guard seen.insert(next).inserted else { continue }
            if members[next].companion == nil { images.append(next) } else { open += owners(of: next) }
        }
        return images.sorted()
    }

    /// The indexes of which a tagged image is a part. Such an image does not count as an image of
    /// its own.
    package func indexes(of number: Int) -> [Int] {
        let member = members[number]
        guard member.companion == nil, let digest = member.digest else { return [] }
        return (holders[digest] ?? []).filter { other in
            guard let index = members[other].digest, index != digest, members[other].companion == nil else {
                return false
            }
            // Indexes that name each other are both images.
            return !member.parts.contains(index)
        }
    }
}

extension TagSummary {
    /// Returns the tags, each image followed by its companions, with the tags of the images that
    /// each companion belongs to. Companions without a known image come last.
    public static func arranged(_ tags: [TagSummary]) -> [(tag: TagSummary, images: [String])] {
        let family = TagFamily(of: tags)
        var below: [Int: [(tag: TagSummary, images: [String])]] = [:]
        var loose: [(tag: TagSummary, images: [String])] = []
        for (number, tag) in tags.enumerated() where tag.companion != nil {
            let images = family.images(of: number)
            let row = (tag: tag, images: images.map { tags[$0].tag })
            if let first = images.first { below[first, default: []].append(row) } else { loose.append(row) }
        }
        return tags.enumerated().filter { $0.element.companion == nil }
            .flatMap { number, tag in [(tag: tag, images: [])] + (below[number] ?? []) } + loose
    }
}
