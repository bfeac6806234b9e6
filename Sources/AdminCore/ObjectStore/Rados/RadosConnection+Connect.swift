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
        return try await threads.run(timeout: bounds.connect, late: unreachable(bounds.connect)) {
            try open(options, bounds, RadosConfiguration(options, environment: environment), threads, log)
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
        _ threads: BlockingThreads, _ logger: Logger
    ) throws -> RadosConnection {
        var created: rados_t?
        let code = rados_create2(&created, configuration.cluster, configuration.client, 0)
        guard code == 0, let raw = created else { throw StoreError.rados(code, "connect") }
        do {
            try configure(raw, options, bounds, configuration)
            logger.debug("connecting as \(configuration.client), \(configuration.file ?? "without ceph.conf")")
            let code = rados_connect(raw)
            guard code == 0 else { throw connectError(code, raw, bounds, configuration) }
        } catch {
            rados_shutdown(raw)
            throw error
        }
        let fsid = text(capacity: 64) { rados_cluster_fsid(raw, $0, $1) } ?? ""
        logger.debug("connected to \(fsid)")
        return RadosConnection(
            raw: raw, client: configuration.client, fsid: fsid, bounds: bounds, threads: threads, logger: logger)
    }

    private static func configure(
        _ raw: rados_t, _ options: RadosOptions, _ bounds: RadosBounds, _ configuration: RadosConfiguration
    ) throws {
        if let file = configuration.file {
            let code = rados_conf_read_file(raw, file)
            guard code >= 0 else {
                throw StoreError(
                    .notConfigured, operation: "connect", errno: -code,
                    reason: "\(file) cannot be understood as a ceph.conf; correct it or name another one with --conf")
            }
        }
        rados_conf_parse_env(raw, nil)
        for (name, value) in configuration.settings { try set(raw, name, value) }

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
        try requireMonitors(raw, configuration)
    }

    private static func set(_ raw: rados_t, _ name: String, _ value: String) throws {
        let code = rados_conf_set(raw, name, value)
        guard code >= 0 else {
            throw StoreError(
                .notConfigured, operation: "connect", errno: -code,
                reason: "librados does not take \(ByteString(value)) for \(name)")
        }
    }

    /// Where nothing names a monitor librados asks the DNS, fails, and prints a paragraph about it.
    private static func requireMonitors(_ raw: rados_t, _ configuration: RadosConfiguration) throws {
        if let hosts = setting(raw, "mon_host"), !hosts.isEmpty { return }
        if let map = setting(raw, "monmap"), !map.isEmpty { return }
        let content = configuration.file.flatMap { FileManager.default.contents(atPath: $0) } ?? Data()
        let text = String(decoding: content, as: UTF8.self).replacing("_", with: " ")
        if text.contains("mon addr") || text.contains("mon dns srv name") { return }
        throw StoreError(
            .notConfigured, operation: "connect",
            reason: "\(configuration.file ?? "the configuration") names no monitor (mon_host); "
                + "name another ceph.conf with --conf, or the monitors with --mon-host")
    }

    private static func connectError(
        _ code: Int32, _ raw: rados_t, _ bounds: RadosBounds, _ configuration: RadosConfiguration
    ) -> StoreError {
        let client = configuration.client
        switch -code {
        case ETIMEDOUT:
            return unreachable(bounds.connect)
        case EACCES, EPERM:
            return StoreError(
                .permissionDenied, operation: "connect", errno: -code,
                reason: "the cluster does not accept \(client) with this key; "
                    + "check the client's name (--name) and its keyring (--keyring)")
        case ENOENT:
            return StoreError(
                .notConfigured, operation: "connect", errno: -code,
                reason: "there is no keyring with a key of \(client) in \(setting(raw, "keyring") ?? "any place"); "
                    + "name one with --keyring, or another client with --name")
        case EOPNOTSUPP:
            return StoreError(
                .permissionDenied, operation: "connect", errno: -code,
                reason: "the cluster and \(client) have no way of authentication in common (auth_client_required)")
        default:
            return StoreError(
                .unreachable, operation: "connect", errno: -code,
                reason: "\(StoreError.systemText(-code)); check the monitors' addresses and the keyring")
        }
    }

    private static func setting(_ raw: rados_t, _ name: String) -> String? {
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
