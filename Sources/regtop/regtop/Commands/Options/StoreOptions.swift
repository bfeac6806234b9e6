import AdminCore
import ArgumentParser

/// The store and the connection, for every command; the names are those of Ceph's own tools.
struct StoreOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The store: rados, or sqlite:FILE.", valueName: "store"),
        completion: .values(.store),
        transform: StoreOptions.location)
    var store: SessionOptions.Location = .rados

    @Option(
        help: ArgumentHelp(
            "The name of a registry in config.yml. Other options override its settings.", valueName: "name"),
        completion: .values(.registry))
    var registry: String?

    @Option(
        name: [.short, .long], help: "The pool. (default: the only pool with a registry)", completion: .values(.pool))
    var pool: String?

    @Option(
        name: [.short, .long],
        help: ArgumentHelp(
            "The cluster's configuration. (default: $CEPH_CONF, /etc/ceph/ceph.conf, ~/.ceph/ceph.conf or ./ceph.conf)",
            valueName: "file"),
        completion: .file())
    var conf: String?

    @Option(name: [.short, .long], help: ArgumentHelp("The Ceph client, such as client.admin.", valueName: "client.x"))
    var name: String?

    @Option(help: ArgumentHelp("The Ceph client without its type, such as admin.", valueName: "x"))
    var id: String?

    @Option(
        name: [.short, .long], help: ArgumentHelp("The keyring of the client.", valueName: "file"),
        completion: .file())
    var keyring: String?

    @Option(name: [.short, .long], help: ArgumentHelp("The addresses of the monitors.", valueName: "addresses"))
    var monHost: String?

    @Option(
        help: ArgumentHelp("Bytes in a chunk, such as 4M. The pool does not store this.", valueName: "size"),
        transform: StoreOptions.chunkSize)
    var chunkSize: UInt64 = StorageReader.defaultChunkSize

    @Flag(help: "Forbid changes.")
    var readOnly = false

    @Option(help: ArgumentHelp("Operations in flight, 1 to 512.", valueName: "n"))
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

    mutating func validate() throws {
        if let registry { try adopt(registry, SettingsFile.read()) }
        guard (1...512).contains(inFlight) else {
            throw ValidationError("--in-flight takes a number from 1 to 512, not \(inFlight)")
        }
        if let id, let name, name != "client.\(id)" {
            throw ValidationError("--id \(id) and --name \(name) name different clients; give one of them")
        }
    }

    /// Takes the settings of a registry in the configuration for all options that are not given.
    mutating func adopt(_ name: String, _ settings: Settings) throws {
        guard let registry = settings.registries[name] else {
            let known = settings.registries.keys.sorted().joined(separator: ", ")
            let problem = settings.problems.first.map { "; \($0)" } ?? ""
            throw ValidationError(
                "no registry \"\(name)\": config.yml defines \(known.isEmpty ? "none" : known)\(problem)")
        }
        if let text = registry.store, case .rados = store { store = try Self.location(text) }
        pool = pool ?? registry.pool
        conf = conf ?? registry.conf
        if id == nil { self.name = self.name ?? registry.name }
        keyring = keyring ?? registry.keyring
        monHost = monHost ?? registry.monHost
        readOnly = readOnly || registry.readOnly
    }

    /// The session for these options.
    ///
    /// - Parameter waiting: True to wait for answers without a limit, as the console does.
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
            throw ValidationError("must be rados or sqlite:FILE")
        }
        return .sqlite(path: String(text.dropFirst(7)))
    }

    static func chunkSize(_ text: String) throws -> UInt64 {
        guard let bytes = Quantity.bytes(text), (1...(64 << 20)).contains(bytes) else {
            throw ValidationError("must be a size from 1 to 64M, such as 4M or 4194304")
        }
        return bytes
    }
}

/// The format of a command's output.
nonisolated enum OutputFormat: String, CaseIterable, ExpressibleByArgument, Sendable {
    /// Aligned columns for people and for awk: no cell has a space.
    case plain
    /// One line of JSON.
    case json
    /// JSON with one value on each line.
    case jsonPretty = "json-pretty"

    /// Added to the answer to a wrong value: in other tools -f means "force".
    static let hint = "-f is --format; did you mean --yes?"

    /// - Throws: `ValidationError` if the text names no format.
    static func parse(_ text: String) throws -> OutputFormat {
        if text == StatusFormat.metrics {
            throw ValidationError("must be plain, json or json-pretty; only `regtop status` prints metrics for \(text)")
        }
        guard let format = OutputFormat(rawValue: text) else {
            throw ValidationError("must be plain, json or json-pretty; \(hint)")
        }
        return format
    }
}

/// The format of `status`, which also prints metrics.
nonisolated enum StatusFormat: Sendable {
    case output(OutputFormat)
    /// The text format of Prometheus.
    case prometheus

    /// The name of the format of metrics.
    static let metrics = "prometheus"

    /// - Throws: `ValidationError` if the text names no format.
    static func parse(_ text: String) throws -> StatusFormat {
        if text == metrics { return .prometheus }
        guard let format = OutputFormat(rawValue: text) else {
            throw ValidationError("must be plain, json, json-pretty or \(metrics); \(OutputFormat.hint)")
        }
        return .output(format)
    }
}

/// `-f`, for every command that prints.
struct FormatOptions: ParsableArguments {
    @Option(
        name: [.short, .long],
        help: ArgumentHelp("plain, json or json-pretty.", valueName: "format"),
        completion: .list(OutputFormat.allCases.map(\.rawValue)),
        transform: OutputFormat.parse)
    var format: OutputFormat = .plain
}

/// `-f` of `status`.
struct StatusFormatOptions: ParsableArguments {
    @Option(
        name: [.short, .long],
        help: ArgumentHelp("plain, json, json-pretty or prometheus. (default: plain)", valueName: "format"),
        completion: .list(OutputFormat.allCases.map(\.rawValue) + [StatusFormat.metrics]),
        transform: StatusFormat.parse)
    var format: StatusFormat = .output(.plain)
}

/// The program's own log.
struct LogOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The log file. (default: $XDG_STATE_HOME/regtop/regtop.log, or the same in ~/.local/state)",
            valueName: "file"),
        completion: .file())
    var logFile: String?

    @Flag(name: .shortAndLong, help: "Write more to the log file.")
    var verbose = false
}
