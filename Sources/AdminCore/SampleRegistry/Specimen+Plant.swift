/// The damage itself.
extension Specimen {
    /// Damages the repository in a store that holds what `add` made with the same `layer`.
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
