import AdminCore

/// Files of at most one chunk, spread over some directories that are there and listed.
struct SmallFiles: Sendable {
    let size: Int
    let count: Int
    /// How many are put or got at once. No more than 64 MiB: the driver keeps to that.
    let depth: Int
    var directories: Int { min(128, count) }
}

/// A file of many chunks.
enum LargeFile {
    static let chunk = Int(StorageReader.defaultChunkSize)
    /// Chunks in flight.
    static let depth = 8
}

/// Something read that is not what was written.
struct WrongContent: Error, CustomStringConvertible {
    let what: String
    var description: String { "what was read is not what was written: \(what)" }
}

extension Harness {
    func putSmall(_ name: String, _ files: SmallFiles) -> Comparison {
        let content = [UInt8](repeating: UInt8(ascii: "x"), count: files.size)
        return compare(
            name,
            prepare: { try await limit.makeDirectories(Harness.directories($0, files)) },
            limit: { try await limit.put($0.directory, files, series: $0.series) },
            driver: { turn, driver in
                try await each(files.count, depth: files.depth) { index in
                    try await driver.putContent(try Harness.path(turn.directory, files, index), content)
                }
            },
            clear: { try await limit.removeChunks(series: $0.series, count: files.count) })
    }

    /// The files are there before.
    func getSmall(_ name: String, _ files: SmallFiles) -> Comparison {
        compare(
            name, rounds: 9,
            prepare: {
                try await limit.makeDirectories(Harness.directories($0, files))
                try await limit.put($0.directory, files, series: $0.series)
            },
            limit: { try await limit.get($0.directory, files) },
            driver: { turn, driver in
                try await each(files.count, depth: files.depth) { index in
                    let content = try await driver.reader.content(try Harness.path(turn.directory, files, index))
                    guard content.count == files.size else { throw WrongContent(what: "\(content.count) bytes") }
                }
            },
            clear: { try await limit.removeChunks(series: $0.series, count: files.count) })
    }

    private static func directories(_ turn: Turn, _ files: SmallFiles) -> [String] {
        (0..<files.directories).map { "\(turn.directory)/d\($0)" }
    }

    private static func path(_ directory: String, _ files: SmallFiles, _ index: Int) throws -> StoragePath {
        try StoragePath("\(directory)/d\(index % files.directories)/f\(index)")
    }

    func putLarge(_ name: String, size: Int) -> Comparison {
        let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
        return compare(
            name,
            prepare: { try await limit.makeDirectories([$0.directory]) },
            limit: { try await limit.putLarge($0.directory, series: $0.series, size: size, depth: LargeFile.depth) },
            driver: { turn, driver in
                let writer = try await driver.replacing(try StoragePath("\(turn.directory)/large"))
                for _ in 0..<size / piece.count { try await writer.write(piece) }
                try await writer.commit()
            },
            clear: { try await limit.removeBlob(series: $0.series, chunks: size / LargeFile.chunk) })
    }

    func getLarge(_ name: String, size: Int) -> Comparison {
        compare(
            name,
            prepare: {
                try await limit.makeDirectories([$0.directory])
                try await limit.putLarge($0.directory, series: $0.series, size: size, depth: LargeFile.depth)
            },
            limit: { try await limit.getLarge($0.directory, size: size, depth: LargeFile.depth) },
            driver: { turn, driver in
                try await Harness.read(try StoragePath("\(turn.directory)/large"), size, driver.reader)
            },
            clear: { try await limit.removeBlob(series: $0.series, chunks: size / LargeFile.chunk) })
    }

    /// Reads a whole file in its pieces.
    static func read(_ path: StoragePath, _ size: Int, _ reader: StorageReader) async throws {
        var bytes = 0
        for try await piece in try await reader.reader(path) { bytes += piece.count }
        guard bytes == size else { throw WrongContent(what: "\(bytes) bytes") }
    }
}
