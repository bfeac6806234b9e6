import AdminCore
import ArgumentParser

/// Where the registry is and how to get there: the options of every command, named as in Ceph's own tools.
struct StoreOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Which store: rados, or sqlite:FILE.", valueName: "store"),
        transform: StoreOptions.location)
    var store: SessionOptions.Location = .rados

    @Option(
        help: ArgumentHelp(
            "A registry of the configuration file, by its name; what other options say counts more.", valueName: "name")
    )
    var registry: String?

    @Option(name: [.short, .long], help: "The pool. Without it, the only one that holds a registry.")
    var pool: String?

    @Option(
        name: [.short, .long],
        help: ArgumentHelp(
            "The configuration of the cluster. Without it $CEPH_CONF, /etc/ceph/ceph.conf, ~/.ceph/ceph.conf, ./ceph.conf.",
            valueName: "file"))
    var conf: String?

    @Option(name: [.short, .long], help: ArgumentHelp("The client, as client.admin.", valueName: "client.x"))
    var name: String?

    @Option(help: ArgumentHelp("The client without its type, as admin.", valueName: "x"))
    var id: String?

    @Option(name: [.short, .long], help: ArgumentHelp("The keyring of the client.", valueName: "file"))
    var keyring: String?

    @Option(name: [.short, .long], help: ArgumentHelp("The addresses of the monitors.", valueName: "addresses"))
    var monHost: String?

    @Option(
        help: ArgumentHelp("Bytes in a chunk, such as 4M; nowhere stored in the pool.", valueName: "size"),
        transform: StoreOptions.chunkSize)
    var chunkSize: UInt64 = StorageReader.defaultChunkSize

    @Flag(help: "Open the store in a way that cannot change anything.")
    var readOnly = false

    @Option(help: ArgumentHelp("Operations in flight at once, 1 to 512.", valueName: "n"))
    var inFlight: Int = 128

    @Option(
        help: ArgumentHelp("Limit for connecting, such as 15s. (default: 15s)", valueName: "duration"),
        transform: ArgumentText.duration)
    var connectTimeout: Double = 15

    @Option(
        help: ArgumentHelp(
            "Limit for one unanswered operation, such as 90s. (default: 60s)", valueName: "duration"),
        transform: ArgumentText.duration)
    var timeout: Double = 60

    @OptionGroup var log: LogOptions

    /// Refuses what does not go together.
    mutating func validate() throws {
        if let registry { try adopt(registry, SettingsFile.read()) }
        guard (1...512).contains(inFlight) else {
            throw ValidationError("--in-flight takes a number from 1 to 512, not \(inFlight)")
        }
        if let id, let name, name != "client.\(id)" {
            throw ValidationError("--id \(id) and --name \(name) name two clients; give one of them")
        }
    }

    /// Takes what the configuration says of a registry, wherever no other option says it.
    mutating func adopt(_ name: String, _ settings: Settings) throws {
        guard let registry = settings.registries[name] else {
            let known = settings.registries.keys.sorted().joined(separator: ", ")
            let problem = settings.problems.first.map { "; \($0)" } ?? ""
            throw ValidationError(
                "there is no registry \(name) in the configuration; there \(known.isEmpty ? "is none" : "are \(known)")\(problem)"
            )
        }
        if let text = registry.store, case .rados = store { store = try Self.location(text) }
        pool = pool ?? registry.pool
        conf = conf ?? registry.conf
        if id == nil { self.name = self.name ?? registry.name }
        keyring = keyring ?? registry.keyring
        monHost = monHost ?? registry.monHost
        readOnly = readOnly || registry.readOnly
    }

    /// The session that these options ask for. `waiting`: true to wait for ever for an answer, as the console does.
    func session(waiting: Bool = false) -> SessionOptions {
        var rados = RadosOptions()
        rados.pool = pool
        rados.configuration = conf
        rados.client = name ?? id.map { "client.\($0)" }
        rados.keyring = keyring
        rados.monitors = monHost
        rados.inFlight = inFlight
        rados.connectTimeout = connectTimeout
        rados.operationTimeout = waiting ? nil : timeout
        return SessionOptions(location: store, rados: rados, chunkSize: chunkSize, readOnly: readOnly)
    }

    private static func location(_ text: String) throws -> SessionOptions.Location {
        if text == "rados" { return .rados }
        guard text.hasPrefix("sqlite:"), text.count > 7 else {
            throw ValidationError("it is neither rados nor sqlite:FILE")
        }
        return .sqlite(path: String(text.dropFirst(7)))
    }

    private static func chunkSize(_ text: String) throws -> UInt64 {
        guard let bytes = Quantity.bytes(text), (1...(64 << 20)).contains(bytes) else {
            throw ValidationError("it is no size from 1 to 64M, such as 4M or 4194304")
        }
        return bytes
    }
}
