public import Registry

/// The difference between two images, or between two indexes, platform by platform.
public struct ImageDifference: Hashable, Sendable {
    /// The images that have a layer.
    public enum Owner: Hashable, Sendable {
        /// Both images.
        case both
        /// Only the first image.
        case first
        /// Only the second image.
        case second
    }

    /// An image with the configurations of its parts.
    public struct Side: Hashable, Sendable {
        /// The image; an index has the details of its entries.
        public let image: ImageDetail
        /// The configurations by the manifest's digest.
        public let recipes: [Digest: ImageRecipe]

        /// Creates a value from its parts.
        public init(_ image: ImageDetail, _ recipes: [Digest: ImageRecipe]) {
            self.image = image
            self.recipes = recipes
        }
    }

    /// The label of an entry in its index, such as `linux/amd64`.
    fileprivate struct Label: Hashable, Sendable {
        let text: String
        /// The number, from 1, of the entry among those with this label.
        let number: Int

        var description: String { number == 1 ? text : "\(text) (\(number))" }
    }

    /// One of the two images for one platform.
    public struct Member: Hashable, Sendable {
        /// The digest of the manifest; nil if the tag's link cannot be read.
        public let digest: Digest?
        /// The image; nil for an entry of an index that cannot be read.
        public let image: ImageDetail?
        /// The configuration; nil if there is none that can be read.
        public let recipe: ImageRecipe?
        fileprivate var label: Label
        /// The platform without the version of the operating system.
        fileprivate let platform: String?
    }

    /// A layer, by its digest: an image that names it twice has it once.
    public struct Layer: Hashable, Sendable {
        /// The layer.
        public let blob: ImageDetail.Blob
        /// The number of the layer, from 0, in the first of the images that have it.
        public let number: Int
        /// The images that have the layer.
        public let owner: Owner
    }

    /// A setting with different values in the two configurations.
    public struct Setting: Hashable, Sendable {
        /// The name of a setting.
        public enum Name: Hashable, Sendable {
            /// The command that always runs.
            case entrypoint
            /// The arguments, or the command.
            case command
            /// The user.
            case user
            /// The working directory.
            case workingDirectory
            /// The exposed ports.
            case ports
            /// The volumes.
            case volumes
            /// The signal that stops the image.
            case stopSignal
            /// The author.
            case author
            /// A variable of the environment.
            case environment(String)
            /// A label.
            case label(String)
        }

        /// The name of the setting.
        public let name: Name
        /// The values in the first image; empty if it does not have the setting.
        public let first: [String]
        /// The values in the second image.
        public let second: [String]
    }

    /// The images of one platform.
    public struct Part: Hashable, Sendable {
        /// The platform, or another label of an entry of an index; nil if neither is an index.
        public let platform: String?
        /// The first image; nil if only the second one has this platform.
        public let first: Member?
        /// The second image; nil if only the first one has this platform.
        public let second: Member?
        /// The layers: those of the first image in its order, then those of the second image only.
        public let layers: [Layer]
        /// The settings that differ; nil if a configuration cannot be read.
        public let settings: [Setting]?

        /// True if both are the same manifest.
        public var isSame: Bool { first?.digest != nil && first?.digest == second?.digest }
    }

    /// The first image.
    public let first: ImageDetail
    /// The second image.
    public let second: ImageDetail
    /// The platforms: those of the first image in its order, then those of the second image only.
    public private(set) var parts: [Part] = []
    /// True if there are more differences of the configurations than `settingLimit`.
    public private(set) var areSettingsCut = false

    /// The number of differing settings that are kept for all platforms together. A small
    /// configuration may have thousands, and many images may share it.
    static let settingLimit = 2000

    /// True if both are the same manifest.
    public var isSame: Bool { first.digest != nil && first.digest == second.digest }

    /// Compares two images.
    public init(_ first: Side, _ second: Side) {
        self.first = first.image
        self.second = second.image
        let (isFirstIndex, isSecondIndex) = (!first.image.manifests.isEmpty, !second.image.manifests.isEmpty)
        var (left, right) = (first.members, second.members)
        if !isFirstIndex, !isSecondIndex { right[0].label = left[0].label }
        if !isFirstIndex, isSecondIndex { left[0].takeLabel(of: right) }
        if isFirstIndex, !isSecondIndex { right[0].takeLabel(of: left) }
        let byLabel = Dictionary(right.map { ($0.label, $0) }) { one, _ in one }
        let known = Set(left.map(\.label))
        let pairs: [(Member?, Member?)] =
            left.map { ($0, byLabel[$0.label]) } + right.filter { !known.contains($0.label) }.map { (nil, $0) }
        var room = Self.settingLimit
        for (one, other) in pairs {
            let label = isFirstIndex || isSecondIndex ? (one ?? other)?.label.description : nil
            parts.append(part(label, one, other, &room))
        }
    }

    /// The number and the bytes of the layers of all platforms that these images have, each digest
    /// once.
    public func layers(of owner: Owner) -> (count: Int, bytes: UInt64) {
        var owners: [Digest: (bytes: UInt64, owners: Set<Owner>)] = [:]
        for layer in parts.lazy.flatMap(\.layers) {
            owners[layer.blob.digest, default: (layer.blob.size, [])].owners.insert(layer.owner)
        }
        let found = owners.values.filter { $0.owners.count > 1 ? owner == .both : $0.owners.contains(owner) }
        return (found.count, found.reduce(0) { $0 + $1.bytes })
    }

