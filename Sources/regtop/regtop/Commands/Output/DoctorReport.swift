import AdminCore
import ConsoleKit
import Presentation
import SafeText
import Foundation

/// The page of `regtop doctor`: checks with their findings and the advice.
nonisolated struct DoctorReport: Sendable {
    /// One line.
    struct Check: Sendable {
        let name: String
        let finding: String
        /// The remedy; nil if the finding is in order.
        let advice: String?
    }

    private(set) var checks: [Check] = []

    /// True if every check is in order.
    var isSound: Bool { checks.allSatisfy { $0.advice == nil } }

    var json: JSONValue {
        [
            "ok": .bool(isSound),
            "checks": .array(
                checks.map {
                    [
                        "name": .string($0.name), "ok": .bool($0.advice == nil), "finding": .string($0.finding),
                        "advice": .text($0.advice),
                    ]
                }),
        ]
    }

    var plain: String {
        var table = PlainTable(.left("CHECK"), .left("STATE"), .text("FINDING"))
        for check in checks {
            guard let advice = check.advice else {
                table.add(check.name, "ok", check.finding)
                continue
            }
            table.add(check.name, "FIX", check.finding.isEmpty ? advice : "\(check.finding): \(advice)")
        }
        return table.text
    }

    private mutating func add(_ name: String, _ finding: String, advice: String? = nil) {
        checks.append(Check(name: name, finding: finding, advice: advice))
    }

    // MARK: - The machine

    /// Adds the versions of the program, its libraries and the system.
    mutating func addVersions(_ terminal: TerminalFacts) {
        add(
            "regtop",
            "\(BuildVersion.string), commit \(BuildVersion.commit ?? VersionText.unknown), "
                + "built \(BuildVersion.date ?? VersionText.unknown) by \(VersionText.swift)")
        add("librados", Session.radosVersion ?? "not built in: this regtop opens SQLite stores only")
        add("sqlite", Session.sqliteVersion ?? "", advice: Session.sqliteVersion == nil ? "SQLite does not work" : nil)
        add("curses", terminal.library)
        add("system", Self.system)
    }

    /// `Debian GNU/Linux 12 (bookworm), Linux 6.1.0-13-amd64 x86_64`.
    private static var system: String {
        var names = utsname()
        uname(&names)
        func text<Field>(_ field: Field) -> String {
            withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        }
        let kernel = "\(text(names.sysname)) \(text(names.release)) \(text(names.machine))"
        let release = FileManager.default.contents(atPath: "/etc/os-release") ?? Data()
        let name = String(decoding: release, as: UTF8.self).split(separator: "\n")
            .first { $0.hasPrefix("PRETTY_NAME=") }?.dropFirst(12).trimmingCharacters(in: ["\"", "'"])
        return [name, kernel].compactMap(\.self).joined(separator: ", ")
    }

    /// Adds the terminal and the locale. Without a terminal nothing is wrong with either.
    mutating func add(_ facts: TerminalFacts) {
        var words = [facts.type.map { "TERM=\($0)" } ?? "TERM is not set"]
        if let drawn = facts.drawn, drawn != facts.type { words.append("drawn as \(drawn)") }
        words.append(facts.size.map { "\($0.columns) columns, \($0.rows) rows" } ?? "size not known")
        words.append(facts.colours > 0 ? "\(facts.colours) colours" : "no colours")
        if facts.isTerminal {
            add("terminal", words.joined(separator: ", "), advice: facts.fault)
        } else {
            add("terminal", "none: commands need none, the console does")
        }
        let locale = facts.locale ?? "none of LC_ALL, LC_CTYPE and LANG is set"
        let variable = facts.locale?.prefix { $0 != "=" } ?? "LANG"
        let isFaulty = facts.isTerminal && !facts.isUTF8
        add(
            "locale", "\(locale), \(facts.isUTF8 ? "UTF-8" : "not UTF-8")",
            advice: isFaulty ? "the console draws in ASCII; set \(variable) to a locale such as C.UTF-8" : nil)
    }

    // MARK: - Files

    /// Adds the configuration file.
    mutating func add(_ settings: Settings, path: String?) {
        guard let path else { return add("config.yml", "none: neither HOME nor XDG_CONFIG_HOME is set") }
        guard access(path, F_OK) == 0 else {
            return add("config.yml", "none at \(path); all settings have their defaults")
        }
        guard access(path, R_OK) == 0 else {
            return add("config.yml", path, advice: "it may not be read; check its permissions")
        }
        let names = settings.registries.keys.sorted().joined(separator: ", ")
        add(
            "config.yml", "\(path), \(names.isEmpty ? "no registries" : "registries: \(names)")",
            advice: settings.problems.isEmpty ? nil : settings.problems.joined(separator: "; "))
    }

    /// Adds the log file.
    ///
    /// - Parameters:
    ///   - path: The open file; nil if it could not be opened.
    ///   - wanted: The path of the file; nil without a home directory.
    mutating func addLog(_ path: String?, wanted: String?) {
        guard let wanted else {
            return add("log", "none", advice: "set HOME or XDG_STATE_HOME, or name a file with --log-file")
        }
        add(
            "log", wanted,
            advice: path == nil ? "it cannot be written; check the permissions, or name another with --log-file" : nil)
    }

    // MARK: - The store

    /// Adds the store: for a cluster also its files, the connection and the capabilities.
    mutating func addStore(_ options: SessionOptions) async {
        if case .rados = options.location, await !addSetup(options.rados) { return }
        do {
            let session = try await Session.open(options)
            await add(session)
            await session.close()
        } catch {
            let isReached = error is SessionError || (error as? StoreError)?.kind == .noSuchPool
            if isReached { add("connection", "the cluster answers") }
            let isPool = if case .rados = options.location { true } else { false }
            add(isPool && !isReached ? "connection" : "store", "", advice: ErrorText.sentence(error))
        }
    }

    /// Adds the files of the cluster. Returns false if nothing can be opened with them.
    private mutating func addSetup(_ options: RadosOptions) async -> Bool {
        do {
            let setup = try await Session.radosSetup(options)
            add("ceph.conf", setup.configuration ?? "none, the monitors are named otherwise")
            let environment = ProcessInfo.processInfo.environment
            // The values may hold a key.
            let variables = ["CEPH_CONF", "CEPH_ARGS", "CEPH_KEYRING"].filter { environment[$0]?.isEmpty == false }
            if !variables.isEmpty { add("variables", "set: \(variables.joined(separator: ", "))") }
            add("monitors", setup.monitors ?? "named by the monitors' sections, a map, or the DNS")
            add("key", "\(setup.client), \(setup.key)", advice: setup.keyFault)
            return setup.keyFault == nil
        } catch {
            add("ceph.conf", "", advice: ErrorText.sentence(error))
            return false
        }
    }

    private mutating func add(_ session: Session) async {
        let status: StoreStatus
        do {
            status = try await session.objects.status()
        } catch {
            return add("connection", "", advice: ErrorText.sentence(error))
        }
        if status.backend == .rados {
            let health = status.health ?? "health not known"
            add(
                "connection", "\(status.client ?? "") on cluster \(status.fsid ?? ""), \(health)",
                advice: health == "HEALTH_ERR" ? "see `ceph health detail`" : nil)
        }
        await addContent(of: session)
        if status.backend == .rados { await addCapabilities(of: session, status) }
    }

    private mutating func addContent(of session: Session) async {
        let name = ([session.name] + session.notes).joined(separator: "; ")
        do {
            let repositories = try await session.storage.entries(session.registry.paths.repositories)
            add(
                "store", name,
                advice: repositories == nil ? "it holds no registry; name another with -p or --store" : nil)
        } catch {
            add("store", name, advice: ErrorText.sentence(error))
        }
    }

    private mutating func addCapabilities(of session: Session, _ status: StoreStatus) async {
        let client = status.client ?? ""
        // Only these questions to the monitors show that the client may ask them.
        let advice = status.tiering == .unknown ? "give \(client) mon 'allow r': without it gc and fsck refuse" : nil
        do {
            let caps = try await session.capabilities() ?? [:]
            let text = caps.sorted { $0.key < $1.key }.map { "\($0.key) '\($0.value)'" }.joined(separator: ", ")
            add("caps", text.isEmpty ? "none" : text, advice: advice)
        } catch let error as StoreError where error.kind == .permissionDenied {
            add(
                "caps", "\(client) may not see them; an administrator can, with `ceph auth get \(client)`",
                advice: advice)
        } catch {
            add("caps", "", advice: ErrorText.sentence(error))
        }
    }
}
