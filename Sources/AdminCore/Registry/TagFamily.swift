/// Which tags of a repository belong to which others: signatures to images, and the images of an index to that. Pure.
struct TagFamily {
    /// A tag.
    struct Member {
        let tag: String
        let digest: Digest?
        let companion: Companion?
        /// See `TagSummary.parts`.
        let parts: [Digest]
    }

    let members: [Member]
    /// The tags that name a manifest, or name it as a part, by their numbers.
    private let holders: [Digest: [Int]]

    /// `others`: manifests whose holders will be asked for as well.
    init(_ members: [Member], asking others: [Digest] = []) {
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

    init(of tags: [TagSummary]) {
        self.init(
            tags.map { Member(tag: $0.tag, digest: $0.digest, companion: $0.companion, parts: $0.parts) })
    }

    /// The tags that a companion belongs to: those that name its subject, or an index that it is a part of. Empty for an image, and where no
    /// tag does.
    func owners(of number: Int) -> [Int] {
        guard let subject = members[number].companion?.subject else { return [] }
        return (holders[subject] ?? []).filter { $0 != number }
    }

    /// The tags that name a manifest, or an index that it is a part of; of subjects of companions, and of what tags name.
    func holders(of digest: Digest) -> [Int] { holders[digest] ?? [] }

    /// The images that a companion belongs to, if need be by way of other companions. A circle leads to none.
    func images(of number: Int) -> [Int] {
        var seen: Set<Int> = [number]
        var open = owners(of: number)
        var images: [Int] = []
        while let next = open.popLast() {
            guard seen.insert(next).inserted else { continue }
            if members[next].companion == nil { images.append(next) } else { open += owners(of: next) }
        }
        return images.sorted()
    }

    /// The indexes that an image with a tag of its own is a part of. It is no image more then.
    func indexes(of number: Int) -> [Int] {
        let member = members[number]
        guard member.companion == nil, let digest = member.digest else { return [] }
        return (holders[digest] ?? []).filter { other in
            guard let index = members[other].digest, index != digest, members[other].companion == nil else {
                return false
            }
            // Indexes that name each other are images both.
            return !member.parts.contains(index)
        }
    }
}

extension TagSummary {
    /// The tags with what belongs to each image below it, each companion with the tags of the images that it belongs to; last those to which
    /// no image with a tag is known.
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
