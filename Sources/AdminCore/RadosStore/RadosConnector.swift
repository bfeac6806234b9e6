#if RADOS
import ObjectStore
import CRados
import Foundation
import Logging
import Synchronization

/// Connects to a cluster, within the time that the options allow. Blocking, so it runs on a thread
/// of its own.
struct RadosConnector: Sendable {
    private let options: RadosOptions
    private let bounds: RadosBounds
    private let environment = ProcessInfo.processInfo.environment
    /// Monitor commands, listings and the few calls that may hang for ever share these.
    private let threads = BlockingThreads(limit: 16)
    private let lookup = ServiceLookup()
    private let logger: Logger

    init(_ options: RadosOptions) {
        self.options = options
        bounds = RadosBounds(options)
        var logger = Logger(label: "regtop.rados")
        logger[metadataKey: "pool"] = options.pool.map { "\(ByteString($0))" }
        self.logger = logger
    }

    /// Connects within `options.connectTimeout`.
    ///
    /// - Throws: `StoreError` of kind `.notConfigured`, `.permissionDenied`, `.unreachable`,
    ///   `.invalid` or `.cancelled`.
    func connect() async throws -> RadosConnection {
        do {
            return try await threads.run(timeout: bounds.connect, late: unreachable) { try open() }
        } catch let error as StoreError where error.errno == ETIMEDOUT && lookup.isRunning {
            throw lookup.failure(.late, bounds.connect)
        }
    }

    private var unreachable: StoreError {
        StoreError(
            .unreachable, operation: "connect", errno: ETIMEDOUT,
            reason: "no monitor answered within \(bounds.connect.wholeSeconds) s; "
                + "check the addresses (mon_host) and the network, or wait longer with --connect-timeout")
    }

    /// If the task that wanted the connection has ended, the caller drops the connection, which
    /// shuts it down; a shutdown during `rados_connect` would crash.
    private func open() throws -> RadosConnection {
        let configuration = try RadosConfiguration(options, environment: environment)
        try checkKeyring(configuration)
        let raw = try handle(configuration)
        do {
            try configure(raw, configuration)
            let looksUp = !namesMonitors(raw, configuration)
            if looksUp { try lookup.run(raw, configuration, bounds.connect) }
            let keys = KeySource(raw, client: configuration.client)
            if let reason = keys.obstacle { throw keys.error(reason) }
            logger.debug("connecting as \(configuration.client), \(configuration.file ?? "without ceph.conf")")
            let code = rados_connect(raw)
            guard code == 0 else {
                if looksUp, code == -ENOENT { throw lookup.failure(.unusable, bounds.connect) }
                throw error(code, raw, keys)
            }
        } catch {
            rados_shutdown(raw)
            throw error
        }
        let fsid = Self.text(capacity: 64) { rados_cluster_fsid(raw, $0, $1) } ?? ""
        logger.debug("connected to \(fsid)")
        return RadosConnection(
            raw: raw, client: configuration.client, fsid: fsid, bounds: bounds, threads: threads, logger: logger)
    }

    /// Reads the files and settings that `connect` uses, without connecting.
    ///
    /// - Throws: `StoreError` for a file that librados would refuse.
    func setup() async throws -> RadosSetup {
        let late = StoreError.rados(-ETIMEDOUT, "read the configuration")
        return try await threads.run(timeout: bounds.connect, late: late) { try readSetup() }
    }

    private func readSetup() throws -> RadosSetup {
        let configuration = try RadosConfiguration(options, environment: environment)
        try checkKeyring(configuration)
        let raw = try handle(configuration)
        defer { rados_shutdown(raw) }
        try configure(raw, configuration)
        let keys = KeySource(raw, client: configuration.client)
        let monitors = Self.setting(raw, "mon_host") ?? ""
        return RadosSetup(
            client: configuration.client, configuration: configuration.file,
            monitors: monitors.isEmpty ? nil : monitors,
            key: keys.isNeeded ? keys.description : "the settings say to send none",
            keyFault: keys.obstacle ?? keys.fault(0))
    }

