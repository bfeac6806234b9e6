import ObjectStore
import Algorithms
public import Foundation

/// The way in which an image runs, and the steps that made it, by its configuration (OCI
/// image-spec, `config.md`; Docker's image specification 1.1) or the history of a manifest of
/// schema 1.
///
/// Everything in it is hostile text of any length. Invalid parts are left out: nothing but the
/// display depends on them.
public struct ImageRecipe: Hashable, Sendable {
    /// One step of the history.
    public struct Step: Hashable, Sendable {
        /// The time of the step; nil if the history does not have it.
        public let created: Date?
        /// The command, as the builder wrote it; may be empty.
        public let command: String
        /// A comment on the step; may be empty.
        public let comment: String
        /// True if the step made a layer. Such steps are in the order of the layers.
        public let makesLayer: Bool
    }

    /// The author; may be empty.
    public var author = ""
    /// The user, or uid, with or without a group; empty for root.
    public var user = ""
    /// The working directory; empty for the root directory.
    public var workingDirectory = ""
    /// The command that always runs.
    public var entrypoint: [String] = []
    /// The arguments, or the command, unless the caller names others.
    public var command: [String] = []
    /// `NAME=value`, in the order of the configuration.
    public var environment: [String] = []
    /// `port/protocol`, sorted.
    public var ports: [String] = []
    /// Paths, sorted.
    public var volumes: [String] = []
    /// The labels, by name.
    public var labels: [String: String] = [:]
    /// The signal that stops the image; empty for the runtime's own.
    public var stopSignal = ""
    /// The steps, the oldest first.
    public var steps: [Step] = []

    /// The size of the largest document that is read, in bytes. Those of real images have some
    /// thousands.
    static let sizeLimit = 1 << 20
    /// The bytes of documents after which no more are read for one index.
    static let readLimit = 16 << 20
    /// The number of steps that are read. No builder makes so many.
    static let stepLimit = 1000

    /// Returns the steps, each with the number, from 0, of the layer that it made; then the
    /// remaining layers without a step.
    public func history(layers count: Int) -> [(step: Step?, layer: Int?)] {
        var number = 0
        var history: [(step: Step?, layer: Int?)] = []
        for step in steps {
            let layer = step.makesLayer && number < count ? number : nil
            if layer != nil { number += 1 }
            history.append((step, layer))
        }
        return history + (number..<max(number, count)).map { (nil, $0) }
    }

    /// Parses a configuration.
    ///
    /// - Throws: `ManifestProblem` if it is no JSON object.
    init(parsing bytes: [UInt8]) throws {
        let document = try BoundedJSON.decode(Document.self, from: bytes)
        self.init(document)
        steps = document.history.prefix(Self.stepLimit).map {
            Step(
                created: $0.created.flatMap(Timestamp.made), command: $0.command, comment: $0.comment,
                makesLayer: !$0.isEmpty)
        }
    }

    /// Parses a manifest of schema 1, which has a configuration for each layer, the newest first.
    ///
    /// - Throws: `ManifestProblem` if it is none.
    init(schema1 bytes: [UInt8]) throws {
        let manifest = try BoundedJSON.decode(Schema1.self, from: bytes)
        func document(_ entry: Schema1.History) -> Document {
            (try? BoundedJSON.decode(Document.self, from: Array(entry.v1Compatibility.utf8))) ?? Document()
        }
        self.init(manifest.history.first.map(document) ?? Document())
        steps = manifest.history.suffix(Self.stepLimit).reversed().map(document).map {
            Step(
                created: $0.created.flatMap(Timestamp.made), command: $0.made.joined(separator: " "),
                comment: $0.comment, makesLayer: true)
        }
    }

    private init(_ document: Document) {
        author = document.author
        user = document.settings.user
        workingDirectory = document.settings.workingDirectory
        entrypoint = document.settings.entrypoint
        command = document.settings.command
        environment = document.settings.environment
        ports = document.settings.ports.sorted()
        volumes = document.settings.volumes.sorted()
        labels = document.settings.labels
        stopSignal = document.settings.stopSignal
    }
}

// MARK: - The documents

private struct Schema1: Decodable {
    struct History: Decodable {
        let v1Compatibility: String
    }

    let history: [History]
}

private struct Document: Decodable {
    var created: String?
    var author = ""
    var comment = ""
    var settings = Settings()
    /// The command that made the layer (schema 1).
    var made: [String] = []
    var history: [Step] = []

    enum CodingKeys: String, CodingKey {
        case created, author, comment, config, history
        case container = "container_config"
    }

