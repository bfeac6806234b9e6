#if RADOS
import CRados
import Foundation
import Logging

extension RadosConnection {
    /// Connects within `options.connectTimeout`. Throws `StoreError` of kind `.notConfigured`, `.permissionDenied`,
    /// `.unreachable`, `.invalid` or `.cancelled`.
    static func connect(_ options: RadosOptions) async throws -> RadosConnection {
        var logger = Logger(label: "regtop.rados")
        logger[metadataKey: "pool"] = options.pool.map { "\(ByteString($0))" }
        // Monitor commands, listings and the few things that may hang for ever share these.
        let threads = BlockingThreads(limit: 16)
        let bounds = RadosBounds(options)
        let environment = ProcessInfo.processInfo.environment
        let log = logger
        let lookup = ServiceLookup()
        do {
            return try await threads.run(timeout: bounds.connect, late: unreachable(bounds.connect)) {
                let configuration = try RadosConfiguration(options, environment: environment)
                return try open(options, bounds, configuration, threads, lookup, log)
            }
        } catch let error as StoreError where error.errno == ETIMEDOUT && lookup.isRunning {
            throw lookup.failure(.late, bounds.connect)
        }
    }

    private static func unreachable(_ timeout: Duration) -> StoreError {
        StoreError(
            .unreachable, operation: "connect", errno: ETIMEDOUT,
            reason: "no monitor answered within \(timeout.wholeSeconds) s; "
                + "check the addresses (mon_host) and the network, or wait longer with --connect-timeout")
    }

    /// On a thread of its own. A connection that nobody waits for any more is dropped by the caller, and shut down thereby:
    /// shutting down while `rados_connect` runs would crash.
    private static func open(
        _ options: RadosOptions, _ bounds: RadosBounds, _ configuration: RadosConfiguration,
        _ threads: BlockingThreads, _ lookup: ServiceLookup, _ logger: Logger
    ) throws -> RadosConnection {
        try checkKeyring(configuration)
        let raw = try handle(configuration)
        do {
            try configure(raw, options, bounds, configuration)
            let looksUp = !namesMonitors(raw, configuration)
            if looksUp { try lookup.run(raw, configuration, bounds.connect) }
            let keys = KeySource(raw, client: configuration.client)
            if let reason = keys.obstacle { throw keys.error(reason) }
            logger.debug("connecting as \(configuration.client), \(configuration.file ?? "without ceph.conf")")
            let code = rados_connect(raw)
            guard code == 0 else {
                if looksUp, code == -ENOENT { throw lookup.failure(.unusable, bounds.connect) }
                throw connectError(code, raw, bounds, keys)
            }
        } catch {
            rados_shutdown(raw)
            throw error
        }
        let fsid = text(capacity: 64) { rados_cluster_fsid(raw, $0, $1) } ?? ""
        logger.debug("connected to \(fsid)")
        return RadosConnection(
            raw: raw, client: configuration.client, fsid: fsid, bounds: bounds, threads: threads, logger: logger)
    }

    private static func handle(_ configuration: RadosConfiguration) throws -> rados_t {
        var created: rados_t?
        let code = rados_create2(&created, configuration.cluster, configuration.client, 0)
        guard code == 0, let raw = created else { throw StoreError.rados(code, "connect") }
        return raw
    }

    /// Throws if librados would end the process at the keyring, which it reads together with the settings: so the settings are read without
    /// it first, by a handle that is told to use no keys.
    private static func checkKeyring(_ configuration: RadosConfiguration) throws {
        let raw = try handle(configuration)
        defer { rados_shutdown(raw) }
        try set(raw, "auth_supported", "none")
        try readSettings(raw, configuration)
        guard let file = CephKeyring(list: setting(raw, "keyring") ?? "").file, let finding = file.fatal else { return }
        throw StoreError(.notConfigured, operation: "connect", reason: "the keyring \(file.sentence(finding))")
    }