    private func handle(_ configuration: RadosConfiguration) throws -> rados_t {
        var created: rados_t?
        let code = rados_create2(&created, configuration.cluster, configuration.client, 0)
        guard code == 0, let raw = created else { throw StoreError.rados(code, "connect") }
        return raw
    }

    // MARK: - Settings

    /// Throws if the keyring holds a character at which librados would end the process. librados
    /// reads the keyring together with the settings, so another handle reads the settings first; it
    /// is told to use no keys.
    private func checkKeyring(_ configuration: RadosConfiguration) throws {
        let raw = try handle(configuration)
        defer { rados_shutdown(raw) }
        try set(raw, "auth_supported", "none")
        try readSettings(raw, configuration)
        let list = Self.setting(raw, "keyring") ?? ""
        guard let file = CephKeyring(list: list).file, let finding = file.fatal else { return }
        throw StoreError(.notConfigured, operation: "connect", reason: "the keyring \(file.sentence(finding))")
    }

    /// Reads the settings of ceph.conf, the environment and the options.
    private func readSettings(_ raw: rados_t, _ configuration: RadosConfiguration) throws {
        if let file = configuration.file {
            let code = rados_conf_read_file(raw, file)
            guard code >= 0 else {
                throw StoreError(
                    .notConfigured, operation: "connect", errno: -code, reason: refusal(of: file, code))
            }
        }
        rados_conf_parse_env(raw, nil)
        for (name, value) in configuration.settings { try set(raw, name, value) }
    }

    private func configure(_ raw: rados_t, _ configuration: RadosConfiguration) throws {
        try readSettings(raw, configuration)
        let connect = String(bounds.connect.wholeSeconds)
        let command = String(bounds.command.wholeSeconds)
        let operation = String(bounds.operation?.wholeSeconds ?? 0)
        let fixed = [
            ("client_mount_timeout", connect), ("rados_mon_op_timeout", command), ("rados_osd_op_timeout", operation),
            // Keeps librados' own messages off the screen, and leaves the operator's admin socket
            // alone.
            ("log_to_stderr", "false"), ("err_to_stderr", "false"), ("admin_socket", ""),
            ("log_file", options.logFile ?? ""),
            // librados blocks the submitting thread above these, so they must not be below our
            // bounds, whatever ceph.conf says.
            ("objecter_inflight_ops", "1024"), ("objecter_inflight_op_bytes", String(100 << 20)),
        ]
        for (name, value) in fixed { try set(raw, name, value) }
    }

    /// The reason why librados refuses a ceph.conf that can be read.
    private func refusal(of path: String, _ code: Int32) -> String {
        guard code != -ENOENT else {
            return "librados does not find \(ByteString(path)): it reads $ in the name of a ceph.conf as a variable"
        }
        if let file = try? CephFile(path), let mistake = file.mistake { return file.sentence(mistake) }
        return "\(ByteString(path)) cannot be read as a ceph.conf; correct it or name another one with --conf"
    }

    private func set(_ raw: rados_t, _ name: String, _ value: String) throws {
        let code = rados_conf_set(raw, name, value)
        guard code >= 0 else {
            throw StoreError(
                .notConfigured, operation: "connect", errno: -code,
                reason: "librados does not accept \(ByteString(value)) for \(name)")
        }
    }

    /// True if a setting names the monitors. Otherwise librados asks the DNS.
    private func namesMonitors(_ raw: rados_t, _ configuration: RadosConfiguration) -> Bool {
        for name in ["mon_host", "mon_host_override", "monmap"] {
            if let value = Self.setting(raw, name), !value.isEmpty { return true }
        }
        // The older way: a section for each monitor.
        guard let file = configuration.file.flatMap({ try? CephFile($0) }) else { return false }
        return String(decoding: file.bytes, as: UTF8.self).replacing("_", with: " ").contains("mon addr")
    }

    /// The value of a setting; nil if librados does not know the setting.
    static func setting(_ raw: rados_t, _ name: String) -> String? {
        text(capacity: 4096) { rados_conf_get(raw, name, $0, $1) }
    }

