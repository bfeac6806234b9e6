import Foundation

/// The journal's JSON: what stands in the omap, and back. Its content is hostile, as all content of a pool.
extension Intent {
    /// Bytes of a part at most, about; an omap value is read whole.
    static let partLimit = 48 << 10
    /// Bytes of all parts at most: they are written in one operation.
    static let limit = 48 << 20

    static func encode(_ head: Head) throws -> [UInt8] {
        Array(try encoder().encode(head))
    }

    static func decodeHead(_ value: [UInt8]) throws -> Head {
        guard value.count <= partLimit else { throw Unreadable("its head has \(value.count) bytes") }
        struct Format: Decodable { let format: Int }
        let data = Data(value)
        guard let format = try? decoder().decode(Format.self, from: data).format else {
            throw Unreadable("its head is no JSON of this journal")
        }
        guard format == Head.format else {
            throw Unreadable("it was written in format \(format), by another version of regtop")
        }
        do {
            return try decoder().decode(Head.self, from: data)
        } catch {
            throw Unreadable("its head is no JSON of this journal")
        }
    }

    /// The parts of a body, each a JSON value of limited length.
    static func encode(_ body: Body) throws -> [[UInt8]] {
        var parts: [[UInt8]] = []
        var size = 0
        func add(_ part: Part) throws {
            let bytes = Array(try encoder().encode(part))
            size += bytes.count
            parts.append(bytes)
        }
        switch body {
        case .directories(let directories, let floor):
            for slice in slices(directories.map(\.string), weight: \.utf8.count) {
                try add(Part(floor: floor.string, directories: slice))
            }
        case .move(let stages, let floor, let keeps):
            for (index, stage) in stages.enumerated() {
                let files = stage.map(Part.File.init)
                for slice in slices(files, weight: { $0.from.utf8.count + $0.to.utf8.count + 130 }) {
                    try add(Part(floor: floor.string, keeps: keeps ? true : nil, stage: index, files: slice))
                }
            }
        case .claims(let holding):
            try add(Part(directories: [holding.string]))
        case .watch(let watch):
            let places = [watch.place] + (watch.counterpart.map { [$0] } ?? [])
            try add(Part(keeps: watch.keepsLinks ? true : nil, directories: places.map(\.string)))
        case .mark: break
        }
        guard size <= limit else {
            throw StoreError(
                .invalid, operation: "write the journal", object: Journal.object,
                reason:
                    "the change has too many links for one intent (\(size) bytes, \(limit) are possible): do it in parts"
            )
        }
        return parts
    }

    static func decodeBody(_ kind: Kind, _ values: [[UInt8]]) throws -> Body {
        let parts = try values.map { value in
            guard value.count <= 4 * partLimit, let part = try? decoder().decode(Part.self, from: Data(value)) else {
                throw Unreadable("a part of it is no JSON of this journal")
            }
            return part
        }
        do {
            let floor = try parts.first?.floor.map(StoragePath.init) ?? .root
            let directories = try parts.flatMap { try ($0.directories ?? []).map(StoragePath.init) }
            switch kind {
            case .directories: return .directories(directories, floor: floor)
            case .mark: return .mark
            case .claims:
                guard let holding = directories.first else { throw Unreadable("it names no holding") }
                return .claims(holding)
            case .watch:
                guard let place = directories.first else { throw Unreadable("it names no directory") }
                return .watch(
                    Watch(
                        place: place, counterpart: directories.dropFirst().first,
                        keepsLinks: parts.contains { $0.keeps == true }))
            case .move:
                var stages: [Int: [StorageDriver.FileMove]] = [:]
                for part in parts {
                    stages[part.stage ?? 0, default: []] += try (part.files ?? []).map { try $0.move() }
                }
                return .move(
                    stages.sorted { $0.key < $1.key }.map(\.value), floor: floor,
                    keepsDirectories: parts.contains { $0.keeps == true })
            }
        } catch let error as StorageError {
            throw Unreadable(error.description)
        }
    }

    /// Why an intent cannot be understood.
    struct Unreadable: Error {
        let why: String

        init(_ why: String) { self.why = why }
    }

    private static func slices<Item>(_ items: [Item], weight: (Item) -> Int) -> [[Item]] {
        var slices: [[Item]] = []
        var room = 0
        for item in items {
            let weight = weight(item)
            if room < weight {
                slices.append([])
                room = partLimit
            }
            slices[slices.count - 1].append(item)
            room -= weight
        }
        return slices
    }

    private static func encoder() -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        return encoder
    }

    private static func decoder() -> JSONDecoder {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        return decoder
    }
}

/// A part of what an intent changes, as it stands in the journal.
private struct Part: Codable {
    struct File: Codable {
        let blob: String
        let from: String
        let to: String
        var replaces: String?
        /// True if there was no chunk 0 before the move: an empty file of the old driver, or a reference to lost data.
        var bare: Bool?
        /// True if it goes where another reference turns up.
        var yields: Bool?

        init(_ file: StorageDriver.FileMove) {
            blob = file.blob.string
            from = file.source.string
            to = file.destination.string
            replaces = file.replaces?.string
            bare = file.isBare ? true : nil
            yields = file.yields ? true : nil
        }

        func move() throws -> StorageDriver.FileMove {
            guard let blob = BlobIdentifier(blob) else { throw Intent.Unreadable("it names no valid identifier") }
            var move = StorageDriver.FileMove(
                blob: blob, source: try StoragePath(from), destination: try StoragePath(to), isBare: bare == true,
                yields: yields == true)
            if let replaces {
                guard let old = BlobIdentifier(replaces) else {
                    throw Intent.Unreadable("it names no valid identifier")
                }
                move.replaces = old
            }
            return move
        }
    }

    var floor: String?
    var keeps: Bool?
    var stage: Int?
    var directories: [String]?
    var files: [File]?
}
