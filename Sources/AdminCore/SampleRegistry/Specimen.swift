import ObjectStore
import Registry
import StorageDriver

/// One kind of damage in the sample, in a repository of its own: the defects of
/// docs/layout.md#defects that leave a trace.
public enum Specimen: String, Hashable, Sendable, CaseIterable {
    /// docs/layout.md#d1: a layer of 9,000,000 bytes that was sent as 3,000,000 + 6,000,000.
    /// Repairable: no byte is lost.
    case resumedUpload = "resumed-upload"
    /// docs/layout.md#d2: a layer that was written with a gap, which was filled with far too many
    /// zeros. It reads right.
    case zeroFilled = "zero-filled"
    /// docs/layout.md#d3: an empty layer, a reference without any chunk. Its content is right, but
    /// the old registry cannot serve it.
    case emptyLayer = "empty-layer"
    /// docs/layout.md#d4: the file of a layer, which held longer content before: its old tail and a
    /// surplus chunk are still there.
    case overwrittenShorter = "overwritten-shorter"
    /// docs/layout.md#d5: a layer that two clients pushed at once: the chunks of the first are
    /// orphans. Everything can be pulled.
    case pushedTwice = "pushed-twice"
    /// docs/layout.md#d6: a layer that its upload names as well: the registry's own purge would
    /// delete it.
    case halfMoved = "half-moved"
    /// docs/layout.md#d7: a layer whose deletion stopped after chunk 0.
    case halfDeleted = "half-deleted"
    /// docs/layout.md#d8: a tag's directory that was renamed in its parent only: `stable` is empty,
    /// and `rc1`, which holds its links, is hidden.
    case movedDirectory = "moved-directory"
    /// docs/layout.md#d9: the tag `v1`, which its parent does not list; `_uploads`, which is listed
    /// and has no object; and the empty directory `old`.
    case unlistedDirectory = "unlisted-directory"
    /// docs/layout.md#d10: the link of a tag, with a file written below it.
    case writtenBelowFile = "written-below-file"
    /// docs/layout.md#d11: a tag called `..`.
    case dotDotName = "dot-dot-name"
    /// docs/layout.md#d14: a layer of two chunks the first of which ends early.
    case shortChunk = "short-chunk"

    /// The repository that holds the damage, and nothing else.
    public var repository: String { "damaged/\(rawValue)" }

    /// The number of the defect, as in docs/layout.md.
    public var defect: String {
        switch self {
        case .resumedUpload: "D1"
        case .zeroFilled: "D2"
        case .emptyLayer: "D3"
        case .overwrittenShorter: "D4"
        case .pushedTwice: "D5"
        case .halfMoved: "D6"
        case .halfDeleted: "D7"
        case .movedDirectory: "D8"
        case .unlistedDirectory: "D9"
        case .writtenBelowFile: "D10"
        case .dotDotName: "D11"
        case .shortChunk: "D14"
        }
    }

    // MARK: - Before the damage

    /// The time of the push.
    var pushed: SampleDate { SampleDate(2015, 11, 2, 10, 0) }

    /// The time of the damage.
    var damaged: SampleDate { SampleDate(2015, 11, 2, 10, 5) }

    /// The layer of the image, which no other repository has. Most specimens damage it.
    var layer: SampleBlob {
        switch self {
        case .resumedUpload:
            SampleLayer.big(
                repository, size: 9_000_000, data: 9_000_000 - 1_536,
                digest: "706ad2c2d29b2767721d7e6b47a142714f701d5a2f0a5be58c83ccc3fb59e61f")
        case .zeroFilled: SampleLayer.archive(repository, size: 20_480, hole: Specimen.gap)
        case .emptyLayer: SampleBlob.empty
        case .halfDeleted:
            SampleLayer.big(
                repository, size: (4 << 20) + 51_200, data: 20_000,
                digest: "15796b8b8bb7b32e198ab9683987e7aed0f360eebe3cbee1f648a8e8d7c0b95c")
        case .shortChunk:
            SampleLayer.big(
                repository, size: (4 << 20) + 40_960, data: 20_000,
                digest: "ef23cd6bd217c6f2d341bbc83b44d88379cf02cbb9cab3062dd3593f52c35f5c")
        default: SampleLayer.archive(repository, size: 10_240)
        }
    }