    private mutating func part(_ label: String?, _ first: Member?, _ second: Member?, _ room: inout Int) -> Part {
        var settings: [Setting]? = []
        if let first, let second {
            settings = Self.settings(first, second, isFull: room <= 0)
            if let found = settings?.count, found > room {
                settings = settings.map { Array($0.prefix(max(0, room))) }
                areSettingsCut = true
            }
            room -= settings?.count ?? 0
        }
        return Part(
            platform: label, first: first, second: second,
            layers: Self.layers(first?.image?.layers ?? [], second?.image?.layers ?? []), settings: settings)
    }

    private static func layers(_ first: [ImageDetail.Blob], _ second: [ImageDetail.Blob]) -> [Layer] {
        let (inFirst, inSecond) = (Set(first.map(\.digest)), Set(second.map(\.digest)))
        var seen: Set<Digest> = []
        func new(_ blobs: [ImageDetail.Blob], _ owner: (Digest) -> Owner) -> [Layer] {
            blobs.enumerated().compactMap { number, blob in
                seen.insert(blob.digest).inserted
                    ? Layer(blob: blob, number: number, owner: owner(blob.digest)) : nil
            }
        }
        return new(first) { inSecond.contains($0) ? .both : .first }
            + new(second) { inFirst.contains($0) ? .both : .second }
    }

    /// - Parameter isFull: True if there is no room for settings. One is enough then, since the
    ///   caller only tells that there are more.
    private static func settings(_ first: Member, _ second: Member, isFull: Bool) -> [Setting]? {
        guard let one = first.recipe, let other = second.recipe else {
            return first.image?.config?.digest == second.image?.config?.digest ? [] : nil
        }
        guard one != other else { return [] }
        let own: [(Setting.Name, [String], [String])] = [
            (.entrypoint, one.entrypoint, other.entrypoint), (.command, one.command, other.command),
            (.user, one.user.asValues, other.user.asValues),
            (.workingDirectory, one.workingDirectory.asValues, other.workingDirectory.asValues),
            (.ports, one.ports, other.ports), (.volumes, one.volumes, other.volumes),
            (.stopSignal, one.stopSignal.asValues, other.stopSignal.asValues),
            (.author, one.author.asValues, other.author.asValues),
        ]
        var settings = own.filter { $0.1 != $0.2 }.map { Setting(name: $0.0, first: $0.1, second: $0.2) }
        if isFull, !settings.isEmpty { return settings }
        settings += named(one.variables, other.variables) { .environment($0) }
        settings += named(one.labels, other.labels) { .label($0) }
        return settings
    }

    private static func named(
        _ first: [String: String], _ second: [String: String], _ name: (String) -> Setting.Name
    ) -> [Setting] {
        Set(first.keys).union(second.keys).filter { first[$0] != second[$0] }.sorted().map { key in
            Setting(
                name: name(key), first: first[key].map { [$0] } ?? [], second: second[key].map { [$0] } ?? [])
        }
    }
}

extension ImageDifference.Member {
    /// Takes the label of the only entry for the same platform. An image knows no version of its
    /// operating system, but an index may.
    fileprivate mutating func takeLabel(of entries: [Self]) {
        let same = entries.filter { $0.platform == platform }
        guard !entries.contains(where: { $0.label == label }), same.count == 1 else { return }
        label = same[0].label
    }
}

extension ImageDifference.Side {
    /// The images of an index, those of nested ones included; an image that is no index is the only
    /// one.
    fileprivate var members: [ImageDifference.Member] {
        var used: [String: Int] = [:]
        return entries(of: image, label: image.platforms.first ?? "image").map { label, digest, image, platform in
            used[label, default: 0] += 1
            return ImageDifference.Member(
                digest: digest, image: image, recipe: digest.flatMap { recipes[$0] },
                label: .init(text: label, number: used[label] ?? 1), platform: platform)
        }
    }

    private typealias Entry = (label: String, digest: Digest?, image: ImageDetail?, platform: String?)

    private func entries(of image: ImageDetail, label: String) -> [Entry] {
        guard !image.manifests.isEmpty else { return [(label, image.digest, image, image.platforms.first)] }
        return image.manifests.flatMap { child -> [Entry] in
            let label = child.label ?? "manifest"
            if let inner = child.image, !inner.manifests.isEmpty { return entries(of: inner, label: label) }
            return [(label, child.digest, child.image, child.platform)]
        }
    }
}

extension ImageRecipe {
    /// The values of the environment by name. Of several values, the last one counts, as it
    /// does in container engines.
    fileprivate var variables: [String: String] {
        var variables: [String: String] = [:]
        for entry in environment {
            let end = entry.firstIndex(of: "=")
            variables[String(entry[..<(end ?? entry.endIndex)])] =
                end.map { String(entry[entry.index(after: $0)...]) } ?? ""
        }
        return variables
    }
}

extension String {
    /// No value for an empty text.
    fileprivate var asValues: [String] { isEmpty ? [] : [self] }
}
