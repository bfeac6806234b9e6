/// The repositories of the specimens as they were before the damage.
extension Specimen {
    /// When they were pushed.
    var pushed: SampleDate { SampleDate(2015, 11, 2, 10, 0) }

    /// When they were damaged.
    var damaged: SampleDate { SampleDate(2015, 11, 2, 10, 5) }

    /// The layer that is, or will be, damaged; elsewhere just the image's layer. No other repository has it.
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

    /// The upload that the layer came from.
    var upload: String { "6f0d1a52-93c4-4e0b-a3a5-\(defect.count == 2 ? "0" : "")\(defect.dropFirst())0000000000" }

    /// What of the layer of 9,000,000 bytes came first.
    static let firstPart = 3_000_000

    /// The part of a layer that was skipped when it was written, and reads as zeros.
    static let gap = 6_144..<10_240

    /// Adds the repository with this layer, `layer`: still sound, or as far as it goes without the damage.
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
}