    init() {}

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        created = fields.lenient(.created)
        author = fields.lenient(.author) ?? ""
        comment = fields.lenient(.comment) ?? ""
        settings = fields.lenient(.config) ?? Settings()
        made = (fields.lenient(.container) ?? Settings()).command
        history = fields.lenient(.history) ?? []
    }

    struct Step: Decodable {
        let created: String?
        let command: String
        let comment: String
        let isEmpty: Bool

        enum CodingKeys: String, CodingKey {
            case created, comment
            case command = "created_by"
            case isEmpty = "empty_layer"
        }

        init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            created = fields.lenient(.created)
            command = fields.lenient(.command) ?? ""
            comment = fields.lenient(.comment) ?? ""
            isEmpty = fields.lenient(.isEmpty) ?? false
        }
    }

    struct Settings: Decodable {
        var user = ""
        var workingDirectory = ""
        var entrypoint: [String] = []
        var command: [String] = []
        var environment: [String] = []
        var ports: [String] = []
        var volumes: [String] = []
        var labels: [String: String] = [:]
        var stopSignal = ""

        enum CodingKeys: String, CodingKey {
            case user = "User"
            case workingDirectory = "WorkingDir"
            case entrypoint = "Entrypoint"
            case command = "Cmd"
            case environment = "Env"
            case ports = "ExposedPorts"
            case volumes = "Volumes"
            case labels = "Labels"
            case stopSignal = "StopSignal"
        }

        /// The value of ports and volumes, which is always empty.
        private struct Nothing: Decodable {
            init(from decoder: any Decoder) {}
        }

        init() {}

        init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            func names(_ key: CodingKeys) -> [String] {
                (fields.lenient(key) as [String: Nothing]?).map { Array($0.keys) } ?? []
            }
            user = fields.lenient(.user) ?? ""
            workingDirectory = fields.lenient(.workingDirectory) ?? ""
            entrypoint = fields.lenient(.entrypoint) ?? []
            command = fields.lenient(.command) ?? []
            environment = fields.lenient(.environment) ?? []
            ports = names(.ports)
            volumes = names(.volumes)
            labels = fields.lenient(.labels) ?? [:]
            stopSignal = fields.lenient(.stopSignal) ?? ""
        }
    }
}

extension KeyedDecodingContainer {
    /// Decodes a value; nil also if the value has another type.
    func lenient<Value: Decodable>(_ key: Key) -> Value? {
        (try? decodeIfPresent(Value.self, forKey: key)) ?? nil
    }
}

extension RegistryPass {
    /// The recipes of an image, and of each image in its details, by the manifest's digest.
    ///
    /// An image without a readable configuration has none; its `problems` say why. Each
    /// configuration is read once. After `ImageRecipe.readLimit` bytes no more are read.
    ///
    /// - Throws: the errors of the store.
    public func recipes(of image: ImageDetail) async throws -> [Digest: ImageRecipe] {
        var manifests: [Digest: [Digest]] = [:]
        var sources: [RecipeSource] = []
        for image in image.withChildren {
            guard let digest = image.digest, let source = RecipeSource(image) else { continue }
            if manifests[source.digest] == nil { sources.append(source) }
            manifests[source.digest, default: []].append(digest)
        }
        var recipes: [Digest: ImageRecipe] = [:]
        var read = 0
        let window = 4
        for wave in sources.chunks(ofCount: window) where read < ImageRecipe.readLimit {
            let found = try await concurrentMap(wave, window: window) { [reader] in try await reader.recipe($0) }
            for (source, found) in zip(wave, found) {
                guard let found else { continue }
                read += found.bytes
                for digest in manifests[source.digest] ?? [] { recipes[digest] = found.recipe }
            }
        }
        return recipes
    }
}

/// The blob with the recipe of an image.
private struct RecipeSource: Sendable {
    let digest: Digest
    let isSchema1: Bool

    init?(_ image: ImageDetail) {
        if let config = image.config, ManifestType.imageConfigurations.contains(config.mediaType ?? "") {
            (digest, isSchema1) = (config.digest, false)
        } else if image.mediaType == ManifestType.signedSchema1, let manifest = image.digest {
            (digest, isSchema1) = (manifest, true)
        } else {
            return nil
        }
    }
}

extension RegistryReader {
    fileprivate func recipe(_ source: RecipeSource) async throws -> (recipe: ImageRecipe, bytes: Int)? {
        try await document(source.digest, limit: ImageRecipe.sizeLimit) { bytes in
            (try source.isSchema1 ? ImageRecipe(schema1: bytes) : ImageRecipe(parsing: bytes), bytes.count)
        }
    }
}