    /// The text that a librados function writes into a buffer of `capacity` bytes; nil if it fails.
    private static func text(capacity: Int, _ fill: (UnsafeMutablePointer<CChar>, Int) -> Int32) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity + 1) { buffer in
            guard let start = buffer.baseAddress else { return nil }
            buffer.initialize(repeating: 0)
            return fill(start, capacity) >= 0 ? String(cString: start) : nil
        }
    }

    // MARK: - Errors

    private func error(_ code: Int32, _ raw: rados_t, _ keys: KeySource) -> StoreError {
        if code == -ETIMEDOUT { return unreachable }
        func error(_ kind: StoreError.Kind, _ reason: String) -> StoreError {
            StoreError(kind, operation: "connect", errno: -code, reason: reason)
        }
        if let monmap = Self.setting(raw, "monmap"), !monmap.isEmpty, code == -ENOENT || code == -EINVAL {
            return error(.notConfigured, "\(ByteString(monmap)) cannot be read as a map of the monitors (monmap)")
        }
        if let reason = keys.fault(code) { return keys.error(reason, errno: -code) }
        switch -code {
        case EACCES where !keys.isNeeded, EPERM where !keys.isNeeded:
            return error(
                .permissionDenied,
                "the cluster demands a key, and the settings say to send none (auth_client_required)")
        case EACCES, EPERM:
            return error(
                .permissionDenied,
                "the cluster does not accept \(keys.client) with \(keys.description); "
                    + "check the client's name (--name) and its keyring (--keyring)" + keys.hint)
        case EOPNOTSUPP:
            return error(
                .permissionDenied,
                "the cluster and \(keys.client) have no way of authentication in common (auth_client_required)")
        case EINVAL:
            return error(
                .notConfigured,
                "\(ByteString(Self.setting(raw, "mon_host") ?? "mon_host")) are not addresses of monitors; "
                    + "check mon_host and whether its names can be resolved")
        default:
            return error(
                .unreachable, "\(StoreError.systemText(-code)); check the monitors' addresses and the keyring")
        }
    }
}

/// Looks the monitors up in the DNS before librados does: librados prints a paragraph if the DNS
/// has none, and does not report a late answer.
final class ServiceLookup: Sendable {
    /// The reason why the DNS does not help.
    enum Failure {
        case none, silent, late, unusable
    }

    private struct State {
        var isRunning = false
        var place = "the configuration"
        var service = "_ceph-mon._tcp"
    }

    private let state = Mutex(State())

    /// True until the DNS has answered.
    var isRunning: Bool { state.withLock { $0.isRunning } }

    /// Looks the monitors up. Blocks, for longer than `limit` if many servers and domains are
    /// configured. Throws `.notConfigured` if there are none.
    func run(_ raw: rados_t, _ configuration: RadosConfiguration, _ limit: Duration) throws {
        // As in librados: the service, and the domain after an underscore.
        let name = (RadosConnector.setting(raw, "mon_dns_srv_name") ?? "ceph-mon")
            .split(separator: "_", maxSplits: 1).map(String.init)
        let domain = name.count == 2 ? ".\(name[1])" : ""
        let service = "_\(name.first ?? "ceph-mon")._tcp\(domain)"
        state.withLock { state in
            state = State(isRunning: true, place: configuration.file ?? state.place, service: service)
        }
        let count = crados_count_services(service, Int32(clamping: limit.wholeSeconds))
        state.withLock { $0.isRunning = false }
        guard count <= 0 else { return }
        throw failure(count == -TRY_AGAIN ? .silent : .none, limit)
    }

    /// The error with the reason why there are no monitors.
    func failure(_ failure: Failure, _ limit: Duration) -> StoreError {
        let (place, service) = state.withLock { (ByteString($0.place), ByteString($0.service)) }
        let reason =
            switch failure {
            case .none: "the DNS has no SRV records of \(service)"
            case .silent: "the DNS does not say whether it has SRV records of \(service)"
            case .late: "the DNS did not say within \(limit.wholeSeconds) s whether it has SRV records of \(service)"
            case .unusable:
                "the SRV records of \(service) are of no use: their targets need addresses and the domain of the records"
            }
        return StoreError(
            .notConfigured, operation: "connect",
            reason: "\(place) names no monitor (mon_host), and \(reason); "
                + "name another ceph.conf with --conf, or the monitors with --mon-host")
    }
}
#endif