    /// Takes over what ceph.conf, the environment and the options say.
    private static func readSettings(_ raw: rados_t, _ configuration: RadosConfiguration) throws {
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

    private static func configure(
        _ raw: rados_t, _ options: RadosOptions, _ bounds: RadosBounds, _ configuration: RadosConfiguration
    ) throws {
        try readSettings(raw, configuration)

        let connect = String(bounds.connect.wholeSeconds)
        let command = String(bounds.command.wholeSeconds)
        let operation = String(bounds.operation?.wholeSeconds ?? 0)
        let fixed = [
            ("client_mount_timeout", connect), ("rados_mon_op_timeout", command), ("rados_osd_op_timeout", operation),
            // Nothing librados prints ever reaches the screen, and the operator's own admin socket is not ours to take.
            ("log_to_stderr", "false"), ("err_to_stderr", "false"), ("admin_socket", ""),
            ("log_file", options.logFile ?? ""),
            // Below these librados blocks the submitting thread, so what ceph.conf says must not be less than our bounds.
            ("objecter_inflight_ops", "1024"), ("objecter_inflight_op_bytes", String(100 << 20)),
        ]
        for (name, value) in fixed { try set(raw, name, value) }
    }

    /// Why librados does not take a ceph.conf that is there and could be read.
    private static func refusal(of path: String, _ code: Int32) -> String {
        guard code != -ENOENT else {
            return
                "librados does not find \(ByteString(path)), since it takes $ in the name of a ceph.conf for a variable"
        }
        if let file = try? CephFile(path), let mistake = file.mistake { return file.sentence(mistake) }
        return "\(ByteString(path)) cannot be understood as a ceph.conf; correct it or name another one with --conf"
    }

    private static func set(_ raw: rados_t, _ name: String, _ value: String) throws {
        let code = rados_conf_set(raw, name, value)
        guard code >= 0 else {
            throw StoreError(
                .notConfigured, operation: "connect", errno: -code,
                reason: "librados does not take \(ByteString(value)) for \(name)")
        }
    }

    /// True if a setting says where the monitors are. If none does, librados asks the DNS.
    private static func namesMonitors(_ raw: rados_t, _ configuration: RadosConfiguration) -> Bool {
        for name in ["mon_host", "mon_host_override", "monmap"] {
            if let value = setting(raw, name), !value.isEmpty { return true }
        }
        // The older way: a section for each monitor.
        guard let file = configuration.file.flatMap({ try? CephFile($0) }) else { return false }
        return String(decoding: file.bytes, as: UTF8.self).replacing("_", with: " ").contains("mon addr")
    }

    private static func connectError(
        _ code: Int32, _ raw: rados_t, _ bounds: RadosBounds, _ keys: KeySource
    ) -> StoreError {
        if code == -ETIMEDOUT { return unreachable(bounds.connect) }
        if let monmap = setting(raw, "monmap"), !monmap.isEmpty, code == -ENOENT || code == -EINVAL {
            return StoreError(
                .notConfigured, operation: "connect", errno: -code,
                reason: "\(ByteString(monmap)) cannot be read as a map of the monitors (monmap)")
        }
        if let reason = keys.fault(code) { return keys.error(reason, errno: -code) }
        switch -code {
        case EACCES where !keys.isNeeded, EPERM where !keys.isNeeded:
            return StoreError(
                .permissionDenied, operation: "connect", errno: -code,
                reason: "the cluster demands a key, and the settings say to send none (auth_client_required)")
        case EACCES, EPERM:
            return StoreError(
                .permissionDenied, operation: "connect", errno: -code,
                reason: "the cluster does not accept \(keys.client) with \(keys.description); "
                    + "check the client's name (--name) and its keyring (--keyring)" + keys.hint)
        case EOPNOTSUPP:
            return StoreError(
                .permissionDenied, operation: "connect", errno: -code,
                reason: "the cluster and \(keys.client) have no way of authentication in common (auth_client_required)"
            )
        case EINVAL:
            return StoreError(
                .notConfigured, operation: "connect", errno: -code,
                reason: "\(ByteString(setting(raw, "mon_host") ?? "mon_host")) are no addresses of monitors; "
                    + "check mon_host and whether its names can be resolved")
        default:
            return StoreError(
                .unreachable, operation: "connect", errno: -code,
                reason: "\(StoreError.systemText(-code)); check the monitors' addresses and the keyring")
        }
    }

    static func setting(_ raw: rados_t, _ name: String) -> String? {
        text(capacity: 4096) { rados_conf_get(raw, name, $0, $1) }
    }
}

/// The text that a librados function wrote into a buffer of `capacity` bytes; nil if it failed.
func text(capacity: Int, _ fill: (UnsafeMutablePointer<CChar>, Int) -> Int32) -> String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity + 1) { buffer in
        guard let start = buffer.baseAddress else { return nil }
        buffer.initialize(repeating: 0)
        return fill(start, capacity) >= 0 ? String(cString: start) : nil
    }
}
#endif
