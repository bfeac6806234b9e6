#if RADOS
import ObjectStore
import Foundation

/// The cluster, the client and the ceph.conf, determined before librados runs: without a ceph.conf,
/// librados prints several lines to standard error that no option silences.
struct RadosConfiguration: Sendable {
    /// The cluster's name, usually `ceph`.
    let cluster: String
    /// The client, as in `client.admin`.
    let client: String
    /// The ceph.conf to read; nil if there is none and the monitors were named otherwise.
    let file: String?
    /// The settings from the options, by librados' names, which replace those of ceph.conf.
    let settings: [(name: String, value: String)]

    /// Reads the options, `CEPH_ARGS` and `CEPH_CONF` of `environment`, and the file system, which
    /// may block.
    ///
    /// - Throws: `StoreError`: `.notConfigured` if there is no ceph.conf or librados would refuse
    ///   it, `.invalid` if the client's name or `CEPH_ARGS` is invalid.
    init(_ options: RadosOptions, environment: [String: String]) throws {
        let arguments = try CephArguments(environment["CEPH_ARGS"] ?? "")
        cluster = arguments.cluster ?? "ceph"
        client =
            options.client ?? arguments.name
            ?? arguments.id.map { "client.\($0)" } ?? "client.admin"
        guard client.hasPrefix("client."), client.utf8.count > 7, !client.utf8.contains(0) else {
            let meant = Self.probableClient(client)
            throw StoreError(
                .invalid, operation: "connect",
                reason: "\(ByteString(client)) is not the name of a client; write it as "
                    + (meant.map { "\(ByteString($0)), which was probably meant" } ?? "client.admin, or use --id admin")
            )
        }

        var settings: [(String, String)] = []
        if let monitors = options.monitors { settings.append(("mon_host", monitors)) }
        if let keyring = options.keyring { settings.append(("keyring", keyring)) }
        self.settings = settings

        let namesMonitors = options.monitors != nil || arguments.namesMonitors
        file = try Self.find(
            explicit: options.configuration.map { ($0, "--conf") } ?? arguments.conf.map { ($0, "CEPH_ARGS") },
            cluster: cluster, environment: environment, required: !namesMonitors)
    }

    /// The client that was probably meant by a wrong name: `admin`, `Client.admin`,
    /// `client.client.admin`.
    static func probableClient(_ name: String) -> String? {
        let words = name.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let type = words.first?.lowercased(), !["auth", "mon", "osd", "mds", "mgr", ""].contains(type) else {
            return nil
        }
        guard type == "client" else { return "client.\(name)" }
        guard words.count == 2, !words[1].isEmpty else { return nil }
        return name.hasPrefix("client.client.") ? String(words[1]) : "client.\(words[1])"
    }

    /// The ceph.conf to read, in the order of Ceph's own tools. A file that was named explicitly
    /// must exist.
    private static func find(
        explicit: (list: String, source: String)?, cluster: String, environment: [String: String], required: Bool
    ) throws -> String? {
        if let (list, source) = explicit { return try first(of: list, from: source) }
        if let named = environment["CEPH_CONF"], !named.isEmpty { return try first(of: named, from: "CEPH_CONF") }
        var places = ["/etc/ceph/\(cluster).conf"]
        if let home = environment["HOME"], !home.isEmpty { places.append("\(home)/.ceph/\(cluster).conf") }
        places.append("./\(cluster).conf")
        for place in places where try isUsable(place, from: "the default places") { return place }
        guard required else { return nil }
        throw StoreError(
            .notConfigured, operation: "connect",
            reason:
                "there is no ceph.conf: CEPH_CONF is not set, and none of \(places.joined(separator: ", ")) exists; "
                + "name one with --conf, or the monitors with --mon-host")
    }

    /// The first file of a list that exists.
    private static func first(of list: String, from source: String) throws -> String {
        for path in CephFile.list(list) where try isUsable(path, from: source) { return path }
        throw StoreError(
            .notConfigured, operation: "connect",
            reason: list.isEmpty
                ? "the name of a ceph.conf (from \(source)) is empty"
                : "\(ByteString(list)) (from \(source)) does not exist; name another ceph.conf with --conf")
    }

    /// False if the file does not exist. Throws if librados would refuse it.
    private static func isUsable(_ path: String, from source: String) throws -> Bool {
        let reason: String
        do {
            let file = try CephFile(path)
            guard let finding = file.fatal else { return true }
            reason = file.sentence(finding)
        } catch .missing {
            return false
        } catch {
            reason = "\(CephFile.sentence(path, error)) (from \(source))"
        }
        throw StoreError(.notConfigured, operation: "connect", reason: reason)
    }
}

/// The words of `CEPH_ARGS` that determine which files librados reads. librados itself reads all
/// others.
struct CephArguments: Sendable {
    private(set) var conf: String?
    private(set) var cluster: String?
    private(set) var name: String?
    private(set) var id: String?
    private(set) var namesMonitors = false

    /// The options that need a value: without it, librados ends the process.
    private static let takingValues: Set = [
        "-c", "--conf", "--cluster", "-n", "--name", "-i", "--id", "--user", "-m", "--mon-host", "-M", "--monmap", "-k",
        "--keyring", "-K", "--keyfile", "-r", "--client-mountpoint", "--show-config-value",
    ]

    /// Throws `.invalid` for words that librados misunderstands, or that make it end the process.
    init(_ text: String) throws {
        // librados has no quotes, and only the space separates words.
        if text.contains("\"") || text.split(separator: " ").contains(where: Self.isQuoted) {
            throw Self.refusal("has quotes, which Ceph takes for parts of the words; write it without")
        }
        let words = text.split(separator: " ").map(String.init)
        if text.trimmingCharacters(in: .whitespacesAndNewlines).contains(where: { $0.isWhitespace && $0 != " " }) {
            throw Self.refusal("has other blanks than spaces, which Ceph takes for parts of the words; write spaces")
        }
        var rest = words.map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }.filter { !$0.isEmpty }[...]
        while let word = rest.popFirst(), word != "--" {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let option = (parts.first ?? word).replacing("_", with: "-")
            if ["--show-conf", "--bind"].contains(option) {
                throw Self.refusal("has \(option), which has no meaning for regtop; take it out")
            }
            guard Self.takingValues.contains(option) else { continue }
            guard let value = parts.count == 2 ? parts[1] : rest.popFirst() else {
                throw Self.refusal("ends with \(ByteString(word)), which needs a value")
            }
            switch option {
            case "-c", "--conf": conf = value
            case "--cluster": cluster = value
            case "-n", "--name": name = value
            case "-i", "--id", "--user": id = value
            case "-m", "--mon-host": namesMonitors = true
            default: break
            }
        }
    }

    private static func isQuoted(_ word: Substring) -> Bool {
        let value = word.split(separator: "=", maxSplits: 1).last ?? word
        return word.hasPrefix("'") || value.hasPrefix("'") || word.hasSuffix("'")
    }

    private static func refusal(_ reason: String) -> StoreError {
        StoreError(.invalid, operation: "connect", reason: "CEPH_ARGS \(reason)")
    }
}
#endif