    /// The identifier of the layer's upload.
    var upload: String { "6f0d1a52-93c4-4e0b-a3a5-\(defect.count == 2 ? "0" : "")\(defect.dropFirst())0000000000" }

    /// The size of the first request for the layer of 9,000,000 bytes.
    static let firstPart = 3_000_000

    /// The part of a layer that was skipped when it was written, and reads as zeros.
    static let gap = 6_144..<10_240

    /// Adds the repository with `layer`, as it is before the damage.
    func add(_ layer: SampleBlob, to builder: inout SampleBuilder) throws {
        let image = SampleImage(created: pushed, layers: [layer])
        var missing: SampleBlob?
        var tags = ["v1"]
        switch self {
        case .resumedUpload:
            try builder.store(
                layer.prefix(Specimen.firstPart), as: layer, at: pushed)
        case .zeroFilled:
            try builder.store(
                layer.prefix(Specimen.gap.lowerBound), as: layer, at: pushed)
        case .overwrittenShorter:
            let longer = SampleLayer.archive("\(repository) before", size: 20_480).content
            try builder.store(longer, zeros: (4 << 20) + 10_240, as: layer, at: pushed)
        case .emptyLayer:
            missing = layer
        case .halfMoved:
            try builder.startUpload(upload, in: repository, at: pushed, layer.content)
            missing = layer
        case .movedDirectory:
            tags = ["latest", "rc1"]
        case .unlistedDirectory:
            let name = try SampleBuilder.name(repository)
            try builder.makeDirectory(builder.paths.uploads(name), at: pushed)
            try builder.makeDirectory(builder.paths.repository(name).appending("old"), at: pushed)
            tags = ["v1", "v2"]
        case .pushedTwice, .halfDeleted, .writtenBelowFile, .dotDotName, .shortChunk: break
        }
        try builder.push(image, to: repository, tags: tags, at: pushed, without: missing)
    }

    // MARK: - The damage

    /// Damages the repository that `add` made with the same `layer`.
    func plant(in layer: SampleBlob, with planter: DamagePlanter) async throws {
        let planter = planter.dated(damaged.date)
        let paths = RegistryPaths()
        let name = try SampleBuilder.name(repository)
        let tags = paths.tags(name)
        let blob = paths.blob(layer.digest)
        switch self {
        case .resumedUpload:
            try await planter.resumeInsideChunk(blob, layer.whole[Specimen.firstPart...])
        case .zeroFilled:
            try await planter.writeBeyondEnd(
                blob, offset: UInt64(Specimen.gap.upperBound), Array(layer.content[Specimen.gap.upperBound...]))
        case .emptyLayer:
            try await planter.putEmptyFile(blob)
        case .overwrittenShorter:
            try await planter.overwriteShorter(blob, layer.content)
        case .pushedTwice:
            let source = paths.uploads(name).appending(.literal(upload, "data"))
            try await planter.moveOntoExisting(blob, from: source, layer.content)
        case .halfMoved:
            try await planter.crashInsideMove(
                paths.uploads(name).appending(.literal(upload, "data")), to: blob)
        case .halfDeleted:
            try await planter.crashInsideDelete(blob)
        case .movedDirectory:
            try await planter.moveDirectory(tags.appending("rc1"), to: tags.appending("stable"))
        case .unlistedDirectory:
            try await planter.unlist(tags.appending("v1"))
            try await planter.loseObject(of: paths.uploads(name))
        case .writtenBelowFile:
            let link = tags.appending(.literal("v1", "current", "link"))
            try await planter.writeBelow(link, name: "backup", Array(layer.digest.string.utf8))
        case .dotDotName:
            try await planter.putBadName("..", in: tags)
        case .shortChunk:
            try await planter.shorten(blob, chunk: 0, to: 1_000_000)
        }
    }
}

extension Set<Specimen> {
    /// All specimens.
    public static var all: Set<Specimen> { Set(Specimen.allCases) }
}
