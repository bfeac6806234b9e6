public import Foundation

/// How an image is run and which steps made it, for people to read: as its configuration says (OCI image-spec, `config.md`; Docker's image
/// specification 1.1), or the history of a manifest of schema 1.
///
/// All of it is what somebody pushed, of any length and any characters. What is not as it should be is left out, since nothing depends on it.
public struct ImageRecipe: Hashable, Sendable {
    /// One step of the history.
    public struct Step: Hashable, Sendable {
        /// When it was done; nil if that is not said.
        public let created: Date?
        /// What was done, as the builder wrote it down; may be empty.
        public let command: String
        /// What somebody said about it; may be empty.
        public let comment: String
        /// Whether a layer came of it. The layers are those of such steps, in their order.
        public let makesLayer: Bool
    }

    /// Who made it; may be empty.
    public var author = ""
    /// The user, or uid, with or without a group; empty for root.
    public var user = ""
    /// Where it is run; empty for the root directory.
    public var workingDirectory = ""
    /// What is run, whatever is said.
    public var entrypoint: [String] = []
    /// Its arguments, or what is run, unless something else is said.
    public var command: [String] = []
    /// `NAME=value`, in the order of the configuration.
    public var environment: [String] = []
    /// `port/protocol`, sorted.
    public var ports: [String] = []
    /// Paths, sorted.
    public var volumes: [String] = []
    /// What somebody noted, by name.
    public var labels: [String: String] = [:]
    /// Empty for the runtime's own.
    public var stopSignal = ""
    /// The oldest first.
    public var steps: [Step] = []

    /// No larger document is read. In bytes; those of real images have some thousands.
    static let sizeLimit = 1 << 20
    /// No more documents are read for one index after so many bytes of them.
    static let readLimit = 16 << 20
    /// No more steps are taken in: no builder makes as many.
    static let stepLimit = 1000

    /// The steps, each with the number of the layer that came of it, from 0; then what there is of layers of which no step is known.
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

    /// Understands a configuration. Throws `ManifestProblem` if it is no JSON object.
    init(parsing bytes: [UInt8]) throws {
        let document = try BoundedJSON.decode(Document.self, from: bytes)
        self.init(document)
        steps = document.history.prefix(Self.stepLimit).map {
            Step(
                created: $0.created.flatMap(Timestamp.made), command: $0.command, comment: $0.comment,
                makesLayer: !$0.isEmpty)
        }
    }

    /// Understands a manifest of schema 1, which has a configuration for each layer, the newest first. Throws `ManifestProblem` if it is none.
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

        /// The value of ports and volumes: always empty, and of no interest.
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
    /// nil as well if the value is of another kind.
    func lenient<Value: Decodable>(_ key: Key) -> Value? {
        (try? decodeIfPresent(Value.self, forKey: key)) ?? nil
    }
}
