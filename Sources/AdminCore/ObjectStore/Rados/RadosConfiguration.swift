#if RADOS
import Foundation

/// Which cluster, client and ceph.conf are meant, found out before librados is asked: where there is no ceph.conf it would
/// print several lines to standard error that no option silences.
struct RadosConfiguration: Sendable {
    /// The cluster's name, usually `ceph`.
    let cluster: String
    /// The client, as in `client.admin`.
    let client: String
    /// The ceph.conf to read; nil if there is none and the monitors were named otherwise.
    let file: String?
    /// What was given in place of ceph.conf's settings, as librados calls them.
    let settings: [(name: String, value: String)]

    /// Looks at the options, at `CEPH_ARGS` and `CEPH_CONF` of `environment`, and at the file system (which may block).
    ///
    /// Throws `.notConfigured` if there is no ceph.conf, and `.invalid` if the client's name is none.
    init(_ options: RadosOptions, environment: [String: String]) throws {
        let arguments = CephArguments(environment["CEPH_ARGS"] ?? "")
        cluster = arguments.cluster ?? "ceph"
        client =
            options.client ?? arguments.name
            ?? arguments.id.map { "client.\($0)" } ?? "client.admin"
        guard client.hasPrefix("client."), client.utf8.count > 7, !client.utf8.contains(0) else {
            throw StoreError(
                .invalid, operation: "connect",
                reason: "\(ByteString(client)) is no name of a client; write it as client.admin, or use --id admin")
        }

        var settings: [(String, String)] = []
        if let monitors = options.monitors { settings.append(("mon_host", monitors)) }
        if let keyring = options.keyring {
            guard FileManager.default.isReadableFile(atPath: keyring) else {
                throw StoreError(
                    .notConfigured, operation: "connect",
                    reason:
                        "the keyring \(keyring) cannot be read; check the path given with --keyring and its permissions"
                )
            }
            settings.append(("keyring", keyring))
        }
        self.settings = settings

        let namesMonitors = options.monitors != nil || arguments.namesMonitors
        file = try Self.find(
            explicit: options.configuration ?? arguments.conf, cluster: cluster, environment: environment,
            required: !namesMonitors)
    }

    /// The ceph.conf to read, in the order of Ceph's own tools. What was named explicitly must be there.
    private static func find(
        explicit: String?, cluster: String, environment: [String: String], required: Bool
    ) throws -> String? {
        if let explicit {
            try check(explicit, from: "--conf")
            return explicit
        }
        if let named = environment["CEPH_CONF"], !named.isEmpty {
            try check(named, from: "CEPH_CONF")
            return named
        }
        var places = ["/etc/ceph/\(cluster).conf"]
        if let home = environment["HOME"], !home.isEmpty { places.append("\(home)/.ceph/\(cluster).conf") }
        places.append("./\(cluster).conf")
        if let found = places.first(where: { FileManager.default.fileExists(atPath: $0) }) {
            try check(found, from: "the default places")
            return found
        }
        guard required else { return nil }
        throw StoreError(
            .notConfigured, operation: "connect",
            reason:
                "there is no ceph.conf: CEPH_CONF is not set, and none of \(places.joined(separator: ", ")) exists; "
                + "name one with --conf, or the monitors with --mon-host")
    }

    private static func check(_ path: String, from source: String) throws {
        guard !FileManager.default.isReadableFile(atPath: path) else { return }
        let exists = FileManager.default.fileExists(atPath: path)
        throw StoreError(
            .notConfigured, operation: "connect",
            reason: "\(path) (from \(source)) \(exists ? "cannot be read; check its permissions" : "does not exist")"
                + (exists ? "" : "; name another ceph.conf with --conf"))
    }
}

/// The words of `CEPH_ARGS` that decide which files librados reads. librados itself looks at all others.
struct CephArguments: Sendable {
    private(set) var conf: String?
    private(set) var cluster: String?
    private(set) var name: String?
    private(set) var id: String?
    private(set) var namesMonitors = false

    init(_ text: String) {
        let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
        var rest = words[...]
        while let word = rest.popFirst() {
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            let option = (parts.first ?? word).replacing("_", with: "-")
            let value = { parts.count == 2 ? parts[1] : rest.first }
            switch option {
            case "-c", "--conf": conf = value()
            case "--cluster": cluster = value()
            case "-n", "--name": name = value()
            case "-i", "--id", "--user": id = value()
            case "-m", "--mon-host": namesMonitors = true
            default: break
            }
        }
    }
}
#endif
